/** Muted while a recorder is away: what is missing ends where the mute begins. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { CAMERA, linesOf, loopsFrom, MICROPHONE, publish } from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import type { RoomFact } from '../contract.js';
import { readManifest } from '../manifest/reader.js';
import { openRecorder, orderOf, type TestRecorder } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

/** Both are recorded for 3 s; then the camera may be muted, for 8 s. */
async function begun(isMuted: boolean): Promise<{ test: TestRecorder; ms: number }> {
  const test = await openRecorder();
  const room = new TestRoom();
  test.recorder.begin(room, orderOf());
  const loops = publish(room, test.clock.nowUs());
  await play({ room, clock: test.clock }, loops, 3000);
  if (!isMuted) return { test, ms: 3000 };
  room.setMuted(CAMERA, true);
  const microphone = new Map([...loops].filter(([id]) => id === MICROPHONE));
  await play({ room, clock: test.clock }, microphone, 8000);
  return { test, ms: 11_000 };
}

/** The recorder's process is away for 5 s, and is told `facts` when it is back. */
async function back({ test, ms }: { test: TestRecorder; ms: number }, facts: RoomFact[] = []) {
  await test.recorder.close();
  const { folder, clock } = test;
  await clock.pass(5000);
  const { recorder } = await openRecorder({ folder, clock });
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf({ recordedMs: ms + 5000 }));
  recording.tell(facts);
  return { test: { ...test, recorder }, ms: ms + 5000, room, recording };
}

type Back = Awaited<ReturnType<typeof back>>;

function come({ room, test }: Back, isMuted: boolean) {
  room.publish(MICROPHONE, 'microphone');
  room.publish(CAMERA, 'camera', 'anna', isMuted);
  return loopsFrom(test.clock.nowUs());
}

async function stop({ test, recording }: Back) {
  recording.stop('host');
  await test.clock.until(() => recording.status.state === 'stored', 'stored');
  await test.recorder.close();
}

async function gapsOf({ test }: Back, id = CAMERA) {
  const { recordingId } = orderOf();
  const path = join(test.folder, 'recordings', recordingId, '1', 'manifest.jsonl');
  const lines = readManifest(await readFile(path, 'utf8'));
  return linesOf(lines, 'gap').filter(({ track_id }) => track_id === id);
}

const away = (gaps: Awaited<ReturnType<typeof gapsOf>>) =>
  gaps.filter(({ reason }) => reason === 'recorder').map(({ from, to }) => ({ from, to }));
const near = (ms: number | undefined, wantedMs: number) => Math.abs((ms ?? 0) - wantedMs) < 60;
const mute = (muted: boolean, sinceMs: number): RoomFact => {
  return { type: 'published', trackId: CAMERA, muted, sinceMs };
};

t.test('muted before it went, and all the while: nothing is missing', async (t) => {
  const after = await back(await begun(true));
  const { room, test } = after;
  const loops = come(after, true);
  const microphone = new Map([...loops].filter(([id]) => id === MICROPHONE));
  await play({ room, clock: test.clock }, microphone, 3000);
  loops.get(CAMERA)?.until(test.clock.nowUs());
  room.setMuted(CAMERA, false);
  await play({ room, clock: test.clock }, loops, 6000);
  await stop(after);
  const gaps = await gapsOf(after);
  t.strictSame(away(gaps), []);
  // 11 s before it went, 5 s away, 3 s muted.
  t.ok(
    gaps.every(({ from, to }) => to <= 3060 || from >= 18_940),
    JSON.stringify(gaps),
  );
});

t.test('muted before it went, and it never comes again', async (t) => {
  const after = await back(await begun(true));
  after.room.publish(MICROPHONE, 'microphone');
  await after.test.clock.pass(1000);
  await stop(after);
  t.strictSame(away(await gapsOf(after)), []);
});

t.test('muted before it went, unmuted meanwhile', async (t) => {
  for (const [facts, fromMs] of [
    [[mute(false, 14_000)], 14_000],
    [[], 11_000],
  ] as const) {
    const after = await back(await begun(true), [...facts]);
    const loops = come(after, false);
    await play({ room: after.room, clock: after.test.clock }, loops, 6000);
    await stop(after);
    const gaps = away(await gapsOf(after));
    t.equal(gaps.length, 1, JSON.stringify(gaps));
    t.ok(near(gaps[0]?.from, fromMs) && (gaps[0]?.to ?? 0) >= 16_000, JSON.stringify(gaps));
  }
});

t.test('muted meanwhile: as control tells, else where it was back', async (t) => {
  for (const [facts, toMs] of [
    [[mute(true, 5000)], 5000],
    [[], 8000],
  ] as const) {
    const after = await back(await begun(false), [...facts]);
    const { room, test } = after;
    const loops = come(after, true);
    await test.clock.pass(4000);
    loops.get(CAMERA)?.until(test.clock.nowUs());
    room.setMuted(CAMERA, false);
    await play({ room, clock: test.clock }, loops, 6000);
    await stop(after);
    const gaps = await gapsOf(after);
    const [own] = away(gaps);
    t.equal(away(gaps).length, 1, JSON.stringify(gaps));
    t.ok(near(own?.from, 3000) && near(own?.to, toMs), JSON.stringify(gaps));
    const meanwhile = gaps.filter(({ from, to }) => from < 11_900 && to > toMs + 60);
    t.strictSame(meanwhile, []);
  }
});

t.test('away twice: what is missing is named once', async (t) => {
  const first = await back(await begun(false), [mute(true, 5000)]);
  come(first, true);
  await first.test.clock.pass(2000);
  const second = await back({ test: first.test, ms: 10_000 });
  const loops = come(second, false);
  await play({ room: second.room, clock: second.test.clock }, loops, 6000);
  await stop(second);
  const gaps = away(await gapsOf(second));
  t.equal(gaps.length, 2, JSON.stringify(gaps));
  t.ok(near(gaps[0]?.to, 5000) && near(gaps[1]?.from, 10_000), JSON.stringify(gaps));
  const sound = away(await gapsOf(second, MICROPHONE));
  t.ok(
    sound.every(({ from }, index) => from >= (sound[index - 1]?.to ?? 0)),
    JSON.stringify(sound),
  );
});
