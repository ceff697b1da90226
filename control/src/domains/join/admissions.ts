import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import type { Joined } from '../../schemas/http.js';
import { type Database, isUnreachable, type Queryable } from '../../store/database.js';
import { Gatherer } from '../../store/gatherer.js';
import type { InviteUse, MeetingDoor } from '../meetings/service.js';
import { type NewSeat, type Room, reserveSeats } from '../rooms/service.js';
import { admissionGiven } from './effects.js';

/** Another process may hold an invite or a key for a moment: the others go on meanwhile. */
const writing = { atOnce: 2, most: 100 };

/** Somebody who is let in, once this is written. */
export interface Admission {
  request: CreatingRequest;
  seat: NewSeat;
  joined: Joined;
  /** By an invite that counts them already. */
  isReturning: boolean;
}

/** `taken`: there is an answer under this key already. */
type Outcome = 'written' | 'taken' | 'used_up';

interface Written {
  outcomes: Outcome[];
  /** How often each invite of them was used in all by then. */
  counted: { meetingId: string; inviteId: string; uses: number }[];
}

/**
 * Writes admissions: the answer under its key, the use of the invite, the seat. Those of about the
 * same time share one transaction, so that a crowd at one door waits for few commits, and for the
 * one row of its invite few times.
 */
export class Admissions {
  private readonly writes: Gatherer<Admission, Outcome>;

  constructor(
    private readonly database: Database,
    private readonly idempotency: Idempotency,
    private readonly door: MeetingDoor,
  ) {
    this.writes = new Gatherer((admissions) => this.writeTogether(admissions), writing);
  }

  /** @throws ControlError `invite_expired`: used up meanwhile; else as `Idempotency.run`. */
  async write(admission: Admission): Promise<GivenAnswer<Joined>> {
    const { request, joined } = admission;
    const outcome = await this.idempotency.alone(request, () => this.writes.add(admission));
    if (outcome === 'used_up') {
      throw new ControlError('invite_expired', 'The invitation was used up.');
    }
    if (outcome === 'taken') return this.idempotency.written(request);
    return { status: 201, body: joined, replayed: false };
  }

  /**
   * While the database is away: what is given counts as soon as the room has kept it.
   * @throws what the database says, unless it is away.
   */
  async keep(error: unknown, room: Room, admission: Admission): Promise<GivenAnswer<Joined>> {
    if (!isUnreachable(error)) throw error;
    const { request, seat, joined, isReturning } = admission;
    const row = { ...seat, createdAt: seat.createdAt.getTime() };
    return this.idempotency.keep(request, { status: 201, body: joined }, async (answer) => {
      const given = admissionGiven({ seat: row, isCounted: !isReturning, answer });
      await room.record(null, seat.participantId, {}, { effects: [given] });
      const { meetingId, inviteId } = seat;
      if (inviteId !== null && !isReturning) this.door.noteUse(meetingId, inviteId, null);
    });
  }

  private async writeTogether(admissions: readonly Admission[]): Promise<Outcome[]> {
    const { outcomes, counted } = await this.database.transaction((tx) =>
      this.writeAll(tx, admissions),
    );
    for (const { meetingId, inviteId, uses } of counted) {
      this.door.noteUse(meetingId, inviteId, uses);
    }
    return outcomes;
  }

  private async writeAll(tx: Queryable, admissions: readonly Admission[]): Promise<Written> {
    const claims = admissions.map(({ request, joined }) => ({
      request,
      answer: { status: 201, body: joined },
    }));
    const claimed = await this.idempotency.claim(tx, claims);
    const own = admissions.filter((_, index) => claimed[index]);
    const { allowed, counted } = await this.countUses(tx, own);
    const refused = own.filter((one) => !allowed.has(one));
    await this.idempotency.disclaim(
      tx,
      refused.map(({ request }) => request),
    );
    const seats = [...allowed].map(({ seat }) => seat);
    if (seats.length > 0) await reserveSeats(tx, seats);
    const outcomes = admissions.map((one, index) => {
      if (!claimed[index]) return 'taken';
      return allowed.has(one) ? 'written' : 'used_up';
    });
    return { outcomes, counted };
  }

  /** Those whose invite lets them in; of one that is used up, who came first. */
  private async countUses(
    tx: Queryable,
    admissions: readonly Admission[],
  ): Promise<Pick<Written, 'counted'> & { allowed: Set<Admission> }> {
    const uses = new Map<string, InviteUse>();
    for (const { seat, isReturning } of admissions) {
      const { meetingId, inviteId } = seat;
      if (inviteId === null || isReturning) continue;
      const wanted = (uses.get(inviteId)?.wanted ?? 0) + 1;
      uses.set(inviteId, { meetingId, inviteId, wanted });
    }
    const found = uses.size === 0 ? [] : await this.door.countUses(tx, [...uses.values()]);
    const counted = [...found].map(([inviteId, { uses: inAll }]) => {
      const { meetingId } = uses.get(inviteId) as InviteUse;
      return { meetingId, inviteId, uses: inAll };
    });
    const left = new Map([...found].map(([inviteId, { granted }]) => [inviteId, granted]));
    const allowed = admissions.filter(({ seat: { inviteId }, isReturning }) => {
      if (inviteId === null || isReturning) return true;
      const places = left.get(inviteId) ?? 0;
      left.set(inviteId, places - 1);
      return places > 0;
    });
    return { allowed: new Set(allowed), counted };
  }
}
