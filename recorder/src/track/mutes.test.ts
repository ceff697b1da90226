/** Mutes are no gaps, whatever is on its way when they begin. */
import t from 'tap';
import {
  CAMERA,
  linesOf,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../../test/recorder/meeting.js';
import { type Loop, play } from '../../../test/recorder/player.js';
import { openRecorder, orderOf, type TestRecorder } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

async function begun() {
  const test = await openRecorder();
  const room = new TestRoom();
  const recording = test.recorder.begin(room, orderOf());
  const loops = publish(room, test.clock.nowUs());
  await play({ room, clock: test.clock }, loops, 3000);
  return { test, room, recording, loops };
}

/** Both are, for 20 s. */
async function mute(test: TestRecorder, room: TestRoom, loops: Map<string, Loop>, late = 0) {
  for (const id of [MICROPHONE, CAMERA]) room.setMuted(id, true);
  await play({ room, clock: test.clock }, loops, late);
  await test.clock.pass(20_000 - late);
  for (const loop of loops.values()) loop.until(test.clock.nowUs());
  for (const id of [MICROPHONE, CAMERA]) room.setMuted(id, false);
}

async function gapsOf({ test, recording }: Awaited<ReturnType<typeof begun>>) {
  recording.stop('host');
  await test.clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(test.store);
  await test.recorder.close();
  return linesOf(lines, 'gap').map(({ from, to, reason }) => ({ from, to, reason }));
}

const during = (gaps: { from: number; to: number }[]) =>
  gaps.filter(({ from, to }) => Math.min(to, 22_500) - Math.max(from, 3500) > 0);

t.test('frames that are on their way when a mute begins', async (t) => {
  const one = await begun();
  await mute(one.test, one.room, one.loops, 200);
  await play({ room: one.room, clock: one.test.clock }, one.loops, 3000);
  const gaps = await gapsOf(one);
  t.strictSame(during(gaps), []);
  t.strictSame(
    gaps.filter(({ reason }) => reason === 'silence'),
    [],
  );
});

t.test('packets that are lost as a mute begins', async (t) => {
  const one = await begun();
  const { test, room, loops } = one;
  // One picture and some sound never come.
  await play({ room, clock: test.clock }, loops, 100, () => []);
  await mute(test, room, loops);
  await play({ room, clock: test.clock }, loops, 3000);
  const gaps = await gapsOf(one);
  t.strictSame(during(gaps), []);
  t.ok(
    gaps.some(({ reason, from }) => reason === 'loss' && from < 3500),
    'what is missing is named',
  );
  const lost = gaps
    .filter(({ to }) => to <= 3500)
    .reduce((sum, { from, to }) => sum + to - from, 0);
  t.ok(lost < 1000, `${lost} ms`);
});

t.test('silence after a mute is one', async (t) => {
  const one = await begun();
  const { test, room, loops } = one;
  await mute(test, room, loops);
  await test.clock.pass(4000);
  for (const loop of loops.values()) loop.until(test.clock.nowUs());
  await play({ room, clock: test.clock }, loops, 2000);
  const gaps = await gapsOf(one);
  t.strictSame(during(gaps), []);
  const silences = gaps.filter(({ reason, from }) => reason === 'silence' && from > 22_500);
  t.equal(silences.length, 2);
  for (const { from, to } of silences) t.ok(from === 23_000 && to > 26_900, `${from} to ${to}`);
});
