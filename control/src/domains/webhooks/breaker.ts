import type { Queryable } from '../../store/database.js';

/**
 * Of each webhook its breaker: after `breakAfter` failures in a row one delivery at a time is tried,
 * after a pause that grows; all others wait and lose no try. A success closes it. In the database, so
 * that all processes know, and a start forgets nothing.
 */
export const breakAfter = 5;

/** The last one again and again: a receiver that is back hears of it so soon. */
const pausesMs = [5_000, 25_000, 90_000, 480_000];

/** How a delivery that is tried found the breaker. */
export interface Probing {
  webhookId: string;
  /** Failures before it when it is the one that is tried; null: the breaker was closed. */
  failuresBefore: number | null;
}

/** A try has failed. What was under way when the breaker opened counts no more. */
export async function recordFailure(
  tx: Queryable,
  { webhookId, failuresBefore }: Probing,
  now: number,
): Promise<void> {
  const place = failuresBefore === null ? 0 : failuresBefore + 1 - breakAfter;
  const pauseMs = pausesMs[place] ?? (pausesMs.at(-1) as number);
  await tx.query(
    `insert into webhook_breakers as b (webhook_id, failures) values ($1, 1)
     on conflict (webhook_id) do update set failures = b.failures + 1,
       paused_until = case when b.failures + 1 >= $2 then $3::timestamptz end
     where b.failures < $2 or $4`,
    [webhookId, breakAfter, new Date(now + pauseMs), failuresBefore !== null],
  );
}

/** A try has succeeded, or somebody changed the webhook. */
export async function closeBreaker(tx: Queryable, webhookId: string): Promise<void> {
  await tx.query('delete from webhook_breakers where webhook_id = $1', [webhookId]);
}

/**
 * The pause is over at once: the next try tells whether it still fails. After the deliveries, as whoever
 * claims locks them in this order.
 */
export async function endPause(tx: Queryable, webhookId: string, at: Date): Promise<void> {
  await tx.query('update webhook_breakers set paused_until = $2 where webhook_id = $1', [
    webhookId,
    at,
  ]);
}
