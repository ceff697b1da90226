import t from 'tap';
import { openRedis } from '../../testing/test-bus.js';
import { createMeeting, enter } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { eventually, testRedis } from '../../testing/test-redis.js';

const server = await testServer(t);

t.test('without Redis people still come in, and the probe says what is down', async (t) => {
  const redis = await testRedis(t);
  const bus = await openRedis(t, `redis://${redis.address}`, { commandTimeoutMs: 1000 });
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const { origin } = await testControl(t, await testDatabase(t, server), { bus, log });
  const probe = async (state: string) => {
    const response = await fetch(`${origin}/readyz`);
    t.equal(response.status, 200);
    const { dependencies } = (await response.json()) as { dependencies: Record<string, string> };
    return dependencies.bus === state ? true : undefined;
  };
  await eventually('it is up', () => probe('up'));
  await redis.kill();
  await eventually('it is down', () => probe('down'));
  t.equal((await fetch(`${origin}/healthz`)).status, 200);
  const meeting = await createMeeting(origin);
  const { client } = await enter(origin, meeting);
  t.match(await client.ask('chat.send', { body: 'still here' }), { t: 'ok' });
  await redis.restart();
  await eventually('it is up again', () => probe('up'));
  const told = lines
    .map((line) => JSON.parse(line))
    .filter(({ dependency }) => dependency === 'bus');
  t.match(
    told,
    [{ level: 40, err: { message: String } }, { level: 30 }],
    'said once, with a reason',
  );
  t.equal(told.length, 2);
});

t.test('a process alone has no bus to ask about', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const response = await fetch(`${origin}/readyz`);
  t.strictSame(await response.json(), {
    status: 'ok',
    dependencies: { database: 'up', node: 'up' },
  });
});
