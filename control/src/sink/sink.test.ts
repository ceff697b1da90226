/**
 * The sink between a real Kafka and today's ClickHouse: what is no event, a store that is away, and the
 * sink killed again and again (F11, F22).
 * PLENUM_TEST_KILLS and PLENUM_TEST_EVENTS make the last one long: 20 kills over 1 000 000 events.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import t, { type Test } from 'tap';
import { ClickHouseStore } from '../clickhouse/clickhouse-store.js';
import { systemClock } from '../clock.js';
import { type AnalyticsEvent, maxEventBytes, writeEvent } from '../queue/event-message.js';
import { KafkaWriter } from '../queue/kafka-writer.js';
import type { QueueMessage } from '../queue/queue.js';
import { type KafkaAddress, readQueueAddress } from '../queue/queue-address.js';
import { seedOf } from '../testing/seed.js';
import type { SinkProcessOptions } from '../testing/sink-process.js';
import { TestChild } from '../testing/test-child.js';
import { testChdb } from '../testing/test-clickhouse.js';
import {
  anEvent,
  eventsOf,
  messagesFor,
  reaches,
  storedAs,
  storedColumns,
} from '../testing/test-events.js';
import { testKafka } from '../testing/test-kafka.js';
import { claimPort } from '../testing/test-ports.js';
import { eventually } from '../testing/test-redis.js';
import { openSink } from './open-sink.js';
import { buildSinkAdmin } from './sink-admin.js';

const kills = Number(process.env.PLENUM_TEST_KILLS ?? 5);
const total = Number(process.env.PLENUM_TEST_EVENTS ?? 50_000);
const sessionMs = 2000;
const log = pino({ level: 'silent' });
t.setTimeout(600_000 + (total / 50_000) * 60_000);

const kafka = await testKafka(t);
const clickhouse = await testChdb(t);
const store = new ClickHouseStore(clickhouse.address);
t.teardown(() => store.close());

function writerOf(t: Test, address: KafkaAddress, topic = address.topic): KafkaWriter {
  const writer = new KafkaWriter(address, log, topic);
  t.teardown(() => writer.close());
  return writer;
}

async function sinkOf(t: Test, queue: KafkaAddress) {
  const registry = new Registry();
  const own = new ClickHouseStore(clickhouse.address);
  const sink = openSink({ queue, store: own, registry, clock: systemClock, log, sessionMs });
  const admin = buildSinkAdmin(registry, own);
  t.teardown(() => Promise.all([sink.stop(), admin.close()]));
  await sink.start();
  return { registry, admin };
}

const named = (roomIds: readonly string[]) =>
  `toString(room_id) in (${roomIds.map((id) => `'${id}'`).join(', ')})`;

async function storedOf(roomIds: readonly string[], final: 'final' | '' = 'final') {
  return store.ask<ReturnType<typeof storedAs>>(
    `select ${storedColumns} from room_events ${final} where ${named(roomIds)}
     order by room, seq, id`,
  );
}

async function countOf(roomIds: readonly string[]): Promise<number> {
  const [row] = await store.ask<{ rows: number }>(
    `select toUInt32(count()) as rows from room_events where ${named(roomIds)}`,
  );
  return row?.rows ?? 0;
}

/** A thousand that are no events, each kind of them in turn. */
function malformed(): { messages: QueueMessage[]; reasons: Record<string, number> } {
  const event = writeEvent(anEvent());
  const changed = (change: object) => JSON.stringify({ ...JSON.parse(event), ...change });
  const kinds: [string, () => string | Buffer][] = [
    ['not_json', () => randomBytes(40)],
    ['not_json', () => event.slice(0, 50)],
    ['malformed', () => '7'],
    ['malformed', () => changed({ event_id: 'none' })],
    ['malformed', () => changed({ room_seq: -1 })],
    ['malformed', () => changed({ at: '2200-01-01T00:00:00Z' })],
    ['malformed', () => changed({ facts: { reason: { deep: [] } } })],
    ['unknown_version', () => changed({ v: 2 })],
    ['too_large', () => 'x'.repeat(maxEventBytes + 1)],
    ['empty', () => ''],
  ];
  const reasons: Record<string, number> = {};
  const messages = Array.from({ length: 1000 }, (_, index) => {
    const [reason, value] = kinds[index % kinds.length] as (typeof kinds)[number];
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    return { key: `key${index % 7}`, value: value(), headers: {} };
  });
  return { messages, reasons };
}

/** Until the sink says that it has written so many. */
function deadLetters(registry: Registry, expected: number): Promise<true> {
  return eventually('there are dead letters', async () => {
    const metrics = await registry.metrics();
    const counts = [...metrics.matchAll(/^plenum_sink_dead_letters_total\{.*\} (\d+)/gm)];
    const sum = counts.reduce((sum, [, count]) => sum + Number(count), 0);
    return sum === expected ? true : undefined;
  });
}

