import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { type Begun, blocksOf, joined, lastOf } from './cut.js';
import { ensureTopics, kafkaClient, type QueueLog } from './kafka-client.js';
import { type BlockHandler, type QueueReader, type ReadMessage, tokenOf } from './queue.js';
import type { KafkaAddress } from './queue-address.js';

export interface KafkaReaderOptions {
  /** Readers of one group share the partitions. */
  group: string;
  log: QueueLog;
  /** Blocks end at multiples of it. More makes larger inserts, and more to do again after a crash. */
  blockSize?: number;
  /** A reader that is silent for so long has lost its partitions to the others. */
  sessionMs?: number;
}

const defaultBlockSize = 10_000;
const defaultSessionMs = 10_000;
/** Brokers gather for so long, or until there is enough: few large blocks instead of many small ones. */
const gatherMs = 1000;
const enoughBytes = 256 * 1024;
/**
 * Of a partition, and of all, in one answer. They are compressed: it is ten times as much in memory, and is
 * unpacked in one go, in which nobody says that we live. With 8 MiB a reader that had a long backlog before
 * it lost its partitions before its first block, again and again.
 */
const mostBytes = 512 * 1024;
const mostBytesInAll = 1024 * 1024;
const pauseMs = 500;

/**
 * Reads a topic in a consumer group. Before a block is handed on, its last offset is committed as the
 * metadata of its first one: whoever has the partition after a crash cuts that block as it was, so that
 * it carries the same token. When it is handled, the offset behind it is committed.
 */
export class KafkaReader implements QueueReader {
  private readonly kafka: Kafka;
  private begun: Promise<Map<number, Begun>> | null = null;
  private consumer: Consumer | null = null;
  private admin: Admin | null = null;
  private running: Promise<void> | null = null;
  /** Ends what `run` waits for. */
  private giveUp = () => {};
  private readonly ending = new AbortController();

  constructor(
    private readonly address: KafkaAddress,
    private readonly options: KafkaReaderOptions,
  ) {
    this.kafka = kafkaClient(address, options.log);
  }

  async start(handle: BlockHandler): Promise<void> {
    this.running ??= this.keepRunning(handle);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    this.giveUp();
    await this.close();
    await this.running;
  }

  /** Brokers are asked: what came with the last block is old while that waits. */
  async lag(): Promise<number> {
    const { admin, address, options } = this;
    if (admin === null) throw new Error('There is no connection to Kafka.');
    const { topic } = address;
    const [partitions, groups] = await Promise.all([
      admin.fetchTopicOffsets(topic),
      admin.fetchOffsets({ groupId: options.group, topics: [topic] }),
    ]);
    const done = new Map(
      groups.flatMap((one) => one.partitions).map(({ partition, offset }) => [partition, offset]),
    );
    return partitions.reduce((sum, { partition, low, high }) => {
      // What was never committed is -1, and what is too old is not there any more.
      const first = Math.max(Number(low), Number(done.get(partition) ?? -1));
      return sum + Number(high) - first;
    }, 0);
  }

  /** Until the end; the library gives up after errors that it takes for final. */
  private async keepRunning(handle: BlockHandler): Promise<void> {
    while (!this.ending.signal.aborted) {
      try {
        await this.run(handle);
      } catch (err) {
        this.options.log.warn({ err }, 'Kafka cannot be read');
      }
      await this.close();
      await this.pause();
    }
  }

