/** Both stores give the same answers about the same events, and the right ones. */
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { pino } from 'pino';
import t from 'tap';
import { v7 } from 'uuid';
import { ClickHouseStore } from '../../clickhouse/clickhouse-store.js';
import { dayOf } from '../../ids.js';
import type { AnalyticsEvent } from '../../queue/event-message.js';
import { reportNames } from '../../schemas/http.js';
import type { Queryable } from '../../store/database.js';
import { seedOf } from '../../testing/seed.js';
import { testChdb, testClickHouse } from '../../testing/test-clickhouse.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';
import { ClickHouseReports, PostgresReports, ReportsService } from './service.js';

/** Each of them asks fourteen questions of servers that compute. */
const runs = 30;

const server = await testServer(t);
const database = await testDatabase(t, server);
// The session of a server that stands somewhere else.
const elsewhere: Queryable = {
  query: (sql, values) =>
    database.transaction(async (tx) => {
      await tx.query("set local time zone 'Asia/Kolkata'");
      return tx.query(sql, values);
    }),
};
const log = pino({ level: 'silent' });
const minute = 60_000;
const day = 24 * 60 * minute;
const start = Date.UTC(2026, 0, 10);
const range = { from: '2026-01-10', to: '2026-01-12' };
const clock = new TestClock(start + 2 * day);

async function intoLog(events: readonly AnalyticsEvent[]): Promise<void> {
  await database.query(
    `insert into events (day, meeting_id, event_id, room_id, seq, type, participant_id, payload,
       created_at)
     select (e ->> 'day')::date, (e ->> 'meetingId')::uuid, (e ->> 'eventId')::uuid,
       (e ->> 'roomId')::uuid, (e ->> 'roomSeq')::bigint, e ->> 'type',
       (e ->> 'participantId')::uuid, e -> 'facts', to_timestamp((e ->> 'at')::bigint / 1000.0)
     from jsonb_array_elements($1::jsonb) as e`,
    [JSON.stringify(events.map((event) => ({ ...event, day: dayOf(event.eventId) })))],
  );
}

/** One room’s log, written down as `[minutes since the start, type, who, facts]`. */
type Line = [number, string, (string | null)?, AnalyticsEvent['facts']?];

function roomOf(lines: readonly Line[]): AnalyticsEvent[] {
  const room = { meetingId: v7(), roomId: v7() };
  return lines.map(([minutes, type, participantId = null, facts = {}], index) => {
    const at = start + Math.round(minutes * minute);
    const eventId = v7({ msecs: at });
    return { ...room, eventId, type, roomSeq: index + 1, participantId, userId: null, at, facts };
  });
}

const [ada, grace, edsger, camera] = [v7(), v7(), v7(), v7()];
const written = [
  ...roomOf([
    [60, 'meeting.started'],
    [60, 'participant.joined', ada, { role: 'host' }],
    [65, 'participant.waiting', grace, { role: 'participant' }],
    [66, 'participant.admitted', grace],
    [66, 'participant.joined', grace, { role: 'participant' }],
    [67, 'participant.joined', camera, { role: 'participant', kind: 'whip' }],
    [70, 'message.created', ada],
    [71, 'message.created', null, { is_private: true }],
    [80, 'participant.left', camera, { reason: 'left' }],
    [80, 'participant.waiting', edsger, { role: 'participant' }],
    [81, 'participant.left', edsger, { reason: 'left', lobby: true }],
    [90, 'participant.left', ada, { reason: 'timeout' }],
    [90.5, 'participant.removed', grace, { reason: 'removed' }],
    [91, 'meeting.ended', null, { reason: 'empty' }],
  ]),
  // Over midnight, into the second day.
  ...roomOf([
    [1430, 'meeting.started'],
    [1430, 'participant.joined', v7(), { role: 'host' }],
    [1430, 'participant.joined', v7(), { role: 'participant' }],
  ]),
  // From before the first day, until after the last one.
  ...roomOf([
    [-30, 'meeting.started'],
    [-30, 'participant.joined', v7(), { role: 'host' }],
    [3 * 1440 + 10, 'meeting.ended', null, { reason: 'ended' }],
  ]),
];

const expected: Record<string, unknown> = {
  meetings: { '2026-01-10': { started: 2, ended: 1 } },
  joins: { '2026-01-10': { people: 4, programs: 1, waited: 2, admitted: 1 } },
  departures: { '2026-01-10': { left: 1, lost: 1, removed: 1 } },
  messages: { '2026-01-10': { to_all: 1, private: 1 } },
  // 30, 24.5 and 13 minutes; who is still there has no end yet.
  minutes: { '2026-01-10': { visits: 3, minutes: 67 } },
  peak: {
    '2026-01-10': { people: 4 },
    '2026-01-11': { people: 3 },
    '2026-01-12': { people: 3 },
  },
  lengths: { 'up to 60': { rooms: 1 } },
};

