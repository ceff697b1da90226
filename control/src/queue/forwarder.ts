import type { Clock } from '../clock.js';
import { type Database, isUnreachable } from '../store/database.js';
import { WorkLoop } from '../work-loop.js';
import type { QueueLog } from './kafka-client.js';
import * as local from './local-queue.js';
import type { QueueWriter } from './queue.js';

export interface ForwarderContext {
  database: Database;
  clock: Clock;
  log: QueueLog;
  writer: QueueWriter;
}

/** Events per transaction: more makes fuller batches, and more doubles when one goes wrong. */
const batchSize = 1000;
const idleMs = 250;

/**
 * Takes events from the queue's table to Kafka, one process at a time; they leave the table when every
 * replica has them. While Kafka is away they wait here, and nothing else does.
 */
export class QueueForwarder {
  private readonly loop: WorkLoop;
  private after = 0;
  private isAway = false;

  constructor(private readonly context: ForwarderContext) {
    this.loop = new WorkLoop({
      clock: context.clock,
      idleMs,
      turn: () => this.turn(),
      onFailure: (error) => this.failed(error),
    });
  }

  start(): void {
    this.loop.start();
  }

  /** There is something in the table. While Kafka is away its own pace is kept. */
  poke(): void {
    if (!this.isAway) this.loop.poke();
  }

  settled(): Promise<void> {
    return this.loop.settled();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    await this.context.writer.close();
  }

  async pending(): Promise<number> {
    return (await local.backlog(this.context.database)).pending;
  }

  /** Age of the oldest event that waits; 0 when none does. */
  async lagSeconds(): Promise<number> {
    const { oldest } = await local.backlog(this.context.database);
    return oldest === null ? 0 : Math.max(0, this.context.clock.now() - oldest.getTime()) / 1000;
  }

  private async turn(): Promise<void> {
    const { database, writer } = this.context;
    if (await local.isEmpty(database)) return;
    const count = await database.transaction(async (tx) => {
      if (!(await local.becomeReader(tx))) return 0;
      const events = await local.next(tx, this.after, batchSize);
      this.after = events.at(-1)?.position ?? 0;
      if (events.length === 0) return 0;
      await writer.write(events.map(local.toMessage));
      await local.forget(tx, events);
      return events.length;
    });
    if (count > 0 && this.isAway) this.turnedTo(false);
    if (count === batchSize) this.loop.poke();
  }

  /** Said once for each outage. While the database is away, health says so. */
  private failed(err: unknown): void {
    this.after = 0;
    if (isUnreachable(err) || this.isAway) return;
    this.turnedTo(true, err);
  }

  private turnedTo(isAway: boolean, err?: unknown): void {
    this.isAway = isAway;
    if (isAway) this.context.log.warn({ err }, 'Kafka does not take events: they wait in Postgres');
    else this.context.log.info({}, 'Kafka takes events again');
  }
}
