/** Nothing of ours relies on a session: PgBouncer gives each transaction another's connection. */

import t from 'tap';
import { systemClock } from '../clock.js';
import { createMeeting, enter } from '../testing/test-client.js';
import { testControl } from '../testing/test-control.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { testBouncer } from '../testing/test-pgbouncer.js';
import { Database } from './database.js';
import { ensurePartitions, forgetServed } from './housekeeping.js';

const server = await testServer(t);
const bouncer = await testBouncer(t, server, 1);

const backendOf = async (database: Database) =>
  (await database.query('select pg_backend_pid() as pid'))[0]?.pid;

t.test('two processes share one connection, statement by statement', async (t) => {
  const direct = await testDatabase(t, server);
  const [row] = await direct.query<{ name: string }>('select current_database() as name');
  const through = { ...bouncer, database: row?.name as string };
  const [one, other] = [new Database(through), new Database(through)];
  t.teardown(() => Promise.all([one.close(), other.close()]));

  const backend = await backendOf(one);
  t.equal(await backendOf(other), backend, 'the connection is the same');
  await one.query("set work_mem = '5MB'");
  t.match(await other.query('show work_mem'), [{ work_mem: '5MB' }], 'a session setting leaks');

  await Promise.all([one, other].map((each) => ensurePartitions(each, systemClock.now())));
  await Promise.all([one, other].map((each) => forgetServed(each, systemClock.now())));
  const controls = [await testControl(t, one), await testControl(t, other)];
  const talks = controls.map(async ({ origin }, index) => {
    const meeting = await createMeeting(origin);
    const people = await Promise.all([1, 2, 3].map(() => enter(origin, meeting)));
    const asked = people.flatMap(({ client }, person) =>
      [1, 2, 3].map((number) => client.ask('chat.send', { body: `${index}.${person}.${number}` })),
    );
    for (const answer of await Promise.all(asked)) t.equal(answer.t, 'ok');
  });
  await Promise.all(talks);
  t.match(await direct.query('select count(*)::int as sent from messages'), [{ sent: 18 }]);

  t.equal(await backendOf(other), backend, 'and it still is');
  const left = await other.query(
    `select (select count(*) from pg_prepared_statements)::int as statements,
       (select count(*) from pg_listening_channels())::int as channels,
       (select count(*) from pg_locks where locktype = 'advisory')::int as locks,
       (select count(*) from pg_class where relpersistence = 't')::int as tables`,
  );
  t.strictSame(
    left,
    [{ statements: 0, channels: 0, locks: 0, tables: 0 }],
    'nothing is left in it',
  );
});
