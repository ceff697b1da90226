import type { Policy } from '../../schemas/values.js';
import type { NamedMeeting } from './door.js';
import type { InviteRecord } from './invites-repository.js';
import type { MeetingRecord } from './repository.js';

/** An invite, and what it is found by: SHA-256 of its secret, hex. */
export interface KnownInvite extends InviteRecord {
  secretHash: string;
}

/** A meeting as it was read. */
export interface ReadDoor {
  meeting: MeetingRecord;
  invites: readonly KnownInvite[];
}

interface Known {
  /** Null: it is being read, or could not be. */
  door: { meeting: MeetingRecord; invites: ReadonlyMap<string, KnownInvite> } | null;
  /** The read that was begun last, until it is answered. */
  reading: Promise<ReadDoor | null> | null;
  /** By invite, the most that was heard of it: uses only grow, and a read may be from before some. */
  uses: Map<string, number>;
}

/** More than this are of rooms that are over: they are looked through and forgotten. */
const sweptFrom = 64;

/**
 * What opens the meetings whose rooms are here, for when the database is away: held from a room's
 * opening until it is over.
 */
export class DoorMemory {
  /** By meeting. */
  private readonly known = new Map<string, Known>();
  private readonly idOfCode = new Map<string, string>();
  private sweptAt = sweptFrom;

  /** @param policyOf what holds in the room of a meeting now; null: it is not here. */
  constructor(private readonly policyOf: (meetingId: string) => Policy | null) {}

  /**
   * Nothing is known of it until it was read. A read that is answered after another one was begun
   * counts for nothing: it may lack what has changed since.
   * @throws as `read`.
   */
  async learn(meetingId: string, read: () => Promise<ReadDoor | null>): Promise<void> {
    const known = this.known.get(meetingId) ?? { door: null, reading: null, uses: new Map() };
    this.known.set(meetingId, known);
    this.close(known);
    const reading = read();
    known.reading = reading;
    try {
      const found = await reading;
      if (found !== null && known.reading === reading) this.open(known, found);
    } finally {
      if (known.reading === reading) known.reading = null;
    }
    if (this.known.size > this.sweptAt) this.sweep(meetingId);
  }

  /** Null: its room is not here, or nothing is known of it. */
  find(named: { code: string } | { meetingId: string }, secretHash: Buffer): NamedMeeting | null {
    const meetingId = 'code' in named ? this.idOfCode.get(named.code) : named.meetingId;
    const known = meetingId === undefined ? undefined : this.known.get(meetingId);
    const policy = known?.door && this.policyOf(known.door.meeting.meetingId);
    if (!known?.door || !policy) return null;
    const { meeting, invites } = known.door;
    const found = { meeting: { ...meeting, policy }, invite: null };
    const invite = invites.get(secretHash.toString('hex'));
    if (invite === undefined) return found;
    return {
      ...found,
      invite: { ...invite, uses: known.uses.get(invite.inviteId) ?? invite.uses },
    };
  }

  /**
   * Somebody came by it.
   * @param uses how often it was used in all by then; null: once more, which the database does not know.
   */
  used(meetingId: string, inviteId: string, uses: number | null): void {
    const known = this.known.get(meetingId);
    if (known === undefined) return;
    const before = known.uses.get(inviteId) ?? 0;
    known.uses.set(inviteId, Math.max(before, uses ?? before + 1));
  }

  private open(known: Known, { meeting, invites }: ReadDoor): void {
    const usesOf = ({ inviteId, uses }: KnownInvite) =>
      Math.max(uses, known.uses.get(inviteId) ?? 0);
    known.uses = new Map(invites.map((invite) => [invite.inviteId, usesOf(invite)]));
    known.door = { meeting, invites: new Map(invites.map((one) => [one.secretHash, one])) };
    this.idOfCode.set(meeting.code, meeting.meetingId);
  }

  private close(known: Known): void {
    if (known.door !== null) this.idOfCode.delete(known.door.meeting.code);
    known.door = null;
  }

  /** @param opening its room is about to be here. */
  private sweep(opening: string): void {
    for (const [meetingId, known] of this.known) {
      const isAwaited = meetingId === opening || known.reading !== null;
      if (isAwaited || this.policyOf(meetingId) !== null) continue;
      this.close(known);
      this.known.delete(meetingId);
    }
    this.sweptAt = Math.max(sweptFrom, this.known.size * 2);
  }
}
