import type { Clock } from '../clock.js';
import type { Database } from './database.js';

const partitioned = ['meetings', 'participants', 'messages', 'events'] as const;

/** Days made ahead. A database that sleeps longer fills the default partitions meanwhile. */
const daysAhead = 7;
const dayMs = 86_400_000;
const intervalMs = 3_600_000;
const partitionLock = 0x706c6461;

/** Makes the partitions of today and the coming days, one transaction per table. */
export async function ensurePartitions(database: Database, now: number): Promise<void> {
  for (const table of partitioned) {
    await database.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [partitionLock]);
      for (let ahead = 0; ahead <= daysAhead; ahead++) {
        const day = new Date(now + ahead * dayMs).toISOString().slice(0, 10);
        await tx.query('select ensure_day_partition($1, $2)', [table, day]);
      }
    });
  }
}

/**
 * Deletes what has served: idempotency keys after 24 hours, command results after 10 minutes, how
 * webhooks were delivered after 7 days, log-ins, links for a new password and challenges of
 * security keys a day after their end.
 */
export async function forgetServed(database: Database, now: number): Promise<void> {
  await database.query('delete from idempotency_keys where created_at < $1', [
    new Date(now - dayMs),
  ]);
  await database.query('delete from commands where created_at < $1', [new Date(now - 600_000)]);
  await database.query('delete from webhook_deliveries where waiting_since < $1', [
    new Date(now - 7 * dayMs),
  ]);
  const ended = [new Date(now - dayMs)];
  await database.query('delete from login_sessions where expires_at < $1', ended);
  await database.query('delete from password_resets where expires_at < $1', ended);
  await database.query('delete from webauthn_challenges where expires_at < $1', ended);
}

/** Events are kept this long; then they go with the partition of their day. */
const eventsKeptDays = 7;
/** Behind a long transaction a partition is dropped an hour later: everything else goes on. */
const dropPatience = "set local lock_timeout = '2s'";

/** Drops the days of which every event is too old, and what lay in no day's partition. */
export async function forgetEvents(database: Database, now: number): Promise<void> {
  const first = new Date(now - eventsKeptDays * dayMs).toISOString().slice(0, 10);
  const partitions = await database.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'events'::regclass order by c.relname`,
  );
  const oldest = `events_${first.replaceAll('-', '')}`;
  for (const { name } of partitions) {
    if (!/^events_\d{8}$/.test(name) || name >= oldest) continue;
    await database.transaction(async (tx) => {
      await tx.query(dropPatience);
      await tx.query(`drop table if exists ${name}`);
    });
  }
  await database.query('delete from events where day < $1', [first]);
}

/** All of it, hourly, until the returned function is called. A failure waits for the next hour. */
export function keepHouse(
  database: Database,
  clock: Clock,
  onFailure: (error: unknown) => void,
): () => void {
  let cancel = () => {};
  const turn = async () => {
    await ensurePartitions(database, clock.now());
    await forgetServed(database, clock.now());
    await forgetEvents(database, clock.now());
  };
  const schedule = () => {
    cancel = clock.after(intervalMs, () => {
      turn().catch(onFailure);
      schedule();
    });
  };
  schedule();
  return () => cancel();
}
