import t from 'tap';
import { wishesFor, wishesToTell } from './visibility.js';

const size = { width: 640, height: 360 };
const nothingTold = new Map();
const nobody = new Set<string>();

function shown(...ids: string[]) {
  return ids.map((id) => ({
    publication_id: id,
    participant_id: `person-${id}`,
    source: id === 's' ? ('screen' as const) : ('camera' as const),
  }));
}

t.test('a publication without a tile on screen is not wanted', (t) => {
  const wishes = wishesFor(shown('a', 'b'), new Map([['a', size]]), nobody);
  t.same(
    wishesToTell(nothingTold, wishes).map(({ publication_id, visible }) => [
      publication_id,
      visible,
    ]),
    [
      ['a', true],
      ['b', false],
    ],
  );
  t.end();
});

t.test('only what changed is told', (t) => {
  const told = wishesFor(shown('a', 'b'), new Map([['a', size]]), nobody);
  t.same(wishesToTell(told, told), []);
  const both = new Map([
    ['a', size],
    ['b', size],
  ]);
  const changed = wishesToTell(told, wishesFor(shown('a', 'b', 'c'), both, nobody));
  t.same(
    changed.map(({ publication_id }) => publication_id),
    ['b', 'c'],
  );
  t.end();
});

t.test('a slightly larger tile is the same, a much larger one is not', (t) => {
  const told = wishesFor(shown('a'), new Map([['a', size]]), nobody);
  const at = (height: number) =>
    wishesFor(shown('a'), new Map([['a', { width: 640, height }]]), nobody);
  t.equal(wishesToTell(told, at(380)).length, 0);
  t.equal(wishesToTell(told, at(340)).length, 0);
  t.equal(wishesToTell(told, at(720)).length, 1);
  t.equal(wishesToTell(told, at(180)).length, 1);
  t.end();
});

t.test('screens go before pinned people, and these before the others', (t) => {
  const before = wishesFor(shown('a', 'b', 's'), new Map(), nobody);
  const wishes = wishesFor(shown('a', 'b', 's'), new Map(), new Set(['person-b']));
  t.same(
    [...wishes.values()].map(({ priority }) => priority),
    [100, 150, 200],
  );
  t.same(
    wishesToTell(before, wishes).map(({ publication_id }) => publication_id),
    ['b'],
    'a pin is news',
  );
  t.end();
});
