import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { isId } from '../../ids.js';
import type { Principal } from '../../principal.js';
import type { AccessService } from '../access/service.js';
import type { MeetingRecord, MeetingsService } from '../meetings/service.js';
import { isHost } from '../rooms/service.js';

export interface ActingHost {
  meeting: MeetingRecord;
  /** Of a host in the room. */
  participantId: string | null;
  /** Of a host with an account. */
  userId: string | null;
}

export interface HostAuthorityContext {
  access: AccessService;
  meetings: MeetingsService;
  clock: Clock;
  /** Whether whoever has this personal invite was put out of the meeting, and is kept out. */
  isBlocked: (meetingId: string, inviteId: string) => Promise<boolean>;
}

/**
 * Who acts as a host of a meeting over HTTP, with or without an account: whoever may by
 * AccessService, and whoever has the secret of a host's invite, also before the meeting.
 */
export class HostAuthority {
  constructor(private readonly context: HostAuthorityContext) {}

  /**
   * @param secret of an invite: what was shown by whoever is nobody else.
   * @throws ControlError `not_found`, `unauthenticated`, `role_required`.
   */
  async of(principal: Principal, meetingId: string, secret: string | null): Promise<ActingHost> {
    if (secret !== null) return this.invited(meetingId, secret);
    const { meeting, seat } = await this.context.access.hostOf(principal, meetingId);
    const userId = 'userId' in principal ? principal.userId : null;
    return { meeting, participantId: seat?.id ?? null, userId };
  }

  private async invited(meetingId: string, secret: string): Promise<ActingHost> {
    const { meetings, clock, isBlocked } = this.context;
    if (!isId(meetingId)) throw unauthenticated();
    const invite = await meetings.findInvite(meetingId, secret);
    const meeting = await meetings.find(meetingId);
    const expiresAt = invite?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    if (invite === null || meeting === null || expiresAt <= clock.now()) throw unauthenticated();
    if (invite.maxUses === 1 && (await isBlocked(meetingId, invite.inviteId)))
      throw unauthenticated();
    if (!isHost(invite.role)) throw new ControlError('role_required', 'Ask a host.');
    return { meeting, participantId: null, userId: null };
  }
}

function unauthenticated(): ControlError {
  return new ControlError('unauthenticated', 'A token of a host of this meeting is needed.');
}
