import type { PoisonReason } from '../queue/event-message.js';
import type { Block, QueueWriter, ReadMessage } from '../queue/queue.js';
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
/** Letters per request to the brokers. */
const batchSize = 100;

/** A topic of their own, with the place and the reason of each in its headers. */
export class TopicDeadLetters implements DeadLetters {
  constructor(private readonly writer: QueueWriter) {}

  async write({ topic, partition }: Block, letters: readonly DeadLetter[]): Promise<void> {
    const messages = letters.map(({ key, value, reason, offset }) => {
      const bytes = value ?? Buffer.alloc(0);
      return {
        key,
        value: bytes.subarray(0, maxKeptBytes),
        headers: {
          reason,
          topic,
          partition: `${partition}`,
          offset: `${offset}`,
          size: `${bytes.length}`,
        },
      };
    });
    for (let at = 0; at < messages.length; at += batchSize) {
      await this.writer.write(messages.slice(at, at + batchSize));
    }
  }

  close(): Promise<void> {
    return this.writer.close();
  }
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
