import fc from 'fast-check';
import type { Redis } from 'ioredis';
import t from 'tap';
import { answers, openRedis, redisMaker } from '../testing/test-bus.js';
import { TestClock } from '../testing/test-clock.js';
import { eventually, shortenLives, testRedis } from '../testing/test-redis.js';
import type { Bus } from './bus.js';
import { busContract, fenceOf, laterId } from './contract.js';
import { MemoryBus } from './memory-bus.js';

const server = await testRedis(t);
t.test('one server', (t) => {
  busContract(
    t,
    redisMaker(`redis://${server.address}`, () => [server]),
  );
  t.end();
});

t.test('two installations on one server see nothing of each other', async (t) => {
  const url = `redis://${server.address}`;
  const one = await openRedis(t, url, { prefix: 'one' });
  const other = await openRedis(t, url, { prefix: 'other' });
  await server.cli('flushall');
  const rate = { perSecond: 1 / 3600, burst: 1 };
  for (const bus of [one, other]) {
    t.equal(await bus.add('record:1', 'x', 60_000), true);
    t.equal(await bus.count('count:1', 60_000), 1);
    t.equal(await bus.take('bucket:1', rate), 0);
    t.equal(await bus.setFenced('room:1', fenceOf(bus === one ? 9 : 1), 'mine', 60_000), true);
  }
  await other.delete('record:1');
  await other.deleteFenced('room:1', fenceOf(1));
  t.equal(await one.get('record:1'), 'x');
  t.strictSame(await one.getFenced('room:1'), { ...fenceOf(9), value: 'mine' });
  const keys = (await server.cli('keys', '*')).split('\n').sort();
  t.strictSame(keys, [
    ...['one:bucket:1', 'one:count:1', 'one:record:1', 'one:room:1'],
    ...['other:bucket:1', 'other:count:1'],
  ]);
  const heard: string[] = [];
  await one.subscribe('news', (message) => heard.push(message));
  await other.publish('news', 'of the other');
  await one.publish('news', 'mine');
  await eventually('it is heard', async () => heard.at(-1) === 'mine' || undefined);
  t.strictSame(heard, ['mine']);
});

t.test('lives end by the clock of the server, too', async (t) => {
  const bus = await openRedis(t, `redis://${server.address}`);
  await bus.set('brief', 'words', 20);
  await bus.setFenced('brief fenced', fenceOf(1), 'words', 20);
  await bus.count('brief count', 20);
  await eventually('all are gone', async () => {
    const left = [
      await bus.get('brief'),
      await bus.getFenced('brief fenced'),
      await bus.get('brief count'),
    ];
    return left.every((one) => one === null) ? true : undefined;
  });
});

t.test('a server that was killed: refused at once, there again by itself', async (t) => {
  const server = await testRedis(t);
  const bus = await openRedis(t, `redis://${server.address}`);
  const heard: string[] = [];
  await bus.subscribe('news', (message) => heard.push(message));
  await server.kill();
  await eventually('it is refused', async () => ((await answers(bus)) ? undefined : true));
  await t.rejects(bus.get('any'), { code: 'dependency_down' });
  await t.rejects(
    bus.subscribe('other', () => {}),
    { code: 'dependency_down' },
  );
  await server.restart();
  await eventually('it takes commands again', () => answers(bus));
  await eventually('the listener hears again', async () => {
    await bus.publish('news', 'again');
    return heard.includes('again') ? true : undefined;
  });
});

t.test('a server that stands still: refused in time', async (t) => {
  const server = await testRedis(t);
  const bus = await openRedis(t, `redis://${server.address}`, { commandTimeoutMs: 50 });
  server.pause();
  t.teardown(() => server.resume());
  await t.rejects(bus.get('any'), { code: 'dependency_down' });
  await t.rejects(
    bus.subscribe('news', () => {}),
    { code: 'dependency_down' },
  );
  server.resume();
  await eventually('it answers again', () => answers(bus));
});

