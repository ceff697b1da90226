import { setTimeout as delay } from 'node:timers/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * A process has 2 000 series at most, and each bucket is one for each route, method and class of
 * status: these tell fast, noticed, slow and stuck.
 */
const latencyBuckets = [0.05, 0.2, 1];
/** Each kind of collection that has been seen has these: a few are enough. */
const gcDurationBuckets = [0.01, 0.1, 1];
/** Nobody minds less than a second; the objective counts those of more than two. */
const gapBuckets = [1, 2, 4, 6, 10, 30];
const firstFrameBuckets = [0.25, 0.5, 1, 1.5, 2, 3, 5, 10];
/** For what is read from elsewhere: whoever scrapes waits for a few seconds. */
const patienceMs = 2000;
/** Combinations of route, method and class; six series each. What comes later is `other`. */
const maxAnswerKinds = 229;
/** Seldom asked, and all alike: what is of one recording, of one link to it, or of one webhook, counts as one route. */
const manyOfOne = /^(\/v1\/(?:recordings|recording-shares|webhooks)\/:\w+\/).+/;

/** Ends of joins that rates are asked about; of refusals there are more. */
const expectedJoins = [
  ...['admitted', 'lobby', 'joined', 'waiting'],
  ...['no_capacity', 'dependency_down', 'internal'],
];

/** Gauges that are named like counters, which Prometheus' own check refuses; others say the same. */
const misnamed = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/** What every process says of itself: memory, processor, event loop, garbage. */
export function standardMetrics(register: Registry): void {
  collectDefaultMetrics({ register, gcDurationBuckets });
  for (const name of misnamed) register.removeSingleMetric(name);
}

export interface AnswerKind {
  /** The pattern, never an address. */
  route: string;
  method: string;
  status: number;
}

/** Everything that control counts, by the names of the API contract §9. */
export class ControlMetrics {
  readonly registry = new Registry();
  private readonly answerKinds = new Set<string>();

  private readonly httpDuration = new Histogram({
    name: 'plenum_http_request_duration_seconds',
    help: 'Time from request to answer, by route, method and class of status (2xx)',
    labelNames: ['route', 'method', 'status'] as const,
    buckets: latencyBuckets,
    registers: [this.registry],
  });

  readonly firstFrame = new Histogram({
    name: 'plenum_join_first_frame_seconds',
    help: 'Time from the join in the client to the first picture of somebody else, as clients say',
    buckets: firstFrameBuckets,
    registers: [this.registry],
  });

  readonly mediaGap = new Histogram({
    name: 'plenum_media_gap_seconds',
    help: 'Times of a second or more in which media did not flow, by cause, as clients say',
    labelNames: ['cause'] as const,
    buckets: gapBuckets,
    registers: [this.registry],
  });

  readonly connections = new Gauge({
    name: 'plenum_ws_connections',
    help: 'Signaling WebSockets that are open',
    registers: [this.registry],
  });

  readonly messages = new Counter({
    name: 'plenum_ws_messages_total',
    help: 'Signaling messages, by type and direction',
    labelNames: ['type', 'direction'] as const,
    registers: [this.registry],
  });

  readonly joins = new Counter({
    name: 'plenum_join_total',
    help: 'Joins, by how they ended',
    labelNames: ['result'] as const,
    registers: [this.registry],
  });

  readonly acks = new Histogram({
    name: 'plenum_command_ack_seconds',
    help: 'Time from a command to its answer, by type',
    labelNames: ['type'] as const,
    buckets: latencyBuckets,
    registers: [this.registry],
  });

  readonly webhookAttempts = new Counter({
    name: 'plenum_webhook_attempts_total',
    help: 'Tries to deliver a webhook, by how they ended',
    labelNames: ['result'] as const,
    registers: [this.registry],
  });

  readonly migrations = new Counter({
    name: 'plenum_migrations_total',
    help: 'Rooms whose media was to move to another node, by reason and how that ended',
    labelNames: ['reason', 'result'] as const,
    registers: [this.registry],
  });

  constructor() {
    standardMetrics(this.registry);
    // A counter that begins at its first event hides that event from every rate.
    for (const result of expectedJoins) this.joins.inc({ result }, 0);
    this.webhookAttempts.inc({ result: 'delivered' }, 0);
    for (const cause of ['migration', 'path']) this.mediaGap.zero({ cause });
    for (const reason of ['drain', 'failure', 'rebalance', 'upgrade']) {
      for (const result of ['moved', 'failed']) this.migrations.inc({ reason, result }, 0);
    }
  }

  /** Counts an answer over HTTP. There are never more than `maxAnswerKinds` kinds and `other`. */
  answered({ route, method, status }: AnswerKind, seconds: number): void {
    const grouped = route.replace(manyOfOne, '$1…');
    const kind = { route: grouped, method, status: `${Math.floor(status / 100)}xx` };
    const name = Object.values(kind).join(' ');
    const isKnown = this.answerKinds.has(name) || this.answerKinds.size < maxAnswerKinds;
    if (isKnown) this.answerKinds.add(name);
    this.httpDuration.observe(isKnown ? kind : { ...kind, route: 'other', method: '' }, seconds);
  }

  /** 1 for each dependency that answers, else 0. */
  dependencies(read: () => Promise<Record<string, 'up' | 'down'>>): void {
    new Gauge({
      name: 'plenum_dependency_up',
      help: 'Whether what this process depends on answers',
      labelNames: ['dependency'] as const,
      registers: [this.registry],
      async collect() {
        for (const [dependency, state] of Object.entries(await read())) {
          this.set({ dependency }, state === 'up' ? 1 : 0);
        }
      },
    });
  }

  /** A gauge that is read when it is asked for; not a number when that fails or takes too long. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await withinPatience(read(), Number.NaN).catch(() => Number.NaN));
      },
    });
  }
}

/** What is read, or `otherwise` when that takes too long. */
export function withinPatience<T, Other>(
  reading: T | Promise<T>,
  otherwise: Other,
): Promise<T | Other> {
  return Promise.race([reading, delay(patienceMs, otherwise, { ref: false })]);
}
