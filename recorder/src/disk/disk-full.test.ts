import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  CAMERA,
  linesOf,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import { diskFiles } from '../sink/file-layer.js';
import { HangingDisk, SmallDisk } from '../testing/faulty-files.js';
import { decodeFile } from '../testing/ffmpeg.js';
import { openRecorder, orderOf } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

const KIB = 1024;

async function opened(totalBytes: number, minBytes: number) {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
  const disk = new SmallDisk(diskFiles, totalBytes);
  const options = { folder, files: disk, reserve: { minBytes, share: 0 } };
  const test = await openRecorder(options);
  const room = new TestRoom();
  const recording = test.recorder.begin(room, orderOf());
  const loops = publish(room, test.clock.nowUs());
  return { ...test, disk, room, recording, loops };
}

async function checkFiles(
  t: Test,
  { recording, store }: Pick<Awaited<ReturnType<typeof opened>>, 'recording' | 'store'>,
) {
  for (const { key, kind, codec } of recording.status.files) {
    if (kind !== 'track') continue;
    const { errors, timesMs } = await decodeFile(store.pathOf(key));
    t.strictSame(errors, [], `${codec} plays`);
    t.ok(timesMs.length > 0);
  }
}

t.test('F12: space runs out; pictures end first, sound goes on, all comes back', async (t) => {
  const test = await opened(600 * KIB, 200 * KIB);
  const { recorder, clock, room, recording, loops, disk } = test;
  await play({ room, clock }, loops, 3000);
  t.equal(recording.status.state, 'recording');
  disk.totalBytes = disk.usedBytes + 150 * KIB;
  await play({ room, clock }, loops, 2000);
  t.match(recording.status, { state: 'degraded', trouble: 'disk_low' });
  t.equal(recorder.load().diskState, 'low');
  t.ok(recorder.load().isFull);
  await play({ room, clock }, loops, 3000);
  disk.totalBytes = disk.usedBytes + 2000 * KIB;
  const asked = room.taps.get(CAMERA)?.keyFramesAsked ?? 0;
  await play({ room, clock }, loops, 4000);
  t.match(recording.status, { state: 'recording', trouble: null });
  t.ok((room.taps.get(CAMERA)?.keyFramesAsked ?? 0) > asked, 'a key frame was asked for');
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(test.store);
  t.match(
    linesOf(lines, 'disk').map(({ state }) => state),
    ['low', 'ok'],
  );
  const gaps = linesOf(lines, 'gap').filter(({ reason }) => reason === 'disk');
  t.strictSame(
    gaps.map(({ track_id }) => track_id),
    [CAMERA],
    'sound has no gap',
  );
  const [low, ok] = linesOf(lines, 'disk');
  t.ok(Math.abs((gaps[0]?.from ?? 0) - (low?.t ?? 0)) < 500);
  const resumedMs = linesOf(lines, 'gap').find(({ from }) => from >= (gaps[0]?.to ?? 0))?.to;
  t.ok((resumedMs ?? gaps[0]?.to ?? 0) - (ok?.t ?? 0) <= 5000, 'pictures are back within 5 s');
  await checkFiles(t, test);
  await recorder.close();
});

t.test('F12: writes are refused in the middle of a block; what is before plays', async (t) => {
  const test = await opened(150 * KIB, 0);
  const { recorder, clock, room, recording, loops, disk } = test;
  await play({ room, clock }, loops, 5000);
  t.match(recording.status, { state: 'degraded' });
  t.match(recording.status.trouble ?? '', /^disk_/);
  disk.totalBytes = 10_000 * KIB;
  await play({ room, clock }, loops, 6000);
  t.match(recording.status, { state: 'recording', trouble: null });
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(test.store);
  const gaps = linesOf(lines, 'gap').filter(({ reason }) => reason === 'disk');
  t.ok(gaps.length > 0);
  for (const { track_id } of gaps) t.ok([CAMERA, MICROPHONE].includes(track_id));
  const [counts] = linesOf(lines, 'counts')
    .filter(({ track_id }) => track_id === CAMERA)
    .slice(-1);
  t.ok((counts?.frames_written ?? 0) < (counts?.frames_received ?? 0), 'what is lost is counted');
  const frames = linesOf(lines, 'file_end').map(({ frames }) => frames);
  t.ok(frames.includes(counts?.frames_written ?? -1), 'and what is written is in the file');
  await checkFiles(t, test);
  await recorder.close();
});

t.test(
  'a disk that stands still: memory is bounded, the gap is named, and it goes on',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
    const disk = new HangingDisk(diskFiles);
    const test = await openRecorder({ folder, files: disk, maxPendingBytes: 40 * KIB });
    const { recorder, clock, store } = test;
    const room = new TestRoom();
    const recording = recorder.begin(room, orderOf());
    const loops = publish(room, clock.nowUs());
    await play({ room, clock }, loops, 2000);
    const end = disk.hang();
    await play({ room, clock }, loops, 3000);
    end();
    await play({ room, clock }, loops, 3000);
    recording.stop('host');
    await clock.until(() => recording.status.state === 'stored', 'stored');
    const lines = await storedManifest(store);
    const gaps = linesOf(lines, 'gap').filter(({ reason }) => reason === 'overload');
    t.ok(gaps.some(({ track_id }) => track_id === CAMERA));
    for (const { from, to } of gaps) t.ok(from > 2000 && to < 6500, `${from}–${to}`);
    await checkFiles(t, { ...test, recording });
    const ends = linesOf(lines, 'file_end').map(({ t: endMs }) => endMs);
    t.ok(
      ends.every((endMs) => endMs > 7500),
      `${ends}`,
    );
    await recorder.close();
  },
);
