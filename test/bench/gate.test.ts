/** What the gate makes of its figures. Nothing is measured. */
import t from 'tap';
import { describe, fails, judge, settle, type Verdict } from '../../bench/gate/verdict.js';

const fell = (ratio: number): Verdict => judge({ ratio }, 1);
const held = judge({ ratio: 1.1 }, 1);
const void_ = judge({ void: 'the generator was the bottleneck' }, 1);

t.test('a fall is of packets per CPU-second beside ideal', (t) => {
  t.match(judge({ ratio: 1.5 }, 1.5), { is: 'held', fall: 0 });
  // 1 / 1.17 is 85.5 % of what was; 1 / 1.18 is 84.7 %.
  t.match(judge({ ratio: 1.17 }, 1), { is: 'held' });
  t.match(judge({ ratio: 1.18 }, 1), { is: 'fell' });
  t.match(judge({ ratio: 1 }, 2), { is: 'held', fall: -1 }, 'a gain');
  t.end();
});

t.test('without a committed result of its kind a figure is new', (t) => {
  t.match(judge({ ratio: 1.5 }, undefined), { is: 'new', ratio: 1.5 });
  t.match(judge({ void: 'busy' }, undefined), { is: 'void', why: 'busy' });
  t.end();
});

t.test('of two attempts only two falls are one', (t) => {
  t.equal(settle(held, fell(9)), held, 'no second one was needed');
  t.equal(settle(fell(2), held), held);
  t.match(settle(fell(2), fell(1.5)), { is: 'fell', ratio: 1.5 });
  t.match(settle(fell(1.5), fell(2)), { is: 'fell', ratio: 1.5 });
  t.equal(settle(void_, held), held);
  t.equal(settle(void_, void_).is, 'void');
  t.equal(settle(fell(2), void_).is, 'void');
  t.equal(settle(void_, fell(2)).is, 'void');
  t.end();
});

t.test('what fell and what allocates fails, what is void does not', (t) => {
  t.notOk(fails([held, void_, judge({ ratio: 1 }, undefined)], 0));
  t.ok(fails([held, fell(2)], 0));
  t.ok(fails([held], 1 / 400), 'one allocation for each frame of 8 to 50');
  t.end();
});

t.test('each verdict says what it is', (t) => {
  t.equal(describe(held), '1.10 × ideal, held (-9 %)');
  t.equal(describe(judge({ ratio: 1 }, 1.5)), '1.00 × ideal, held (+50 %)');
  t.match(describe(void_), /^void: the generator/);
  t.match(describe(judge({ ratio: 1 }, undefined)), /no committed result/);
  t.end();
});
