import t, { type Test } from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { eventually, testRedis } from '../testing/test-redis.js';
import { openBus } from './open-bus.js';

function recordingLog() {
  const lines: string[] = [];
  const note = (message: string) => lines.push(message);
  return { lines, info: note, warn: note, error: (_: object, message: string) => note(message) };
}

async function open(t: Test, url: string) {
  const log = recordingLog();
  const bus = await openBus({ url, prefix: 'plenum' }, new TestClock(), log);
  t.teardown(() => bus.close());
  return { bus, log };
}

t.test('of this process alone, or shared', async (t) => {
  t.equal((await open(t, 'memory:')).bus.isShared, false);
  const server = await testRedis(t);
  const { bus, log } = await open(t, `redis://${server.address}`);
  t.equal(bus.isShared, true);
  await eventually('it says so', async () => log.lines.includes('Redis is there') || undefined);
});

t.test('a start goes on without Redis, and finds it later', async (t) => {
  const server = await testRedis(t);
  await server.kill();
  const { bus, log } = await open(t, `redis://${server.address}`);
  t.match(log.lines, ['starting without Redis, still trying']);
  await t.rejects(bus.get('any'), { code: 'dependency_down' });
  await server.restart();
  await eventually('it is found', async () => bus.add('found', '', 60_000).catch(() => undefined));
});

t.test('a URL that is none says nothing of what stands in it', async (t) => {
  const settings = { url: 'redis://user:secret@', prefix: 'plenum' };
  await t.rejects(openBus(settings, new TestClock(), recordingLog()), {
    message: 'the URL of the bus is none of memory: and redis://',
  });
});
