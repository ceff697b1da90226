/** What was published before anything of it came: what is missing until its first frame is named; else nothing is. */
import t from 'tap';
import {
  CAMERA,
  linesOf,
  loopsFrom,
  MICROPHONE,
  storedManifest,
} from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import type { RecordingOrder } from '../contract.js';
import { openRecorder, orderOf } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

type Test = Awaited<ReturnType<typeof begun>>;

async function begun(room: TestRoom, order: Partial<RecordingOrder> = {}) {
  const test = await openRecorder();
  return { ...test, room, recording: test.recorder.begin(room, orderOf(order)) };
}

function publish(room: TestRoom, isMuted = false): TestRoom {
  room.publish(MICROPHONE, 'microphone', 'anna', isMuted);
  room.publish(CAMERA, 'camera', 'anna', isMuted);
  return room;
}

/** Its media begins after `ms`, and comes for 3 s. */
async function comesAfter(ms: number, { clock, room }: Test) {
  await play({ room, clock }, loopsFrom(clock.nowUs() + ms * 1000), ms + 3000);
}

/** Of the beginning, which a hole in the capture is not. */
async function gapsOf({ recording, recorder, clock, store }: Test) {
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(store);
  await recorder.close();
  const gaps = linesOf(lines, 'gap').filter(({ reason }) => reason !== 'loss');
  const round = (ms: number) => Math.round(ms / 100) * 100;
  return gaps
    .map(({ track_id, from, to, reason }) => {
      const source = track_id === CAMERA ? 'camera' : 'microphone';
      return `${source} ${round(from)} to ${round(to)}: ${reason}`;
    })
    .sort();
}

const NAMED = ['camera 0 to 800: key_frame', 'microphone 0 to 800: silence'];

t.test('published before the recording began', async (t) => {
  const test = await begun(publish(new TestRoom()));
  await comesAfter(800, test);
  t.strictSame(await gapsOf(test), NAMED);
});

t.test('the same, as control tells; its link opens later', async (t) => {
  const test = await begun(new TestRoom());
  const ids = [MICROPHONE, CAMERA];
  test.recording.tell(
    ids.map((trackId) => ({ type: 'published', trackId, muted: false, sinceMs: null })),
  );
  await test.clock.pass(300);
  publish(test.room);
  await comesAfter(500, test);
  t.strictSame(await gapsOf(test), NAMED);
});

t.test('published while it is recorded: nothing was there before', async (t) => {
  const test = await begun(new TestRoom());
  await test.clock.pass(3000);
  publish(test.room);
  await comesAfter(800, test);
  t.strictSame(await gapsOf(test), []);
});

t.test('muted when it began', async (t) => {
  const test = await begun(publish(new TestRoom(), true));
  await test.clock.pass(1000);
  for (const id of [MICROPHONE, CAMERA]) test.room.setMuted(id, false);
  await comesAfter(800, test);
  t.strictSame(await gapsOf(test), []);
});

t.test('allowed later: from then on', async (t) => {
  const test = await begun(publish(new TestRoom()), { allowed: [] });
  await test.clock.pass(2000);
  test.recording.setAllowed(['anna']);
  await comesAfter(800, test);
  t.strictSame(await gapsOf(test), [
    'camera 2000 to 2800: key_frame',
    'microphone 2000 to 2800: silence',
  ]);
});

t.test('of what says nothing for long nobody knows more', async (t) => {
  const test = await begun(publish(new TestRoom()));
  await comesAfter(3000, test);
  t.strictSame(await gapsOf(test), ['camera 0 to 3000: silence', 'microphone 0 to 3000: silence']);
});

t.test('and what never says anything', async (t) => {
  const test = await begun(publish(new TestRoom()));
  await test.clock.pass(4000);
  t.strictSame(await gapsOf(test), ['camera 0 to 4000: silence', 'microphone 0 to 4000: silence']);
});