t.test('a client that gave up begins again, and hears again', async (t) => {
  const bus = await openRedis(t, `redis://${server.address}`);
  const heard: string[] = [];
  await bus.subscribe('news of the end', (message) => heard.push(message));
  // What ioredis does when +switch-master comes while it looks for the master.
  const { commands, subscriber } = bus as unknown as Record<string, Redis>;
  for (const client of [commands, subscriber]) client?.disconnect();
  await eventually('the client has ended', async () =>
    commands?.status === 'end' ? true : undefined,
  );
  await t.rejects(bus.get('any'), { code: 'dependency_down' });
  await eventually('it answers again', () => answers(bus));
  await eventually('it hears again', async () => {
    await bus.publish('news of the end', 'x').catch(() => {});
    return heard.length > 0 ? true : undefined;
  });
});

interface Both {
  memory: Bus;
  redis: Bus;
  pass(milliseconds: number): Promise<void>;
}

const hour = 3_600_000;
const plainKey = fc.constantFrom('plain:1', 'plain:2');
const fencedKey = fc.constantFrom('fenced:1', 'fenced:2');
const value = fc.string({ unit: 'grapheme', maxLength: 20 });
const life = fc.integer({ min: 1, max: 5 }).map((hours) => hours * hour);
const fence = fc
  .tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(undefined, laterId))
  .map((given) => fenceOf(...given));

const rate = fc
  .record({ hours: fc.integer({ min: 1, max: 3 }), burst: fc.integer({ min: 1, max: 4 }) })
  .map(({ hours, burst }) => ({ perSecond: 1 / (3600 * hours), burst }));

type Step = (bus: Bus) => Promise<unknown>;
const steps: fc.Arbitrary<Step | number> = fc.oneof(
  plainKey.map(
    (key): Step =>
      (bus) =>
        bus.get(key),
  ),
  fc.tuple(plainKey, value, life).map(
    (given): Step =>
      (bus) =>
        bus.set(...given),
  ),
  fc.tuple(plainKey, value, life).map(
    (given): Step =>
      (bus) =>
        bus.add(...given),
  ),
  plainKey.map(
    (key): Step =>
      (bus) =>
        bus.delete(key),
  ),
  fc.tuple(fc.constantFrom('count:1'), life).map(
    (given): Step =>
      (bus) =>
        bus.count(...given),
  ),
  fc.tuple(fc.constantFrom('bucket:1'), rate, fc.boolean()).map(
    ([key, rate, takes]): Step =>
      async (bus) =>
        // Time goes on by itself on a server.
        Math.ceil((takes ? await bus.take(key, rate) : await bus.wait(key, rate)) / hour),
  ),
  fc.tuple(fc.constantFrom('window:1'), fc.integer({ min: 1, max: 4 }), fc.boolean()).map(
    ([key, count, takes]): Step =>
      async (bus) => {
        const limit = { count, windowMs: 3 * hour };
        const waitMs = takes ? bus.takeWithin(key, limit) : bus.waitWithin(key, limit);
        return Math.ceil((await waitMs) / hour);
      },
  ),
  fc.tuple(fencedKey, fence, value, life).map(
    (given): Step =>
      (bus) =>
        bus.setFenced(...given),
  ),
  fencedKey.map(
    (key): Step =>
      (bus) =>
        bus.getFenced(key),
  ),
  fc.tuple(fencedKey, fence).map(
    (given): Step =>
      (bus) =>
        bus.deleteFenced(...given),
  ),
  fc.constant((bus: Bus) => bus.delete('plain:1', 'fenced:2', 'count:1', 'bucket:1', 'window:1')),
  life,
);

/** A number is so much time. */
async function sameAnswers({ memory, redis, pass }: Both, plan: (Step | number)[]): Promise<void> {
  for (const [index, step] of plan.entries()) {
    if (typeof step === 'number') {
      await pass(step);
      continue;
    }
    const expected = JSON.stringify(await step(memory));
    const found = JSON.stringify(await step(redis));
    if (expected !== found) throw new Error(`step ${index}: ${expected} and ${found}`);
  }
}

t.test('memory and Redis answer the same to whatever is asked in a row', async (t) => {
  const server = await testRedis(t);
  const redis = await openRedis(t, `redis://${server.address}`);
  const property = fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (plan) => {
    await server.cli('flushall');
    const clock = new TestClock();
    const memory = new MemoryBus(clock);
    const pass = async (milliseconds: number) => {
      clock.advance(milliseconds);
      await shortenLives([server], milliseconds);
    };
    await sameAnswers({ memory, redis, pass }, plan);
  });
  const seed = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 2 ** 31);
  t.comment(`seed ${seed}`);
  await fc.assert(property, { numRuns: 100, seed });
});
