/** Nothing of before a yes is written, also when a node has kept it. */
import t from 'tap';
import { blocksOf } from '../../../test/recorder/blocks.js';
import {
  CAMERA,
  linesOf,
  loopsFrom,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import { openRecorder, orderOf } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

t.test('pictures that were captured before a yes are passed over', async (t) => {
  const test = await openRecorder();
  const { recorder, clock, store } = test;
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf({ consent: 'ask_each', allowed: ['bert'] }));
  room.publish(CAMERA, 'camera');
  await clock.pass(5000);
  const loops = loopsFrom(clock.nowUs() - 900_000);
  const camera = new Map([...loops].filter(([id]) => id === CAMERA));
  recording.setAllowed(['bert', 'anna']);
  // What the node kept, from its key frame on, at once.
  const kept = [...camera.values()].flatMap((loop) => loop.until(clock.nowUs()));
  t.ok(kept.length > 20);
  room.send(CAMERA, kept);
  await play({ room, clock }, camera, 12_000);
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const blocks: number[] = [];
  for (const { key, kind } of recording.status.files) {
    if (kind === 'track') blocks.push(...(await blocksOf(store.pathOf(key))));
  }
  t.ok(blocks.length > 0 && blocks.every((ms) => ms >= 5000), `the first is of ${blocks[0]}`);
  const gaps = linesOf(await storedManifest(store), 'gap');
  t.ok(
    gaps.every(({ from }) => from >= 5000),
    'what nobody may have is not missing',
  );
  await recorder.close();
});

/** Recorded for 3 s; then no recorder is there for 5 s, and when one is, `allowed` may be written. */
async function returned(allowed: readonly string[]) {
  const { recorder: before, clock, folder, store } = await openRecorder();
  const room = new TestRoom();
  before.begin(room, orderOf({ consent: 'ask_each', allowed: ['anna', 'bert'] }));
  await play({ room, clock }, publish(room, clock.nowUs()), 3000);
  await before.close();
  await clock.pass(5000);
  const { recorder } = await openRecorder({ folder, clock });
  const again = new TestRoom();
  const order = orderOf({ consent: 'ask_each', allowed, recordedMs: 8000 });
  const recording = recorder.begin(again, order);
  const stop = async () => {
    recording.stop('host');
    await clock.until(() => recording.status.state === 'stored', 'stored');
    await recorder.close();
    return storedManifest(store);
  };
  return { clock, room: again, recording, stop };
}

t.test('a yes that was taken back while no recorder was there', async (t) => {
  const { clock, room, stop } = await returned(['bert']);
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 2000);
  t.equal(room.taps.size, 0);
  const lines = await stop();
  const ends = linesOf(lines, 'track_end');
  t.strictSame(ends.map(({ track_id }) => track_id).sort(), [MICROPHONE, CAMERA].sort());
  for (const { reason, t: ms } of ends) {
    t.equal(reason, 'not_allowed');
    t.ok(ms > 2500 && ms <= 3100, `it ended where the recorder went, at ${ms}`);
  }
  const late = linesOf(lines, 'gap').filter(({ to }) => to > 3100);
  t.strictSame(late, [], 'what nobody may have is not missing');
});

t.test('the same, and a yes again later: it goes on as a track that begins', async (t) => {
  const { clock, room, recording, stop } = await returned(['bert']);
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 2000);
  recording.setAllowed(['bert', 'anna']);
  await play({ room, clock }, loops, 8000);
  const lines = await stop();
  for (const id of [MICROPHONE, CAMERA]) {
    const own = linesOf(lines, 'track').filter(({ track_id }) => track_id === id);
    t.match(own.at(-1), { t: 10_000 });
    t.equal(own.length, 2);
  }
  const away = linesOf(lines, 'gap').filter(({ from, to }) => to > 3100 && from < 10_000);
  t.strictSame(away, []);
});

t.test('a yes that is taken back before the track came again', async (t) => {
  const { clock, room, recording, stop } = await returned(['anna', 'bert']);
  await clock.pass(1000);
  recording.setAllowed(['bert']);
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 2000);
  recording.setAllowed(['bert', 'anna']);
  await play({ room, clock }, loops, 8000);
  const lines = await stop();
  const refused = linesOf(lines, 'track_end').filter(({ reason }) => reason === 'not_allowed');
  t.match(refused, [{ t: 8000 }, { t: 8000 }]);
  const away = linesOf(lines, 'gap').filter(({ reason }) => reason === 'recorder');
  t.strictSame(away.map(({ track_id }) => track_id).sort(), [MICROPHONE, CAMERA].sort());
  for (const { from, to } of away) t.ok(from > 2500 && to === 8000, `${from} to ${to}`);
});
