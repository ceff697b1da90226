import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../clock.js';
import { type Database, isUnreachable, type Queryable } from '../../store/database.js';
import { WorkLoop } from '../../work-loop.js';
import type { Backlog, OutboxEvent, PastEvents } from './repository.js';
import * as repository from './repository.js';

export type { OutboxEvent, PastEvents } from './repository.js';

/** Gets every event of every room once, those of a room in its order. */
export interface OutboxConsumer {
  /** What is written with `tx` is written exactly once; when it throws, all are handed on again. */
  take(tx: Queryable, events: readonly OutboxEvent[]): Promise<void>;
  /** It is durable. */
  taken(): void;
}

export interface OutboxContext {
  database: Database;
  clock: Clock;
  log: FastifyBaseLogger;
}

/** Events per transaction: more delays the first of them, fewer wastes flushes to disk. */
const batchSize = 200;
const idleMs = 250;

/**
 * Hands the events on that rooms wrote with their effects. One process at a time does, in small
 * transactions; an event leaves the outbox in the one in which every consumer took it.
 */
export class OutboxRelay {
  private readonly consumers: OutboxConsumer[] = [];
  private readonly loop: WorkLoop;
  private looking: Promise<Backlog> | null = null;

  constructor(private readonly context: OutboxContext) {
    this.loop = new WorkLoop({
      clock: context.clock,
      idleMs,
      turn: () => this.relay(),
      // While the database is away, health says so.
      onFailure: (err) => {
        if (!isUnreachable(err)) context.log.error({ err }, 'failed to relay events');
      },
    });
  }

  /** Before the start. */
  add(consumer: OutboxConsumer): void {
    this.consumers.push(consumer);
  }

  start(): void {
    this.loop.start();
  }

  /** There is something in the outbox. */
  poke(): void {
    this.loop.poke();
  }

  settled(): Promise<void> {
    return this.loop.settled();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async relay(): Promise<void> {
    if (await repository.isEmpty(this.context.database)) return;
    const count = await this.context.database.transaction(async (tx) => {
      if (!(await repository.becomeRelay(tx))) return 0;
      const events = await repository.takeNext(tx, batchSize);
      if (events.length === 0) return 0;
      for (const consumer of this.consumers) await consumer.take(tx, events);
      return events.length;
    });
    if (count > 0) for (const consumer of this.consumers) consumer.taken();
    if (count === batchSize) this.loop.poke();
  }

  async pending(): Promise<number> {
    return (await this.backlog()).pending;
  }

  /** Age of the oldest event that waits; 0 when none does. */
  async lagSeconds(): Promise<number> {
    const { oldest } = await this.backlog();
    return oldest === null ? 0 : Math.max(0, this.context.clock.now() - oldest.getTime()) / 1000;
  }

  /** Looked at once for all that ask at the same time: it counts every row. */
  private backlog(): Promise<Backlog> {
    this.looking ??= repository.waiting(this.context.database).finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  /** What was handed on before, from the rooms' logs, oldest first. */
  past(from: Queryable, wanted: PastEvents): Promise<OutboxEvent[]> {
    return repository.eventsAfter(from, wanted);
  }
}
