import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids } from '../../ids.js';
import type { CreatedMeeting, Meeting, NewMeeting } from '../../schemas/http.js';
import type { PolicyChange } from '../../schemas/values.js';
import type { Database, Queryable } from '../../store/database.js';
import { defaultPolicy } from './default-policy.js';
import type { InviteRecord, MeetingRecord } from './repository.js';
import * as repository from './repository.js';

export { defaultPolicy } from './default-policy.js';
export { MeetingDoor, type NamedMeeting } from './door.js';
export { sealPasscode, unsealPasscode } from './passcode.js';
export type { InviteRecord, MeetingRecord } from './repository.js';

export interface MeetingsOptions {
  /** May somebody without an account make a meeting? */
  anonymousMeetings: boolean;
}

/** Meetings and the invites that open them. Secrets of invites are kept as hashes only. */
export class MeetingsService {
  constructor(
    private readonly database: Database,
    private readonly idempotency: Idempotency,
    private readonly clock: Clock,
    private readonly ids: Ids,
    readonly options: MeetingsOptions,
  ) {}

  /**
   * Makes an instant meeting with two invites: the maker's own, as host, and the one to hand out.
   * @param origin scheme, host and port that the links begin with.
   * @throws ControlError `unauthenticated` when anonymous meetings are off.
   */
  async create(
    request: CreatingRequest & { payload: NewMeeting },
    origin: string,
  ): Promise<GivenAnswer<CreatedMeeting>> {
    if (!this.options.anonymousMeetings) {
      throw new ControlError('unauthenticated', 'Log in to make a meeting.');
    }
    return this.idempotency.run(request, async (tx) => ({
      status: 201,
      body: await this.insert(tx, request.payload, origin),
    }));
  }

  private async insert(tx: Queryable, wanted: NewMeeting, origin: string): Promise<CreatedMeeting> {
    const meeting: MeetingRecord = {
      meetingId: this.ids.next(),
      code: this.ids.meetingCode(),
      kind: wanted.kind ?? 'instant',
      title: wanted.title ?? '',
      description: wanted.description ?? null,
      policy: { ...defaultPolicy, ...withoutPasscode(wanted.policy) },
      hostId: null,
      startsAt: null,
      endsAt: null,
      timeZone: null,
      passcodeSealed: null,
      startedAt: null,
      endedAt: null,
      version: 1,
      createdAt: new Date(this.clock.now()),
    };
    await repository.insertMeeting(tx, meeting);
    const host = await this.invite(tx, meeting, 'host');
    const participant = await this.invite(tx, meeting, 'participant');
    const link = (secret: string) => `${origin}/m/${meeting.code}#k=${secret}`;
    return {
      meeting: present(meeting),
      host_invite: {
        invite_id: host.inviteId,
        role: 'host',
        url: link(host.secret),
        expires_at: null,
        max_uses: null,
        uses: 0,
        lobby_bypass: false,
        created_at: isoTime(meeting.createdAt.getTime()),
      },
      participant_link: link(participant.secret),
    };
  }

  private async invite(tx: Queryable, meeting: MeetingRecord, role: 'host' | 'participant') {
    const invite = { inviteId: this.ids.next(), secret: this.ids.secret() };
    await repository.insertInvite(tx, {
      meetingId: meeting.meetingId,
      inviteId: invite.inviteId,
      role,
      secretHash: hashSecret(invite.secret),
      createdAt: meeting.createdAt,
    });
    return invite;
  }

  /** The invite of a meeting that this secret belongs to. */
  findInvite(meetingId: string, secret: string): Promise<InviteRecord | null> {
    return repository.findInvite(this.database, meetingId, hashSecret(secret));
  }

  find(meetingId: string): Promise<MeetingRecord | null> {
    return repository.findMeeting(this.database, meetingId);
  }

  markStarted(tx: Queryable, meetingId: string, at: Date): Promise<void> {
    return repository.markStarted(tx, meetingId, at);
  }
}

function present(meeting: MeetingRecord): Meeting {
  return {
    meeting_id: meeting.meetingId,
    code: meeting.code,
    title: meeting.title,
    description: meeting.description,
    kind: meeting.kind,
    host_id: meeting.hostId,
    starts_at: null,
    ends_at: null,
    time_zone: meeting.timeZone,
    policy: meeting.policy,
    passcode: null,
    is_live: false,
    started_at: null,
    ended_at: null,
    created_at: isoTime(meeting.createdAt.getTime()),
  };
}

function withoutPasscode({ passcode: _, ...policy }: PolicyChange = {}) {
  return policy;
}
