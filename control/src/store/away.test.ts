/** A server that is killed, or whose machine is gone: who waits is told soon, who comes is told at once. */
import t from 'tap';
import { testDatabase, testServer } from '../testing/test-database.js';
import { eventually } from '../testing/test-redis.js';
import { testWay } from '../testing/test-way.js';

const server = await testServer(t);
const down = { code: 'dependency_down', extras: { retryAfterMs: 1000 } };

t.test('a server that refuses: nobody waits for it but a probe, until it is back', async (t) => {
  const way = await testWay(t, server, await testDatabase(t, server));
  const database = way.open({ connections: 2 });
  await database.query('select 1');
  const back: string[] = [];
  database.onBack(() => back.push('back'));
  const asleep = t.rejects(database.query('select pg_sleep(60)'), down, 'what was under way');
  await way.break();
  await asleep;
  await t.rejects(database.query('select 1'), down);
  await eventually('it is away', async () => database.isAway || undefined);
  await t.rejects(
    database.transaction(async () => t.fail('nothing is begun')),
    down,
  );
  t.strictSame(back, []);
  await way.mend();
  await eventually('it is back', async () => back.length === 1 || undefined);
  t.equal(database.isAway, false);
  t.strictSame(await database.query('select 1 as one'), [{ one: 1 }]);
});

t.test(
  'a server that is silent: whoever waits is given up long before their patience',
  async (t) => {
    const way = await testWay(t, server, await testDatabase(t, server));
    const database = way.open({ connections: 1, patienceMs: 3_600_000 });
    await database.query('select 1');
    way.silence();
    const [asked, queued] = [database.query('select 1'), database.query('select 2')];
    await Promise.all([t.rejects(asked, down), t.rejects(queued, down, 'behind it, too')]);
    t.equal(database.isAway, true);
    await t.rejects(database.query('select 1'), down);
    await way.mend();
    await eventually('it is back', async () => !database.isAway || undefined);
    t.strictSame(await database.query('select 1 as one'), [{ one: 1 }], 'on a fresh connection');
  },
);

t.test('a slow statement is no reason to give anybody up', async (t) => {
  const way = await testWay(t, server, await testDatabase(t, server));
  const database = way.open({ connections: 1 });
  const slow = database.query('select pg_sleep(1.5)');
  const queued = database.query('select 1 as one');
  await slow;
  t.strictSame(await queued, [{ one: 1 }]);
  t.equal(database.isAway, false);
});

t.test('a server that was demoted counts as away', async (t) => {
  const way = await testWay(t, server, await testDatabase(t, server));
  const database = way.open();
  const demoted = database.transaction(async (tx) => {
    await tx.query('set transaction read only');
    await tx.query('create table nothing (id int)');
  });
  await t.rejects(demoted, down);
});
