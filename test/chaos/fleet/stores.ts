/** The real stores of layout R, each a process of its own. */
import { join } from 'node:path';
import type { Lifetime } from '../../../control/src/testing/test-database.js';
import { type TestRedis, testRedis } from '../../../control/src/testing/test-redis.js';
import { allStarted, type EventStores, startEventStores } from '../../e2e/support/event-stores.js';
import { PostgresPair } from './postgres-pair.js';

export interface Stores {
  postgres: PostgresPair;
  redis: TestRedis;
  events: EventStores;
  /** What control is told of them. */
  environment: Record<string, string>;
}

/** @param hasEvents Kafka and ClickHouse, too. */
export async function startStores(
  t: Lifetime,
  { folder, hasEvents }: { folder: string; hasEvents: boolean },
): Promise<Stores> {
  const [postgres, events] = await allStarted(
    PostgresPair.start(t, join(folder, 'postgres')),
    hasEvents ? startEventStores(t) : Promise.resolve(null),
  );
  const redis = await testRedis(t);
  return {
    postgres,
    redis,
    get events() {
      if (events === null) throw new Error('this fleet has no stores of events');
      return events;
    },
    environment: {
      ...events?.environment,
      DATABASE_URL: postgres.url,
      PLENUM_BUS_URL: `redis://${redis.address}`,
      PLENUM_KEYS_SECRET: 'what every process of this fleet has, and no other',
    },
  };
}
