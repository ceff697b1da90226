import { ControlError } from '../../control-error.js';
import { isId } from '../../ids.js';
import type { Principal } from '../../principal.js';
import type { Role } from '../../schemas/values.js';
import type { MeetingRecord, MeetingsService } from '../meetings/service.js';
import { isHost, type Room, type RoomsService, type Seat } from '../rooms/service.js';

export { moderatorFrom, type PresentActor, presentActor } from './actor.js';

/** Somebody who has to do with a meeting, and as what, at this very moment. */
export interface Actor {
  principal: Principal;
  meeting: MeetingRecord;
  role: Role;
  /** Of a participant token: where they sit. Null: an account, in the room or not. */
  seat: Seat | null;
  /** The live room, if there is one. */
  room: Room | undefined;
}

export interface AccessContext {
  meetings: MeetingsService;
  rooms: RoomsService;
}

/**
 * Who may touch a meeting, over HTTP. An account has the host's rights in its own meetings,
 * administrators in all; a participant token has those of its seat, in its own meeting, while it
 * sits there. For everybody else the meeting does not exist.
 */
export class AccessService {
  constructor(private readonly context: AccessContext) {}

  /** @throws ControlError `not_found` for a meeting that is not theirs; `unauthenticated`. */
  async of(principal: Principal, meetingId: string): Promise<Actor> {
    if (principal.kind === 'part') return this.present(principal, meetingId);
    if (principal.kind === 'none') throw new ControlError('unauthenticated', 'Log in.');
    const meeting = isId(meetingId) ? await this.context.meetings.find(meetingId) : null;
    if (meeting === null || !(principal.isAdmin || meeting.hostId === principal.userId)) {
      throw notFound();
    }
    const room = this.context.rooms.find(meetingId);
    return { principal, meeting, role: 'host', seat: null, room };
  }

  /** As `of`, for hosts and co-hosts. @throws ControlError also `role_required`. */
  async hostOf(principal: Principal, meetingId: string): Promise<Actor> {
    const actor = await this.of(principal, meetingId);
    if (!isHost(actor.role)) throw new ControlError('role_required', 'Only hosts may do this.');
    return actor;
  }

  /** As `of`, for hosts alone. @throws ControlError also `role_required`. */
  async ownerOf(principal: Principal, meetingId: string): Promise<Actor> {
    const actor = await this.of(principal, meetingId);
    if (actor.role !== 'host') throw new ControlError('role_required', 'Only a host may do this.');
    return actor;
  }

  private async present(
    principal: Extract<Principal, { kind: 'part' }>,
    meetingId: string,
  ): Promise<Actor> {
    if (principal.meetingId !== meetingId) throw notFound();
    const room = this.context.rooms.find(meetingId);
    const seat = room?.seats.get(principal.participantId);
    // Of an older epoch: the room has moved since, and they with it.
    const isHere = principal.roomId === room?.key.roomId && principal.epoch <= room.key.epoch;
    if (!isHere || seat === undefined) {
      throw new ControlError('unauthenticated', 'You are not in the room (any more).');
    }
    const meeting = await this.context.meetings.find(meetingId);
    if (meeting === null) throw notFound();
    return { principal, meeting, role: seat.participant.role, seat, room };
  }
}

function notFound(): ControlError {
  return new ControlError('not_found', 'There is no such meeting.');
}
