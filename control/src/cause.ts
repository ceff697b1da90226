import { AsyncLocalStorage } from 'node:async_hooks';
import type { Trace } from './trace.js';

/** On whose behalf something is done. For logs and traces only: no rule may ask for it. */
export interface Cause {
  /** As `nameOf` names a principal; null: nobody that is known. */
  by: string | null;
  ip: string;
  /** Null on the WebSocket. */
  requestId: string | null;
  trace: Trace;
}

const storage = new AsyncLocalStorage<Cause>();

/** The cause goes along with everything that `work` begins, also with what it does not wait for. */
export function causedBy<Result>(cause: Cause, work: () => Result): Result {
  return storage.run(cause, work);
}

/** Null: this process does it by itself. */
export function presentCause(): Cause | null {
  return storage.getStore() ?? null;
}
