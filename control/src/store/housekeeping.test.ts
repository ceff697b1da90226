import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { FakeEngine } from '../../../lib/index.js';
import { readConfig } from '../config.js';
import { dayOf, systemIds } from '../ids.js';
import { startSingle } from '../roles/single.js';
import { type Stop, stopAll } from '../roles/stops.js';
import { createMeeting, enter } from '../testing/test-client.js';
import { TestClock } from '../testing/test-clock.js';
import { testDatabase, testFolder, testServer, urlOf } from '../testing/test-database.js';
import { claimPort } from '../testing/test-ports.js';
import type { Database } from './database.js';
import { ensurePartitions, forgetServed, keepHouse } from './housekeeping.js';
import { defaultRetention, forgetOld } from './retention.js';

const server = await testServer(t);
const dayMs = 86_400_000;

async function insertEvent(database: Database, at: number, seq: number): Promise<string> {
  const id = systemIds(new TestClock(at)).next();
  await database.query(
    `insert into events (day, meeting_id, event_id, room_id, seq, type, payload, created_at)
     values ($1, $2, $2, $2, $3, 'x', '{}', $4)`,
    [dayOf(id), id, seq, new Date(at)],
  );
  return id;
}

const partitionsOf = async (database: Database, table = 'events') => {
  const rows = await database.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits
     where inhparent = $1::regclass order by 1`,
    [table],
  );
  return rows.map(({ name }) => name);
};

t.test('events go with the day on which they are all 7 days old', async (t) => {
  const database = await testDatabase(t, server);
  const now = Date.parse('2026-11-27T00:00:00Z');
  await ensurePartitions(database, now - 9 * dayMs);
  const kept: string[] = [];
  await insertEvent(database, now - 12 * dayMs, 1); // In the default partition.
  for (let age = 9; age >= 0; age--) {
    const first = await insertEvent(database, now - age * dayMs, 1);
    const last = await insertEvent(database, now - age * dayMs + dayMs - 1, 2);
    if (age <= 7) kept.push(first, last);
  }
  await forgetOld(database, now, defaultRetention);
  const left = await database.query<{ event_id: string }>('select event_id from events');
  t.strictSame(left.map(({ event_id }) => event_id).sort(), kept.sort());
  const partitions = await partitionsOf(database);
  t.notOk(partitions.includes('events_20261119'), 'the day is dropped, not swept');
  t.ok(partitions.includes('events_20261120'));
  t.ok(partitions.includes('events_default'));
  await forgetOld(database, now, defaultRetention);
  t.strictSame(await partitionsOf(database), partitions, 'twice is once');
});

/** Of each table a row by its name and its time, and how old that time may be. */
const served = {
  idempotency_keys: {
    keptMs: dayMs,
    name: 'key',
    insert: `insert into idempotency_keys (scope, key, request_hash, status, response, created_at)
      values ('test', $1, '', 201, '', $2)`,
  },
  commands: {
    keptMs: 600_000,
    name: 'command_id',
    insert: `insert into commands (meeting_id, participant_id, command_id, result, created_at)
      values (gen_random_uuid(), gen_random_uuid(), $1, '{}', $2)`,
  },
  webhook_deliveries: {
    keptMs: 7 * dayMs,
    name: 'type',
    insert: `insert into webhook_deliveries (webhook_id, delivery_id, event_id, type, body, state,
        waiting_since, created_at)
      values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $1, '', 'failed', $2,
        '2000-01-01')`,
  },
  login_sessions: {
    keptMs: dayMs,
    name: 'user_agent',
    insert: `insert into login_sessions (user_id, session_id, token_hash, user_agent, created_at,
        last_seen_at, expires_at, revoked_at)
      values (gen_random_uuid(), gen_random_uuid(), sha256($1::text::bytea), $1::text, '2000-01-01',
        '2000-01-01', $2, '2000-01-01')`,
  },
  password_resets: {
    keptMs: dayMs,
    name: "convert_from(token_hash, 'UTF8')",
    insert: `insert into password_resets (token_hash, user_id, expires_at, used_at, created_at)
      values ($1::text::bytea, gen_random_uuid(), $2, '2000-01-01', '2000-01-01')`,
  },
  webauthn_challenges: {
    keptMs: dayMs,
    name: "convert_from(challenge_hash, 'UTF8')",
    insert: `insert into webauthn_challenges (user_id, challenge_hash, expires_at)
      values (gen_random_uuid(), $1::text::bytea, $2)`,
  },
};

t.test('what has served goes when its time is over, and not before', async (t) => {
  const database = await testDatabase(t, server);
  const now = Date.parse('2026-11-27T00:00:00Z');
  for (const { keptMs, insert } of Object.values(served)) {
    for (const [row, at] of Object.entries({
      'long ago': now - 30 * dayMs,
      'a moment too old': now - keptMs - 1,
      'just young enough': now - keptMs,
      'of now': now,
      'to come': now + dayMs,
    })) {
      await database.query(insert, [row, new Date(at)]);
    }
  }
  await forgetServed(database, now);
  for (const [table, { name }] of Object.entries(served)) {
    const rows = await database.query<{ name: string }>(
      `select ${name} as name from ${table} order by 1`,
    );
    const left = rows.map(({ name }) => name);
    t.strictSame(left, ['just young enough', 'of now', 'to come'], table);
  }
});

/** Reads tables whole, as a dump does, until `work` is done. */
async function duringDump(
  database: Database,
  tables: string,
  work: () => Promise<unknown>,
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query(`lock table ${tables} in access share mode`);
    await work();
  });
}

t.test('days are not made while somebody reads the table; other tables have theirs', async (t) => {
  const database = await testDatabase(t, server);
  const now = Date.parse('2026-11-27T00:00:00Z');
  await duringDump(database, 'messages', () =>
    t.rejects(ensurePartitions(database, now), { message: /in use: messages$/ }),
  );
  t.strictSame(await partitionsOf(database, 'messages'), ['messages_default']);
  for (const table of ['meetings', 'participants', 'events']) {
    t.equal((await partitionsOf(database, table)).length, 9, table);
  }
  await ensurePartitions(database, now);
  t.equal((await partitionsOf(database, 'messages')).length, 9);
});

t.test('processes that begin at once make each day once', async (t) => {
  const database = await testDatabase(t, server);
  const now = Date.parse('2026-11-27T00:00:00Z');
  await Promise.all([1, 2, 3].map(() => ensurePartitions(database, now)));
  t.equal((await partitionsOf(database)).length, 9);
});

t.test('a start goes on without the days that cannot be made now, and says so', async (t) => {
  const database = await testDatabase(t, server);
  const logged: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => logged.push(line) });
  const stops: Stop[] = [];
  t.teardown(() => stopAll(stops));
  const tables = ['participants', 'messages', 'events'];
  await duringDump(database, tables.join(), async () => {
    const ports = ['--port', `${await claimPort()}`, '--admin-port', `${await claimPort()}`];
    const options = [...ports, '--data', join(testFolder(t), 'data')];
    const config = readConfig(options, { DATABASE_URL: await urlOf(server, database) });
    const ready = await startSingle(config, { stops, log, engine: new FakeEngine() });
    const origin = new URL(/ready: (\S+)/.exec(ready.join('\n'))?.[1] ?? '').origin;
    const { client } = await enter(origin, await createMeeting(origin));
    t.match(await client.ask('chat.send', { body: 'Here' }), { t: 'ok' });
    client.close();
  });
  t.match(logged, [/in use: participants, messages, events.*housekeeping failed/]);
  for (const table of tables) {
    t.strictSame(await partitionsOf(database, table), [`${table}_default`]);
    t.equal((await database.query(`select from ${table}_default`)).length > 0, true, table);
  }
  t.equal((await partitionsOf(database, 'meetings')).length, 9, 'the rest has its days');
});

t.test(
  'days are not dropped while somebody reads the table, nor swept; the rest goes',
  async (t) => {
    const database = await testDatabase(t, server);
    const now = Date.parse('2026-11-27T00:00:00Z');
    await ensurePartitions(database, now - 30 * dayMs);
    await insertEvent(database, now - 30 * dayMs, 1);
    const retention = { ...defaultRetention, messagesDays: 7, participantsDays: 7 };
    const forget = () => forgetOld(database, now, retention);
    await duringDump(database, 'messages, events', forget);
    const left = async (table: string) => (await partitionsOf(database, table)).length;
    t.strictSame([await left('messages'), await left('events')], [9, 9]);
    t.equal((await database.query('select 1 from events')).length, 1);
    t.strictSame(await partitionsOf(database, 'participants'), ['participants_default']);
    await forget();
    t.strictSame([await left('messages'), await left('events')], [1, 1]);
  },
);

t.test('the house is kept each hour', async (t) => {
  const database = await testDatabase(t, server);
  const clock = new TestClock(Date.parse('2026-11-27T12:00:00Z'));
  await ensurePartitions(database, clock.now() - 8 * dayMs);
  t.ok((await partitionsOf(database)).includes('events_20261119'));
  const failures: unknown[] = [];
  t.teardown(
    keepHouse(database, { clock, retention: defaultRetention }, (error) => failures.push(error)),
  );
  await duringDump(database, 'messages', async () => {
    clock.advance(3_600_000);
    while (failures.length === 0) await setImmediate();
  });
  // Its last act: until then the loop only waits for the database.
  const isDropped = async () => !(await partitionsOf(database)).includes('events_20261119');
  let looks = 0;
  while (!(await isDropped()) && looks < 10_000) looks += 1;
  t.ok(await isDropped());
  t.ok((await partitionsOf(database)).includes('events_20261204'), 'a week ahead');
  t.match(failures, [{ message: /in use/ }], 'what cannot be done keeps nothing else from it');
});
