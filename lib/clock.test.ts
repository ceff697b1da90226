import t from 'tap';
import { EngineClock, SharedTimer } from './clock.js';
import { FakeClock } from './testing/fake-clock.js';

t.test('one timer for all, as long as somebody waits', async (t) => {
  const clock = new FakeClock();
  const timer = new SharedTimer(clock);
  const start = clock.now();
  const seen: string[] = [];
  const callback = (name: string) => () => seen.push(`${name} ${clock.now() - start}`);
  const [a, b, c] = [callback('a'), callback('b'), callback('c')];
  timer.set(a, start + 60);
  timer.set(b, start + 70);
  timer.set(c, start + 500);
  t.equal(clock.waiting, 1);
  await clock.pass(100);
  t.same(seen, ['a 75', 'b 75'], 'together, in steps of 25 ms');
  timer.set(c, Number.POSITIVE_INFINITY);
  timer.set(b, start + 150);
  timer.set(b, start + 300);
  await clock.pass(1000);
  t.same(seen.slice(2), ['b 300'], 'the later wish holds');
  t.equal(clock.waiting, 0);
  timer.set(a, start);
  await clock.pass(0);
  t.equal(seen.length, 4, 'what is overdue comes at once');
});

t.test('the clock of the engine, heard late', async (t) => {
  const clock = new FakeClock();
  const engine = new EngineClock(clock);
  t.equal(engine.nowUs, 1000 * clock.now(), 'the same machine');
  engine.learn(2_000_000_000 - 300_000);
  t.equal(engine.nowUs, 2_000_000_000 - 300_000);
  await clock.pass(100);
  engine.learn(2_000_000_000 + 50_000);
  t.equal(engine.nowUs, 2_000_000_000 + 50_000, 'this one came sooner');
  engine.learn(1_000_000_000);
  t.equal(engine.nowUs, 2_000_000_000 + 50_000);
});
