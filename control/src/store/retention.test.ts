import t from 'tap';
import { dayOf, systemIds } from '../ids.js';
import { TestClock } from '../testing/test-clock.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import type { Database } from './database.js';
import { ensurePartitions, forgetServed } from './housekeeping.js';
import { defaultRetention, forgetOld, type Retention } from './retention.js';

const server = await testServer(t);
const dayMs = 86_400_000;
const now = Date.parse('2026-11-27T10:00:00Z');
const daysAgo = (days: number) => now - days * dayMs;
const idOf = (at: number) => systemIds(new TestClock(at)).next();

/** With the partitions of ten days, today's the last. */
async function opened(): Promise<Database> {
  const database = await testDatabase(t, server);
  for (let age = 30; age >= 0; age -= 5) await ensurePartitions(database, daysAgo(age));
  return database;
}

async function insertMeeting(
  database: Database,
  { made, ended, deleted }: { made: number; ended?: number; deleted?: number },
): Promise<string> {
  const id = idOf(made);
  const code = id.replaceAll('-', '').slice(-12);
  const time = (at: number | undefined) => (at === undefined ? null : new Date(at));
  await database.query(
    `insert into meetings (day, meeting_id, meeting_url, kind, title, policy, ended_at, deleted_at,
       created_at, updated_at)
     values ($1, $2, $3, 'instant', 'x', '{}', $4, $5, $6, $6)`,
    [dayOf(id), id, `/m/${code}`, time(ended), time(deleted), new Date(made)],
  );
  await database.query('insert into meeting_codes (code, day, meeting_id) values ($1, $2, $3)', [
    code,
    dayOf(id),
    id,
  ]);
  await database.query(
    `insert into invites (meeting_id, invite_id, role, secret_hash, created_at)
     values ($1, $1, 'host', $2, now())`,
    [id, Buffer.from(id)],
  );
  await insertMessage(database, made, id);
  return id;
}

async function insertMessage(database: Database, at: number, meetingId = idOf(at)) {
  const id = idOf(at);
  await database.query(
    `insert into messages (day, meeting_id, message_id, room_id, participant_id, from_name, content,
       sent_at) values ($1, $2, $3, $2, $2, 'Ada', 'x', $4)`,
    [dayOf(id), meetingId, id, new Date(at)],
  );
  return id;
}

async function insertRoom(database: Database, closed: number | null): Promise<string> {
  const id = idOf(daysAgo(40));
  await database.query(
    `insert into rooms (meeting_id, room_id, epoch, opened_at, closed_at)
     values ($1, $1, 1, now(), $2)`,
    [id, closed && new Date(closed)],
  );
  return id;
}

async function insertParticipant(
  database: Database,
  { room, came, left }: { room: string; came: number; left: number | null },
): Promise<string> {
  const id = idOf(came);
  await database.query(
    `insert into participants (day, meeting_id, participant_id, room_id, display_name, role, token_id,
       created_at, joined_at, left_at)
     values ($1, $2, $3, $2, 'Ada', 'participant', $3, $4, $4, $5)`,
    [dayOf(id), room, id, new Date(came), left && new Date(left)],
  );
  return id;
}

const idsIn = async (database: Database, table: string, id: string) =>
  (await database.query<{ id: string }>(`select ${id} as id from ${table} order by 1`)).map(
    (row) => row.id,
  );

const hasTable = async (database: Database, name: string) => {
  const [row] = await database.query<{ found: boolean }>(
    'select to_regclass($1) is not null as found',
    [name],
  );
  return row?.found === true;
};

const keep = (some: Partial<Retention>): Retention => ({ ...defaultRetention, ...some });

t.test('as it is, meetings, people and chat are kept', async (t) => {
  const database = await opened();
  const old = await insertMeeting(database, { made: daysAgo(29), ended: daysAgo(29) });
  const room = await insertRoom(database, daysAgo(29));
  const person = await insertParticipant(database, {
    ...{ room, came: daysAgo(29), left: daysAgo(29) },
  });
  await forgetOld(database, now, defaultRetention);
  t.strictSame(await idsIn(database, 'meetings', 'meeting_id'), [old]);
  t.strictSame(await idsIn(database, 'participants', 'participant_id'), [person]);
  t.equal((await idsIn(database, 'messages', 'message_id')).length, 1);
});

