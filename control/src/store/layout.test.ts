/** How the tables lie: partitions, keys and indexes, read from the catalogue of the database. */

import t from 'tap';
import { systemClock } from '../clock.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { ensurePartitions } from './housekeeping.js';

const database = await testDatabase(t, await testServer(t));
await ensurePartitions(database, systemClock.now());

interface Index {
  table: string;
  name: string;
  isUnique: boolean;
  columns: string[];
}

const indexes = await database.query<Index>(
  `select t.relname as table, c.relname as name, i.indisunique as "isUnique",
     array_agg(a.attname::text order by k.position) as columns
   from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
   cross join unnest(i.indkey) with ordinality as k(number, position)
   join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number
   where t.relnamespace = 'public'::regnamespace group by 1, 2, 3`,
);

t.test('what grows with time is partitioned by day', async (t) => {
  const partitioned = await database.query<{ name: string; key: string }>(
    `select partrelid::regclass::text as name, pg_get_partkeydef(partrelid) as key
     from pg_partitioned_table order by 1`,
  );
  t.strictSame(
    partitioned,
    ['events', 'meetings', 'messages', 'participants'].map((name) => ({
      name,
      key: 'RANGE (day)',
    })),
  );
});

t.test('every unique index holds what Citus distributes by', async (t) => {
  const owners = await database.query<{ table: string; column: string }>(
    `select relname as table, attname as column from pg_attribute join pg_class c
       on c.oid = attrelid
     where attname in ('meeting_id', 'user_id', 'recording_id') and relkind in ('r', 'p') and attnum > 0
       and not relispartition and relnamespace = 'public'::regnamespace`,
  );
  const ofMeetings = owners.filter(({ column }) => column === 'meeting_id').map((o) => o.table);
  for (const name of ['participants', 'messages', 'events', 'rooms', 'invites', 'blocks']) {
    t.ok(ofMeetings.includes(name), name);
  }
  // Found by another key than the meeting's, and sharded by it.
  const byOther: Record<string, string> = {
    meeting_codes: 'code',
    webhook_breakers: 'webhook_id',
    webhook_deliveries: 'webhook_id',
  };
  // What belongs to a recording lies with it.
  const ofRecordings = owners.filter(({ column }) => column === 'recording_id').map((o) => o.table);
  for (const { table, name, isUnique, columns } of indexes) {
    if (!isUnique || !ofRecordings.includes(table) || ofMeetings.includes(table)) continue;
    t.ok(columns.includes('recording_id'), `${name}: ${columns}`);
  }
  const byDay = new Set(['meetings', 'participants', 'messages', 'events']);
  for (const { table, name, isUnique, columns } of indexes) {
    if (!isUnique || !ofMeetings.includes(table)) continue;
    t.ok(columns.includes(byOther[table] ?? 'meeting_id'), `${name}: ${columns}`);
    if (byDay.has(table)) t.ok(columns.includes('day'), `${name}: ${columns}`);
  }
  const [row] = await database.query<{ count: number }>(
    `select count(*)::int as count from pg_constraint where contype = 'f'`,
  );
  t.equal(row?.count, 0, 'no foreign key');
});

/**
 * Accounts are not shared out yet. When they are, by user_id, each of these needs a table that leads from
 * what is looked up to the account, as `meeting_codes` leads to meetings.
 */
t.test('what of accounts is unique without the account is known by name', async (t) => {
  const owners = await database.query<{ table: string; columns: string[] }>(
    `select relname as table, array_agg(attname::text) as columns from pg_attribute
     join pg_class c on c.oid = attrelid
     where relkind in ('r', 'p') and attnum > 0 and relnamespace = 'public'::regnamespace
     group by relname`,
  );
  const has = (table: string, column: string) =>
    owners.some((one) => one.table === table && one.columns.includes(column));
  const without = indexes.filter(
    ({ table, isUnique, columns }) =>
      isUnique &&
      has(table, 'user_id') &&
      !has(table, 'meeting_id') &&
      !has(table, 'recording_id') &&
      !columns.includes('user_id'),
  );
  t.strictSame(without.map(({ table, columns }) => `${table}: ${columns}`).sort(), [
    'account_news: news_id',
    'api_keys: key_hash',
    'login_sessions: token_hash',
    'oidc_identities: provider,subject',
    'password_resets: token_hash',
    'users: email_key',
    'webhooks: webhook_id',
  ]);
});

t.test('the indexes that the requirements name', async (t) => {
  const has = (table: string, columns: string[], isUnique: boolean) =>
    indexes.some(
      (index) =>
        index.table === table &&
        index.isUnique === isUnique &&
        index.columns.join() === columns.join(),
    );
  t.ok(has('users', ['email_key'], true), 'e-mail addresses are unique');
  t.ok(has('messages', ['meeting_id', 'sent_at'], false), 'messages by meeting and time');
});
