import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, logLevel, type SASLOptions } from 'kafkajs';
import type { Endpoint } from '../config/network-address.js';
import type { KafkaAddress } from './queue-address.js';

/** What the log needs to have. */
export interface QueueLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

const connectionTimeoutMs = 2000;
/** A broker that takes longer is asked anew. */
const requestTimeoutMs = 10_000;
/** Of one call. Whoever calls knows better when to try again, and what waits meanwhile. */
const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 3 };
const patienceMs = 5000;
const lookAgainMs = 100;

/** The library's way to the brokers. What it complains of, again and again, whoever calls says once. */
export function kafkaClient(address: KafkaAddress, log: QueueLog): Kafka {
  const { brokers, isEncrypted, login } = address;
  return new Kafka({
    clientId: 'plenum',
    brokers: brokers.map(written),
    ssl: isEncrypted,
    ...(login === null ? {} : { sasl: login as SASLOptions }),
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry,
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ namespace, log: entry }) =>
        log.debug({ kafka: namespace, error: entry.error }, entry.message),
  });
}

function written({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Makes what lacks of these topics, with the partitions and replicas that the brokers are set to, and
 * waits until they can be written to. For a moment brokers refuse: to make a topic while too few of them
 * are known to live, to write to one whose leaders are not chosen, or not known to them yet.
 * @throws Error what they say after 5 s, of the making and of each topic: they are away, may not be asked this, or a
 *   partition has no leader.
 */
export async function ensureTopics(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await patiently(() => makeLacking(admin, topics));
    // Also those that were there: another process may have made them just now.
    for (const topic of topics) await patiently(() => leadersAnswer(admin, topic));
  } finally {
    await admin.disconnect();
  }
}

async function makeLacking(admin: Admin, topics: readonly string[]): Promise<void> {
  const present = await admin.listTopics();
  const lacking = topics.filter((topic) => !present.includes(topic));
  if (lacking.length === 0) return;
  await admin.createTopics({
    waitForLeaders: false,
    topics: lacking.map((topic) => ({ topic, numPartitions: -1, replicationFactor: -1 })),
  });
}

/** @throws Error while one of its partitions has no leader, or one that does not know it yet. */
async function leadersAnswer(admin: Admin, topic: string): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics.flatMap((one) => one.partitions);
  const lacking = partitions.filter(({ leader }) => leader < 0).length;
  if (partitions.length === 0 || lacking > 0)
    throw new Error(`${lacking} partitions of ${topic} have no leader`);
  await admin.fetchTopicOffsets(topic);
}

/** Tries until it succeeds. @throws Error that of the last try, which began 5 s after the first or later. */
async function patiently(attempt: () => Promise<void>): Promise<void> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const isLast = performance.now() >= until;
    try {
      return await attempt();
    } catch (error) {
      if (isLast) throw error;
      await delay(lookAgainMs);
    }
  }
}
