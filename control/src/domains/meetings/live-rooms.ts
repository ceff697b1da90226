import type { Policy } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';
import type { Effect } from '../../store/effects.js';

/** What meetings ask of, and tell, the rooms that are live: the rooms' part to fulfil. */
export interface LiveRooms {
  isLive(meetingId: string): boolean;
  /** The policy is this now, and durable. Told of every meeting, live or not. */
  policyChanged(meetingId: string, policy: Policy): void;
  /** Something of the meeting, or of its links, is otherwise now. Resolves when its door knows. */
  changed(meetingId: string): Promise<void>;
  /**
   * Everybody leaves, and the room closes; where there is none, only `effects` are done.
   * @param effects what is written with it.
   * @returns when it is durable.
   */
  end(meetingId: string, effects: readonly Effect[]): Promise<void>;
  /** As `end`, but the room goes on until it is durable, and for good when `within` refuses. */
  endOnceWritten(meetingId: string, within: (tx: Queryable) => Promise<void>): Promise<void>;
}
