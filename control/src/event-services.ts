import type { FastifyBaseLogger } from 'fastify';
import { readEventsAddress } from './clickhouse/clickhouse-address.js';
import { ClickHouseStore } from './clickhouse/clickhouse-store.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import type { OutboxRelay } from './domains/outbox/service.js';
import { ClickHouseReports, PostgresReports, ReportsService } from './domains/reports/service.js';
import type { ControlMetrics } from './metrics.js';
import { QueueForwarder } from './queue/forwarder.js';
import { KafkaWriter } from './queue/kafka-writer.js';
import { LocalReader } from './queue/local-queue.js';
import { readQueueAddress } from './queue/queue-address.js';
import { QueueFeed } from './queue/queue-feed.js';
import { TableDeadLetters } from './sink/dead-letters.js';
import { Sink } from './sink/sink.js';
import { SinkMetrics } from './sink/sink-metrics.js';
import type { Database } from './store/database.js';

export interface EventServices {
  reports: ReportsService;
  /** Takes events out of Postgres; runs when it is started. Null: they stay there. */
  eventFlow: EventFlow | null;
}

export interface EventFlow {
  start(): void | Promise<void>;
  stop(): Promise<void>;
}

export interface EventServicesContext {
  config: Config;
  database: Database;
  clock: Clock;
  log: FastifyBaseLogger;
  outbox: OutboxRelay;
  metrics: ControlMetrics;
}

/** What becomes of events behind the outbox, by `queue.url` and `events.url`. */
export function buildEvents(context: EventServicesContext): EventServices {
  const { config, database, clock } = context;
  const queue = readQueueAddress(config.queue.url);
  const events = readEventsAddress(config.events.url);
  const store = events?.kind === 'clickhouse' ? new ClickHouseStore(events) : null;
  const source =
    store === null ? new PostgresReports(database) : new ClickHouseReports(store, context.log);
  const reports = new ReportsService(source, clock);
  if (queue?.kind === 'kafka') {
    const writer = new KafkaWriter(queue, context.log);
    return { reports, eventFlow: forwarding(context, new QueueForwarder({ ...context, writer })) };
  }
  return { reports, eventFlow: store === null ? null : storing(context, store) };
}

function forwarding({ outbox, metrics }: EventServicesContext, forwarder: QueueForwarder) {
  outbox.add(new QueueFeed(() => forwarder.poke()));
  metrics.gauge('plenum_queue_pending', 'Events that wait for Kafka', () => forwarder.pending());
  metrics.gauge('plenum_queue_lag_seconds', 'Age of the oldest event that waits for Kafka', () =>
    forwarder.lagSeconds(),
  );
  return forwarder;
}

/** Without Kafka the table is the queue, and this process the sink. */
function storing(context: EventServicesContext, store: ClickHouseStore): EventFlow {
  context.outbox.add(new QueueFeed(() => {}));
  return new Sink({
    reader: new LocalReader(context),
    store,
    deadLetters: new TableDeadLetters(context.database),
    metrics: new SinkMetrics(context.metrics.registry),
    clock: context.clock,
  });
}
