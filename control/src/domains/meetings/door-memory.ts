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
  meeting: MeetingRecord;
  /** By the hash of their secret. */
  invites: Map<string, KnownInvite>;
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
  /** By meeting: the read that was begun last, until it is answered. */
  private readonly reads = new Map<string, Promise<ReadDoor | null>>();
  private sweptAt = sweptFrom;

  /** @param policyOf what holds in the room of a meeting now; null: it is not here. */
  constructor(private readonly policyOf: (meetingId: string) => Policy | null) {}

  /**
   * Nothing is known of it until it was read. A read that is answered after another one was begun
   * counts for nothing: it may lack what has changed since.
   * @throws as `read`.
   */
  async learn(meetingId: string, read: () => Promise<ReadDoor | null>): Promise<void> {
    this.forget(meetingId);
    const reading = read();
    this.reads.set(meetingId, reading);
    const isLast = () => this.reads.get(meetingId) === reading;
    try {
      const found = await reading;
      if (found !== null && isLast()) this.put(found);
    } finally {
      if (isLast()) this.reads.delete(meetingId);
    }
  }

  /** Null: its room is not here, or nothing is known of it. */
  find(named: { code: string } | { meetingId: string }, secretHash: Buffer): NamedMeeting | null {
    const meetingId = 'code' in named ? this.idOfCode.get(named.code) : named.meetingId;
    const known = meetingId === undefined ? undefined : this.known.get(meetingId);
    const policy = known && this.policyOf(known.meeting.meetingId);
    if (known === undefined || !policy) return null;
    const invite = known.invites.get(secretHash.toString('hex')) ?? null;
    return { meeting: { ...known.meeting, policy }, invite };
  }

  /** Somebody came by it. */
  used(meetingId: string, inviteId: string): void {
    for (const invite of this.known.get(meetingId)?.invites.values() ?? []) {
      if (invite.inviteId === inviteId) invite.uses += 1;
    }
  }

  private put({ meeting, invites }: ReadDoor): void {
    const byHash = new Map(invites.map((invite) => [invite.secretHash, invite]));
    this.known.set(meeting.meetingId, { meeting, invites: byHash });
    this.idOfCode.set(meeting.code, meeting.meetingId);
    if (this.known.size > this.sweptAt) this.sweep(meeting.meetingId);
  }

  private forget(meetingId: string): void {
    const known = this.known.get(meetingId);
    if (known === undefined) return;
    this.known.delete(meetingId);
    this.idOfCode.delete(known.meeting.code);
  }

  /** @param opening its room is about to be here. */
  private sweep(opening: string): void {
    for (const meetingId of this.known.keys()) {
      if (meetingId !== opening && this.policyOf(meetingId) === null) this.forget(meetingId);
    }
    this.sweptAt = Math.max(sweptFrom, this.known.size * 2);
  }
}
