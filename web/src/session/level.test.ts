import t from 'tap';
import { levelOf } from './level.js';

t.test('silence is 0, full scale is 1, the room is nothing', (t) => {
  t.equal(levelOf(new Float32Array(512)), 0);
  t.equal(levelOf(new Float32Array(512).fill(1)), 1);
  t.equal(levelOf(new Float32Array(512).fill(0.0005)), 0);
  t.equal(levelOf(new Float32Array(0)), 0);
  const quiet = levelOf(new Float32Array(512).fill(0.01));
  const loud = levelOf(new Float32Array(512).fill(0.1));
  t.ok(0 < quiet && quiet < loud && loud < 1);
  t.end();
});
