import t from 'tap';
import { TestClock } from './testing/test-clock.js';
import { type Limiter, LimitTable, SlidingWindow, TokenBucket } from './token-bucket.js';

const minute = 60_000;

t.test('a window holds its number, wherever one begins to count', async (t) => {
  const clock = new TestClock();
  const window = new SlidingWindow({ count: 5, windowMs: minute }, clock);
  const taken: number[] = [];
  for (let second = 0; second < 300; second++) {
    if (window.take() === 0) taken.push(second);
    clock.advance(1000);
  }
  t.strictSame(taken.slice(0, 6), [0, 1, 2, 3, 4, 60]);
  for (const first of taken) {
    const within = taken.filter((at) => at >= first && at < first + 60);
    t.ok(within.length <= 5);
  }
});

t.test('it says how long to wait, and who is refused takes none', async (t) => {
  const clock = new TestClock();
  const window = new SlidingWindow({ count: 2, windowMs: minute }, clock);
  t.ok(window.full);
  window.take();
  clock.advance(20_000);
  t.strictSame(
    [window.remaining, window.take(), window.take(), window.wait()],
    [1, 0, 40_000, 40_000],
  );
  clock.advance(40_000);
  t.strictSame([window.wait(), window.take(), window.wait()], [0, 0, 20_000]);
});

t.test('what is given back can be taken again', async (t) => {
  const clock = new TestClock();
  for (const limiter of [
    new SlidingWindow({ count: 2, windowMs: minute }, clock),
    new TokenBucket({ perSecond: 1 / 60, burst: 2 }, clock),
  ]) {
    for (let count = 0; count < 2; count++) limiter.take();
    limiter.giveBack();
    t.strictSame([limiter.remaining, limiter.take(), limiter.take() > 0], [1, 0, true]);
    for (let count = 0; count < 3; count++) limiter.giveBack();
    t.strictSame([limiter.full, limiter.remaining], [true, 2], 'never more than there are');
  }
});

t.test('a wide attack does not reset who is exhausted', async (t) => {
  const clock = new TestClock();
  const makers: (() => Limiter)[] = [
    () => new SlidingWindow({ count: 3, windowMs: minute }, clock),
    () => new TokenBucket({ perSecond: 1 / 60, burst: 3 }, clock),
  ];
  for (const make of makers) {
    const table = new LimitTable(make, 100);
    for (let count = 0; count < 3; count++) table.of('exhausted').take();
    for (let address = 0; address < 1000; address++) table.of(`${address}`).take();
    t.not(table.of('exhausted').wait(), 0);
  }
});
