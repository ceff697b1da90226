/** A process that is too slow for what comes: it is missing by `overload`, and pictures go on as soon as they can. */
import t from 'tap';
import {
  CAMERA,
  linesOf,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import { diskFiles } from '../sink/file-layer.js';
import { TrackFile, WriteMemory } from '../sink/track-file.js';
import { openRecorder, orderOf } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';
import { formatOf } from './track-format.js';

t.test('packets that a tap dropped', async (t) => {
  const { recorder, clock, store } = await openRecorder();
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 3000);
  const before = room.taps.get(CAMERA)?.keyFramesAsked ?? 0;
  await play({ room, clock }, loops, 600, (id, packets) => {
    const tap = room.taps.get(id);
    if (tap) tap.dropped += packets.length;
    return [];
  });
  await play({ room, clock }, loops, 100);
  t.equal(room.taps.get(CAMERA)?.keyFramesAsked, before + 1, 'a key frame is asked for at once');
  await play({ room, clock }, loops, 8000);
  // What is lost later is lost on the way.
  await play({ room, clock }, loops, 600, () => []);
  await play({ room, clock }, loops, 2000);
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const gaps = linesOf(await storedManifest(store), 'gap');
  for (const id of [MICROPHONE, CAMERA]) {
    const own = gaps.filter(({ track_id }) => track_id === id);
    const during = own.filter(({ from, to }) => from < 3600 && to > 3000);
    t.ok(
      during.some(({ reason }) => reason === 'overload'),
      `${id} has a gap`,
    );
    t.notOk(during.some(({ reason }) => reason === 'loss'));
    const late = own.filter(({ from }) => from > 11_000);
    t.ok(
      late.some(({ reason }) => reason === 'loss'),
      `${id} has another`,
    );
    t.notOk(late.some(({ reason }) => reason === 'overload'));
  }
  await recorder.close();
});

/** Of the tap, which says so with the next that it brings. */
function drop(room: TestRoom, id: string, packets: number): void {
  const tap = room.taps.get(id);
  if (tap) tap.dropped += packets;
}

/** Both are there; what is lost at the end is lost on the way, whatever was dropped before. */
async function begun() {
  const test = await openRecorder();
  const { clock, store } = test;
  const room = new TestRoom();
  const recording = test.recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  const lost = async () => {
    await play({ room, clock }, loops, 5000);
    const fromMs = recording.status.recordedMs;
    await play({ room, clock }, loops, 600, () => []);
    await play({ room, clock }, loops, 3000);
    recording.stop('host');
    await clock.until(() => recording.status.state === 'stored', 'stored');
    await test.recorder.close();
    const gaps = linesOf(await storedManifest(store), 'gap').filter(({ to }) => to > fromMs);
    const why = (id: string) =>
      gaps.filter(({ track_id }) => track_id === id).map(({ reason }) => reason);
    return [MICROPHONE, CAMERA].map((id) => new Set(why(id)));
  };
  return { ...test, room, recording, loops, lost };
}

t.test('drops that leave no hole: one key frame is asked for', async (t) => {
  const { recorder, clock, room, loops } = await begun();
  await play({ room, clock }, loops, 3000);
  const before = room.taps.get(CAMERA)?.keyFramesAsked ?? 0;
  // Of packets that came twice, or that only fill.
  drop(room, CAMERA, 3);
  await play({ room, clock }, loops, 5000);
  t.equal(room.taps.get(CAMERA)?.keyFramesAsked, before + 1);
  await recorder.close();
});

for (const [when, isDuring] of [
  ['during a pause', true],
  ['as a pause is over', false],
] as const) {
  t.test(`what is dropped ${when} is no reason for what is lost later`, async (t) => {
    const { clock, room, recording, loops, lost } = await begun();
    await play({ room, clock }, loops, 3000);
    recording.setPaused(true);
    await play({ room, clock }, loops, 3000);
    if (!isDuring) recording.setPaused(false);
    await play({ room, clock }, loops, 600, (id, packets) => {
      drop(room, id, packets.length);
      return [];
    });
    await play({ room, clock }, loops, 3000);
    recording.setPaused(false);
    const [sound, picture] = await lost();
    t.strictSame(sound, new Set(['loss']));
    t.ok(picture?.has('loss'));
    t.notOk(picture?.has('overload'));
  });
}

for (const count of [5, 100]) {
  t.test(`${count} packets that are dropped before any came`, async (t) => {
    const { room, lost, loops, clock } = await begun();
    const left = new Map([MICROPHONE, CAMERA].map((id) => [id, count]));
    await play({ room, clock }, loops, 3000, (id, packets) => {
      const dropped = packets.splice(0, left.get(id) ?? 0).length;
      left.set(id, (left.get(id) ?? 0) - dropped);
      drop(room, id, dropped);
      return packets;
    });
    const [sound, picture] = await lost();
    t.strictSame(sound, new Set(['loss']));
    t.ok(picture?.has('loss'));
    t.notOk(picture?.has('overload'));
  });
}

t.test('the last eighth of the memory is for sound', async (t) => {
  const memory = new WriteMemory(8000);
  const frame = { parts: [Uint8Array.of(0xf8)], isKey: true };
  const size = { width: 320, height: 180 };
  const events = { memory, failed: () => {} };
  const sound = new TrackFile(diskFiles, 'sound.webm', formatOf('opus', frame), events);
  const format = formatOf('vp8', { ...frame, ...size });
  const picture = new TrackFile(diskFiles, 'picture.webm', format, events);
  for (const [bytes, isSoundFull, isPictureFull] of [
    [7000, false, false],
    [7001, false, true],
    [8000, false, true],
    [8001, true, true],
  ] as const) {
    memory.bytes = bytes;
    t.strictSame([sound.isOverloaded, picture.isOverloaded], [isSoundFull, isPictureFull]);
  }
});

t.test('sound of one channel may go on with two', async (t) => {
  for (const toc of [0xf8, 0xfc]) {
    const format = formatOf('opus', { parts: [Uint8Array.of(toc)], isKey: true });
    t.equal(format.channels, 2);
    t.equal(format.codecPrivate?.[9], 2, 'RFC 7845: output channel count');
    t.equal(format.codecPrivate?.[18], 0, 'mapping family 0: one channel or two');
  }
});
