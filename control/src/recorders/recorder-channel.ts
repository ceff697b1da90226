import type { CallMessage } from '../rpc/calls.js';
import type { RecorderDescription, RecorderEvent } from './recorder-client.js';

/** What a recorder in a child process is begun with. */
export interface ChildOrder {
  t: 'begin';
  recorderId: string;
  /** The whole configuration, secrets too: it is in no argument and no variable. */
  config: unknown;
}

/** From the parent. Its end is said by the channel's. */
export type ToChild = ChildOrder | CallMessage | { t: 'stop' };

/** From the child: when it is ready and each 5 s what it has, and what happens. */
export type ToParent =
  | CallMessage
  | { t: 'described'; description: RecorderDescription }
  | { t: 'event'; event: RecorderEvent }
  | { t: 'failed'; reason: string };

/** As recorders of a fleet. */
export const describeMs = 5000;
