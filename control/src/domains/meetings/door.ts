import { hashSecret, isId } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import type { Policy } from '../../schemas/values.js';
import { type Database, isUnreachable, type Queryable } from '../../store/database.js';
import { Gatherer } from '../../store/gatherer.js';
import { DoorMemory } from './door-memory.js';
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

/** Invites of a meeting: older ones do not open it while the database is away. */
const maxRemembered = 1000;

/** A meeting as whoever wants to come in finds it, and as its room changes it. */
export class MeetingDoor {
  private readonly codes: Gatherer<repository.WantedCode, NamedMeeting | null>;
  private readonly ids: Gatherer<repository.WantedId, NamedMeeting | null>;
  private readonly memory: DoorMemory;

  /** @param policyOf what holds in the room of a meeting; null: it is not in this process. */
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    policyOf: (meetingId: string) => Policy | null,
  ) {
    this.memory = new DoorMemory(policyOf);
    this.codes = new Gatherer((wanted) => repository.findByCode(database, wanted));
    this.ids = new Gatherer((wanted) => repository.findById(database, wanted));
  }

  /** Null: there is none. What to tell of that is the caller's care. */
  byCode(code: string, secret: string | null): Promise<NamedMeeting | null> {
    const wanted = { code, secretHash: hashSecret(secret ?? '') };
    return this.codes.add(wanted).catch((error) => this.recall(error, wanted));
  }

  async byId(meetingId: string, secret: string | null): Promise<NamedMeeting | null> {
    if (!isId(meetingId)) return null;
    const wanted = { meetingId, secretHash: hashSecret(secret ?? '') };
    return this.ids.add(wanted).catch((error) => this.recall(error, wanted));
  }

  /** What is known here, while the database is away. @throws what that says, when nothing is. */
  private recall(
    error: unknown,
    { secretHash, ...named }: repository.WantedCode | repository.WantedId,
  ): NamedMeeting {
    const found = isUnreachable(error) ? this.memory.find(named, secretHash) : null;
    if (found === null) throw error;
    return found;
  }

  /** For when the database is away: its room opens here, or something of it was changed. */
  remember(meetingId: string): Promise<void> {
    const nothing = { meetingId, secretHash: hashSecret('') };
    return this.memory.learn(meetingId, async () => {
      const [[found], invites] = await Promise.all([
        repository.findById(this.database, [nothing]),
        repository.listForDoor(this.database, meetingId, maxRemembered),
      ]);
      return found ? { meeting: found.meeting, invites } : null;
    });
  }

  /** Somebody came by this invite, as is durable. @param uses as `DoorMemory.used`. */
  noteUse(meetingId: string, inviteId: string, uses: number | null): void {
    this.memory.used(meetingId, inviteId, uses);
  }

  passcodeOf({ meetingId, passcodeSealed }: MeetingRecord): string | null {
    return unsealPasscode(this.keys, meetingId, passcodeSealed);
  }

  /** Counts invites as used, by invite; those that are revoked meanwhile are not among them. */
  countUses(
    tx: Queryable,
    uses: readonly repository.InviteUse[],
  ): Promise<ReadonlyMap<string, repository.CountedUses>> {
    return repository.countUses(tx, uses);
  }
}
