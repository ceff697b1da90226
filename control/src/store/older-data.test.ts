/** What an older Plenum left behind is all there after an update, and goes on working. */

import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../clock.js';
import { projectRoot } from '../config.js';
import { systemIds } from '../ids.js';
import { post } from '../testing/test-client.js';
import { testControl } from '../testing/test-control.js';
import { addressOf, testDatabase, testFolder, testServer } from '../testing/test-database.js';
import { Database } from './database.js';
import { migrate } from './migrator.js';

const server = await testServer(t);
const newest = join(projectRoot, 'control/migrations');
const tables = [
  ...['meetings', 'meeting_codes', 'invites', 'rooms', 'participants', 'ingest_keys', 'messages'],
  ...['events', 'outbox', 'blocks', 'commands', 'idempotency_keys'],
];

/** What a Plenum had of which this was the last one. */
function migrationsUntil(t: Test, last: number): string {
  const old = join(testFolder(t), 'migrations');
  mkdirSync(old);
  const isOld = (file: string) => Number(file.slice(0, 4)) <= last;
  for (const file of readdirSync(newest).filter(isOld)) cpSync(join(newest, file), join(old, file));
  return old;
}

type Rows = Record<string, Record<string, unknown>[]>;

async function allRows(database: Database): Promise<Rows> {
  const rows: Rows = {};
  for (const table of tables) {
    const read = await database.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) as row from ${table} t order by to_jsonb(t)::text`,
    );
    rows[table] = read.map(({ row }) => row);
  }
  return rows;
}

/** How a role is called now. */
const renamed = (rows: Rows): Rows =>
  JSON.parse(JSON.stringify(rows).replaceAll('"role":"cohost"', '"role":"co_host"'));

/** Only the columns there were. */
function asBefore(now: Rows, before: Rows): Rows {
  return Object.fromEntries(
    Object.entries(now).map(([table, rows]) => {
      const columns = Object.keys(before[table]?.[0] ?? {});
      const cut = rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => columns.includes(name))),
      );
      return [table, cut];
    }),
  );
}

/** In an order that new columns do not change. */
const sorted = (rows: Rows): Rows =>
  Object.fromEntries(
    Object.entries(rows).map(([table, found]) => [
      table,
      found.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    ]),
  );

t.test('a database of the first release: nothing is lost, and its meeting goes on', async (t) => {
  const database = await testDatabase(t, server, { migrated: false });
  t.equal(await migrate(database, migrationsUntil(t, 2)), 2);
  await database.query(
    readFileSync(join(projectRoot, 'test/fixtures/database/at-0002.sql'), 'utf8'),
  );
  const before = await allRows(database);
  for (const table of tables) t.ok(before[table]?.length, `${table} has rows`);

  const [row] = await database.query<{ name: string }>('select current_database() as name');
  const others = [1, 2].map(() => new Database(addressOf(server, row?.name as string)));
  const applied = await Promise.all(others.map((each) => migrate(each, newest)));
  await Promise.all(others.map((each) => each.close()));
  t.equal(Math.min(...applied), 0, 'of two that start together one migrates');
  t.ok(Math.max(...applied) >= 1);
  t.strictSame(sorted(asBefore(await allRows(database), before)), sorted(renamed(before)));

  const { origin } = await testControl(t, database);
  const enter = (secret: string, device: string) =>
    post(`${origin}/v1/join`, {
      ...{ code: 'abcdefghjkmn', secret, display_name: 'Grace', device_id: device },
    });
  const helper = await enter('a secret of helpers', 'device 9');
  t.match(await helper.json(), { participant_id: String });
  t.equal(helper.status, 201);
  const [seat] = await database.query(`select role from participants where display_name = 'Grace'`);
  t.strictSame(seat, { role: 'co_host' });
  t.not((await enter('no secret', 'device 8')).status, 201);
});

t.test(
  'a database of before 0013: of the takes it had the last one’s recorder is known',
  async (t) => {
    const database = await testDatabase(t, server, { migrated: false });
    t.equal(await migrate(database, migrationsUntil(t, 12)), 12);
    const ids = systemIds(systemClock);
    const recorderId = ids.next();
    const recording = async (take: number, recorder: string | null = recorderId) => {
      const id = ids.next();
      await database.query(
        `insert into recordings (meeting_id, recording_id, room_id, title, status, consent, take,
         recorder_id, created_at) values ($1, $1, $1, 'Tea', 'processing', 'inform', $2, $3, now())`,
        [id, take, recorder],
      );
      return id;
    };
    const made = [
      { id: await recording(0, null), recorders: [] },
      { id: await recording(1), recorders: [recorderId] },
      { id: await recording(3), recorders: [null, null, recorderId] },
      { id: await recording(2, null), recorders: [null, null] },
    ];
    await migrate(database, newest);
    const found = await database.query(
      `select recording_id as id, take_recorders as recorders from recordings order by 1`,
    );
    t.strictSame(found, made);
    const [third] = await database.query(
      'select take_recorders[3] as recorder from recordings where take = 3',
    );
    t.strictSame(third, { recorder: recorderId }, 'take 1 is the first of them');
  },
);
