/** The way of events from control to whoever reads them: Kafka, or a table of Postgres. */

/** Messages of one key keep their order. */
export interface QueueMessage {
  key: string;
  value: string | Buffer;
  headers: Record<string, string>;
}

export interface QueueWriter {
  /**
   * Resolves when all are durable. When it rejects, any of them may be: whoever writes them again
   * makes doubles, which readers know by the id of the event. Never in two calls at a time.
   */
  write(messages: readonly QueueMessage[]): Promise<void>;
  close(): Promise<void>;
}

export interface ReadMessage {
  /** Rises in its partition; below 2^53. */
  offset: number;
  /** Milliseconds since 1970, of when it came into the queue. */
  queuedAt: number;
  key: string;
  /** Null: the message has none, which only a stranger can have written. */
  value: Buffer | null;
}

/** Messages that follow each other in one partition; never empty. */
export interface Block {
  topic: string;
  partition: number;
  messages: readonly ReadMessage[];
  /** Names the messages: a block that is handed on again has the same token and the same messages. */
  token: string;
}

/** Resolves when what the block says is durable elsewhere; when it rejects, the block comes again. */
export type BlockHandler = (block: Block) => Promise<void>;

export interface QueueReader {
  /**
   * Hands on every message at least once, those of a partition in their order, one block of it at a
   * time. The ends of a block are durable before it is handed on.
   */
  start(handle: BlockHandler): Promise<void>;
  /** Waits for the block that is under way. */
  stop(): Promise<void>;
  /** Messages that wait for readers of its group, whichever of them gets them. Rejects when nobody can tell. */
  lag(): Promise<number>;
}

/**
 * The range, and when its first message came: offsets begin anew when a topic is made again or a
 * database is restored, and then the same range means other messages.
 */
export function tokenOf(
  { topic, partition }: { topic: string; partition: number },
  messages: readonly ReadMessage[],
): string {
  const [first, last] = [messages[0] as ReadMessage, messages.at(-1) as ReadMessage];
  return `${topic}/${partition}/${first.offset}-${last.offset}@${first.queuedAt}`;
}
