import type { Clock } from '../../clock.js';
import type { Room } from './room.js';

/** Somebody who was let in by HTTP and has a join token. */
export interface Expectation {
  person: {
    displayName: string;
    userId: string | null;
    inviteId: string | null;
    deviceHash: string | null;
    /** Milliseconds since 1970; null: they were let in at once. */
    inLobbySince: number | null;
    /** What they said at the door to being recorded; null: nothing. */
    consented: boolean | null;
  };
  /**
   * The decision once more, on what holds in the room now.
   * @throws ControlError with the exact code: they are not let in any more.
   */
  decideIn: (room: Room) => 'admitted' | 'lobby';
}

/** As long as any join token is good for, with its leeway. */
const keptMs = 121_000;

/**
 * Who is on the way into a room. Between a token and its use a host may lock, block or let all wait:
 * what was decided is decided again at the threshold, without asking the database.
 */
export class Expected {
  private readonly people = new Map<string, Expectation & { at: number }>();

  constructor(private readonly clock: Clock) {}

  add(participantId: string, expectation: Expectation): void {
    const at = this.clock.monotonic();
    for (const [id, one] of this.people) {
      if (at - one.at < keptMs) break;
      this.people.delete(id);
    }
    this.people.set(participantId, { ...expectation, at });
  }

  find(participantId: string): Expectation | undefined {
    return this.people.get(participantId);
  }

  /** They are there, or will not come. */
  forget(participantId: string): void {
    this.people.delete(participantId);
  }

  forgetAccount(userId: string): void {
    for (const [id, one] of this.people) if (one.person.userId === userId) this.people.delete(id);
  }
}
