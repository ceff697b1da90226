import fc from 'fast-check';
import t from 'tap';
import { seedOf } from '../testing/seed.js';
import { blocksOf, joined } from './cut.js';
import type { ReadMessage } from './queue.js';

const cases = 1000;
const message = (offset: number): ReadMessage => ({ offset, queuedAt: 0, key: '', value: null });
const offsetsOf = (messages: readonly ReadMessage[]) => messages.map(({ offset }) => offset);

/** Rising offsets from anywhere, with holes. */
const readings = fc
  .tuple(fc.nat(10_000), fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 }))
  .map(([first, steps]) => {
    let offset = first;
    return steps.map((step) => {
      offset += step;
      return message(offset);
    });
  });

t.test('blocks are all that was read, and none reaches over a multiple', async (t) => {
  const seed = seedOf(t);
  fc.assert(
    fc.property(readings, fc.integer({ min: 1, max: 40 }), (messages, size) => {
      const blocks = blocksOf(undefined, messages, size) ?? [];
      const numbers = blocks.map((block) => [
        ...new Set(offsetsOf(block).map((offset) => Math.floor(offset / size))),
      ]);
      return (
        JSON.stringify(offsetsOf(blocks.flat())) === JSON.stringify(offsetsOf(messages)) &&
        numbers.every((one) => one.length === 1) &&
        new Set(numbers.flat()).size === blocks.length
      );
    }),
    { seed, numRuns: cases },
  );
  t.strictSame(blocksOf(undefined, [], 10), []);
  const few = [8, 9, 10, 25].map(message);
  t.strictSame(blocksOf(undefined, few, 10)?.map(offsetsOf), [[8, 9], [10], [25]]);
});

t.test('a block that was begun ends where it did, whatever has come since', async (t) => {
  const read = [3, 4, 7, 9, 12].map(message);
  t.equal(blocksOf({ last: 13 }, read, 10), null, 'there is more of it to come');
  t.equal(blocksOf({ last: 13 }, [], 10), null);
  for (const [last, blocks] of [
    [12, [[3, 4, 7, 9, 12]]],
    [7, [[3, 4, 7], [9], [12]]],
    // The topic has forgotten it.
    [2, [[3, 4, 7, 9], [12]]],
  ] as const) {
    t.strictSame(blocksOf({ last }, read, 10)?.map(offsetsOf), blocks);
  }
});

t.test('however it is read again, a message is there once', async (t) => {
  const former = [3, 4].map(message);
  for (const fresh of [[3, 4, 7], [4, 7], [7]]) {
    t.strictSame(offsetsOf(joined(former, fresh.map(message))), [3, 4, 7]);
  }
  t.strictSame(offsetsOf(joined([], former)), [3, 4]);
});
