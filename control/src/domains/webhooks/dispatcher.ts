import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../clock.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { type Outgoing, OutgoingError } from '../../outgoing/outgoing.js';
import { type Database, isUnreachable } from '../../store/database.js';
import { WorkLoop } from '../../work-loop.js';
import * as breaker from './breaker.js';
import type { ClaimedDelivery, Settlement } from './deliveries.js';
import * as deliveries from './deliveries.js';
import { disableWebhook, secretsStillGood } from './repository.js';
import { retryDelayMs } from './schedule.js';
import { secretContext, signaturesOf } from './signing.js';

/** How a try ended, as it is counted. */
export type AttemptResult = 'delivered' | 'status' | 'gone' | 'timeout' | 'unreachable' | 'address';

export interface DispatcherContext {
  database: Database;
  keys: KeyRing;
  clock: Clock;
  outgoing: Outgoing;
  log: FastifyBaseLogger;
  /** 0 to 1, for the jitter. */
  random: () => number;
  onAttempt: (result: AttemptResult) => void;
}

const idleMs = 250;
const timeoutMs = 10_000;
/** Longer than a try takes; after it, whoever crashed in one is not waited for any more. */
const leaseMs = 30_000;
const patienceMs = 60_000;
/** More of one receiver at once and it may be flooded; fewer and a distant one falls behind. */
const perWebhook = 8;
/** Each holds a socket and a body; fewer and many slow receivers hold up others. */
const maxRunning = 256;

/** Not tried again. */
const failed = { state: 'failed', nextAttemptAt: null, deliveredAt: null } as const;

interface Outcome {
  result: AttemptResult;
  status: number | null;
  error: string | null;
}

/**
 * Delivers what waits in the database, at least once: a try that nobody settles, because the process
 * died in it, is made again by whoever runs then. Several processes may run.
 */
export class WebhookDispatcher {
  private readonly loop: WorkLoop;
  private readonly attempts = new Map<Promise<void>, AbortController>();
  private readonly running = new Map<string, number>();
  private stopping = false;

  constructor(private readonly context: DispatcherContext) {
    this.loop = new WorkLoop({
      clock: context.clock,
      idleMs,
      turn: () => this.claim(),
      onFailure: (error) => this.report(error),
    });
  }

  start(): void {
    this.loop.start();
  }

  /** Something is due. */
  poke(): void {
    this.loop.poke();
  }

  /** Resolves when nothing is due or under way here. */
  async settled(): Promise<void> {
    await this.loop.settled();
    while (this.attempts.size > 0) {
      await Promise.all(this.attempts.keys());
      await this.loop.settled();
    }
  }

