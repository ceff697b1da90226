import { hashSecret, isId } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import type { Database, Queryable } from '../../store/database.js';
import { Gatherer } from '../../store/gatherer.js';
import * as repository from './door-repository.js';
import type { InviteRecord } from './invites-repository.js';
import { unsealPasscode } from './passcode.js';
import type { MeetingRecord } from './repository.js';

export type { InviteUse } from './door-repository.js';

/** A meeting that was named, and the invite whose secret was shown, if it is one of the meeting's. */
export interface NamedMeeting {
  meeting: MeetingRecord;
  invite: InviteRecord | null;
}

/** A meeting as whoever wants to come in finds it, and as its room changes it. */
export class MeetingDoor {
  private readonly codes: Gatherer<repository.WantedCode, NamedMeeting | null>;
  private readonly ids: Gatherer<repository.WantedId, NamedMeeting | null>;

  constructor(
    database: Database,
    private readonly keys: KeyRing,
  ) {
    this.codes = new Gatherer((wanted) => repository.findByCode(database, wanted));
    this.ids = new Gatherer((wanted) => repository.findById(database, wanted));
  }

  /** Null: there is none. What to tell of that is the caller's care. */
  byCode(code: string, secret: string | null): Promise<NamedMeeting | null> {
    return this.codes.add({ code, secretHash: hashSecret(secret ?? '') });
  }

  async byId(meetingId: string, secret: string | null): Promise<NamedMeeting | null> {
    if (!isId(meetingId)) return null;
    return this.ids.add({ meetingId, secretHash: hashSecret(secret ?? '') });
  }

  passcodeOf({ meetingId, passcodeSealed }: MeetingRecord): string | null {
    return unsealPasscode(this.keys, meetingId, passcodeSealed);
  }

  /** Counts invites as used. @returns so many may use each; of the others it was used up meanwhile. */
  countUses(
    tx: Queryable,
    uses: readonly repository.InviteUse[],
  ): Promise<ReadonlyMap<string, number>> {
    return repository.countUses(tx, uses);
  }
}
