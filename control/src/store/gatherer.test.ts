import t from 'tap';
import { ControlError } from '../control-error.js';
import { TestClock } from '../testing/test-clock.js';
import { Gatherer } from './gatherer.js';

/** Works that end when they are told to. */
function heldWork() {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const work = (items: readonly number[]) => {
    batches.push([...items]);
    return new Promise<number[]>((resolve) => {
      ends.push(() => resolve(items.map((item) => item * 10)));
    });
  };
  return { batches, ends, work };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test('what comes in one turn, and while a work runs, shares a work', async (t) => {
  const { batches, ends, work } = heldWork();
  const gatherer = new Gatherer(work, { atOnce: 1, most: 3 });
  const first = [1, 2].map((item) => gatherer.add(item));
  await turn();
  t.strictSame(batches, [[1, 2]]);
  const next = [3, 4, 5, 6].map((item) => gatherer.add(item));
  await turn();
  t.strictSame(batches, [[1, 2]], 'one at a time');
  ends[0]?.();
  t.strictSame(await Promise.all(first), [10, 20]);
  await turn();
  t.strictSame(batches.slice(1), [[3, 4, 5]], 'not more than `most`');
  ends[1]?.();
  await turn();
  await turn();
  ends[2]?.();
  t.strictSame(await Promise.all(next), [30, 40, 50, 60]);
});

t.test('after a crowd more gather for the next work; a few wait for nobody', async (t) => {
  const { batches, ends, work } = heldWork();
  const clock = new TestClock();
  const gatherer = new Gatherer(work, { atOnce: 1, most: 10 }, clock);
  const first = [1, 2, 3, 4].map((item) => gatherer.add(item));
  await turn();
  ends[0]?.();
  await Promise.all(first);
  const next = [5].map((item) => gatherer.add(item));
  clock.advance(7);
  await turn();
  next.push(gatherer.add(6), gatherer.add(7));
  t.strictSame(batches, [[1, 2, 3, 4]]);
  clock.advance(1);
  await turn();
  t.strictSame(batches.slice(1), [[5, 6, 7]]);
  ends[1]?.();
  await Promise.all(next);
  void gatherer.add(8);
  await turn();
  t.strictSame(batches.slice(2), [[8]]);
});

t.test('with enough for the next work it begins at once', async (t) => {
  const { batches, ends, work } = heldWork();
  const gatherer = new Gatherer(work, { atOnce: 1, most: 20 }, new TestClock());
  const first = [1, 2, 3, 4].map((item) => gatherer.add(item));
  await turn();
  ends[0]?.();
  await Promise.all(first);
  for (let item = 1; item <= 15; item++) void gatherer.add(item);
  await turn();
  t.equal(batches.length, 1);
  void gatherer.add(16);
  await turn();
  t.equal(batches[1]?.length, 16);
});

t.test('two works run beside each other where that is allowed', async (t) => {
  const { batches, ends, work } = heldWork();
  const gatherer = new Gatherer(work, { atOnce: 2, most: 10 });
  const first = gatherer.add(1);
  await turn();
  const second = gatherer.add(2);
  await turn();
  t.strictSame(batches, [[1], [2]]);
  ends[1]?.();
  t.equal(await second, 20, 'the later one may end first');
  ends[0]?.();
  t.equal(await first, 10);
});

t.test('an item that fails takes no other along', async (t) => {
  const tried: number[][] = [];
  const gatherer = new Gatherer(async (items: readonly number[]) => {
    tried.push([...items]);
    if (items.includes(2)) throw new Error('not 2');
    return items.map(String);
  });
  const answers = await Promise.allSettled([1, 2, 3].map((item) => gatherer.add(item)));
  t.strictSame(tried, [[1, 2, 3], [1], [2], [3]]);
  t.match(answers, [
    { value: '1' },
    { status: 'rejected', reason: { message: 'not 2' } },
    { value: '3' },
  ]);
});

t.test('a database that is away is asked once, not once for each', async (t) => {
  let asked = 0;
  const gatherer = new Gatherer<number, number>(async () => {
    asked += 1;
    throw new ControlError('dependency_down', 'away');
  });
  const answers = await Promise.allSettled([1, 2].map((item) => gatherer.add(item)));
  t.ok(answers.every(({ status }) => status === 'rejected'));
  t.equal(asked, 1);
});
