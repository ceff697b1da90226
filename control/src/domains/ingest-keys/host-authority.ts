import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { isId } from '../../ids.js';
import type { Tokens } from '../../keys/tokens.js';
import type { MeetingsService } from '../meetings/service.js';
import { isHost, type RoomsService } from '../rooms/service.js';

export interface ActingHost {
  /** For idempotency: the same key of another host is another request. */
  principal: string;
  participantId: string | null;
}

export interface HostAuthorityContext {
  meetings: MeetingsService;
  rooms: RoomsService;
  tokens: Tokens;
  clock: Clock;
}

/**
 * Who acts as a host over HTTP while there are no accounts: a host who is in the room, by the
 * participant token, or whoever has the secret of a host's invite, also before the meeting.
 */
export class HostAuthority {
  constructor(private readonly context: HostAuthorityContext) {}

  /** @throws ControlError `unauthenticated`, `role_required`. */
  async of(meetingId: string, bearer: string): Promise<ActingHost> {
    if (!isId(meetingId)) throw unauthenticated();
    // A JWT has dots, a secret (base64url) has none.
    return bearer.includes('.') ? this.present(meetingId, bearer) : this.invited(meetingId, bearer);
  }

  private async present(meetingId: string, token: string): Promise<ActingHost> {
    const subject = await this.context.tokens.verifyParticipant(token);
    const room = this.context.rooms.find(meetingId);
    const seat = room?.seats.get(subject.participantId);
    const isHere =
      subject.meetingId === meetingId &&
      subject.roomId === room?.key.roomId &&
      subject.epoch === room.key.epoch;
    if (!isHere || seat === undefined) throw unauthenticated();
    // The role at the act, not the one in the token.
    if (!isHost(seat.participant.role)) throw new ControlError('role_required', 'Ask a host.');
    return { principal: seat.id, participantId: seat.id };
  }

  private async invited(meetingId: string, secret: string): Promise<ActingHost> {
    const invite = await this.context.meetings.findInvite(meetingId, secret);
    const expired = (invite?.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) <= this.now();
    if (invite === null || expired) throw unauthenticated();
    if (!isHost(invite.role)) throw new ControlError('role_required', 'Ask a host.');
    return { principal: invite.inviteId, participantId: null };
  }

  private now(): number {
    return this.context.clock.now();
  }
}

function unauthenticated(): ControlError {
  return new ControlError('unauthenticated', 'A token of a host of this meeting is needed.');
}
