// The parts of the simulator that are ours alone: link, jitter and TCP.
import t from 'tap';
import { CrossEndpoint } from '../../bench/scorecard/cross-traffic.js';
import { Link, Way } from '../../bench/scorecard/link.js';
import { makeRandom } from '../../bench/scorecard/random.js';
import type { TcpAlgorithm } from '../../bench/scorecard/tcp-flow.js';

const random = (purpose: string) => makeRandom(1, purpose);
const steady = { sigmaUs: 0, halfWidthUs: 0 };

function makeLink(bps: number, queueUs = 300_000, later: { atUs: number; bps: number }[] = []) {
  return new Link(
    { timeline: [{ atUs: 0, bps }, ...later], queueUs, lossShare: 0 },
    random('loss'),
  );
}

t.test('a link takes its time, and drops what would wait too long', async (t) => {
  const link = makeLink(1_000_000);
  t.same(link.pass(0, 1250), { waitUs: 0, departedUs: 10_000 });
  t.same(link.pass(0, 1250), { waitUs: 10_000, departedUs: 20_000 });
  for (let packet = 2; packet <= 30; packet += 1) link.pass(0, 1250);
  t.equal(link.pass(0, 1250).departedUs, undefined, 'more than 300 ms in front of it');
  t.same(link.pass(400_000, 1250), { waitUs: 0, departedUs: 410_000 });
});

t.test('a queue is longer in time when the capacity falls', async (t) => {
  const link = makeLink(1_000_000, 300_000, [{ atUs: 15_000, bps: 100_000 }]);
  link.pass(0, 1250);
  t.same(link.pass(0, 1250), { waitUs: 10_000, departedUs: 65_000 });
});

t.test('jitter delays by 15 ms at most and never reorders', async (t) => {
  const way = new Way(50_000, { sigmaUs: 5000, halfWidthUs: 0 }, random('way'));
  let last = 0;
  for (let at = 0; at < 1_000_000; at += 1000) {
    const arrival = way.arrivalUs(at);
    t.ok(arrival >= last && arrival >= at + 50_000);
    last = arrival;
  }
});

function runTcp(algorithm: TcpAlgorithm, queueUs: number) {
  const link = makeLink(2_000_000, queueUs);
  const ways = {
    forward: new Way(50_000, steady, random('f')),
    backward: new Way(50_000, steady, random('b')),
  };
  const flow = {
    id: 'tcp',
    algorithm,
    startUs: 0,
    stopUs: 60e6,
    isShort: false,
    isOnAtStart: true,
  };
  const cross = new CrossEndpoint(flow, ways, random('files'));
  for (let nowUs = 25_000; nowUs <= 60e6; nowUs += 25_000) {
    for (const sent of cross.advance(nowUs)) {
      const { waitUs, departedUs } = link.pass(sent.atUs, 1500);
      cross.handlePassage(sent, waitUs, departedUs);
    }
  }
  return cross.record.receivedBits(20e6, 60e6) / 40 / 2_000_000;
}

for (const algorithm of ['newreno', 'cubic'] as const) {
  t.test(`${algorithm} alone fills a link with a queue of 300 ms`, async (t) => {
    const share = runTcp(algorithm, 300_000);
    t.ok(share > 0.95, `${(100 * share).toFixed(1)} %`);
  });
}
