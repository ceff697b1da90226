/** The real stores of layout R, each a process of its own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import { TestRedis } from '../../../control/src/testing/test-redis.js';
import { type EventStores, startEventStores } from '../../e2e/support/event-stores.js';
import { PostgresPair } from './postgres-pair.js';

export interface Stores {
  postgres: PostgresPair;
  redis: TestRedis;
  events: EventStores;
  /** What control is told of them. */
  environment: Record<string, string>;
  stop(): Promise<void>;
}

/** @param hasEvents Kafka and ClickHouse, too. */
export async function startStores(folder: string, hasEvents: boolean): Promise<Stores> {
  const [postgres, events] = await Promise.all([
    PostgresPair.start(join(folder, 'postgres')),
    hasEvents ? startEventStores() : null,
  ]);
  mkdirSync(join(folder, 'redis'));
  const inMemory = ['--save', '', '--appendonly', 'no'];
  const redis = new TestRedis(await claimPort(), join(folder, 'redis'), inMemory);
  await redis.answers();
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
    stop: async () => {
      await redis.kill();
      await events?.stop();
      await postgres.stop();
    },
  };
}
