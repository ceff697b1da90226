import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { cut, cutBegun } from './cut.js';
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
const enoughBytes = 1024 * 1024;
/** Of a partition in one answer; memory for a few of these is what a reader takes. */
const mostBytes = 8 * 1024 * 1024;
const pauseMs = 500;

/** The block that was begun last in a partition, and what was read of it since the crash. */
interface Begun {
  last: number;
  carried: ReadMessage[];
}

/**
 * Reads a topic in a consumer group. Before a block is handed on, its last offset is committed as the
 * metadata of its first one: whoever has the partition after a crash cuts that block as it was, so that
 * it carries the same token. When it is handled, the offset behind it is committed.
 */
export class KafkaReader implements QueueReader {
  private readonly kafka: Kafka;
  private readonly lags = new Map<number, number>();
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

  async lag(): Promise<number> {
    return [...this.lags.values()].reduce((sum, lag) => sum + lag, 0);
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
    this.admin = this.kafka.admin();
    const consumer = this.kafka.consumer({
      groupId: this.options.group,
      sessionTimeout: this.options.sessionMs ?? defaultSessionMs,
      heartbeatInterval: this.heartbeatMs,
      minBytes: enoughBytes,
      // The library says that it lives between two answers.
      maxWaitTimeInMs: Math.min(gatherMs, this.heartbeatMs),
      maxBytesPerPartition: mostBytes,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: async () => false },
    });
    this.consumer = consumer;
    const over = new Promise<void>((resolve) => {
      this.giveUp = resolve;
    });
    consumer.on(consumer.events.CRASH, () => this.giveUp());
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.begun = null;
      this.lags.clear();
    });
    await Promise.all([consumer.connect(), this.admin.connect()]);
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.take(payload, handle),
    });
    if (!this.ending.signal.aborted) await over;
  }

  private async close(): Promise<void> {
    const { consumer, admin } = this;
    this.consumer = null;
    this.admin = null;
    await Promise.allSettled([consumer?.disconnect(), admin?.disconnect()]);
  }

  private async take(payload: EachBatchPayload, handle: BlockHandler): Promise<void> {
    const { batch, resolveOffset } = payload;
    this.begun ??= this.readBegun();
    const begun = await this.begun;
    const { partition } = batch;
    const open = begun.get(partition);
    let messages = batch.messages.map(toMessage);
    const blocks: ReadMessage[][] = [];
    if (open !== undefined) {
      open.carried.push(...messages);
      const parts = cutBegun(open.carried, open.last);
      if (parts === null) return resolveOffset(batch.lastOffset());
      begun.delete(partition);
      if (parts.begun.length > 0) blocks.push(parts.begun);
      messages = parts.rest;
    }
    blocks.push(...cut(messages, this.options.blockSize ?? defaultBlockSize));
    for (const block of blocks) {
      if (!(await this.finish(payload, block, handle))) return;
    }
    resolveOffset(batch.lastOffset());
  }

  /** False: the partition is not ours any more, or it is the end. */
  private async finish(
    payload: EachBatchPayload,
    messages: ReadMessage[],
    handle: BlockHandler,
  ): Promise<boolean> {
    const { topic, partition, highWatermark } = payload.batch;
    const [first, last] = [messages[0] as ReadMessage, messages.at(-1) as ReadMessage];
    const block = { topic, partition, messages, token: tokenOf({ topic, partition }, messages) };
    this.lags.set(partition, Number(highWatermark) - first.offset);
    await this.commit(partition, first.offset, `${last.offset}`);
    while (!(await this.isHandled(payload, () => handle(block)))) {
      await this.pause();
      if (!payload.isRunning() || payload.isStale() || this.ending.signal.aborted) return false;
    }
    await this.commit(partition, last.offset + 1, '');
    payload.resolveOffset(`${last.offset}`);
    this.lags.set(partition, Number(highWatermark) - last.offset - 1);
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

  private async readBegun(): Promise<Map<number, Begun>> {
    const { topic } = this.address;
    const groupId = this.options.group;
    const found = (await this.admin?.fetchOffsets({ groupId, topics: [topic] })) ?? [];
    const open = found
      .flatMap(({ partitions }) => partitions)
      .filter(({ metadata }) => /^\d+$/.test(metadata ?? ''));
    return new Map(
      open.map(({ partition, metadata }) => [partition, { last: Number(metadata), carried: [] }]),
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