  /** Breaks off what is under way; it is due at once, for the next process. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.loop.stop();
    for (const abort of this.attempts.values()) abort.abort();
    await Promise.all(this.attempts.keys());
  }

  private async claim(): Promise<void> {
    const limit = maxRunning - this.attempts.size;
    if (limit <= 0) return;
    const now = this.context.clock.now();
    const claimed = await deliveries.claimDeliveries(this.context.database, {
      now: new Date(now),
      lease: new Date(now + leaseMs),
      patienceEnded: new Date(now - patienceMs),
      running: this.running,
      perWebhook,
      limit,
    });
    for (const delivery of claimed) this.begin(delivery);
  }

  private begin(delivery: ClaimedDelivery): void {
    const abort = new AbortController();
    const { webhookId } = delivery;
    this.running.set(webhookId, (this.running.get(webhookId) ?? 0) + 1);
    const attempt = this.attempt(delivery, abort)
      .catch((error) => this.report(error))
      .finally(() => {
        this.attempts.delete(attempt);
        const left = (this.running.get(webhookId) ?? 1) - 1;
        if (left === 0) this.running.delete(webhookId);
        else this.running.set(webhookId, left);
        this.loop.poke();
      });
    this.attempts.set(attempt, abort);
  }

  private async attempt(delivery: ClaimedDelivery, abort: AbortController): Promise<void> {
    const { clock } = this.context;
    const cancel = clock.after(timeoutMs, () => abort.abort());
    const outcome = await this.send(delivery, abort.signal);
    cancel();
    if (this.stopping && outcome.result === 'timeout') {
      await this.release(delivery);
      return;
    }
    this.context.onAttempt(outcome.result);
    await this.settle(delivery, outcome);
  }

  private async send(delivery: ClaimedDelivery, signal: AbortSignal): Promise<Outcome> {
    try {
      const { url, body } = delivery;
      const headers = this.headersOf(delivery);
      return outcomeOf(await this.context.outgoing.post({ url, headers, body, signal }));
    } catch (error) {
      if (!(error instanceof OutgoingError)) {
        this.report(error);
        return { result: 'unreachable', status: null, error: 'Something failed on our side.' };
      }
      const result = error.code === 'aborted' ? 'timeout' : error.code;
      return { result, status: null, error: error.message };
    }
  }

  private headersOf(delivery: ClaimedDelivery): Record<string, string> {
    const { webhookId, eventId: id, body, traceparent } = delivery;
    const now = this.context.clock.now();
    const timestamp = Math.floor(now / 1000);
    const context = secretContext(webhookId);
    const secrets = [delivery.secretSealed, ...secretsStillGood(delivery, now).formerSecretsSealed];
    const opened = secrets.map((sealed) => this.context.keys.unseal(sealed, context));
    return {
      'content-type': 'application/json',
      'user-agent': 'Plenum',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signaturesOf(opened, { id, timestamp, body }),
      ...(traceparent === null ? {} : { traceparent }),
    };
  }

  private async settle(delivery: ClaimedDelivery, outcome: Outcome): Promise<void> {
    const { clock, database } = this.context;
    const now = clock.now();
    if (outcome.result === 'gone' && (await this.disable(delivery, outcome, now))) return;
    if (outcome.result === 'delivered') await breaker.closeBreaker(database, delivery.webhookId);
    else await breaker.recordFailure(database, delivery, now);
    await deliveries.settleDelivery(database, delivery, this.settlementOf(delivery, outcome, now));
  }

  /** False: its webhook has another address by now, which may still take it. */
  private disable(delivery: ClaimedDelivery, outcome: Outcome, now: number): Promise<boolean> {
    const { status, error } = outcome;
    const settlement = { ...failed, status, error };
    return this.context.database.transaction(async (tx) => {
      if (!(await disableWebhook(tx, delivery, new Date(now)))) return false;
      await deliveries.settleDelivery(tx, delivery, settlement);
      await deliveries.giveUpWaiting(tx, delivery.webhookId);
      return true;
    });
  }

  /** It was broken off here, and is due at once. */
  private async release(delivery: ClaimedDelivery): Promise<void> {
    const { clock, database } = this.context;
    const at = new Date(clock.now());
    await deliveries.releaseDelivery(database, delivery, at);
    if (delivery.failuresBefore !== null) await breaker.endPause(database, delivery.webhookId, at);
  }

  private settlementOf(
    { attempts }: ClaimedDelivery,
    { result, status, error }: Outcome,
    now: number,
  ): Settlement {
    const ended = { ...failed, status, error };
    if (result === 'delivered') {
      return { ...ended, state: 'delivered', deliveredAt: new Date(now) };
    }
    const delayMs = retryDelayMs(attempts, this.context.random());
    if (delayMs === null) return ended;
    return { ...ended, state: 'waiting', nextAttemptAt: new Date(now + delayMs) };
  }

  private report(error: unknown): void {
    // While the database is away, health says so; what was under way is due again by its lease.
    if (!isUnreachable(error)) this.context.log.error({ err: error }, 'failed to deliver webhooks');
  }
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { result: 'delivered', status, error: null };
  if (status === 410) return { result: 'gone', status, error: 'The address is gone.' };
  const isRedirect = status >= 300 && status < 400;
  const error = isRedirect ? 'Redirects are not followed.' : 'The answer is no success.';
  return { result: 'status', status, error };
}
