import t from 'tap';
import { retryDelayMs } from './retry.js';

t.test('the first try comes within a second, the others after 1, 2, 3, 5, 7, 7 … s ± 50 %', (t) => {
  t.equal(retryDelayMs(0, 0), 0);
  t.equal(retryDelayMs(0, 0.999), 999);
  const middles = [1, 2, 3, 4, 5, 50].map((attempt) => retryDelayMs(attempt, 0.5));
  t.same(middles, [1_000, 2_000, 3_000, 5_000, 7_000, 7_000]);
  t.equal(retryDelayMs(3, 0), 1_500);
  t.ok(retryDelayMs(3, 0.999) < 4_500);
  t.end();
});
