import type { Clock } from '../clock.js';
import type { Database } from './database.js';
import { lockPatience, unlessInUse } from './patience.js';
import { defaultRetention, forgetOld, type Retention } from './retention.js';

const partitioned = ['meetings', 'participants', 'messages', 'events'] as const;

/** Days made ahead. A database that sleeps longer fills the default partitions meanwhile. */
const daysAhead = 7;
const dayMs = 86_400_000;
const intervalMs = 3_600_000;
const partitionLock = 0x706c6461;

/**
 * Makes the partitions of today and the coming days, one transaction per table.
 * @throws Error for tables that somebody else uses, such as a dump: the others have theirs.
 */
export async function ensurePartitions(database: Database, now: number): Promise<void> {
  const inUse: string[] = [];
  for (const table of partitioned) {
    if (!(await ensureDays(database, table, now))) inUse.push(table);
  }
  if (inUse.length > 0) throw new Error(`no days could be made, in use: ${inUse.join(', ')}`);
}

function ensureDays(database: Database, table: string, now: number): Promise<boolean> {
  const work = database.transaction(async (tx) => {
    // Another process that is at it is waited for.
    await tx.query('select pg_advisory_xact_lock($1)', [partitionLock]);
    await tx.query(lockPatience);
    for (let ahead = 0; ahead <= daysAhead; ahead++) {
      const day = new Date(now + ahead * dayMs).toISOString().slice(0, 10);
      await tx.query('select ensure_day_partition($1, $2)', [table, day]);
    }
  });
  return unlessInUse(work);
}

/**
 * Deletes what has served: idempotency keys after 24 hours, command results after 10 minutes, how
 * webhooks were delivered after 7 days unless told (what still waits not before), log-ins, links for a
 * new password and challenges of security keys a day after their end.
 */
export async function forgetServed(
  database: Database,
  now: number,
  { webhookDeliveriesDays }: Retention = defaultRetention,
): Promise<void> {
  await database.query('delete from idempotency_keys where created_at < $1', [
    new Date(now - dayMs),
  ]);
  const tenMinutesAgo = new Date(now - 600_000);
  await database.query('delete from commands where created_at < $1', [tenMinutesAgo]);
  await database.query('delete from account_news where created_at < $1', [tenMinutesAgo]);
  const daysWaiting = Math.max(webhookDeliveriesDays, defaultRetention.webhookDeliveriesDays);
  await database.query(
    `delete from webhook_deliveries
     where waiting_since < $1 and (state <> 'waiting' or waiting_since < $2)`,
    [new Date(now - webhookDeliveriesDays * dayMs), new Date(now - daysWaiting * dayMs)],
  );
  const ended = [new Date(now - dayMs)];
  await database.query('delete from login_sessions where expires_at < $1', ended);
  await database.query('delete from password_resets where expires_at < $1', ended);
  await database.query('delete from webauthn_challenges where expires_at < $1', ended);
}

/**
 * All of it and what `retention` says, hourly, until the returned function is called. What fails waits
 * for the next hour, and keeps nothing else from its turn.
 */
export function keepHouse(
  database: Database,
  { clock, retention }: { clock: Clock; retention: Retention },
  onFailure: (error: unknown) => void,
): () => void {
  let cancel = () => {};
  const turn = async () => {
    await ensurePartitions(database, clock.now()).catch(onFailure);
    await forgetServed(database, clock.now(), retention).catch(onFailure);
    await forgetOld(database, clock.now(), retention).catch(onFailure);
  };
  const schedule = () => {
    cancel = clock.after(intervalMs, () => {
      void turn();
      schedule();
    });
  };
  schedule();
  return () => cancel();
}