t.test('a thousand messages that are no events: dead letters, and the sink goes on', async (t) => {
  const queue = kafka.address();
  const { messages, reasons } = malformed();
  const events = eventsOf(5, 100);
  const good = messagesFor(events);
  // Some of ours between them.
  const mixed = messages.flatMap((bad, index) => [bad, ...good.slice(index, index + 1)]);
  await writerOf(t, queue).write(mixed);
  const { registry, admin } = await sinkOf(t, queue);
  const dead: { reason: string; source: string }[] = [];
  const letters = kafka.client().consumer({ groupId: 'letters' });
  t.teardown(() => letters.disconnect());
  await deadLetters(registry, 1000);
  await letters.connect();
  await letters.subscribe({ topics: [`${queue.topic}.dead`], fromBeginning: true });
  await letters.run({
    eachMessage: async ({ message: { headers = {} } }) => {
      const { topic, partition, offset, reason } = headers;
      dead.push({ reason: `${reason}`, source: `${topic}/${partition}/${offset}` });
    },
  });
  await eventually('all can be read', async () => (dead.length >= 1000 ? true : undefined));
  const found: Record<string, number> = {};
  for (const { reason } of dead) found[reason] = (found[reason] ?? 0) + 1;
  t.strictSame(found, reasons);
  t.equal(new Set(dead.map(({ source }) => source)).size, 1000, 'each names its place');
  const rooms = [...new Set(events.map(({ roomId }) => roomId))];
  await eventually('all of ours are stored', async () =>
    (await storedOf(rooms)).length === 500 ? true : undefined,
  );
  t.equal((await admin.inject('/readyz')).statusCode, 200);
  t.match((await admin.inject('/metrics')).body, /plenum_sink_events_total 500\n/);
});

t.test('large messages that are no events: as many to a batch as a broker takes', async (t) => {
  const queue = kafka.address();
  const admin = kafka.client().admin();
  await admin.connect();
  // What this topic takes at once its dead letters' topic does not.
  const configEntries = [{ name: 'max.message.bytes', value: `${16 * 1024 * 1024}` }];
  await admin.createTopics({ topics: [{ topic: queue.topic, configEntries }] });
  await admin.disconnect();
  const noise = () => ({ key: 'noise', value: randomBytes(300_000), headers: {} });
  const named = { key: 'k'.repeat(20_000), value: '', headers: {} };
  await writerOf(t, queue).write([...Array.from({ length: 12 }, noise), named]);
  const { registry } = await sinkOf(t, queue);
  await deadLetters(registry, 13);
  const letters = kafka.client().consumer({ groupId: 'large letters' });
  t.teardown(() => letters.disconnect());
  await letters.connect();
  await letters.subscribe({ topics: [`${queue.topic}.dead`], fromBeginning: true });
  const found: string[] = [];
  await letters.run({
    eachMessage: async ({ message: { key, value, headers = {} } }) => {
      found.push(`${headers.reason}, ${headers.size}: ${key?.length}, ${value?.length}`);
    },
  });
  await eventually('all can be read', async () => (found.length >= 13 ? true : undefined));
  t.strictSame(found.sort(), [
    'empty, 0: 1024, 0',
    ...Array(12).fill('too_large, 300000: 5, 262144'),
  ]);
  t.match(await registry.metrics(), /^plenum_sink_failures_total 0$/m);
});

/** Dead letters, as the brokers count them. */
async function lettersOf({ topic }: KafkaAddress): Promise<number> {
  const admin = kafka.client().admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(`${topic}.dead`);
  await admin.disconnect();
  return ends.reduce((sum, { high }) => sum + Number(high), 0);
}

t.test('a store that is away: nothing is lost, the probe says it, and it goes on', async (t) => {
  const queue = kafka.address();
  const writer = writerOf(t, queue);
  const events = eventsOf(3, 200);
  const { messages: bad } = malformed();
  const rooms = [...new Set(events.map(({ roomId }) => roomId))];
  const { registry, admin } = await sinkOf(t, queue);
  await clickhouse.kill();
  await writer.write([...bad.slice(0, 20), ...messagesFor(events)]);
  await eventually('it has tried again and again', async () =>
    /^plenum_sink_failures_total ([4-9]|\d\d)/m.test(await registry.metrics()) ? true : undefined,
  );
  t.equal((await admin.inject('/readyz')).statusCode, 503);
  t.equal((await admin.inject('/healthz')).statusCode, 200);
  await clickhouse.restart();
  await eventually('all are stored', async () =>
    (await storedOf(rooms)).length === 600 ? true : undefined,
  );
  t.equal((await storedOf(rooms, '')).length, 600, 'and none twice');
  await deadLetters(registry, 20);
  t.equal(await lettersOf(queue), 20, 'each dead letter is written once, whatever the tries');
});

/** The whole of Plenum. */
const server = fileURLToPath(new URL('../testing/fake-server.js', import.meta.url));
const program = fileURLToPath(new URL('../testing/sink-process.js', import.meta.url));

