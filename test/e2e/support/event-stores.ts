/** What events go to: a Kafka of one broker, and today's ClickHouse. */
import { join } from 'node:path';
import { type TestClickHouse, testChdb } from '../../../control/src/testing/test-clickhouse.js';
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
  stop(): Promise<void>;
}

export async function startEventStores(): Promise<EventStores> {
  const ends: (() => unknown)[] = [];
  const lifetime = { teardown: (end: () => unknown) => void ends.unshift(end) };
  const stop = async () => {
    for (const end of ends.splice(0)) await end();
  };
  try {
    const [kafka, clickhouse] = await Promise.all([testKafka(lifetime), testChdb(lifetime)]);
    const [queue, events] = [kafka.url(), clickhouse.url];
    return {
      ...{ kafka, clickhouse, stop },
      environment: { PLENUM_QUEUE_URL: queue, PLENUM_EVENTS_URL: events },
      sinkCommand: [process.execPath, program, JSON.stringify({ queue, events, sessionMs })],
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