t.test('chat goes by the day', async (t) => {
  const database = await opened();
  await insertMessage(database, daysAgo(29));
  await insertMessage(database, daysAgo(90)); // In the default partition.
  await insertMessage(database, Date.parse('2026-11-16T23:59:59.999Z'));
  const kept = [
    await insertMessage(database, Date.parse('2026-11-17T00:00:00Z')),
    await insertMessage(database, now),
  ];
  await forgetOld(database, now, keep({ messagesDays: 10 }));
  t.strictSame(await idsIn(database, 'messages', 'message_id'), kept);
  t.notOk(await hasTable(database, 'messages_20261116'), 'the day is dropped, not swept');
  t.ok(await hasTable(database, 'messages_20261117'));
  t.ok(await hasTable(database, 'messages_default'));
});

t.test(
  'people go when they have left for long enough, and never a seat that is held',
  async (t) => {
    const database = await opened();
    const closed = await insertRoom(database, daysAgo(20));
    const open = await insertRoom(database, null);
    const insert = (room: string, came: number, left: number | null) =>
      insertParticipant(database, { room, came: daysAgo(came), left: left && daysAgo(left) });
    await insert(closed, 29, 29);
    await insert(closed, 25, null); // A token that nobody used; the room is closed.
    await insert(open, 27, 10.001);
    const kept = [
      await insert(open, 27, 9.999), // Of the same day as the one before.
      await insert(open, 26, null), // Still there.
      await insert(open, 1, 0.5),
    ];
    await forgetOld(database, now, keep({ participantsDays: 10 }));
    t.strictSame(await idsIn(database, 'participants', 'participant_id'), kept);
    t.notOk(await hasTable(database, 'participants_20261029'), 'all of that day had left');
    t.ok(await hasTable(database, 'participants_20261031'), 'not all of that day');
  },
);

t.test('meetings go with all that is theirs, in batches', async (t) => {
  const database = await opened();
  for (let count = 0; count < 450; count++) {
    await insertMeeting(database, { made: daysAgo(28), ended: daysAgo(20) - count });
  }
  await insertMeeting(database, { made: daysAgo(27), deleted: daysAgo(10.001) });
  const kept = [
    await insertMeeting(database, { made: daysAgo(27), deleted: daysAgo(9.999) }),
    await insertMeeting(database, { made: daysAgo(26) }), // Never ended.
    await insertMeeting(database, { made: daysAgo(1), ended: daysAgo(1) }),
  ].sort();
  await forgetOld(database, now, keep({ endedMeetingsDays: 10 }));
  for (const table of ['meetings', 'messages', 'meeting_codes', 'invites']) {
    t.strictSame(await idsIn(database, table, 'meeting_id'), kept, table);
  }
  t.notOk(await hasTable(database, 'meetings_20261030'), 'an empty day is dropped');
  t.ok(await hasTable(database, 'meetings_20261031'));
});

t.test('events and deliveries have days of their own', async (t) => {
  const database = await opened();
  for (const [state, age] of [
    ['failed', 1.001],
    ['failed', 0.999],
    ['waiting', 7.001],
    ['waiting', 6.999],
  ] as const) {
    await database.query(
      `insert into webhook_deliveries (webhook_id, delivery_id, event_id, type, body, state,
         waiting_since, created_at)
       values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $1::text, '', $3, $2, $2)`,
      [String(age), new Date(daysAgo(age)), state],
    );
  }
  const retention = keep({ eventsDays: 2, webhookDeliveriesDays: 1 });
  await forgetServed(database, now, retention);
  await forgetOld(database, now, retention);
  const left = ['0.999', '6.999']; // The last tries are made a day after the first.
  t.strictSame(await idsIn(database, 'webhook_deliveries', 'type'), left);
  t.notOk(await hasTable(database, 'events_20261124'));
  t.ok(await hasTable(database, 'events_20261125'));
});
