/**
 * How many events a sink takes from Kafka: ./run bench sink [--events N] [--json FILE]
 * A broker, one sink in this process, and in turn a store that keeps nothing and ClickHouse (chdb, in a
 * process of its own). All lie in the topic when the sink begins. CPU time is that of this process.
 */
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { ClickHouseAddress } from '../control/src/clickhouse/clickhouse-address.js';
import { ClickHouseStore } from '../control/src/clickhouse/clickhouse-store.js';
import { systemClock } from '../control/src/clock.js';
import { KafkaWriter } from '../control/src/queue/kafka-writer.js';
import type { KafkaAddress } from '../control/src/queue/queue-address.js';
import type { EventStore } from '../control/src/sink/event-store.js';
import { openSink } from '../control/src/sink/open-sink.js';
import { testChdb } from '../control/src/testing/test-clickhouse.js';
import { eventsOf, messagesFor } from '../control/src/testing/test-events.js';
import { type TestKafka, testKafka } from '../control/src/testing/test-kafka.js';
import { reportResult } from './results.js';

const bar = 20_000;
const rooms = 100;
const batch = 5000;
const rounds = 3;
const log = pino({ level: 'error' }, pino.destination(2));

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

async function fill(address: KafkaAddress, count: number): Promise<void> {
  const writer = new KafkaWriter(address, log);
  const events = eventsOf(rooms, Math.ceil(count / rooms));
  for (let at = 0; at < count; at += batch) {
    await writer.write(messagesFor(events.slice(at, Math.min(at + batch, count))));
  }
  await writer.close();
}

interface Measured {
  events_per_s: number;
  cpu_us_per_event: number;
}

/** From the start of the sink to the last event, so with the second that joining its group takes. */
async function measure(queue: KafkaAddress, count: number, store: EventStore): Promise<Measured> {
  let stored = 0;
  let finish = () => {};
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const sink = openSink({
    queue,
    store: {
      async insert(events, token) {
        await store.insert(events, token);
        stored += events.length;
        if (stored >= count) finish();
      },
      ping: () => store.ping(),
      close: () => store.close(),
    },
    registry: new Registry(),
    clock: systemClock,
    log,
  });
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await sink.start();
  await over;
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  await sink.stop();
  return { events_per_s: count / seconds, cpu_us_per_event: (user + system) / count };
}

const nowhere: EventStore = {
  async insert() {},
  async ping() {},
  async close() {},
};

async function middle(kafka: TestKafka, count: number, store: () => EventStore): Promise<Measured> {
  const all: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    const queue = kafka.address();
    await fill(queue, count);
    all.push(await measure(queue, count, store()));
  }
  return all.sort((a, b) => a.events_per_s - b.events_per_s)[Math.floor(rounds / 2)] as Measured;
}

const ends: (() => unknown)[] = [];
const lifetime = { teardown: (end: () => unknown) => void ends.push(end) };
try {
  const count = option('--events', 400_000);
  const kafka = await testKafka(lifetime);
  const none = await middle(kafka, count, () => nowhere);
  const clickhouse = await testChdb(lifetime);
  const address: ClickHouseAddress = clickhouse.address;
  const real = await middle(kafka, count, () => new ClickHouseStore(address));
  reportResult(
    {
      bench: 'sink',
      figures: {
        null_store_events_per_s: none.events_per_s,
        null_store_cpu_us_per_event: none.cpu_us_per_event,
        clickhouse_events_per_s: real.events_per_s,
        clickhouse_cpu_us_per_event: real.cpu_us_per_event,
      },
      work: { events: count, rooms, rounds, partitions: 3, compression: 'gzip' },
    },
    `sink: ${none.events_per_s.toFixed(0)} events/s into nothing (bar ${bar}), ` +
      `${real.events_per_s.toFixed(0)} into ClickHouse`,
  );
} finally {
  for (const end of ends.reverse()) await end();
}
