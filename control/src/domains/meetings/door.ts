import { hashSecret, isId } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import type { Policy } from '../../schemas/values.js';
import type { Database, Queryable } from '../../store/database.js';
import * as repository from './door-repository.js';
import type { InviteRecord } from './invites-repository.js';
import { unsealPasscode } from './passcode.js';
import type { MeetingRecord } from './repository.js';

/** A meeting that was named, and the invite whose secret was shown, if it is one of the meeting's. */
export interface NamedMeeting {
  meeting: MeetingRecord;
  invite: InviteRecord | null;
}

/** A meeting as whoever wants to come in finds it, and as its room changes it. */
export class MeetingDoor {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
  ) {}

  /** Null: there is none. What to tell of that is the caller's care. */
  byCode(code: string, secret: string | null): Promise<NamedMeeting | null> {
    return repository.findByCode(this.database, code, hashSecret(secret ?? ''));
  }

  async byId(meetingId: string, secret: string | null): Promise<NamedMeeting | null> {
    if (!isId(meetingId)) return null;
    return repository.findById(this.database, meetingId, hashSecret(secret ?? ''));
  }

  passcodeOf({ meetingId, passcodeSealed }: MeetingRecord): string | null {
    return unsealPasscode(this.keys, meetingId, passcodeSealed);
  }

  /** Counts an invite as used. False when it was used up meanwhile. */
  countUse(tx: Queryable, meetingId: string, inviteId: string): Promise<boolean> {
    return repository.countUse(tx, meetingId, inviteId);
  }

  /** Writes what a host changed from inside of the room. */
  writePolicy(tx: Queryable, meetingId: string, change: Partial<Policy>, at: Date): Promise<void> {
    return repository.mergePolicy(tx, meetingId, change, at);
  }

  /** The meeting is over; a persistent one has only had one of its rooms. */
  markEnded(tx: Queryable, meetingId: string, at: Date): Promise<void> {
    return repository.markEnded(tx, meetingId, at);
  }
}
