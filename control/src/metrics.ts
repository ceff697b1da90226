import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Everything that control counts, by the names of the API contract §9. */
export class ControlMetrics {
  readonly registry = new Registry();

  readonly httpDuration = new Histogram({
    name: 'plenum_http_request_duration_seconds',
    help: 'Time from request to answer, by route',
    labelNames: ['route', 'method', 'status'] as const,
    buckets: latencyBuckets,
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

  constructor() {
    collectDefaultMetrics({ register: this.registry });
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

  /** A gauge that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }
}
