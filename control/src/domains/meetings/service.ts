import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { type ExpectedVersions, etag } from '../../plugins/etag.js';
import { pageOf } from '../../plugins/page.js';
import type {
  CreatedMeeting,
  Listed,
  Meeting,
  MeetingChange,
  MeetingQuery,
  NewMeeting,
} from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import { Gatherer } from '../../store/gatherer.js';
import { calendarOf } from './calendar.js';
import { changed, newMeeting } from './drafts.js';
import { meetingEnded } from './effects.js';
import { Invites } from './invites.js';
import { findInvite, type InviteRecord, insertInvites } from './invites-repository.js';
import type { LiveRooms } from './live-rooms.js';
import { unsealPasscode } from './passcode.js';
import { presentMeeting } from './present.js';
import type { MeetingRecord } from './repository.js';
import * as repository from './repository.js';

export { defaultPolicy } from './default-policy.js';
export { type InviteUse, MeetingDoor, type NamedMeeting } from './door.js';
export { countUses } from './door-repository.js';
export { meetingEffects, meetingEnded, meetingStarted, policyChanged } from './effects.js';
export type { InviteRecord } from './invites-repository.js';
export type { LiveRooms } from './live-rooms.js';
export { sealPasscode, unsealPasscode } from './passcode.js';
export type { MeetingRecord } from './repository.js';

export interface MeetingsContext {
  database: Database;
  idempotency: Idempotency;
  keys: KeyRing;
  clock: Clock;
  ids: Ids;
  /** May somebody without an account make a meeting? */
  anonymousMeetings: boolean;
  live: LiveRooms;
  /** One is deleted: in the same transaction. */
  onRemoved: (tx: Queryable, meetingId: string) => Promise<void>;
  security: SecurityLog;
}

/** Meetings: when they are, what holds in them, and what opens them. */
export class MeetingsService {
  readonly invites: Invites;
  private readonly found: Gatherer<string, MeetingRecord | null>;

  constructor(private readonly context: MeetingsContext) {
    this.invites = new Invites(context);
    this.found = new Gatherer((ids) => repository.findMeetings(context.database, ids));
  }

  /**
   * Makes a meeting with two invites: the maker's own, as host, and the one to hand out.
   * @param hostId the account whose meeting it is. Null: nobody's, an instant one, where
   *   anonymous meetings are on.
   * @param origin scheme, host and port that the links begin with.
   * @throws ControlError `unauthenticated` (needs an account), `bad_request`.
   */
  async create(
    hostId: string | null,
    request: CreatingRequest & { payload: NewMeeting },
    origin: string,
  ): Promise<GivenAnswer<CreatedMeeting>> {
    const { payload } = request;
    const isForAll = this.context.anonymousMeetings && (payload.kind ?? 'instant') === 'instant';
    if (hostId === null && !isForAll) {
      throw new ControlError('unauthenticated', 'Log in to make such a meeting.');
    }
    const { meeting, invites, body } = this.draft(hostId, payload, origin);
    return this.context.idempotency.write(request, { status: 201, body }, async (tx) => {
      await repository.insertMeeting(tx, meeting);
      await insertInvites(tx, invites);
    });
  }

  /** What a deleted account leaves: its meetings stay, and belong to nobody. */
  async forget(tx: Queryable, userId: string): Promise<void> {
    await repository.disownMeetings(tx, userId);
  }

  private draft(hostId: string | null, wanted: NewMeeting, origin: string) {
    const { ids, clock, keys } = this.context;
    const identity = {
      meetingId: ids.next(),
      code: ids.meetingCode(),
      hostId,
      createdAt: new Date(clock.now()),
    };
    const meeting = newMeeting(identity, wanted, keys);
    const { hostInvite, participantLink, invites } = this.invites.first(meeting, origin);
    const body: CreatedMeeting = {
      meeting: this.present(meeting),
      host_invite: hostInvite,
      participant_link: participantLink,
    };
    return { meeting, invites, body };
  }

  /** Those of one account. @throws ControlError `bad_request` for a cursor of another making or order. */
  async list(hostId: string, { when, ...page }: MeetingQuery): Promise<Listed<Meeting>> {
    const place = pageOf.read(page);
    const ended = when === undefined ? null : when === 'ended';
    const rows = await repository.listMeetings(this.context.database, { hostId, ended, ...place });
    return pageOf.list(
      rows,
      place.limit,
      (row) => pageOf.cursorAt(row.meetingId, place.order),
      (row) => this.present(row),
    );
  }

  /**
   * Changes what hosts may change; a live room has a new policy at once.
   * @param expected one of these versions is changed; null: whichever there is.
   * @throws ControlError `not_found`, `precondition_failed`, `bad_request`.
   */
  async change(
    meetingId: string,
    expected: ExpectedVersions,
    change: MeetingChange,
  ): Promise<MeetingRecord> {
    const { database, clock, live } = this.context;
    const meeting = await database.transaction(async (tx) => {
      const before = await this.locked(tx, meetingId, expected);
      const next = changed(before, change, this.context.keys);
      const version = await repository.saveMeeting(tx, next, new Date(clock.now()));
      return { ...next, version };
    });
    if (change.policy !== undefined) live.policyChanged(meetingId, meeting.policy);
    await live.changed(meetingId);
    return meeting;
  }

  /** Its links open nothing any more; a live room ends. @throws ControlError as `change`. */
  async remove(meetingId: string, expected: ExpectedVersions): Promise<void> {
    const { clock, live } = this.context;
    await live.endOnceWritten(meetingId, async (tx) => {
      await this.locked(tx, meetingId, expected);
      await repository.markDeleted(tx, meetingId, new Date(clock.now()));
      await this.context.onRemoved(tx, meetingId);
    });
    this.context.security.write('meeting.deleted', { meeting_id: meetingId });
  }

  /**
   * Ends the meeting for everybody. A persistent one opens again, every other kind never. To end
   * what has ended changes nothing.
   * @throws ControlError `not_found`: it was deleted meanwhile.
   */
  async end(meetingId: string): Promise<MeetingRecord> {
    const { clock, live } = this.context;
    await live.end(meetingId, [meetingEnded({ meetingId, at: clock.now() })]);
    const meeting = await this.find(meetingId);
    if (meeting === null) throw noMeeting();
    return meeting;
  }

  /** The meeting as an iCalendar file, with its own link. @throws ControlError `conflict`. */
  async calendar(meeting: MeetingRecord, origin: string): Promise<string> {
    const { url } = await this.invites.default(meeting, origin);
    return calendarOf(meeting, url, this.context.clock.now());
  }

  /** As its hosts see it. */
  present(meeting: MeetingRecord): Meeting {
    return presentMeeting(meeting, {
      passcode: unsealPasscode(this.context.keys, meeting.meetingId, meeting.passcodeSealed),
      isLive: this.context.live.isLive(meeting.meetingId),
    });
  }

  /** The invite of a meeting that this secret belongs to. */
  findInvite(meetingId: string, secret: string): Promise<InviteRecord | null> {
    return findInvite(this.context.database, meetingId, hashSecret(secret));
  }

  find(meetingId: string): Promise<MeetingRecord | null> {
    return this.found.add(meetingId);
  }

  private async locked(
    tx: Queryable,
    meetingId: string,
    expected: ExpectedVersions,
  ): Promise<MeetingRecord> {
    const meeting = await repository.lockMeeting(tx, meetingId);
    if (meeting === null) throw noMeeting();
    etag.check(expected, meeting.version);
    return meeting;
  }
}

function noMeeting(): ControlError {
  return new ControlError('not_found', 'There is no such meeting.');
}
