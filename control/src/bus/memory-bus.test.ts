import t, { type Test } from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { type BusMaker, busContract } from './contract.js';
import { MemoryBus } from './memory-bus.js';

/** In one process the buses of all are the same one: each test its own. */
function memoryMaker(): BusMaker {
  const clock = new TestClock();
  let shared: MemoryBus | undefined;
  return {
    open: async (t: Test) => {
      const bus = shared ?? new MemoryBus(clock);
      shared = bus;
      t.teardown(async () => {
        await bus.close();
        shared = undefined;
      });
      return bus;
    },
    pass: async (milliseconds) => clock.advance(milliseconds),
  };
}

busContract(t, memoryMaker());

t.test('beyond its bound the oldest writings are forgotten', async (t) => {
  const bus = new MemoryBus(new TestClock(), undefined, 10_000);
  const write = (key: string) => bus.set(key, 'x'.repeat(1000), 60_000);
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await write(key);
  await write('a');
  t.not(await bus.get('b'), null, 'eight fit, and a new value takes the place of the former');
  await write('i');
  await write('j');
  t.equal(await bus.get('b'), null);
  for (const key of ['a', 'd', 'i', 'j']) t.not(await bus.get(key), null, key);
  await bus.set('giant', 'x'.repeat(20_000), 60_000);
  t.equal(await bus.get('giant'), null, 'what never fits is forgotten at once');
  await write('k');
  t.not(await bus.get('k'), null, 'and room is there again');
});

t.test('what expired makes room for what has not', async (t) => {
  const clock = new TestClock();
  const bus = new MemoryBus(clock, undefined, 20_000);
  await bus.set('lease', 'kept', 1_000_000);
  for (let turn = 0; turn < 2000; turn++) {
    await bus.set(`short:${turn}`, 'x', 10);
    clock.advance(1);
  }
  t.equal(await bus.get('lease'), 'kept');
  await bus.set('counted', '5', 10);
  for (let sum = 6; sum < 1000; sum++) t.equal(await bus.count('counted', 10), sum);
});

t.test('a listener that fails is reported', async (t) => {
  const failures: unknown[] = [];
  const bus = new MemoryBus(new TestClock(), (error) => failures.push(error));
  const failure = new Error('no');
  await bus.subscribe('news', () => {
    throw failure;
  });
  await bus.publish('news', '');
  await null;
  t.strictSame(failures, [failure]);
});
