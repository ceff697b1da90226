import { type Clock, parseTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids, isId } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { pageOf } from '../../plugins/page.js';
import type {
  CreatedInvite,
  DefaultInvite,
  Invite,
  Listed,
  NewInvite,
  Page,
} from '../../schemas/http.js';
import type { Role } from '../../schemas/values.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import * as repository from './invites-repository.js';
import type { LiveRooms } from './live-rooms.js';
import { presentInvite } from './present.js';
import { lockMeeting, type MeetingRecord } from './repository.js';

export interface InvitesContext {
  database: Database;
  idempotency: Idempotency;
  keys: KeyRing;
  clock: Clock;
  ids: Ids;
  security: SecurityLog;
  live: Pick<LiveRooms, 'changed'>;
}

interface IssuedInvite extends repository.NewInvite {
  uses: number;
  secret: string;
}

type Wanted = Partial<repository.InviteRecord> & { role: Role; isDefault?: boolean };

/** The one to hand out. */
const defaultInvite: Wanted = { role: 'participant', isDefault: true };

/** The links of a meeting: each opens it as something, until it is revoked, expires or is used up. */
export class Invites {
  constructor(private readonly context: InvitesContext) {}

  /**
   * @param actorRole co-hosts make no hosts.
   * @throws ControlError `role_required`, `bad_request` for an expiry that is past.
   */
  async create(
    meeting: MeetingRecord,
    actorRole: Role,
    request: CreatingRequest & { payload: NewInvite },
    origin: string,
  ): Promise<GivenAnswer<CreatedInvite>> {
    const { payload } = request;
    checkMayHandle(actorRole, payload.role);
    const { idempotency, security } = this.context;
    const { meetingId } = meeting;
    const answer = await idempotency.run(request, async (tx) => {
      const invite = await this.issue(tx, meetingId, {
        role: payload.role,
        expiresAt: this.expiryOf(payload.expires_at),
        maxUses: payload.max_uses ?? null,
        lobbyBypass: payload.lobby_bypass ?? false,
      });
      return { status: 201, body: presentCreated(invite, origin, meeting.code) };
    });
    await this.context.live.changed(meetingId);
    const { invite_id, role } = answer.body;
    if (!answer.replayed) security.write('invite.made', { meeting_id: meetingId, invite_id, role });
    return answer;
  }

  /** Both links of a new meeting: the maker's own, as host, and the one to hand out. */
  first(meeting: MeetingRecord, origin: string) {
    const host = this.draft(meeting.meetingId, { role: 'host' });
    const participant = this.draft(meeting.meetingId, defaultInvite);
    return {
      invites: [host, participant],
      hostInvite: presentCreated(host, origin, meeting.code),
      participantLink: linkOf(origin, meeting.code, participant.secret),
    };
  }

  /** Those not revoked. @throws ControlError `bad_request` for a cursor of another making. */
  async list(meetingId: string, page: Page): Promise<Listed<Invite>> {
    const place = pageOf.read(page);
    const rows = await repository.listInvites(this.context.database, meetingId, place);
    return pageOf.list(rows, place.limit, (row) => row.inviteId, presentInvite);
  }

  /** Who is in stays in. @throws ControlError `not_found`; `role_required` as `create`. */
  async revoke(meetingId: string, actorRole: Role, inviteId: string): Promise<void> {
    const { database, clock } = this.context;
    const key = { meetingId, inviteId };
    const role = isId(inviteId) ? await repository.findRole(database, key) : null;
    if (role === null) throw new ControlError('not_found', 'There is no such invite.');
    checkMayHandle(actorRole, role);
    await repository.revokeInvite(database, key, new Date(clock.now()));
    await this.context.live.changed(meetingId);
    const revoked = { meeting_id: meetingId, invite_id: inviteId, role };
    this.context.security.write('invite.revoked', revoked);
  }

  /** The meeting's own link for participants; a fresh one when it has none (any more). */
  async default({ meetingId, code }: MeetingRecord, origin: string): Promise<DefaultInvite> {
    const { database, keys } = this.context;
    let found = await repository.findDefault(database, meetingId);
    if (found === null) {
      found = await database.transaction((tx) => this.replaceDefault(tx, meetingId));
      await this.context.live.changed(meetingId);
    }
    const secret = keys.unseal(found.secretSealed, contextOf(found.inviteId));
    return { invite_id: found.inviteId, role: found.role, url: linkOf(origin, code, secret) };
  }

  /** One at a time, so that two who ask get the same one. */
  private async replaceDefault(tx: Queryable, meetingId: string) {
    const meeting = await lockMeeting(tx, meetingId);
    if (meeting === null) throw new ControlError('not_found', 'There is no such meeting.');
    const found = await repository.findDefault(tx, meetingId);
    return found ?? this.issueDefault(tx, meetingId);
  }

  private async issueDefault(tx: Queryable, meetingId: string) {
    const invite = await this.issue(tx, meetingId, defaultInvite);
    return { ...invite, secretSealed: invite.secretSealed as Buffer };
  }

  private async issue(tx: Queryable, meetingId: string, wanted: Wanted): Promise<IssuedInvite> {
    const invite = this.draft(meetingId, wanted);
    await repository.insertInvites(tx, [invite]);
    return invite;
  }

  private draft(meetingId: string, wanted: Wanted): IssuedInvite {
    const { ids, keys, clock } = this.context;
    const inviteId = ids.next();
    const secret = ids.secret();
    const { role, expiresAt = null, maxUses = null, lobbyBypass = false } = wanted;
    return {
      ...{ meetingId, inviteId, role, expiresAt, maxUses, lobbyBypass, uses: 0, secret },
      createdAt: new Date(clock.now()),
      secretHash: hashSecret(secret),
      secretSealed: wanted.isDefault ? keys.seal(secret, contextOf(inviteId)) : null,
    };
  }

  private expiryOf(wanted: string | undefined): Date | null {
    if (wanted === undefined) return null;
    const at = parseTime(wanted);
    if (at !== null && at > this.context.clock.now()) return new Date(at);
    throw new ControlError('bad_request', 'An invite expires at a time to come.', {
      errors: [{ pointer: '/expires_at', code: 'time', detail: 'a time of RFC 3339, to come' }],
    });
  }
}

function checkMayHandle(actorRole: Role, role: Role): void {
  if (role === 'host' && actorRole !== 'host') {
    throw new ControlError('role_required', 'Only a host makes or takes away a host.');
  }
}

function linkOf(origin: string, code: string, secret: string): string {
  return `${origin}/m/${code}#k=${secret}`;
}

function presentCreated(invite: IssuedInvite, origin: string, code: string): CreatedInvite {
  return { ...presentInvite(invite), url: linkOf(origin, code, invite.secret) };
}

function contextOf(inviteId: string): string {
  return `invite ${inviteId}`;
}
