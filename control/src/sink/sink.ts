import type { Clock } from '../clock.js';
import { type AnalyticsEvent, Poison, readEvent } from '../queue/event-message.js';
import type { Block, QueueReader } from '../queue/queue.js';
import type { DeadLetter, DeadLetters } from './dead-letters.js';
import type { EventStore } from './event-store.js';
import type { SinkMetrics } from './sink-metrics.js';

export interface SinkContext {
  reader: QueueReader;
  store: EventStore;
  deadLetters: DeadLetters;
  metrics: SinkMetrics;
  clock: Clock;
}

/** Takes events from the queue to the store; what is no event goes to the dead letters. */
export class Sink {
  constructor(private readonly context: SinkContext) {
    context.metrics.lag(() => context.reader.lag());
  }

  start(): Promise<void> {
    return this.context.reader.start((block) => this.take(block));
  }

  async stop(): Promise<void> {
    const { reader, deadLetters, store } = this.context;
    await reader.stop();
    await Promise.all([deadLetters.close(), store.close()]);
  }

  private async take(block: Block): Promise<void> {
    const { deadLetters, metrics } = this.context;
    const { events, letters } = sorted(block);
    try {
      if (events.length > 0) await this.insert(events, block.token);
      // Last: the store knows a block that comes again by its token, and nobody knows a letter.
      if (letters.length > 0) await deadLetters.write(block, letters);
    } catch (error) {
      metrics.failures.inc();
      throw error;
    }
    for (const { reason } of letters) metrics.deadLetters.inc({ reason });
    metrics.events.inc(events.length);
  }

  private async insert(events: readonly AnalyticsEvent[], token: string): Promise<void> {
    const { store, metrics, clock } = this.context;
    const startedAt = clock.monotonic();
    await store.insert(events, token);
    metrics.inserts.observe((clock.monotonic() - startedAt) / 1000);
  }
}

function sorted(block: Block): { events: AnalyticsEvent[]; letters: DeadLetter[] } {
  const events: AnalyticsEvent[] = [];
  const letters: DeadLetter[] = [];
  for (const message of block.messages) {
    try {
      events.push(readEvent(message.value));
    } catch (error) {
      if (!(error instanceof Poison)) throw error;
      letters.push({ ...message, reason: error.reason });
    }
  }
  return { events, letters };
}
