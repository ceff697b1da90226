/**
 * Before a lock on a whole table: while it is waited for, everybody else's next statement waits behind
 * it. A dump may hold the table for hours, and live rooms must not notice.
 */
export const lockPatience = "set local lock_timeout = '200ms'";
const lockNotAvailable = '55P03';

/** False: somebody uses what the transaction would have locked, and nothing has happened. */
export function unlessInUse(transaction: Promise<void>): Promise<boolean> {
  return transaction.then(
    () => true,
    (error: { code?: unknown }) => {
      if (error.code === lockNotAvailable) return false;
      throw error;
    },
  );
}
