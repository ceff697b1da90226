import type {
  EphemeralType,
  SequencedType,
  ServerPayloads,
} from '../../schemas/server-messages.js';
import type { Policy, RecordingState } from '../../schemas/values.js';
import type { JournalEntry } from './journal.js';
import type { LinkedCopy } from './links.js';
import type { Room } from './room.js';
import type { Seat } from './seat.js';

export type ConsentRule = Policy['recording']['consent'];

/** Whoever records a room, as the room sees it (domains/recordings): what it is told, and what it is asked. */
export interface RoomRecorder {
  /** By which those who come now are recorded; null: the room is not recorded. */
  readonly rule: ConsentRule | null;
  /** Where it is recorded: one more place for the links. */
  readonly copies: readonly LinkedCopy[];
  /** Whether the one that an earlier process had may come yet: links that lead there are left alone. */
  readonly isExpected: boolean;
  /** As this one is shown it; null: none, or it is over. */
  stateFor(seat: Seat): RecordingState | null;
  /** What an earlier process has left goes on. Never rejects, and holds nobody up for more than two seconds. */
  adopt(): Promise<void>;
  /** Everybody who is there is known. */
  ready(): void;
  /** Something was told to everybody. */
  told<Type extends SequencedType | EphemeralType>(t: Type, d: ServerPayloads[Type]): void;
  /** Who is heard; null: nobody. */
  speaks(participantId: string | null): void;
  /** Its media is at this node now. */
  moved(node: { nodeId: string; epoch: number }, reason: string): void;
  /** Somebody has got a snapshot: what is asked of them is asked anew. */
  welcomed(seat: Seat): void;
  /** What is written with the end of the room. */
  ending(): Required<Pick<JournalEntry, 'before' | 'effects'>>;
  /** That is durable. */
  ended(): void;
  /** The room is not here any more. */
  close(): void;
}

/** Finds out, before anybody is in it, whether a room that is ours now is recorded. */
export type AttendRoom = (room: Room) => Promise<RoomRecorder>;

export const unrecorded: RoomRecorder = {
  rule: null,
  copies: [],
  isExpected: false,
  stateFor: () => null,
  adopt: async () => {},
  ready: () => {},
  told: () => {},
  speaks: () => {},
  moved: () => {},
  welcomed: () => {},
  ending: () => ({ before: [], effects: [] }),
  ended: () => {},
  close: () => {},
};
