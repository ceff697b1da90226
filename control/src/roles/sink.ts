import { Registry } from 'prom-client';
import { readEventsAddress } from '../clickhouse/clickhouse-address.js';
import { ClickHouseStore } from '../clickhouse/clickhouse-store.js';
import { systemClock } from '../clock.js';
import type { Config } from '../config.js';
import { standardMetrics } from '../metrics.js';
import { readQueueAddress } from '../queue/queue-address.js';
import { openSink } from '../sink/open-sink.js';
import { buildSinkAdmin } from '../sink/sink-admin.js';
import type { Ready, StartOptions } from './role.js';
import { patienceMs, within } from './stops.js';

/** A block that is under way is waited for; one that is not finished comes again. */
const blockPatienceMs = 4 * patienceMs;

/**
 * Reads Kafka and writes ClickHouse; knows no other process. Both may be away at its start.
 * @throws Error where one of them is not set: then control does what there is to do.
 */
export async function startSink(config: Config, options: StartOptions): Promise<Ready> {
  const { stops, log } = options;
  const queue = readQueueAddress(config.queue.url);
  const events = readEventsAddress(config.events.url);
  if (queue?.kind !== 'kafka') throw new Error('a sink needs Kafka: queue.url is `local:`');
  if (events?.kind !== 'clickhouse')
    throw new Error('a sink needs ClickHouse: events.url is `local:`');
  const registry = new Registry();
  standardMetrics(registry);
  const store = new ClickHouseStore(events);
  const sink = openSink({ queue, store, registry, clock: systemClock, log });
  stops.push(within(blockPatienceMs, () => sink.stop()));
  const admin = buildSinkAdmin(registry, store);
  stops.push(within(patienceMs, () => admin.close()));
  await admin.listen({ host: config.http.adminHost, port: config.http.adminPort });
  await sink.start();
  return [`Plenum sink is ready: ${queue.topic} into ${events.database}`];
}
