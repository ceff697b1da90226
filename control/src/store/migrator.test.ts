import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../clock.js';
import { projectRoot } from '../config.js';
import { dayOf, systemIds } from '../ids.js';
import { testDatabase, testFolder, testServer } from '../testing/test-database.js';
import { ensurePartitions, forgetServed } from './housekeeping.js';
import { migrate } from './migrator.js';

const server = await testServer(t);
const folder = join(projectRoot, 'control/migrations');

t.test('migrations apply once, also when two processes start together', async (t) => {
  const database = await testDatabase(t, server, { migrated: false });
  const applied = await Promise.all([migrate(database, folder), migrate(database, folder)]);
  t.strictSame(applied.sort(), [0, readdirSync(folder).length]);
  t.equal(await migrate(database, folder), 0);
});

t.test('a changed migration and a newer database stop the start', async (t) => {
  const database = await testDatabase(t, server);
  const other = join(testFolder(t), 'migrations');
  cpSync(folder, other, { recursive: true });
  writeFileSync(join(other, '0001-initial.sql'), 'select 1');
  await t.rejects(migrate(database, other), /changed after it had been applied/);
  const empty = join(testFolder(t), 'empty');
  mkdirSync(empty);
  await t.rejects(migrate(database, empty), /newer Plenum/);
});

t.test('a failing migration leaves nothing behind', async (t) => {
  const database = await testDatabase(t, server, { migrated: false });
  const broken = join(testFolder(t), 'migrations');
  mkdirSync(broken);
  writeFileSync(join(broken, '0001-broken.sql'), 'create table half (); select nonsense');
  await t.rejects(migrate(database, broken));
  const [row] = await database.query("select to_regclass('half') as half");
  t.equal(row?.half, null);
});

t.test('keys hold day and meeting, as partitions and Citus need them', async (t) => {
  const database = await testDatabase(t, server);
  const keys = await database.query<{ name: string; columns: string[] }>(
    `select c.relname as name, array_agg(a.attname::text order by k.position) as columns
     from pg_index i join pg_class c on c.oid = i.indrelid
     cross join unnest(i.indkey) with ordinality as k(number, position)
     join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
     where i.indisprimary and c.relkind = 'p' group by c.relname order by 1`,
  );
  t.strictSame(keys, [
    { name: 'events', columns: ['day', 'meeting_id', 'event_id'] },
    { name: 'meetings', columns: ['day', 'meeting_id'] },
    { name: 'messages', columns: ['day', 'meeting_id', 'message_id'] },
    { name: 'participants', columns: ['day', 'meeting_id', 'participant_id'] },
  ]);
});

t.test('rows that came before their partition move into it', async (t) => {
  const database = await testDatabase(t, server);
  const ids = systemIds(systemClock);
  const id = ids.next();
  const insert = () =>
    database.query(
      `insert into messages (day, meeting_id, message_id, room_id, participant_id, from_name,
         content, sent_at) values ($1, $2, $3, $2, $2, 'Ada', 'early', now())`,
      [dayOf(id), id, ids.next()],
    );
  const where = async () => {
    const rows = await database.query<{ place: string }>(
      'select tableoid::regclass::text as place from messages',
    );
    return rows.map((row) => row.place);
  };
  await insert();
  t.strictSame(await where(), ['messages_default']);
  await ensurePartitions(database, systemClock.now());
  await insert();
  const partition = `messages_${dayOf(id).replaceAll('-', '')}`;
  t.strictSame(await where(), [partition, partition]);
  await ensurePartitions(database, systemClock.now());
});

t.test('what has served is deleted', async (t) => {
  const database = await testDatabase(t, server);
  const id = systemIds(systemClock).next();
  await database.query(
    `insert into commands values ($1, $1, 'old', '{}', now() - interval '11 minutes'),
       ($1, $1, 'new', '{}', now())`,
    [id],
  );
  await forgetServed(database, systemClock.now());
  t.match(await database.query('select command_id from commands'), [{ command_id: 'new' }]);
});
