/** What events go to: a Kafka of one broker, and today's ClickHouse. */
import { join } from 'node:path';
import { type TestClickHouse, testChdb } from '../../../control/src/testing/test-clickhouse.js';
import type { Lifetime } from '../../../control/src/testing/test-database.js';
import { type TestKafka, testKafka } from '../../../control/src/testing/test-kafka.js';
import { repository } from './plenum.js';

/** Shorter than the product's: a killed sink's partitions are free again after it. */
const sessionMs = 2000;
const program = join(repository, 'out', 'control', 'src', 'testing', 'sink-process.js');

export interface EventStores {
  kafka: TestKafka;
  clickhouse: TestClickHouse;
  /** What control is told of them. */
  environment: Record<string, string>;
  /** The product's sink, which also says on stdout where it is in a block: to be killed there. */
  sinkCommand: readonly string[];
}

export async function startEventStores(t: Lifetime): Promise<EventStores> {
  const [kafka, clickhouse] = await allStarted(testKafka(t), testChdb(t));
  const [queue, events] = [kafka.url(), clickhouse.url];
  return {
    ...{ kafka, clickhouse },
    environment: { PLENUM_QUEUE_URL: queue, PLENUM_EVENTS_URL: events },
    sinkCommand: [process.execPath, program, JSON.stringify({ queue, events, sessionMs })],
  };
}

/** When one fails, the other one is awaited all the same: nothing begins behind the end. */
export async function allStarted<One, Other>(
  one: Promise<One>,
  other: Promise<Other>,
): Promise<[One, Other]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}
