/** A track whose link, or room, is gone for longer than a track may be away: it comes again, and what is missing is named. */
import t from 'tap';
import {
  CAMERA,
  linesOf,
  loopsFrom,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import type { RecordingOrder } from '../contract.js';
import { openRecorder, orderOf } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

const BOTH = [MICROPHONE, CAMERA];

async function begun(order: Partial<RecordingOrder> = {}) {
  const test = await openRecorder();
  const room = new TestRoom();
  const recording = test.recorder.begin(room, orderOf(order));
  await play({ room, clock: test.clock }, publish(room, test.clock.nowUs()), 3000);
  return { ...test, room, recording };
}

type Begun = Awaited<ReturnType<typeof begun>>;

/** After 3 s of both. */
function cut({ room }: Begun, reason: string): void {
  for (const id of BOTH) room.unpublish(id, reason);
}

async function linesOfAll({ recording, recorder, clock, store }: Begun) {
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  await recorder.close();
  return storedManifest(store);
}

async function gapsOf(test: Begun, id = CAMERA) {
  const gaps = linesOf(await linesOfAll(test), 'gap').filter(({ track_id }) => track_id === id);
  return gaps.filter(({ from, to }) => to - from > 500);
}

const near = (ms: number | undefined, wantedMs: number) => Math.abs((ms ?? 0) - wantedMs) < 60;

t.test('its link is mended after 22 s', async (t) => {
  const test = await begun();
  const { clock, room } = test;
  cut(test, 'ended');
  await clock.pass(22_000);
  await play({ room, clock }, publish(room, clock.nowUs()), 5000);
  const lines = await linesOfAll(test);
  t.equal(linesOf(lines, 'track').length, 4, 'they had ended');
  for (const id of BOTH) {
    const gaps = linesOf(lines, 'gap').filter(({ track_id }) => track_id === id);
    const away = gaps.filter(({ from }) => near(from, 3000));
    t.match(away, [{ reason: 'node' }]);
    t.equal(away.length, 1, JSON.stringify(gaps));
    t.ok((away[0]?.to ?? 0) >= 25_000 && (away[0]?.to ?? 0) < 25_500, JSON.stringify(gaps));
    const ends = linesOf(lines, 'track_end').filter(({ track_id }) => track_id === id);
    t.equal(away[0]?.from, ends[0]?.t, 'from where it ended');
  }
});

t.test('its room comes again after 22 s', async (t) => {
  const test = await begun();
  const { clock, recording } = test;
  const room = new TestRoom();
  recording.roomReplaced(room);
  await clock.pass(22_000);
  await play({ room, clock }, publish(room, clock.nowUs()), 5000);
  t.match(await gapsOf(test), [{ from: 3000, reason: 'node' }]);
});

t.test('its publisher ended it, and publishes it again: nothing is missing', async (t) => {
  for (const reason of ['removed', 'replaced', 'left']) {
    const test = await begun();
    const { clock, room } = test;
    cut(test, reason);
    await clock.pass(22_000);
    await play({ room, clock }, publish(room, clock.nowUs()), 5000);
    t.strictSame(await gapsOf(test), [], reason);
  }
});

t.test('it comes again, and nothing of it: it is missing until the end', async (t) => {
  const test = await begun();
  cut(test, 'ended');
  await test.clock.pass(22_000);
  publish(test.room, 0);
  await test.clock.pass(5000);
  t.match(await gapsOf(test), [{ from: 3000, to: 30_000, reason: 'node' }]);
});

for (const [what, before, after, wanted] of [
  ['muted when it was cut, and not when it is back', true, false, [4000, 26_000]],
  ['muted when it is back: until there', false, true, [3000, 25_000]],
] as const) {
  t.test(what, async (t) => {
    const test = await begun();
    const { clock, room } = test;
    room.setMuted(CAMERA, before);
    if (before) await clock.pass(1000);
    cut(test, 'ended');
    await clock.pass(22_000);
    room.publish(CAMERA, 'camera', 'anna', after);
    await play({ room, clock }, loopsFrom(clock.nowUs()), after ? 0 : 5000);
    if (after) await clock.pass(10_000);
    const gaps = await gapsOf(test);
    t.equal(gaps.length, 1, JSON.stringify(gaps));
    t.ok(near(gaps[0]?.from, wanted[0]), JSON.stringify(gaps));
    t.ok(Math.abs((gaps[0]?.to ?? 0) - wanted[1]) < 400, JSON.stringify(gaps));
  });
}

t.test('muted all the while: nothing is missing', async (t) => {
  const test = await begun();
  const { clock, room } = test;
  room.setMuted(CAMERA, true);
  cut(test, 'ended');
  await clock.pass(22_000);
  room.publish(CAMERA, 'camera', 'anna', true);
  await clock.pass(5000);
  room.setMuted(CAMERA, false);
  const loops = new Map([...loopsFrom(clock.nowUs())].filter(([id]) => id === CAMERA));
  await play({ room, clock }, loops, 5000);
  t.strictSame(await gapsOf(test), []);
});

t.test('what nobody might have meanwhile is not missing', async (t) => {
  const test = await begun({ consent: 'ask_each', allowed: ['anna'] });
  const { clock, room, recording } = test;
  cut(test, 'ended');
  await clock.pass(20_000);
  recording.setAllowed([]);
  await clock.pass(10_000);
  recording.setAllowed(['anna']);
  await clock.pass(2000);
  await play({ room, clock }, publish(room, clock.nowUs()), 5000);
  const gaps = await gapsOf(test);
  t.match(gaps, [{ from: 33_000, reason: 'node' }]);
  t.equal(gaps.length, 1);
});

t.test('the recorder is away meanwhile', async (t) => {
  const test = await begun();
  const { clock, folder } = test;
  cut(test, 'ended');
  await clock.pass(17_000);
  await test.recorder.close();
  await clock.pass(5000);
  const { recorder } = await openRecorder({ folder, clock });
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf({ recordedMs: 25_000 }));
  await play({ room, clock }, publish(room, clock.nowUs()), 5000);
  t.match(await gapsOf({ ...test, recorder, recording, room }), [{ from: 3000, reason: 'node' }]);
});