t.test(`${kills} kills over ${total} events: row for row what was written`, async (t) => {
  const seed = seedOf(t);
  // They would hide rows that came twice.
  await store.ask('select 1 from room_events limit 1');
  await clickhouse.command('system stop merges room_events');
  const url = kafka.url();
  const queue = readQueueAddress(url) as KafkaAddress;
  const writer = writerOf(t, queue);
  const events = eventsOf(50, total / 50);
  const options: SinkProcessOptions = {
    queue: url,
    events: clickhouse.url,
    sessionMs,
  };
  const child = new TestChild(t, process.execPath, [program, JSON.stringify(options)]);
  const points = ['begun', 'sent', 'stored'];
  const parts = kills + 1;
  // Written while nobody reads: what a block would be cut to anew is another one.
  const writePart = async (part: number) => {
    const ends = [part, part + 1].map((one) => Math.floor((one * total) / parts));
    for (let at = ends[0] as number; at < (ends[1] as number); at += 5000) {
      await writer.write(messagesFor(events.slice(at, Math.min(at + 5000, ends[1] as number))));
    }
  };
  for (let kill = 0; kill < kills; kill++) {
    await writePart(kill);
    // The same seed kills at the same points of the same blocks, as far as the machine lets it.
    const random = (seed * (kill + 1) * 2654435761) % 2 ** 32;
    // What is stored and not committed must not come again as a part of another block: that is sure once.
    const point = kill === 0 ? 'stored' : (points[random % points.length] as string);
    const block = 1 + (Math.floor(random / 7) % 3);
    await killedAt(child, point, block);
    t.comment(`killed at block ${block}, ${point}`);
  }
  await writePart(kills);
  child.start();
  const byRoom = new Map<string, AnalyticsEvent[]>();
  for (const event of events) {
    const log = byRoom.get(event.roomId) ?? [];
    byRoom.set(event.roomId, log);
    log.push(event);
  }
  const rooms = [...byRoom.keys()];
  // A row that came twice leads past the number, and never back to it.
  await reaches('rows', total, () => countOf(rooms));
  let same = 0;
  for (const [roomId, log] of byRoom) {
    const found = await storedOf([roomId], '');
    if (JSON.stringify(found) === JSON.stringify(log.map(storedAs))) same += 1;
  }
  t.equal(same, byRoom.size, 'row for row');
  await allCommitted(queue);
  t.equal(await countOf(rooms), total, 'no row twice, with no merge');
});

/** Starts it, and kills it when it says for the nth time that it is there. */
async function killedAt(child: TestChild, point: string, nth: number): Promise<void> {
  let seen = 0;
  const reached = new Promise<void>((resolve) => {
    child.onLine = (line) => {
      if (line === point && ++seen === nth) resolve();
    };
  });
  child.start();
  await Promise.race([reached, child.ended()]);
  if (!child.isRunning) throw new Error(`the sink ended by itself: ${child.complaints}`);
  await child.kill();
}

/** Resolves when another reader of the same group would be handed nothing again. */
async function allCommitted(queue: KafkaAddress): Promise<void> {
  const admin = kafka.client().admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(queue.topic);
  await eventually('all is committed', async () => {
    const [mine] = await admin.fetchOffsets({ groupId: 'plenum-sink', topics: [queue.topic] });
    const committed = new Map(mine?.partitions.map((one) => [one.partition, one.offset]));
    return ends.every(({ partition, high }) => committed.get(partition) === high) || undefined;
  });
  await admin.disconnect();
}

t.test(
  'plenum start sink: says that it is ready, stores, and ends when it is told to',
  async (t) => {
    const url = kafka.url();
    const adminPort = await claimPort();
    const environment = { PLENUM_QUEUE_URL: url, PLENUM_EVENTS_URL: clickhouse.url };
    const { child, said } = await startSinkRole(t, adminPort, environment);
    t.match(said, /^Plenum sink is ready: events-\d+ into plenum$/);
    const events = eventsOf(2, 10);
    await writerOf(t, readQueueAddress(url) as KafkaAddress).write(messagesFor(events));
    await eventually('they are stored', async () =>
      (await storedOf(events.map(({ roomId }) => roomId))).length === 20 ? true : undefined,
    );
    const probe = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
    t.strictSame(await probe.json(), { status: 'ok', dependencies: { store: 'up' } });
    const metrics = async () => (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    await eventually('nothing waits', async () =>
      /^plenum_sink_lag_events 0$/m.test(await metrics()) ? true : undefined,
    );
    t.match(await metrics(), /^plenum_sink_events_total 20$/m);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    t.equal(code, 0);
    const alone = spawnSync(process.execPath, [server, 'start', 'sink'], {
      env: { PATH: process.env.PATH, PLENUM_CONFIG: 'none' },
      encoding: 'utf8',
    });
    t.match(alone, { status: 1, stderr: /a sink needs Kafka: queue.url is `local:`/ });
  },
);

async function startSinkRole(t: Test, adminPort: number, environment: Record<string, string>) {
  const child = spawn(process.execPath, [server, 'start', 'sink', '--admin-port', `${adminPort}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, PLENUM_CONFIG: 'none', ...environment },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [said] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, said: said as string };
}
