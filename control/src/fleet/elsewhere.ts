import { NotReached } from './not-reached.js';

/** Another control process, which lives, has the room, or is to take it: whatever is wanted of it is passed on there. */
export class Elsewhere extends Error {
  constructor(readonly controlId: string) {
    super('Another process has the room.');
    this.name = 'Elsewhere';
  }
}

/**
 * The database is away, and nothing is known here of the meeting that is meant: its room may be at any
 * other process.
 */
export class Anywhere extends Error {
  /** @param reason what the database says. */
  constructor(readonly reason: unknown) {
    super('Another process may have the room.');
    this.name = 'Anywhere';
  }
}

/** As it is written. */
export interface OpenRoom {
  meetingId: string;
  /** The first one that it has. */
  nodeId: string | null;
}

/** The control processes, as rooms need to know them. */
export interface Owners {
  /** Of this process; each start makes another one. */
  readonly controlId: string;
  /** Whether another process lives, and goes on: what it has is not taken. */
  isAlive(controlId: string): Promise<boolean>;
  /**
   * Whether this process takes a room that another one leaves: the same one by all answers. It is of the
   * region of the room's first node, if any there lives.
   */
  isHeirOf(room: OpenRoom): boolean;
  /** Which other process has a room, or is to take it. Null: this one has it, or may take it. */
  holderOf(room: OpenRoom & { controlId: string | null }): Promise<string | null>;
  /** One process does, of its region if any there lives: others may be cut off. */
  speaksFor(node: { nodeId: string; region: string }): boolean;
  /** @throws Elsewhere when another living process has the room of the meeting, or is to take it. */
  check(meetingId: string): Promise<void>;
  /** Others that are heard of just now. */
  answering(): string[];
  /** Where others serve pages and sockets, of other regions or under other names than ours. */
  alternates(): { origin: string; region: string }[];
  /** A room is here, or its media has moved: others find it under this epoch. */
  held(room: { meetingId: string; roomId: string; epoch: number; nodeId: string }): void;
  /** It is not here any more. */
  dropped(room: { meetingId: string; roomId: string; epoch: number }): void;
  /** A process is gone; what it had is up for others. */
  onLost(listener: (controlId: string) => void): void;
}

/** Nothing is passed on: there is nobody. */
export const nobodyElse = {
  pass: async () => {
    throw new NotReached('there is no other process');
  },
  passSocket: () => null,
};

/** There is no other process. */
export function soleOwner(controlId: string): Owners {
  return {
    controlId,
    isAlive: async () => false,
    isHeirOf: () => true,
    holderOf: async () => null,
    speaksFor: () => true,
    check: async () => {},
    answering: () => [],
    alternates: () => [],
    held: () => {},
    dropped: () => {},
    onLost: () => {},
  };
}
