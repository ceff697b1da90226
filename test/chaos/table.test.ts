/** What a run of some faults does to the table. */
import t from 'tap';
import type { Outcome } from './run.js';
import { linesOf, missedBars, tableWith } from './table.js';

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

t.test('of what is better the larger it is, the worst are the least', async (t) => {
  const rate = { name: 'rate', unit: 'ratio' as const, bars: { p95: 0.98 }, isLeast: true };
  const runOf = (...samples: number[]) => outcome('F17', 0, { figures: [{ ...rate, samples }] });
  t.strictSame(missedBars([runOf(0.99, 0.98, 1)]), []);
  const poor = [runOf(0.99, 0.5, 1)];
  t.strictSame(missedBars(poor), ['F17 (E), rate: missed']);
  const rows = linesOf(tableWith(poor, { before: '', day: 'Monday' })).get('F17 (E)');
  t.match(rows?.[1], /rate, ratio . 1 of 1 . 0.990 . 0.500 . 0.500 . p95 ≥ 0.98/);
});

t.test('what keeps no bar is said, and so is what nobody has measured', async (t) => {
  const figure = { name: 'back', unit: 'ms' as const, samples: [], bars: { max: 100 } };
  const empty = outcome('F3', 0, { figures: [figure] });
  const void_ = outcome('F4', 50, { void: 'sent late' });
  const told = missedBars([outcome('F1', 50), outcome('F2', 150), empty, void_]);
  t.strictSame(told, [
    'F2 (E), back: missed',
    'F3 (E), back: not measured',
    'F4 (E), back: not measured',
  ]);
  t.strictSame(missedBars([outcome('F4', 50), void_]), [], 'one repeat that counts is enough');
  const many = [outcome('F1', 50), outcome('F1', 150)];
  t.strictSame(missedBars(many), ['F1 (E), back: missed'], 'of all repeats together');
  t.match(linesOf(tableWith([empty], { before: '', day: 'Monday' })).get('F3 (E)'), [
    /all hold/,
    /back, ms . 1 of 1 . {2}. {2}. {2}. max ≤ 100 . \*\*not measured/,
  ]);
});
