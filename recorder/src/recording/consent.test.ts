/** Nothing of before a yes is written, also when a node has kept it. */
import t from 'tap';
import { blocksOf } from '../../../test/recorder/blocks.js';
import { CAMERA, linesOf, loopsFrom, storedManifest } from '../../../test/recorder/meeting.js';
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
