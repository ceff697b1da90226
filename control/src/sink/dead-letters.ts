import type { PoisonReason } from '../queue/event-message.js';
import type { Block, QueueMessage, QueueWriter, ReadMessage } from '../queue/queue.js';
import type { Database } from '../store/database.js';

export interface DeadLetter extends ReadMessage {
  reason: PoisonReason;
}

/**
 * Where messages go that are no events; resolves when they are durable. A crash may double them, and so
 * may a write that fails.
 */
export interface DeadLetters {
  write(from: Block, letters: readonly DeadLetter[]): Promise<void>;
  close(): Promise<void>;
}

/** What is longer is cut: a broker takes 1 MiB, and the message itself is in its topic. */
const maxKeptBytes = 256 * 1024;
/** It chooses the partition, which takes kafkajs 5 µs for each byte. Ours have 36. */
const maxKeyLength = 1024;
/** Letters per request to the brokers. */
const maxBatch = 100;
/** All of them, before they are packed: a broker takes 1 MiB, packed, and refuses more for ever. */
const maxBatchBytes = 512 * 1024;

/** A topic of their own, with the place and the reason of each in its headers. */
export class TopicDeadLetters implements DeadLetters {
  constructor(private readonly writer: QueueWriter) {}

  async write(from: Block, letters: readonly DeadLetter[]): Promise<void> {
    const messages = letters.map((letter) => toMessage(from, letter));
    for (const batch of batchesOf(messages)) await this.writer.write(batch);
  }

  close(): Promise<void> {
    return this.writer.close();
  }
}

function toMessage(
  { topic, partition }: Block,
  { key, value, reason, offset }: DeadLetter,
): QueueMessage {
  const bytes = value ?? Buffer.alloc(0);
  return {
    key: key.slice(0, maxKeyLength),
    value: bytes.subarray(0, maxKeptBytes),
    headers: {
      reason,
      topic,
      partition: `${partition}`,
      offset: `${offset}`,
      size: `${bytes.length}`,
    },
  };
}

function batchesOf(messages: readonly QueueMessage[]): QueueMessage[][] {
  const batches: QueueMessage[][] = [];
  let batch: QueueMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const own = Buffer.byteLength(message.key) + Buffer.byteLength(message.value);
    if (batch.length === 0 || batch.length === maxBatch || bytes + own > maxBatchBytes) {
      batch = [];
      batches.push(batch);
      bytes = 0;
    }
    batch.push(message);
    bytes += own;
  }
  return batches;
}

/** A table, for who has no Kafka. */
export class TableDeadLetters implements DeadLetters {
  constructor(private readonly database: Database) {}

  async write(_: Block, letters: readonly DeadLetter[]): Promise<void> {
    await this.database.query(
      `insert into event_dead_letters (meeting_id, event_id, body, reason)
       select meeting_id, event_id, body, reason from event_queue
       join unnest($1::bigint[], $2::text[]) as dead(position, reason) using (position)
       on conflict do nothing`,
      [letters.map(({ offset }) => offset), letters.map(({ reason }) => reason)],
    );
  }

  async close(): Promise<void> {}
}
