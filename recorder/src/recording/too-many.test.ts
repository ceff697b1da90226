/** More tracks than are recorded: the manifest says which, and when; they are as soon as there is room. */
import t from 'tap';
import {
  CAMERA,
  linesOf,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import { timelineOf } from '../render/timeline.js';
import { openRecorder, orderOf, type TestRecorder } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

async function begun() {
  const said: string[] = [];
  const log = (level: string, message: string) => said.push(`${level}: ${message}`);
  const test = await openRecorder({ maxTracks: 1, log });
  const room = new TestRoom();
  const recording = test.recorder.begin(room, orderOf());
  recording.tell([{ type: 'joined', participantId: 'anna', name: 'Anna' }]);
  const loops = publish(room, test.clock.nowUs());
  return { ...test, room, recording, loops, said };
}

async function linesAfter({ recorder, clock, store }: TestRecorder) {
  const recording = recorder.find(orderOf().recordingId);
  recording?.stop('host');
  await clock.until(() => recording?.status.state === 'stored', 'stored');
  const lines = await storedManifest(store);
  await recorder.close();
  const gaps = linesOf(lines, 'gap')
    .filter(({ track_id }) => track_id === CAMERA)
    .map(({ from, to, reason }) => ({ from, to, reason }));
  return { lines, gaps };
}

t.test('none gets free: all of it is missing, and nothing else is troubled', async (t) => {
  const test = await begun();
  const { clock, room, recording, loops } = test;
  await play({ room, clock }, loops, 2000);
  room.setMuted(CAMERA, true);
  await play({ room, clock }, loops, 3000);
  room.setMuted(CAMERA, false);
  await play({ room, clock }, loops, 5000);
  t.strictSame([...room.taps.keys()], [MICROPHONE]);
  t.match(test.recorder.load(), { tracks: 1, isFull: true });
  t.match(recording.status, { state: 'recording', trouble: null });
  t.equal(test.said.length, 1, 'it is said once');
  const { lines, gaps } = await linesAfter(test);
  t.strictSame(gaps, [
    { from: 0, to: 2000, reason: 'overload' },
    { from: 5000, to: 10_000, reason: 'overload' },
  ]);
  t.match(
    linesOf(lines, 'track')
      .map(({ source }) => source)
      .sort(),
    ['camera', 'microphone'],
  );
  t.equal(linesOf(lines, 'track_end').length, 2);
  const { people, pieces } = timelineOf([lines]);
  t.match(people, [{ name: 'Anna', present: [{ from: 0 }] }]);
  t.match(
    pieces.map(({ source }) => source),
    ['microphone'],
  );
});

t.test('when there is room again it is recorded', async (t) => {
  const test = await begun();
  const { clock, room, recording, loops } = test;
  await play({ room, clock }, loops, 2000);
  room.unpublish(MICROPHONE, 'removed');
  loops.delete(MICROPHONE);
  await play({ room, clock }, loops, 8000);
  t.strictSame([...room.taps.keys()], [MICROPHONE, CAMERA]);
  t.equal(recording.status.state, 'recording');
  const { lines, gaps } = await linesAfter(test);
  const [file] = linesOf(lines, 'file').filter(({ track_id }) => track_id === CAMERA);
  t.ok((file?.t ?? 0) > 3000 && (file?.t ?? 0) < 8000, `from ${file?.t} on`);
  t.match(gaps[0], { from: 0, reason: 'overload' });
  t.equal(linesOf(lines, 'track').length, 2);
  const after = gaps[0]?.to ?? 0;
  t.ok(after > 3000 && after <= (file?.t ?? 0) + 1, `until ${after}`);
});

t.test('over a restart it is missing on', async (t) => {
  const test = await begun();
  const { clock, room, loops, folder } = test;
  await play({ room, clock }, loops, 2000);
  await test.recorder.close();
  await clock.pass(3000);
  const { recorder } = await openRecorder({ clock, folder, maxTracks: 1 });
  const again = new TestRoom();
  recorder.begin(again, orderOf({ recordedMs: 5000 }));
  publish(again, clock.nowUs());
  await play({ room: again, clock }, loops, 2000);
  const { gaps } = await linesAfter({ ...test, recorder });
  t.strictSame(gaps, [
    { from: 0, to: 2000, reason: 'overload' },
    { from: 2000, to: 5000, reason: 'recorder' },
    { from: 5000, to: 7000, reason: 'overload' },
  ]);
});
