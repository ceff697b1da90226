import t from 'tap';
import { wishesFor, wishesToTell } from './visibility.js';

const size = { width: 640, height: 360 };
const nothingTold = new Map();

t.test('a publication without a tile on screen is not wanted', (t) => {
  const wishes = wishesFor(['a', 'b'], new Map([['a', size]]), new Set());
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
  const told = wishesFor(['a', 'b'], new Map([['a', size]]), new Set());
  t.same(wishesToTell(told, told), []);
  const both = new Map([
    ['a', size],
    ['b', size],
  ]);
  const changed = wishesToTell(told, wishesFor(['a', 'b', 'c'], both, new Set()));
  t.same(
    changed.map(({ publication_id }) => publication_id),
    ['b', 'c'],
  );
  t.end();
});

t.test('a slightly larger tile is the same, a much larger one is not', (t) => {
  const told = wishesFor(['a'], new Map([['a', size]]), new Set());
  const at = (height: number) =>
    wishesFor(['a'], new Map([['a', { width: 640, height }]]), new Set());
  t.equal(wishesToTell(told, at(380)).length, 0);
  t.equal(wishesToTell(told, at(340)).length, 0);
  t.equal(wishesToTell(told, at(720)).length, 1);
  t.equal(wishesToTell(told, at(180)).length, 1);
  t.end();
});

t.test('screens go before cameras', (t) => {
  const wishes = wishesFor(['a', 's'], new Map(), new Set(['s']));
  t.equal(wishes.get('a')?.priority, 100);
  t.equal(wishes.get('s')?.priority, 200);
  t.end();
});
