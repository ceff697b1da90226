/** What changes while a recorder is away, and what its manifest says of it when it is back. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { CAMERA, linesOf, loopsFrom, MICROPHONE, publish } from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import { readManifest } from '../manifest/reader.js';
import { timelineOf } from '../render/timeline.js';
import { diskFiles, type FileLayer } from '../sink/file-layer.js';
import { openRecorder, orderOf, type TestRecorder } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

const ANNA = { type: 'joined', participantId: 'anna', name: 'Anna' } as const;
const RESERVE = { minBytes: 1000, share: 0 };

async function manifestOf({ folder }: TestRecorder, take = 1) {
  const path = join(folder, 'recordings', orderOf().recordingId, String(take), 'manifest.jsonl');
  return readManifest(await readFile(path, 'utf8'));
}

/** Its process ends after 3 s, and comes again 5 s later: with that room. */
async function returned(before: TestRecorder, room: TestRoom, take = 1, files?: FileLayer) {
  await before.recorder.close();
  const { folder, clock } = before;
  clock.advance(5000);
  const after = await openRecorder({ folder, clock, reserve: RESERVE, ...(files && { files }) });
  const recording = after.recorder.begin(room, orderOf({ recordedMs: 8000, take }));
  recording.tell([ANNA]);
  return { ...after, recording };
}

async function begun(files?: FileLayer) {
  const test = await openRecorder({ reserve: RESERVE, ...(files && { files }) });
  const room = new TestRoom();
  test.recorder.begin(room, orderOf()).tell([ANNA]);
  const loops = publish(room, test.clock.nowUs());
  await play({ room, clock: test.clock }, loops, 3000);
  return { test, room, loops };
}

function spaceOf(free: { bytes: number }): FileLayer {
  return { ...diskFiles, space: async () => ({ freeBytes: free.bytes, totalBytes: 1e6 }) };
}

t.test('a track that never comes again is missing while nobody was there, no longer', async (t) => {
  const { test } = await begun();
  const room = new TestRoom();
  const after = await returned(test, room);
  room.publish(MICROPHONE, 'microphone');
  await play({ room, clock: test.clock }, loopsFrom(test.clock.nowUs()), 10_000);
  after.recording.stop('host');
  await test.clock.until(() => after.recording.status.state === 'stored', 'stored');
  const lines = await manifestOf(test);
  const away = linesOf(lines, 'gap').filter(({ reason }) => reason === 'recorder');
  for (const { from, to } of away) t.ok(from > 2500 && to < 8600, `${from} to ${to}`);
  t.strictSame(away.map(({ track_id }) => track_id).sort(), [MICROPHONE, CAMERA].sort());
  t.match(linesOf(lines, 'track_end').find(({ track_id }) => track_id === CAMERA)?.t, 8000);
  const { unrecorded } = timelineOf([lines]);
  t.equal(unrecorded.length, 1);
  t.ok((unrecorded[0]?.from ?? 0) > 2500, `not recorded from ${unrecorded[0]?.from}`);
  t.equal(unrecorded[0]?.to, 8000);
  await after.recorder.close();
});

for (const take of [1, 2]) {
  t.test(`muted when a recorder went, and not when it is back, in take ${take}`, async (t) => {
    const { test, room: before } = await begun();
    before.setMuted(CAMERA, true);
    await test.clock.pass(400);
    const room = new TestRoom();
    const after = await returned(test, room, take);
    const loops = publish(room, test.clock.nowUs());
    await play({ room, clock: test.clock }, loops, 3000);
    const own = linesOf(await manifestOf(test, take), 'muted');
    if (take === 1) t.strictSame(own.at(-1)?.muted, false);
    after.recording.stop('host');
    await test.clock.until(() => after.recording.status.state === 'stored', 'stored');
    const takes = [await manifestOf(test), ...(take === 2 ? [await manifestOf(test, 2)] : [])];
    const shown = timelineOf(takes).pieces.filter(({ trackId }) => trackId === CAMERA);
    const seen = shown.flatMap((piece) => piece.shown).at(-1);
    t.ok((seen?.from ?? 0) >= 8000 && (seen?.to ?? 0) > 10_500, `${seen?.from} to ${seen?.to}`);
    await after.recorder.close();
  });

  t.test(`the disk was full, and is not any more, in take ${take}`, async (t) => {
    const free = { bytes: 1e6 };
    const { test, room: before, loops } = await begun(spaceOf(free));
    free.bytes = 10;
    await play({ room: before, clock: test.clock }, loops, 2000);
    t.equal(linesOf(await manifestOf(test), 'disk').at(-1)?.state, 'full');
    free.bytes = 1e6;
    const room = new TestRoom();
    const after = await returned(test, room, take, spaceOf(free));
    await play({ room, clock: test.clock }, publish(room, test.clock.nowUs()), 3000);
    const disk = linesOf(await manifestOf(test, take), 'disk').at(-1)?.state ?? 'ok';
    t.equal(disk, 'ok');
    const takes = [await manifestOf(test), ...(take === 2 ? [await manifestOf(test, 2)] : [])];
    t.ok(timelineOf(takes).unrecorded.every(({ to }) => to <= 8000));
    await after.recorder.close();
  });
}
