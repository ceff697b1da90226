/** The same contract on a real Apache Kafka, and what only a broker can do. */
import { pino } from 'pino';
import t from 'tap';
import { systemFacts } from '../doctor/facts.js';
import { testKafka } from '../testing/test-kafka.js';
import { eventually } from '../testing/test-redis.js';
import { messagesOf, numbersByKey, queueContract } from './contract.js';
import { KafkaReader } from './kafka-reader.js';
import { KafkaWriter } from './kafka-writer.js';
import type { Block } from './queue.js';

const kafka = await testKafka(t);
const log = pino({ level: 'silent' });
const sessionMs = 2000;

queueContract(
  t,
  'kafka',
  async (t) => {
    const address = kafka.address();
    const writer = new KafkaWriter(address, log);
    t.teardown(() => writer.close());
    return {
      write: (messages) => writer.write(messages),
      reader: (blockSize) =>
        new KafkaReader(address, { group: 'readers', log, blockSize, sessionMs }),
    };
  },
  ['a', 'b', 'c', 'd', 'e'],
);

t.test('a write that failed is written again in full by a writer that goes on', async (t) => {
  const address = kafka.address();
  const writer = new KafkaWriter(address, log);
  const messages = messagesOf(['a', 'b', 'c'], 100);
  await writer.write(messages.slice(0, 30));
  await kafka.kill();
  await t.rejects(writer.write(messages.slice(30, 60)));
  await t.rejects(writer.write(messages.slice(30, 60)));
  await kafka.restart();
  // As many as those that failed, and not the same: a broker must not take them for these.
  await writer.write(messages.slice(60, 90));
  await writer.write(messages.slice(90));
  const reader = new KafkaReader(address, { group: 'readers', log, sessionMs });
  t.teardown(() => Promise.all([reader.stop(), writer.close()]));
  const blocks: Block[] = [];
  await reader.start(async (block) => {
    blocks.push(block);
  });
  const wanted = [...messages.slice(0, 30), ...messages.slice(60)].map(({ value }) => value);
  const found = () => blocks.flatMap((block) => block.messages.map(({ value }) => `${value}`));
  await eventually('all are there', async () =>
    wanted.every((value) => found().includes(value as string)) ? true : undefined,
  );
  for (const numbers of Object.values(numbersByKey(blocks))) {
    t.strictSame(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
      'in order, none twice',
    );
  }
});

t.test('two readers share the partitions; when one goes the other has all of them', async (t) => {
  const address = kafka.address();
  const writer = new KafkaWriter(address, log);
  const options = { group: 'readers', log, sessionMs };
  const readers = [new KafkaReader(address, options), new KafkaReader(address, options)];
  t.teardown(() =>
    Promise.all([...readers, writer].map((one) => ('stop' in one ? one.stop() : one.close()))),
  );
  const seen = new Map<number, Set<number>>();
  const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
  for (const [index, reader] of readers.entries()) {
    await reader.start(async ({ partition }) => {
      seen.set(index, (seen.get(index) ?? new Set()).add(partition));
    });
  }
  await eventually('both have some', async () => {
    await writer.write(messagesOf(keys, 5));
    return (seen.get(0)?.size ?? 0) > 0 && (seen.get(1)?.size ?? 0) > 0 ? true : undefined;
  });
  await readers[0]?.stop();
  // While both were there, each may have had all partitions for a moment.
  seen.delete(1);
  await writer.write(messagesOf(keys, 5));
  await eventually('the other has all', async () =>
    (seen.get(1)?.size ?? 0) === 3 ? true : undefined,
  );
});

t.test('the doctor finds it', async (t) => {
  await t.resolves(systemFacts().kafka(kafka.url()));
});
