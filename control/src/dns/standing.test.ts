import t from 'tap';
import { Standing } from './standing.js';

/** After each look (`+` good, `-` bad) whether the address is in (`i`) or out (`o`). */
function courseOf(looks: string): string {
  const standing = new Standing();
  return [...looks]
    .map((look) => {
      standing.judge(look === '+');
      return standing.isWell ? 'i' : 'o';
    })
    .join('');
}

t.test('it leaves after three failures in a row and returns after ten good looks', (t) => {
  t.equal(courseOf('+--+--+---'), 'iiiiiiiiio');
  t.equal(courseOf('+---+++++++++++'), 'iiioooooooooo'.padEnd(15, 'i'));
  t.equal(courseOf('+---+++++++++-++++++++++'), 'iii'.padEnd(23, 'o').concat('i'));
  t.end();
});

t.test('the first look decides', (t) => {
  t.equal(courseOf('-++++++++++'), 'oooooooooo'.concat('i'));
  t.equal(courseOf('+'), 'i');
  t.end();
});

t.test('a turn is told once', (t) => {
  const standing = new Standing();
  const turns = [...'+----'].map((look) => standing.judge(look === '+'));
  t.strictSame(turns, [false, false, false, true, false]);
  t.end();
});
