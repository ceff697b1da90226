/** A connection that breaks or falls silent is an error of whoever uses it, and of nobody else. */

import t from 'tap';
import { addressOf, testDatabase, testServer } from '../testing/test-database.js';
import { eventually } from '../testing/test-redis.js';
import { Database, type Queryable } from './database.js';

const server = await testServer(t);

const backendOf = async (tx: Queryable) =>
  (await tx.query('select pg_backend_pid() as pid'))[0]?.pid as number;
const down = { code: 'dependency_down' };

t.test('a connection that the server ends during a transaction', async (t) => {
  const database = await testDatabase(t, server);
  await database.query('create table kept (id int)');
  const end = (pid: number) => database.query('select pg_terminate_backend($1)', [pid]);

  const between = database.transaction(async (tx) => {
    await tx.query('insert into kept values (1)');
    const pid = await backendOf(tx);
    await end(pid);
    await eventually('it has ended', async () => {
      const left = await database.query('select 1 from pg_stat_activity where pid = $1', [pid]);
      return left.length === 0 ? true : undefined;
    });
    await database.query('select 1'); // By now its farewell is read.
    await tx.query('select 1');
  });
  await t.rejects(between, down, 'between two statements');

  const within = database.transaction(async (tx) => {
    await tx.query('insert into kept values (2)');
    const pid = await backendOf(tx);
    await Promise.all([tx.query('select pg_sleep(60)'), end(pid)]);
  });
  await t.rejects(within, down, 'in a statement');

  t.strictSame(await database.query('select id from kept'), [], 'the next has another connection');
});

t.test('a server that does not answer is not waited for, nor asked to undo', async (t) => {
  const direct = await testDatabase(t, server);
  const [row] = await direct.query<{ name: string }>('select current_database() as name');
  const address = addressOf(server, row?.name as string);
  const database = new Database(address, { connections: 2, patienceMs: 1000 });
  t.teardown(() => database.close());
  await direct.query('create table kept (id int)');
  const silent = database.transaction(async (tx) => {
    await tx.query('insert into kept values (1)');
    await tx.query('select pg_sleep(60)');
  });
  await Promise.all([
    t.rejects(silent, down),
    t.rejects(database.query('select pg_sleep(60)'), down),
  ]);
  t.strictSame(await database.query('select id from kept'), [], 'on another connection');
});
