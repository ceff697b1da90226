import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { withinPatience } from '../metrics.js';

/** Inserts take milliseconds; a store that is busy takes seconds. */
const insertBuckets = [0.01, 0.05, 0.25, 1, 5];

/** Everything that the sink counts, in the registry of its process. */
export class SinkMetrics {
  readonly events: Counter;
  readonly deadLetters: Counter<'reason'>;
  readonly failures: Counter;
  readonly inserts: Histogram;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.events = new Counter({
      name: 'plenum_sink_events_total',
      help: 'Events that the store has taken; those of a block that came again count again',
      registers,
    });
    this.deadLetters = new Counter({
      name: 'plenum_sink_dead_letters_total',
      help: 'Messages that are no events, by reason',
      labelNames: ['reason'] as const,
      registers,
    });
    this.failures = new Counter({
      name: 'plenum_sink_failures_total',
      help: 'Blocks that could not be stored, and are tried again',
      registers,
    });
    this.inserts = new Histogram({
      name: 'plenum_sink_insert_seconds',
      help: 'How long the store takes for a block',
      buckets: insertBuckets,
      registers,
    });
  }

  /** Read when it is asked for. */
  lag(read: () => Promise<number>): void {
    new Gauge({
      name: 'plenum_sink_lag_events',
      help: 'Events that wait in the queue',
      registers: [this.registry],
      async collect() {
        this.set(await withinPatience(read(), Number.NaN).catch(() => Number.NaN));
      },
    });
  }
}
