import { pino } from 'pino';
import t, { type Test } from 'tap';
import { dayOf, systemIds } from '../../ids.js';
import type { Database } from '../../store/database.js';
import { TestClock } from '../../testing/test-clock.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { type OutboxConsumer, type OutboxEvent, OutboxRelay } from './service.js';

const server = await testServer(t);
const clock = new TestClock();
const ids = systemIds(clock);
const log = pino({ level: 'silent' });

/** `rooms` rooms with `each` events, written in turn, as journals do. */
async function fill(database: Database, rooms: number, each: number): Promise<void> {
  await database.query(
    `insert into outbox (meeting_id, event_id, room_id, room_seq, type, payload, created_at)
     select m.id, gen_random_uuid(), m.id, n, 'message.created', '{}', $3
     from generate_series(1, $2::int) n cross join
       (select gen_random_uuid() as id from generate_series(1, $1::int)) m order by n`,
    [rooms, each, new Date(clock.now())],
  );
}

function relayOf(t: Test, database: Database, consumer: Partial<OutboxConsumer>): OutboxRelay {
  const relay = new OutboxRelay({ database, clock, log });
  relay.add({ take: async () => {}, taken: () => {}, ...consumer });
  t.teardown(() => relay.stop());
  return relay;
}

/** By room, the numbers in the order in which they came. */
function byRoom(events: readonly OutboxEvent[]): number[][] {
  const rooms = new Map<string, number[]>();
  for (const { roomId, roomSeq } of events) {
    rooms.set(roomId, [...(rooms.get(roomId) ?? []), roomSeq]);
  }
  return [...rooms.values()];
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

t.test('every event once, those of a room in order, in small transactions', async (t) => {
  const database = await testDatabase(t, server);
  await fill(database, 5, 100);
  const seen: OutboxEvent[] = [];
  const batches: number[] = [];
  let durable = 0;
  const relay = relayOf(t, database, {
    take: async (_, events) => {
      seen.push(...events);
      batches.push(events.length);
    },
    taken: () => {
      durable += 1;
    },
  });
  t.equal(await relay.pending(), 500);
  relay.start();
  await relay.settled();
  t.strictSame(
    byRoom(seen),
    [1, 2, 3, 4, 5].map(() => upTo(100)),
  );
  t.strictSame(batches, [200, 200, 100]);
  t.equal(durable, 3);
  t.equal(await relay.pending(), 0);
});

t.test('a consumer that fails loses nothing, and what others wrote is undone', async (t) => {
  const database = await testDatabase(t, server);
  await database.query('create table copies (event_id uuid primary key)');
  await fill(database, 1, 10);
  let failures = 1;
  const relay = relayOf(t, database, {
    take: async (tx, events) => {
      const eventIds = events.map(({ eventId }) => eventId);
      await tx.query('insert into copies select * from unnest($1::uuid[])', [eventIds]);
    },
  });
  relay.add({
    take: async () => {
      if (failures-- > 0) throw new Error('not now');
    },
    taken: () => {},
  });
  relay.start();
  await relay.settled();
  t.equal(await relay.pending(), 10);
  t.strictSame(await database.query('select * from copies'), []);
  clock.advance(250);
  await relay.settled();
  t.equal(await relay.pending(), 0);
  t.equal((await database.query('select * from copies')).length, 10);
});

t.test('several processes: one at a time, each event once and in order', async (t) => {
  const database = await testDatabase(t, server);
  await fill(database, 3, 300);
  const seen: OutboxEvent[] = [];
  let inside = 0;
  const relays = [1, 2, 3].map(() =>
    relayOf(t, database, {
      take: async (tx, events) => {
        inside += 1;
        t.equal(inside, 1);
        await tx.query('select 1');
        inside -= 1;
        seen.push(...events);
      },
    }),
  );
  for (const relay of relays) relay.start();
  for (let turn = 0; turn < 10; turn++) {
    await Promise.all(relays.map((relay) => relay.settled()));
    clock.advance(250);
  }
  t.strictSame(
    byRoom(seen),
    [1, 2, 3].map(() => upTo(300)),
  );
});

t.test('the lag is the age of the oldest', async (t) => {
  const database = await testDatabase(t, server);
  const relay = relayOf(t, database, {});
  t.equal(await relay.lagSeconds(), 0);
  await fill(database, 1, 1);
  clock.advance(1500);
  await fill(database, 1, 1);
  t.equal(await relay.lagSeconds(), 1.5);
  relay.start();
  await relay.settled();
  t.equal(await relay.lagSeconds(), 0);
});

t.test('the past is in the logs: of these meetings, of these types, after an event', async (t) => {
  const database = await testDatabase(t, server);
  const [mine, other] = [ids.next(), ids.next()];
  const eventIds: string[] = [];
  for (const [seq, meetingId, type] of [
    [1, mine, 'a'],
    [2, mine, 'a'],
    [1, other, 'a'],
    [3, mine, 'b'],
    [4, mine, 'a'],
  ] as const) {
    const eventId = ids.next();
    eventIds.push(eventId);
    await database.query(
      `insert into events (day, meeting_id, event_id, room_id, seq, type, participant_id, payload,
         created_at) values ($1, $2, $3, $2, $4, $5, $2, '{"x":1}', $6)`,
      [dayOf(eventId), meetingId, eventId, seq, type, new Date(clock.now())],
    );
  }
  const relay = relayOf(t, database, {});
  const after = eventIds[0] as string;
  const past = (meetingIds: string[] | null, types: string[], limit = 10) =>
    relay.past(database, { meetingIds, types, after, limit });
  t.match(await past([mine], ['a']), [
    { eventId: eventIds[1], roomSeq: 2, participantId: mine, payload: { x: 1 } },
    { eventId: eventIds[4], roomSeq: 4, type: 'a', meetingId: mine, roomId: mine },
  ]);
  const idsOf = (events: OutboxEvent[]) => events.map(({ eventId }) => eventId);
  t.strictSame(idsOf(await past(null, ['a', 'b'])), eventIds.slice(1));
  t.strictSame(idsOf(await past(null, ['a', 'b'], 2)), eventIds.slice(1, 3));
  t.strictSame(await past([], ['a']), []);
});