for (const [name, start] of [
  ['18.16', testClickHouse],
  ['today', testChdb],
] as const) {
  t.test(`ClickHouse ${name} and Postgres: the same answers, and the right ones`, async (t) => {
    await database.query('delete from events');
    await intoLog(written);
    const clickhouse = await start(t);
    const store = new ClickHouseStore(clickhouse.address);
    t.teardown(() => store.close());
    await store.insert(written, 'a');
    // What came twice counts once.
    await store.insert(written.slice(0, 20), 'b');
    for (const source of [new PostgresReports(elsewhere), new ClickHouseReports(store, log)]) {
      const reports = new ReportsService(source, clock);
      for (const report of reportNames) {
        const { items } = await reports.make(report, range);
        t.strictSame(
          Object.fromEntries(items.map(({ key, figures }) => [key, figures])),
          expected[report],
          `${source.constructor.name}: ${report}`,
        );
      }
    }
  });
}

t.test('random events: whatever happens, the stores agree', async (t) => {
  const clickhouse = await testChdb(t);
  const store = new ClickHouseStore(clickhouse.address);
  t.teardown(() => store.close());
  const seed = seedOf(t);
  const people = [null, ...Array.from({ length: 4 }, () => v7())];
  const line = fc.tuple(
    fc.integer({ min: -2 * 1440, max: 5 * 1440 }),
    fc.constantFrom(
      ...['meeting.started', 'meeting.ended', 'participant.joined', 'participant.left'],
      ...['participant.removed', 'participant.waiting', 'message.created', 'publication.added'],
    ),
    fc.constantFrom(...people),
    fc.record(
      {
        reason: fc.constantFrom('left', 'timeout'),
        kind: fc.constant('whep'),
        is_private: fc.constant(true),
        lobby: fc.constant(true),
      },
      { requiredKeys: [] },
    ),
  );
  const rooms = fc.array(fc.array(line, { maxLength: 30 }), { maxLength: 5 });
  const [postgres, other] = [new PostgresReports(elsewhere), new ClickHouseReports(store, log)].map(
    (source) => new ReportsService(source, clock),
  ) as [ReportsService, ReportsService];
  let count = 0;
  await fc.assert(
    fc.asyncProperty(rooms, async (wanted) => {
      const events = wanted.flatMap((lines) => roomOf(lines as Line[]));
      await database.query('delete from events');
      await intoLog(events);
      await clickhouse.command('truncate table if exists room_events');
      count += 1;
      if (events.length > 0) await store.insert(events, `${count}`);
      for (const report of reportNames) {
        deepStrictEqual(await other.make(report, range), await postgres.make(report, range));
      }
    }),
    { seed, numRuns: runs },
  );
  t.equal(count >= runs, true);
});

t.test('the route: for administrators; days that are none are refused', async (t) => {
  const own = await testDatabase(t, server);
  const control = await testControl(t, own, { clock });
  const admin = caller(control.origin, (await testAccount(control, true)).cookie);
  const other = caller(control.origin, (await testAccount(control)).cookie);
  t.strictSame((await admin('GET', '/v1/reports/meetings')).body, {
    name: 'meetings',
    from: '2025-12-14',
    to: '2026-01-12',
    items: [],
  });
  const asked = await admin('GET', '/v1/reports/peak?from=2026-01-10&to=2026-01-11');
  t.match(asked.body.items, [{ key: '2026-01-10', figures: { people: 0 } }, {}]);
  t.equal((await other('GET', '/v1/reports/meetings')).status, 403);
  t.equal((await caller(control.origin)('GET', '/v1/reports/meetings')).status, 401);
  for (const query of [
    'from=2026-02-30',
    'to=9999-99-99',
    'from=2026-01-12&to=2026-01-11',
    'from=2020-01-01',
    "from=2026-01-01'",
  ]) {
    t.equal((await admin('GET', `/v1/reports/meetings?${query}`)).status, 400, query);
  }
  t.equal((await admin('GET', '/v1/reports/none')).status, 400);
});

t.test('ClickHouse is away: the report is refused, and nothing else', async (t) => {
  const clickhouse = await testClickHouse(t);
  await clickhouse.kill();
  const control = await testControl(t, await testDatabase(t, server), {
    config: { events: { url: clickhouse.url } },
  });
  const admin = caller(control.origin, (await testAccount(control, true)).cookie);
  const answer = await admin('GET', '/v1/reports/meetings');
  t.equal(answer.status, 503);
  t.ok(answer.headers.get('retry-after'));
  t.equal((await admin('GET', '/readyz')).status, 200);
});
