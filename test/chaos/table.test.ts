/** What a run of some faults does to the table. */
import t from 'tap';
import type { Outcome } from './run.js';
import { linesOf, tableWith } from './table.js';

function outcome(id: string, ms: number, more: Partial<Outcome> = {}): Outcome {
  const figures = [{ name: 'back', unit: 'ms' as const, samples: [ms], bars: { max: 100 } }];
  const fine = { failures: [], void: null, generator: null, seconds: 4, seed: 1 };
  return { id, layout: 'E', figures, ...fine, ...more };
}

t.test('a run replaces the lines of its own faults', async (t) => {
  const first = tableWith([outcome('F1', 50), outcome('F2', 150)], { before: '', day: 'Monday' });
  const before = linesOf(first);
  t.match(before.get('F2 (E)'), [/all hold . holds . Monday . 4/, /back, ms . 1 of 1 .*missed/]);
  const next = [outcome('F2', 60), outcome('F2', 70, { failures: ['nobody is back'] })];
  const second = tableWith(next, { before: first, day: 'Tuesday' });
  const after = linesOf(second);
  t.strictSame(after.get('F1 (E)'), before.get('F1 (E)'));
  t.match(after.get('F2 (E)'), [/1 failed.*Tuesday/, /back, ms . 1 of 2 . 60 . 60 . 60/]);
  t.equal(tableWith([], { before: second, day: 'Wednesday' }), second);
});
