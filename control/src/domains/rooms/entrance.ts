import { ControlError } from '../../control-error.js';
import { hashSecret } from '../../ids.js';
import type { Tokens } from '../../keys/tokens.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';
import type { IceServer, Participant } from '../../schemas/values.js';
import type { Database, Queryable } from '../../store/database.js';
import { grantsOf, isHost } from './grants.js';
import type { WaitingPerson } from './lobby.js';
import * as repository from './repository.js';
import { makeResumeToken, readResumeToken } from './resume-token.js';
import { joinedAt, type Room } from './room.js';
import { type Outlet, Seat } from './seat.js';
import { snapshotOf } from './snapshot.js';

export const protocolVersion = 1;

/** What a `hello` brings, whichever way in it takes. */
export interface Arrival {
  /** The id of the `hello`, which `joined` answers; none for whoever comes from the lobby. */
  re?: string;
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
  /** Path of the picture of an account; null: it has none. */
  avatarOf: (userId: string) => Promise<string | null>;
}

/**
 * The ways into a room that is open: by a join token once, by a resume token again, and out of the
 * lobby when a host says so.
 */
export class Entrance {
  constructor(private readonly context: EntranceContext) {}

  /**
   * Takes the seat that a join token stands for and welcomes its participant, or lets them wait.
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
    const seat = await this.seatFrom(room, record, 'joined');
    seat.attach(arrival.outlet);
    if (record.joinedAt === null) this.letWait(room, { seat, record, arrival }, resume.token);
    else await this.seatAt(room, seat, arrival, resume.token);
    return { room, seat };
  }

  private async claim(
    room: Room,
    subject: { meetingId: string; participantId: string; tokenId: string; role: string },
    resumeHash: Buffer,
  ): Promise<repository.SeatRecord> {
    const held: { record?: repository.SeatRecord } = {};
    const { participantId, role } = subject;
    const at = new Date(room.context.clock.now());
    const type = () => (held.record?.joinedAt ? 'participant.joined' : 'participant.waiting');
    const effect = async (tx: Queryable) => {
      const record = await repository.takeSeat(tx, subject, resumeHash, at);
      if (record === null) {
        throw new ControlError('unauthenticated', 'The join token was used already.');
      }
      held.record = record;
    };
    await room.record(type, participantId, { role }, { effect });
    return held.record as repository.SeatRecord;
  }

  private letWait(
    room: Room,
    { seat, record, arrival }: { seat: Seat; record: repository.SeatRecord; arrival: Arrival },
    resumeToken: string,
  ): void {
    const since = (record.lobbySince as Date).getTime();
    const person: WaitingPerson = { seat, since, slots: arrival.slots };
    room.lobby.enter(person);
    seat.wait({ ...room.lobby.stateOf(person), resume_token: resumeToken }, arrival.re);
  }

  /**
   * From the lobby into the room. Whoever is away just now is welcomed at the next resume.
   * @throws ControlError `meeting_full`, `dependency_down`: they go on waiting.
   */
  async admit(room: Room, participantId: string, also: { by: string | null }): Promise<void> {
    if (room.seats.size >= room.policy.max_participants) {
      throw new ControlError('meeting_full', 'All places are taken.');
    }
    const person = room.lobby.take(participantId);
    if (person === undefined) return;
    const { seat, slots } = person;
    const at = new Date(room.context.clock.now());
    const key = { meetingId: room.key.meetingId, participantId };
    const effect = async (tx: Queryable) => {
      await repository.admitSeat(tx, key, at);
    };
    try {
      await room.record('participant.admitted', participantId, also, { effect });
    } catch (error) {
      room.lobby.enter(person);
      throw error;
    }
    seat.participant.joined_at = joinedAt(at);
    room
      .record('participant.joined', participantId, { role: seat.participant.role })
      .catch((error) => room.context.report(error, 'write a join'));
    const { outlet } = seat;
    if (outlet === null) {
      seat.participant.state = 'reconnecting';
      room.take(seat);
      room.await(seat);
      return;
    }
    const resume = makeResumeToken(key);
    await repository.replaceResumeToken(this.context.database, key, resume.hash);
    await this.seatAt(room, seat, { outlet, slots }, resume.token);
  }

  private async seatAt(
    room: Room,
    seat: Seat,
    arrival: Arrival,
    resumeToken: string,
  ): Promise<void> {
    if (room.policy.mute_on_entry && !isHost(seat.participant.role)) {
      seat.mutedByHost.add('microphone');
    }
    room.take(seat);
    await this.admitToNode(room, seat, arrival);
    seat.welcome(arrival.re, this.joined(room, seat, resumeToken, false));
    room.broadcast('participant.joined', { participant: seat.participant }, seat);
    room.listener.membership();
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
    const waiting = room?.lobby.find(held.participantId);
    if (room !== undefined && waiting !== undefined) {
      return this.waitOn(room, waiting, arrival, next.token);
    }
    const seat = room?.seats.get(held.participantId);
    if (room === undefined || seat === undefined) throw seatGone();
    await this.reseat(room, seat, { ...arrival, lastSeq, resumeToken: next.token });
    return { room, seat };
  }

  private waitOn(
    room: Room,
    person: WaitingPerson,
    arrival: Arrival,
    resumeToken: string,
  ): Presence {
    const { seat } = person;
    seat.cancelTimeout();
    person.slots = arrival.slots;
    seat.attach(arrival.outlet);
    seat.wait({ ...room.lobby.stateOf(person), resume_token: resumeToken }, arrival.re);
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
      meeting_id: room.key.meetingId,
      room_id: room.key.roomId,
      epoch: room.key.epoch,
      role: seat.participant.role,
      grants: seat.grants,
      resume_token: resumeToken,
      resumed,
      ice_servers: [...this.context.iceServers],
      policy: room.policy,
      ...(resumed ? {} : { snapshot: snapshotOf(room, seat) }),
    };
  }

  /** The seat of a person, as it was written. */
  async seatFrom(
    room: Room,
    record: repository.SeatRecord,
    state: Participant['state'],
  ): Promise<Seat> {
    const { role, canUnmute, userId, handAt } = record;
    const avatarUrl = userId === null ? null : await this.context.avatarOf(userId);
    const grants = grantsOf(role, room.policy, canUnmute);
    const participant: Participant = {
      id: record.participantId,
      name: record.displayName,
      role,
      state,
      joined_at: joinedAt(record.joinedAt ?? (record.lobbySince as Date)),
      ...(handAt === null ? {} : { hand_at: joinedAt(handAt) }),
      can_unmute: grants.unmute,
      ...(avatarUrl === null ? {} : { avatar_url: avatarUrl }),
    };
    const seat = new Seat(participant, grants, record, room.context.clock);
    seat.canUnmute = canUnmute;
    if (handAt !== null) room.floor.restore(seat.id, handAt.getTime());
    return seat;
  }
}

export function nodeRef(room: Room): { roomId: string; epoch: number } {
  return { roomId: room.key.roomId, epoch: room.key.epoch };
}

function seatGone(): ControlError {
  return new ControlError('unauthenticated', 'The seat is gone: join again.');
}
