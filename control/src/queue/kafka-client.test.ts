/** What real brokers answer only while they are busy with themselves; with real ones: kafka-queue.test.ts. */
import type { Kafka } from 'kafkajs';
import t from 'tap';
import { ensureTopics } from './kafka-client.js';

/** Brokers that refuse the first `refusals` times to make a topic, and the same to say who leads it. */
function busyBrokers(refusals: number) {
  const made: string[] = [];
  const asked = { toMake: 0, forLeaders: 0 };
  let isConnected = false;
  const admin = {
    connect: async () => {
      isConnected = true;
    },
    disconnect: async () => {
      isConnected = false;
    },
    listTopics: async () => [...made],
    createTopics: async ({ topics }: { topics: { topic: string }[] }) => {
      asked.toMake += 1;
      if (asked.toMake <= refusals) throw new Error('Topic creation errors');
      made.push(...topics.map(({ topic }) => topic));
    },
    fetchTopicMetadata: async ({ topics: [name] }: { topics: string[] }) => {
      asked.forLeaders += 1;
      const leader = asked.forLeaders <= refusals ? -1 : 1;
      return { topics: [{ name, partitions: [{ leader }] }] };
    },
    fetchTopicOffsets: async () => [],
  };
  const kafka = { admin: () => admin } as unknown as Kafka;
  return { kafka, made, asked, isConnected: () => isConnected };
}

t.test('brokers that refuse for a moment are asked again', async (t) => {
  const brokers = busyBrokers(2);
  await ensureTopics(brokers.kafka, ['events']);
  t.strictSame(brokers.made, ['events']);
  t.strictSame(brokers.asked, { toMake: 3, forLeaders: 3 });
  t.notOk(brokers.isConnected());
});

t.test('those that go on refusing are given up, and what they said is said', async (t) => {
  const brokers = busyBrokers(Number.POSITIVE_INFINITY);
  await t.rejects(ensureTopics(brokers.kafka, ['events']), { message: 'Topic creation errors' });
  t.strictSame(brokers.made, []);
  t.notOk(brokers.isConnected());
});
