/** Other forwarders get the same packets and pass them on. Nothing is timed. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readCommandLine } from '../../bench/forward/options.js';
import { openPlace } from '../../bench/forward/place.js';
import { LoadProgram } from '../../bench/forward/programs.js';
import { BareSfu } from '../../bench/peers/bare-sfu.js';
import { ExternalSfu } from '../../bench/peers/external-sfu.js';
import { subscriberAnswer } from '../../bench/peers/janus-sdp.js';
import { findJanus, JanusSfu } from '../../bench/peers/janus-sfu.js';
import { Seat } from '../../bench/peers/seat.js';
import { ownAddress, type Sfu } from '../../bench/peers/sfu.js';

const { options } = readCommandLine('--subscribers 3 --observe 1 --frame 4'.split(' '));
const { place } = openPlace(options);
const janus = findJanus();
const address = ownAddress();
const why =
  janus === null ? 'Janus is not installed' : address === null ? 'no address for Janus' : false;

async function passOn(t: Test, sfu: Sfu, at: string) {
  const load = new LoadProgram(place);
  t.teardown(() => Promise.all([load.close(), sfu.close()]));
  const seat = new Seat(sfu, load, options, 1000);
  await seat.open(at);
  const { packetsIn, packetsOut, cpuUs } = await seat.measure(200, 0.7);
  t.ok(packetsIn > 0 && packetsOut > 2 * packetsIn, 'packets reach the subscribers');
  t.ok(cpuUs >= 0, 'CPU time is known');
}

for (const name of ['bare', 'ideal'] as const) {
  t.test(`the ${name} forwarder`, (t) => passOn(t, new BareSfu(name, options, place), '127.0.0.1'));
}

t.test('a program of the operator', (t) => {
  const script = join(import.meta.dirname, 'driver', 'main.js');
  return passOn(t, new ExternalSfu([process.execPath, script]), '127.0.0.1');
});

for (const loops of [0, 1]) {
  t.test(`Janus with ${loops} event loops`, { skip: why }, (t) =>
    passOn(t, new JanusSfu(janus as string, loops, place), address as string),
  );
}

t.test('an answer takes what Janus offers', (t) => {
  const peer = {
    ...{ peer: 1, port: 7, ufrag: 'u', pwd: 'p', fingerprint: 'AA' },
    ...{ plainUp: '', plainDown: '' },
  };
  const offer = 'a=mid:v7\r\na=rtpmap:101 VP8/90000\r\n';
  const answer = subscriberAnswer(offer, peer, '192.0.2.1');
  t.match(answer, 'm=video 9 UDP/TLS/RTP/SAVPF 101\r\n');
  t.match(answer, 'a=mid:v7\r\n');
  t.match(answer, 'a=setup:active\r\n');
  t.throws(() => subscriberAnswer('a=rtpmap:101 AV1/90000', peer, '192.0.2.1'), /no VP8/);
  t.end();
});
