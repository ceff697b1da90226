/** What plenum-crowd sends as real media passes a node and is decoded by ffmpeg without a complaint. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as inFolder } from 'node:path';
import t, { type Test } from 'tap';
import { countFrames, run, type Said } from '../../../bench/recorder/ffmpeg.js';
import { findFlashes } from '../../../bench/recorder/flashes.js';
import { filmSmall, makeFilm, signalPeriodMs } from '../../../bench/recorder/media.js';
import { findTones } from '../../../bench/recorder/tones.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import type { Room } from '../../../lib/index.js';
import { streamOf } from '../../chaos/people/crowd-process.js';
import { eventually } from '../../e2e/support/plenum.js';
import { startUdpRelay } from '../../e2e/support/udp-relay.js';
import { join, openRoom } from './room.js';

const seconds = 4;

/** All wait for time to pass. */
t.jobs = 3;
/** The person's two streams as a player has them. */
async function receive(t: Test, room: Room, person: number, file: string): Promise<void> {
  const { stderr } = await record(room, person, file);
  t.equal(stderr, '', 'nothing that is decoded is damaged');
}

async function record(room: Room, person: number, file: string): Promise<Said> {
  const [audioPort, videoPort] = [await claimPort([1]), await claimPort([1])];
  const viewer = room.addParticipant({ id: `viewer of ${person}`, autoSubscribe: false });
  for (const { id, kind } of room.participants.get(`${person}`)?.publications.values() ?? []) {
    const port = kind === 'audio' ? audioPort : videoPort;
    const remote = { address: '127.0.0.1', port, rtcpPort: port + 1 };
    const codec =
      kind === 'audio'
        ? ({ payloadType: 102, codec: 'opus' } as const)
        : ({ payloadType: 101, codec: 'vp8', feedback: ['pli'] } as const);
    (await viewer.createPlainTransport({ remote })).subscribe(id, { codecs: [codec] });
  }
  const sdp = [
    ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
    ...[`m=video ${videoPort} RTP/AVP 101`, 'a=rtpmap:101 VP8/90000'],
    ...[`m=audio ${audioPort} RTP/AVP 102`, 'a=rtpmap:102 opus/48000/2', ''],
  ];
  await writeFile(`${file}.sdp`, sdp.join('\r\n'));
  return run('ffmpeg', [
    ...[
      '-v',
      'error',
      '-protocol_whitelist',
      'file,udp,rtp',
      '-i',
      `${file}.sdp`,
      '-t',
      `${seconds}`,
    ],
    ...[
      '-fps_mode',
      'passthrough',
      '-enc_time_base:v',
      '1:90000',
      '-c:v',
      'ffv1',
      '-c:a',
      'pcm_s16le',
      file,
    ],
  ]);
}

t.test('two people with a camera and a microphone each', { buffered: true }, async (t) => {
  const folder = await mkdtemp(inFolder(tmpdir(), 'plenum-crowd-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { room, crowd } = openRoom(t, 0);
  const films = await Promise.all([0, 1].map((person) => makeFilm({ person, ...filmSmall })));
  for (const [at, film] of films.entries()) await join(room, crowd, { person: at + 1, film });
  await Promise.all(
    films.map(async (film, at) => {
      const file = inFolder(folder, `${at}.mkv`);
      await receive(t, room, at + 1, file);
      const frames = await countFrames(file, 'video');
      t.ok(frames > 25 * (seconds - 1.5), `${frames} pictures`);
      for (const found of [await findFlashes(file), await findTones(file, film.toneHz)]) {
        t.ok(found.length >= 3, `signals at ${found}`);
        const apart = found.slice(1).map((at, n) => at - (found[n] as number));
        const even = apart.filter((ms) => Math.abs(ms - signalPeriodMs) < 2);
        // ffmpeg's clock of a stream jumps once, when a report tells it how the stream stands to the other.
        t.ok(even.length >= apart.length - 1, `${apart} ms apart`);
      }
    }),
  );
  const played = await crowd.played();
  t.equal(played.length, 4);
  for (const { refused, frames } of played) {
    t.ok(frames > 0);
    t.equal(refused, 0);
  }
});

t.test(
  '5 % of all packets are lost on the way to the node: they are sent again',
  { buffered: true },
  async (t) => {
    const folder = await mkdtemp(inFolder(tmpdir(), 'plenum-crowd-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const nodePort = await claimPort();
    const relay = await startUdpRelay({ nodePort, loss: 0, seed: 5 });
    t.teardown(() => relay.close());
    const { room, crowd } = openRoom(t, nodePort);
    const film = await makeFilm({ person: 0, ...filmSmall });
    await join(room, crowd, { person: 1, film, port: relay.port });
    relay.setLoss(0.05);
    await record(room, 1, inFolder(folder, 'lossy.mkv'));
    const video = (await crowd.played()).find(({ repeats }) => repeats > 0);
    t.ok(video, 'RTX was asked for, and sent');
    t.equal(video?.notKept, 0);
    // A picture whose packet was lost, again and again, is missing, and those before the next key frame.
    const frames = await countFrames(inFolder(folder, 'lossy.mkv'), 'video');
    t.ok(frames > 25 * (seconds - 1), `${frames} pictures of ${video?.packets} packets`);
  },
);

t.test(
  'silence is left out, and a camera that was off begins with a key frame',
  { buffered: true },
  async (t) => {
    const folder = await mkdtemp(inFolder(tmpdir(), 'plenum-crowd-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const { room, crowd } = openRoom(t, 0);
    const film = await makeFilm({ person: 0, ...filmSmall, isSilentBetween: true });
    await join(room, crowd, { person: 1, film, leavesSilence: true });
    const picture = async () => (await crowd.played()).find(({ keyFrames }) => keyFrames > 0);
    const shown = (frames: number) =>
      eventually(`${frames} pictures`, async () =>
        ((await picture())?.frames ?? 0) >= frames ? true : undefined,
      );
    const recorded = record(room, 1, inFolder(folder, 'pauses.mkv'));
    await shown(30);
    await crowd.hold(streamOf(1, true), true);
    const held = await picture();
    const [sound] = await crowd.played();
    await eventually('a second of sound', async () =>
      ((await crowd.played())[0]?.frames ?? 0) >= (sound?.frames ?? 0) + 10 ? true : undefined,
    );
    t.equal((await picture())?.frames, held?.frames, 'nothing is sent meanwhile');
    await crowd.hold(streamOf(1, true), false);
    await shown((held?.frames ?? 0) + 5);
    t.ok(((await picture())?.keyFrames ?? 0) > (held?.keyFrames ?? 0));
    t.equal((await recorded).stderr, '', 'nothing that is decoded is damaged');
    t.ok((await findTones(inFolder(folder, 'pauses.mkv'), film.toneHz)).length >= 3);
    const [left] = await crowd.played();
    t.ok((left?.frames ?? 0) < 50 * seconds * 0.5, `${left?.frames} packets of sound`);
  },
);
