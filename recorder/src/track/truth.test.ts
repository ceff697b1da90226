import t from 'tap';
import { blocksOf } from '../../../test/recorder/blocks.js';
import {
  CAMERA,
  firstStream,
  linesOf,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../../test/recorder/meeting.js';
import { Loop, play } from '../../../test/recorder/player.js';
import type { TappedPacket } from '../tapped.js';
import { decodeFile } from '../testing/ffmpeg.js';
import { openRecorder, orderOf, type TestRecorder } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';
import { randomOf } from '../timeline/simulation.js';

const SEED = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 1_000_000);
/** Long form: 600. */
const SECONDS = Number(process.env.PLENUM_TEST_SECONDS ?? 40);

/** A way that loses `loss` of what is sent, and `lossAgain` of each of `tries` retransmissions. */
class LossyWay {
  readonly #random = randomOf(SEED);
  readonly #options: { loss: number; tries: number };
  #late: { id: string; packet: TappedPacket }[] = [];
  /** Capture times of frames that lost a packet for good, and of all, µs. */
  readonly sent = new Map<string, Set<number>>();
  lost = 0;

  constructor(options: { loss: number; tries: number }) {
    this.#options = options;
  }

  pass(id: string, packets: readonly TappedPacket[], nowUs: number): TappedPacket[] {
    const arrived: TappedPacket[] = [];
    const sent = this.sent.get(id) ?? new Set<number>();
    this.sent.set(id, sent);
    for (const packet of packets) {
      sent.add(packet.capturedUs ?? 0);
      let delayUs = 0;
      let tries = 0;
      while (this.#random() < this.#options.loss && tries <= this.#options.tries) {
        delayUs += 60_000 + this.#random() * 120_000;
        tries++;
      }
      if (tries > this.#options.tries) this.lost++;
      else if (tries === 0) arrived.push(packet);
      else this.#late.push({ id, packet: { ...packet, arrivedUs: packet.arrivedUs + delayUs } });
    }
    const due = this.#late.filter((late) => late.id === id && late.packet.arrivedUs <= nowUs);
    this.#late = this.#late.filter((late) => !due.includes(late));
    arrived.push(...due.map(({ packet }) => packet));
    return arrived;
  }
}

async function recordOver(way: LossyWay) {
  const test = await openRecorder();
  const { recorder, clock } = test;
  const room = new TestRoom();
  const beganUs = clock.nowUs();
  const recording = recorder.begin(room, orderOf());
  const loops = publish(room, beganUs);
  await play({ room, clock }, loops, SECONDS * 1000, (id, packets) =>
    way.pass(id, packets, clock.nowUs()),
  );
  // What is on its way arrives.
  for (let passed = 0; passed < 1200; passed += 20) {
    await clock.pass(20);
    for (const id of loops.keys()) room.send(id, way.pass(id, [], clock.nowUs()));
  }
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(test.store);
  await recorder.close();
  return { ...test, recording, lines, beganUs };
}

async function missingOf(
  { store, recording, lines, beganUs }: Awaited<ReturnType<typeof recordOver>>,
  way: LossyWay,
  id: string,
) {
  const written: number[] = [];
  for (const { key, trackId } of recording.status.files) {
    if (trackId === id) written.push(...(await blocksOf(store.pathOf(key))));
  }
  const gaps = linesOf(lines, 'gap').filter(({ track_id }) => track_id === id);
  const times = [...(way.sent.get(id) ?? [])].map((us) => (us - beganUs) / 1000);
  const missing = times.filter((ms) => !written.some((at) => Math.abs(at - ms) < 8));
  const unnamed = missing.filter(
    (ms) => !gaps.some(({ from, to }) => ms > from - 8 && ms < to + 8),
  );
  return { times, written, missing, unnamed, gaps };
}

t.test(`5 % loss with retransmission: every frame is written (seed ${SEED})`, async (t) => {
  const way = new LossyWay({ loss: 0.05, tries: 6 });
  const recorded = await recordOver(way);
  t.equal(way.lost, 0);
  for (const id of [MICROPHONE, CAMERA]) {
    const { times, written, missing, unnamed } = await missingOf(recorded, way, id);
    t.comment(`${written.length} of ${times.length} frames are in files`);
    t.strictSame(unnamed, []);
    // The captures have holes of their own where they are repeated: those are named.
    const counts = linesOf(recorded.lines, 'counts').filter(({ track_id }) => track_id === id);
    const { frames_received = 0, frames_written = 0 } = counts.at(-1) ?? {};
    t.equal(frames_written, written.length);
    if (id === CAMERA) {
      t.strictSame(missing, []);
      t.ok(frames_written / frames_received >= 0.9999, `${frames_written} / ${frames_received}`);
    }
  }
});

t.test(`losses for good: every missing frame is in a gap (seed ${SEED})`, async (t) => {
  const way = new LossyWay({ loss: 0.05, tries: 1 });
  const recorded = await recordOver(way);
  t.ok(way.lost > 0, `${way.lost} packets were lost`);
  for (const id of [MICROPHONE, CAMERA]) {
    const { missing, unnamed, gaps, written } = await missingOf(recorded, way, id);
    t.comment(`${missing.length} frames missing, ${gaps.length} gaps`);
    t.strictSame(unnamed, []);
    t.ok(gaps.every(({ from, to }) => to > from));
    const counts = linesOf(recorded.lines, 'counts').filter(({ track_id }) => track_id === id);
    t.equal(counts.at(-1)?.frames_written, written.length);
    t.equal(counts.at(-1)?.frames_received, written.length, 'what was received is written');
    const uncounted = missing.length - (counts.at(-1)?.frames_lost ?? 0);
    t.ok(uncounted <= Math.ceil(missing.length * 0.2), `${uncounted} missing ones are not counted`);
  }
  for (const { key, kind } of recorded.recording.status.files) {
    if (kind !== 'track') continue;
    t.strictSame((await decodeFile(recorded.store.pathOf(key))).errors, []);
  }
});

async function stop({ recorder, clock, store }: TestRecorder) {
  const recording = recorder.find(orderOf().recordingId);
  recording?.stop('host');
  await clock.until(() => recording?.status.state === 'stored', 'stored');
  const lines = await storedManifest(store);
  await recorder.close();
  return { lines, files: recording?.status.files ?? [] };
}

t.test('another codec is the next file of the same track', async (t) => {
  const test = await openRecorder();
  const { recorder, clock } = test;
  const room = new TestRoom();
  recorder.begin(room, orderOf());
  room.publish(CAMERA, 'camera');
  const vp8 = new Loop(firstStream('chromium_vp8_simulcast.rtpdump'), clock.nowUs());
  await play({ room, clock }, new Map([[CAMERA, vp8]]), 3000);
  const h264 = new Loop(firstStream('chromium_h264_simulcast.rtpdump'), clock.nowUs());
  const numbers = 100_000;
  await play({ room, clock }, new Map([[CAMERA, h264]]), 3000, (_id, packets) =>
    packets.map((packet) => ({ ...packet, sequence: packet.sequence + numbers })),
  );
  const { lines, files } = await stop(test);
  t.match(
    linesOf(lines, 'file').map(({ codec, name }) => `${codec} ${name.slice(-4)}`),
    ['vp8 webm', 'h264 .mkv'],
  );
  t.equal(linesOf(lines, 'track').length, 1);
  const tracks = files.filter(({ kind }) => kind === 'track');
  for (const { key } of tracks) {
    t.strictSame((await decodeFile(test.store.pathOf(key))).errors, []);
  }
  t.ok((tracks[1]?.startMs ?? 0) >= (tracks[0]?.endMs ?? 0) - 50);
});

t.test('mutes are no gaps; silence is one', async (t) => {
  const test = await openRecorder();
  const { recorder, clock } = test;
  const room = new TestRoom();
  recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 2000);
  room.setMuted(CAMERA, true);
  await clock.pass(4000);
  for (const loop of loops.values()) loop.until(clock.nowUs());
  room.setMuted(CAMERA, false);
  await play({ room, clock }, loops, 2000);
  const { lines } = await stop(test);
  t.match(
    linesOf(lines, 'muted').map(({ muted, track_id }) => [muted, track_id]),
    [
      [true, CAMERA],
      [false, CAMERA],
    ],
  );
  const silences = linesOf(lines, 'gap').filter(({ reason }) => reason === 'silence');
  t.strictSame(
    silences.map(({ track_id }) => track_id),
    [MICROPHONE],
  );
  const [silence] = silences;
  t.ok(Math.abs((silence?.from ?? 0) - 2000) < 450 && Math.abs((silence?.to ?? 0) - 6000) < 450);
});
