import { ControlError } from '../../control-error.js';
import { hashSecret } from '../../ids.js';
import type { Tokens } from '../../keys/tokens.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';
import type { IceServer, Participant } from '../../schemas/values.js';
import type { Database } from '../../store/database.js';
import { grantsOf, isHost } from './grants.js';
import * as repository from './repository.js';
import { makeResumeToken, readResumeToken } from './resume-token.js';
import { joinedAt, type Room } from './room.js';
import { type Outlet, Seat } from './seat.js';

export const protocolVersion = 1;

/** What a `hello` brings, whichever way in it takes. */
export interface Arrival {
  /** The id of the `hello`, which `joined` answers. */
  re: string;
  outlet: Outlet;
  slots: { audio: number; video: number };
}

export interface Presence {
  room: Room;
  seat: Seat;
}

export interface EntranceContext {
  database: Database;
  tokens: Tokens;
  iceServers: readonly IceServer[];
  roomOf: (meetingId: string) => Room | undefined;
}

/** The ways into a room that is open: by a join token once, and by a resume token again. */
export class Entrance {
  constructor(private readonly context: EntranceContext) {}

  /**
   * Takes the seat that a join token stands for and welcomes its participant.
   * @throws ControlError `unauthenticated`, `stale_epoch`, `meeting_full`, `dependency_down`.
   */
  async enter(token: string, arrival: Arrival): Promise<Presence> {
    const subject = await this.context.tokens.verifyJoin(token);
    const room = this.context.roomOf(subject.meetingId);
    if (room?.key.roomId !== subject.roomId || room.key.epoch !== subject.epoch) {
      throw new ControlError('stale_epoch', 'The room was opened anew: join again.');
    }
    if (room.seats.size >= room.policy.max_participants) {
      throw new ControlError('meeting_full', 'All places are taken.');
    }
    const resume = makeResumeToken(subject);
    const record = await this.claim(room, subject, resume.hash);
    const seat = seatFrom(room, record, 'joined');
    seat.attach(arrival.outlet);
    room.take(seat);
    await this.admitToNode(room, seat, arrival);
    seat.welcome(arrival.re, this.joined(room, seat, resume.token, false));
    room.broadcast('participant.joined', { participant: seat.participant }, seat);
    return { room, seat };
  }

  private async claim(
    room: Room,
    subject: { meetingId: string; participantId: string; tokenId: string; role: string },
    resumeHash: Buffer,
  ): Promise<repository.SeatRecord> {
    let record: repository.SeatRecord | null = null;
    const at = new Date(room.context.clock.now());
    await room.record(
      'participant.joined',
      subject.participantId,
      { role: subject.role },
      {
        effect: async (tx) => {
          record = await repository.takeSeat(tx, subject, resumeHash, at);
          if (record === null) {
            throw new ControlError('unauthenticated', 'The join token was used already.');
          }
        },
      },
    );
    return record as unknown as repository.SeatRecord;
  }

  /**
   * Gives a participant the seat back. With all missed events at hand they follow and media is not
   * touched; else the answer holds a snapshot and media starts anew, as after a first join.
   * @throws ControlError `unauthenticated` when the seat is gone or the token is not its own.
   */
  async resume(token: string, lastSeq: number, arrival: Arrival): Promise<Presence> {
    const held = readResumeToken(token);
    const next = makeResumeToken(held);
    const { database } = this.context;
    if (!(await repository.exchangeResumeToken(database, held, hashSecret(token), next.hash))) {
      throw seatGone();
    }
    const room = this.context.roomOf(held.meetingId);
    const seat = room?.seats.get(held.participantId);
    if (room === undefined || seat === undefined) throw seatGone();
    await this.reseat(room, seat, { ...arrival, lastSeq, resumeToken: next.token });
    return { room, seat };
  }

  private async reseat(
    room: Room,
    seat: Seat,
    arrival: Arrival & { lastSeq: number; resumeToken: string },
  ): Promise<void> {
    const { re, lastSeq, resumeToken } = arrival;
    const participant = { ...nodeRef(room), participantId: seat.id };
    seat.attach(arrival.outlet);
    room.returned(seat);
    if (seat.canReplay(lastSeq)) {
      seat.replay(re, this.joined(room, seat, resumeToken, true), lastSeq);
      await room.context.node.resync(participant);
      return;
    }
    await room.context.node.removeParticipant(participant);
    await this.admitToNode(room, seat, arrival);
    seat.welcome(re, this.joined(room, seat, resumeToken, false));
  }

  private async admitToNode(room: Room, seat: Seat, arrival: Arrival): Promise<void> {
    try {
      await room.context.node.addParticipant({
        ...nodeRef(room),
        participantId: seat.id,
        slots: arrival.slots,
      });
    } catch (error) {
      await room.release(seat, 'left');
      throw error;
    }
  }

  private joined(
    room: Room,
    seat: Seat,
    resumeToken: string,
    resumed: boolean,
  ): ServerPayloads['joined'] {
    return {
      version: protocolVersion,
      participant_id: seat.id,
      room_id: room.key.roomId,
      epoch: room.key.epoch,
      role: seat.participant.role,
      grants: seat.grants,
      resume_token: resumeToken,
      resumed,
      ice_servers: [...this.context.iceServers],
      policy: room.policy,
      ...(resumed ? {} : { snapshot: room.snapshotFor(seat) }),
    };
  }
}

export function nodeRef(room: Room): { roomId: string; epoch: number } {
  return { roomId: room.key.roomId, epoch: room.key.epoch };
}

/** The seat of a person. */
export function seatFrom(
  room: Room,
  record: repository.SeatRecord,
  state: Participant['state'],
): Seat {
  const { policy } = room;
  const participant: Participant = {
    id: record.participantId,
    name: record.displayName,
    role: record.role,
    state,
    joined_at: joinedAt(record.joinedAt),
    can_unmute: isHost(record.role) || policy.self_unmute,
  };
  const grants = grantsOf(record.role, policy);
  return new Seat(participant, grants, record.deviceHash, room.context.clock);
}

function seatGone(): ControlError {
  return new ControlError('unauthenticated', 'The seat is gone: join again.');
}
