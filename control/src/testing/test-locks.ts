import type { Database, Queryable } from '../store/database.js';
import { eventually } from './test-redis.js';

/** Waits until so many statements of this database wait for a lock; asks anew each time. */
export async function untilBlocked(database: Database, count: () => number): Promise<void> {
  await eventually('statements that wait for a lock', async () => {
    const blocked = await database.query(
      `select from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return blocked.length >= count() ? true : undefined;
  });
}

/** Forces an order: `first` has done its work but not committed when `then` comes to wait for it. */
export async function overtaken<Result>(
  database: Database,
  first: (tx: Queryable) => Promise<unknown>,
  then: () => Promise<Result>,
): Promise<Result> {
  const late = await database.transaction(async (tx) => {
    await first(tx);
    const late = then();
    await untilBlocked(database, () => 1);
    // In an array: what is late ends after the commit only.
    return [late];
  });
  return late[0] as Promise<Result>;
}
