import { CompressionTypes, type Kafka, Partitioners, type Producer } from 'kafkajs';
import { ensureTopics, kafkaClient, type QueueLog } from './kafka-client.js';
import type { QueueMessage, QueueWriter } from './queue.js';
import type { KafkaAddress } from './queue-address.js';

/** All in-sync replicas have it. */
const acksOfAll = -1;

/**
 * Writes to a topic: acknowledged by every in-sync replica, idempotent, in batches, compressed; by
 * their keys messages come to partitions as those of Kafka's own client do (murmur2).
 *
 * A producer whose write failed is never used again. Its next batch would carry the numbers of the one
 * whose end nobody knows, and a broker that has that one takes the next for a double and drops it.
 */
export class KafkaWriter implements QueueWriter {
  private readonly kafka: Kafka;
  private producer: Promise<Producer> | null = null;
  private hasTopic = false;

  constructor(
    address: KafkaAddress,
    log: QueueLog,
    private readonly topic = address.topic,
  ) {
    this.kafka = kafkaClient(address, log);
  }

  async write(messages: readonly QueueMessage[]): Promise<void> {
    this.producer ??= this.open();
    const opening = this.producer;
    try {
      const producer = await opening;
      await producer.send({
        topic: this.topic,
        acks: acksOfAll,
        compression: CompressionTypes.GZIP,
        messages: [...messages],
      });
    } catch (error) {
      this.producer = null;
      await opening.then((producer) => producer.disconnect()).catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    const opening = this.producer;
    this.producer = null;
    await opening?.then((producer) => producer.disconnect()).catch(() => {});
  }

  private async open(): Promise<Producer> {
    if (!this.hasTopic) await ensureTopics(this.kafka, [this.topic]);
    this.hasTopic = true;
    const producer = this.kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }
}
