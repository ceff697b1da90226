/** How the tables lie: partitions, keys and indexes, read from the catalogue of the database. */

import t from 'tap';
import { systemClock } from '../clock.js';
import { systemIds } from '../ids.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import type { Database } from './database.js';
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
     where attname in ('meeting_id', 'user_id') and relkind in ('r', 'p') and attnum > 0
       and not relispartition and relnamespace = 'public'::regnamespace`,
  );
  const ofMeetings = owners.filter(({ column }) => column === 'meeting_id').map((o) => o.table);
  for (const name of ['participants', 'messages', 'events', 'rooms', 'invites', 'blocks']) {
    t.ok(ofMeetings.includes(name), name);
  }
  // Found by another key than the meeting's, and sharded by it.
  const byOther: Record<string, string> = {
    meeting_codes: 'code',
    webhook_deliveries: 'webhook_id',
  };
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

/** 300 meetings with 40 people, 40 messages and 40 events each, all of today. */
async function fill(database: Database): Promise<string[]> {
  const ids = systemIds(systemClock);
  const meetings = Array.from({ length: 300 }, () => ids.next());
  const source = 'from unnest($1::uuid[]) m(id), generate_series(1, 40) n';
  for (const insert of [
    `insert into participants (day, meeting_id, participant_id, room_id, display_name, role,
       token_id, created_at, joined_at, left_at)
     select (now() at time zone 'utc')::date, m.id, gen_random_uuid(), m.id, 'x', 'participant', gen_random_uuid(),
       now(), now(), case when n < 30 then now() end ${source}`,
    `insert into messages (day, meeting_id, message_id, room_id, participant_id, from_name, content,
       sent_at)
     select (now() at time zone 'utc')::date, m.id, gen_random_uuid(), m.id, m.id, 'x', 'x',
       now() + n * interval '1 ms' ${source}`,
    `insert into events (day, meeting_id, event_id, room_id, seq, type, payload, created_at)
     select (now() at time zone 'utc')::date, m.id, gen_random_uuid(), m.id, n, 'x', '{}', now() ${source}`,
  ]) {
    await database.query(insert, [meetings]);
  }
  await database.query('analyze participants, messages, events');
  return meetings;
}

t.test('what is asked all the time is found by an index', async (t) => {
  const [meeting] = await fill(database);
  for (const [asked, table] of [
    [
      `select * from participants where meeting_id = '${meeting}' and room_id = '${meeting}'
         and left_at is null`,
      'participants',
    ],
    [
      `select * from messages where meeting_id = '${meeting}' and deleted_at is null
         order by sent_at desc, message_id desc limit 50`,
      'messages',
    ],
    [
      `select * from events where meeting_id = '${meeting}' and room_id = '${meeting}' and seq > 20
         order by seq limit 10`,
      'events',
    ],
  ] as const) {
    const lines = await database.query<{ 'QUERY PLAN': string }>(`explain ${asked}`);
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
    t.match(plan, /Index/, plan);
    const day = new Date(systemClock.now()).toISOString().slice(0, 10).replaceAll('-', '');
    t.notMatch(
      plan,
      new RegExp(`Seq Scan on ${table}_${day}`),
      `${table} of today is not read whole`,
    );
  }
});
