/**
 * Kafka is down while events come (F10): nobody who joins notices, nothing is lost or there twice, the
 * order of each room is kept. PLENUM_TEST_EVENTS makes it longer: 36 000 are 3 minutes
 * of 200 a second, 900 000 are 30 minutes of 500.
 */
import { pino } from 'pino';
import { Registry } from 'prom-client';
import t from 'tap';
import { ClickHouseStore } from '../clickhouse/clickhouse-store.js';
import { systemClock } from '../clock.js';
import { openSink } from '../sink/open-sink.js';
import { testChdb } from '../testing/test-clickhouse.js';
import { createMeeting, enter } from '../testing/test-client.js';
import { testControl } from '../testing/test-control.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { eventsOf, intoOutbox, reaches } from '../testing/test-events.js';
import { testKafka } from '../testing/test-kafka.js';
import { type KafkaAddress, readQueueAddress } from './queue-address.js';

const total = Number(process.env.PLENUM_TEST_EVENTS ?? 12_000);
const rooms = 40;
const joins = 40;
const sessionMs = 2000;
const log = pino({ level: 'silent' });
t.setTimeout(total / 10 + 600_000);

const [server, kafka, clickhouse] = await Promise.all([testServer(t), testKafka(t), testChdb(t)]);

t.test(`Kafka is down while ${total} events come`, async (t) => {
  const database = await testDatabase(t, server);
  const url = kafka.url();
  const lines: string[] = [];
  let onLine = (_line: string) => {};
  const { services, origin } = await testControl(t, database, {
    config: { queue: { url }, events: { url: clickhouse.url } },
    log: (line) => {
      lines.push(line);
      onLine(line);
    },
  });
  services.outbox.start();
  await services.eventFlow?.start();
  t.teardown(() => services.eventFlow?.stop());
  const metric = async (name: string) => {
    const text = await services.metrics.registry.metrics();
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  };
  const meeting = await createMeeting(origin);
  const joined = async () => {
    const took: number[] = [];
    for (let count = 0; count < joins; count++) {
      const startedAt = performance.now();
      const { client } = await enter(origin, meeting, { name: `Guest ${count}` });
      took.push(performance.now() - startedAt);
      await client.ask('bye', {});
    }
    return took.sort((a, b) => a - b)[Math.ceil(joins * 0.95) - 1] as number;
  };
  // The first ones compile what the rest runs.
  await joined();
  const before = await joined();
  await reaches('they wait for Kafka', 0, () => metric('plenum_queue_pending'));

  await kafka.kill();
  const events = eventsOf(rooms, total / rooms);
  for (let at = 0; at < total; at += 1000) {
    await intoOutbox(database, events.slice(at, at + 1000));
    services.outbox.poke();
  }
  await reaches('they wait for Kafka and for nothing else', 0, () => services.outbox.pending());
  const during = await joined();
  t.comment(`joins: p95 ${before.toFixed(1)} ms with Kafka, ${during.toFixed(1)} ms without`);
  t.ok((await metric('plenum_queue_pending')) >= total);
  t.ok((await metric('plenum_queue_lag_seconds')) > 0);
  const told = lines.filter((line) => /Kafka (does not take|takes) events/.test(line));
  t.match(told, [/does not take/], 'said once');
  t.equal(told.length, 1, 'and nothing before');

  let backAt = Number.NaN;
  onLine = (line) => {
    if (/Kafka takes events again/.test(line)) backAt = performance.now();
  };
  await Promise.all([
    kafka.restart(),
    reaches('they wait for Kafka', 0, () => metric('plenum_queue_pending')),
  ]);
  const seconds = (performance.now() - backAt) / 1000;
  t.comment(`caught up with ${(total / seconds).toFixed(0)} events/s`);

  const order = new Map<string, number[]>();
  const store = new ClickHouseStore(clickhouse.address);
  const sink = openSink({
    queue: readQueueAddress(url) as KafkaAddress,
    store: {
      async insert(block, token) {
        for (const { roomId, roomSeq } of block) {
          const numbers = order.get(roomId) ?? [];
          order.set(roomId, numbers);
          numbers.push(roomSeq);
        }
        await store.insert(block, token);
      },
      ping: () => store.ping(),
      close: () => store.close(),
    },
    registry: new Registry(),
    clock: systemClock,
    log,
    sessionMs,
  });
  t.teardown(() => sink.stop());
  const sinkAt = performance.now();
  await sink.start();
  const written = await database.query('select event_id from events');
  const wanted = [...events.map(({ eventId }) => eventId), ...written.map((row) => row.event_id)];
  await reaches('rows', wanted.length, async () => {
    const [row] = await store.ask<{ rows: number }>(
      'select toUInt32(count()) as rows from room_events final',
    );
    return row?.rows ?? 0;
  });
  const sinkSeconds = (performance.now() - sinkAt) / 1000;
  t.comment(`the sink, beginning with it, stored ${(total / sinkSeconds).toFixed(0)} events/s`);
  const found = await store.ask<{ id: string }>(
    'select toString(event_id) as id from room_events final',
  );
  t.ok(
    JSON.stringify(found.map(({ id }) => id).sort()) === JSON.stringify(wanted.sort()),
    'none is lost, and one that is in the topic twice counts once',
  );
  t.equal(order.size, rooms + 1);
  for (const numbers of order.values()) {
    // Where one comes twice, its first time counts.
    const first = [...new Set(numbers)];
    t.ok(
      first.every((number, index) => number === index + 1),
      'in the order of its room',
    );
  }
});