  /** Resolves when the library has given up, or at the end. */
  private async run(handle: BlockHandler): Promise<void> {
    const { topic } = this.address;
    await ensureTopics(this.kafka, [topic]);
    const [admin, consumer] = [this.kafka.admin(), this.makeConsumer()];
    this.admin = admin;
    this.consumer = consumer;
    const over = new Promise<void>((resolve) => {
      this.giveUp = resolve;
    });
    consumer.on(consumer.events.CRASH, ({ payload: { error: err } }) => {
      this.options.log.warn({ err }, 'Kafka cannot be read');
      this.giveUp();
    });
    // Every partition is read from what is committed.
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.begun = null;
    });
    await Promise.all([consumer.connect(), admin.connect()]);
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.take(payload, handle),
    });
    if (!this.ending.signal.aborted) await over;
  }

  private makeConsumer(): Consumer {
    return this.kafka.consumer({
      groupId: this.options.group,
      sessionTimeout: this.options.sessionMs ?? defaultSessionMs,
      heartbeatInterval: this.heartbeatMs,
      minBytes: enoughBytes,
      // The library says that it lives between two answers.
      maxWaitTimeInMs: Math.min(gatherMs, this.heartbeatMs),
      maxBytesPerPartition: mostBytes,
      maxBytes: mostBytesInAll,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: async () => false },
    });
  }

  private async close(): Promise<void> {
    const { consumer, admin } = this;
    this.consumer = null;
    this.admin = null;
    await Promise.allSettled([consumer?.disconnect(), admin?.disconnect()]);
  }

  private async take(payload: EachBatchPayload, handle: BlockHandler): Promise<void> {
    const { batch, resolveOffset } = payload;
    const begun = await this.openBlocks();
    const open = begun.get(batch.partition);
    const messages = joined(open?.read ?? [], batch.messages.map(toMessage));
    const blocks = blocksOf(open, messages, this.options.blockSize ?? defaultBlockSize);
    if (open !== undefined) open.read = messages;
    for (const block of blocks ?? []) {
      begun.set(batch.partition, { last: lastOf(block), read: block });
      if (!(await this.finish(payload, block, handle))) return;
      begun.delete(batch.partition);
    }
    resolveOffset(batch.lastOffset());
  }

  /** False: the partition is not ours any more, or it is the end. */
  private async finish(
    payload: EachBatchPayload,
    messages: ReadMessage[],
    handle: BlockHandler,
  ): Promise<boolean> {
    const { topic, partition } = payload.batch;
    const [first, last] = [messages[0]?.offset ?? 0, lastOf(messages)];
    const block = { topic, partition, messages, token: tokenOf({ topic, partition }, messages) };
    await this.commit(partition, first, `${last}`);
    while (!(await this.isHandled(payload, () => handle(block)))) {
      await this.pause();
      if (!payload.isRunning() || payload.isStale() || this.ending.signal.aborted) return false;
    }
    await this.commit(partition, last + 1, '');
    payload.resolveOffset(`${last}`);
    return true;
  }

  /** Says that we live while it takes its time. @throws what says that the group has changed. */
  private async isHandled(payload: EachBatchPayload, work: () => Promise<void>): Promise<boolean> {
    const beating = setInterval(() => payload.heartbeat().catch(() => {}), this.heartbeatMs);
    try {
      await work();
      return true;
    } catch (error) {
      this.options.log.warn({ err: error }, 'a block of events waits');
      return false;
    } finally {
      clearInterval(beating);
      await payload.heartbeat();
    }
  }

  private async commit(partition: number, offset: number, metadata: string): Promise<void> {
    const { topic } = this.address;
    await this.consumer?.commitOffsets([{ topic, partition, offset: `${offset}`, metadata }]);
  }

  /** By partition. Asked once after each change of the group; a failure is no answer. */
  private openBlocks(): Promise<Map<number, Begun>> {
    this.begun ??= this.readBegun().catch((error) => {
      this.begun = null;
      throw error;
    });
    return this.begun;
  }

  private async readBegun(): Promise<Map<number, Begun>> {
    const { topic } = this.address;
    const groupId = this.options.group;
    const found = (await this.admin?.fetchOffsets({ groupId, topics: [topic] })) ?? [];
    const open = found
      .flatMap(({ partitions }) => partitions)
      .filter(({ metadata }) => /^\d+$/.test(metadata ?? ''));
    return new Map(
      open.map(({ partition, metadata }) => [partition, { last: Number(metadata), read: [] }]),
    );
  }

  private get heartbeatMs(): number {
    return Math.round((this.options.sessionMs ?? defaultSessionMs) / 4);
  }

  private async pause(): Promise<void> {
    await delay(pauseMs, undefined, { signal: this.ending.signal }).catch(() => {});
  }
}

function toMessage({ offset, timestamp, key, value }: KafkaMessage): ReadMessage {
  return {
    offset: Number(offset),
    queuedAt: Number(timestamp),
    key: key?.toString() ?? '',
    value,
  };
}
