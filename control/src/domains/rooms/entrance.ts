import { isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { Owners } from '../../fleet/elsewhere.js';
import { hashSecret, type Ids } from '../../ids.js';
import type { Tokens } from '../../keys/tokens.js';
import { mediaBeatMs } from '../../nodes/node-client.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';
import type { IceServer, Participant, Role, Source } from '../../schemas/values.js';
import { type Database, isUnreachable } from '../../store/database.js';
import type { Branches } from './branches.js';
import { resumed, seatAdmitted, seatTaken, usedBefore } from './effects.js';
import type { Expectation } from './expected.js';
import { grantsOf, mutedOnEntry } from './grants.js';
import { maxWaiting, type WaitingPerson } from './lobby.js';
import * as repository from './repository.js';
import { makeResumeToken, readResumeToken } from './resume-token.js';
import { joinedAt, type Room } from './room.js';
import { type Outlet, Seat } from './seat.js';
import { snapshotOf } from './snapshot.js';
import type { Standbys } from './standbys.js';

export const protocolVersion = 1;

/** What a `hello` brings, whichever way in it takes. */
export interface Arrival {
  /** The id of the `hello`, which `joined` answers; none for whoever comes from the lobby. */
  re?: string;
  outlet: Outlet;
  slots: { audio: number; video: number };
  /** Of the process that has the socket: people come to the one that is near to them. */
  region: string;
}

/** The use of a join token. */
interface Claim extends Omit<repository.SeatTaking, 'at' | 'resumeHash'> {
  role: Role;
  avatarUrl: string | null;
  resumeHash: string;
  person: Expectation['person'];
}

export interface Presence {
  room: Room;
  seat: Seat;
}

export interface EntranceContext {
  database: Database;
  tokens: Pick<Tokens, 'verifyJoin'>;
  ids: Ids;
  iceServers: readonly IceServer[];
  roomOf: (meetingId: string) => Room | undefined;
  /** One that a process left which is gone. */
  recover: (meetingId: string) => Promise<Room | undefined>;
  /** Another process has it now. */
  lost: (room: Room) => void;
  owners: Owners;
  branches: Branches;
  standbys: Standbys;
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
   * Takes the seat that a join token stands for and welcomes its participant, or lets them wait, as
   * the room has it now.
   * @throws ControlError `unauthenticated`, `stale_epoch`, `dependency_down`; those of the decision.
   */
  async enter(token: string, arrival: Arrival): Promise<Presence> {
    const subject = await this.context.tokens.verifyJoin(token);
    const { participantId } = subject;
    await this.context.owners.check(subject.meetingId);
    const room = this.context.roomOf(subject.meetingId);
    const expected = room?.expected.find(participantId);
    if (room?.key.roomId !== subject.roomId || room.key.epoch < subject.epoch) throw openedAnew();
    if (expected === undefined)
      throw room.key.epoch === subject.epoch ? usedBefore() : openedAnew();
    const { person } = expected;
    const avatarUrl = await this.avatarOf(person.userId);
    const waits = expected.decideIn(room) === 'lobby';
    if (waits && room.lobby.isFull) {
      throw new ControlError('meeting_full', `More than ${maxWaiting} wait already.`);
    }
    const resume = makeResumeToken(subject, this.context.ids.secret());
    const muted = waits ? [] : mutedOnEntry(subject.role, room.policy);
    const { meetingId, tokenId, role } = subject;
    const taking = { meetingId, participantId, tokenId, waits, muted };
    const resumeHash = resume.hash.toString('hex');
    const claim = { ...taking, role, resumeHash, avatarUrl, person };
    const place = waits ? null : await this.context.branches.placeFor(room, arrival.region);
    const seat = await this.claim(room, claim, (record, taken) => {
      if (place !== null) room.putAt(participantId, place);
      taken.consented = person.consented;
      taken.attach(arrival.outlet);
      taken.issue(resumeHash);
      if (waits) this.letWait(room, { seat: taken, record, arrival }, resume.token);
      else room.take(taken);
    });
    if (room.expected.find(participantId) !== expected) {
      await room.release(seat, 'removed');
      throw usedBefore();
    }
    room.expected.forget(participantId);
    if (!waits) await this.seatFirst(room, seat, arrival, resume.token);
    return { room, seat };
  }

  /** Whoever finds no place at the node has no seat either, and may join anew. */
  private async seatFirst(
    room: Room,
    seat: Seat,
    arrival: Arrival,
    resumeToken: string,
  ): Promise<void> {
    try {
      await this.seatAt(room, seat, arrival, resumeToken);
    } catch (error) {
      await room
        .release(seat, 'left')
        .catch((failure) => room.context.report(failure, 'release a seat'));
      throw error;
    }
  }

  /** @param take puts the seat where it belongs, in the very turn in which it is durable. */
  private async claim(
    room: Room,
    { avatarUrl, role, person, ...claim }: Claim,
    take: (record: repository.SeatRecord, seat: Seat) => void,
  ): Promise<Seat> {
    const { participantId, waits } = claim;
    const at = room.context.clock.now();
    const record = recordOf(person, { ...claim, role, at });
    const held: { seat?: Seat } = {};
    const effects = [seatTaken({ ...claim, at })];
    const committed = () => {
      held.seat = this.seatFrom(room, { ...record, avatarUrl }, 'joined');
      take(record, held.seat);
    };
    const type = waits ? 'participant.waiting' : 'participant.joined';
    await room.whileComing(() =>
      room.record(type, participantId, { role }, { effects, committed }),
    );
    return held.seat as Seat;
  }

  private letWait(
    room: Room,
    { seat, record, arrival }: { seat: Seat; record: repository.SeatRecord; arrival: Arrival },
    resumeToken: string,
  ): void {
    const since = (record.lobbySince as Date).getTime();
    const { slots, region } = arrival;
    const person: WaitingPerson = { seat, since, slots, region, resumeToken };
    room.lobby.enter(person);
    seat.wait({ ...room.lobby.stateOf(person), resume_token: resumeToken }, arrival.re);
  }

  /**
   * From the lobby into the room. They wait until it is written, and sit in the room from that very
   * moment: at no time are they nowhere. Whoever is away then is welcomed at the next resume.
   * @throws ControlError `meeting_full`, `dependency_down`: they go on waiting.
   */
  async admit(room: Room, participantId: string, also: { by: string | null }): Promise<void> {
    const person = room.lobby.find(participantId);
    if (person === undefined) return;
    person.admission ??= this.writeAdmission(room, person, also).finally(() => {
      person.admission = undefined;
    });
    await person.admission;
    const { seat, slots, region, resumeToken } = person;
    const { outlet } = seat;
    if (room.seats.get(participantId) !== seat || seat.welcomed) return;
    if (outlet === null || resumeToken === null) return;
    await this.seatAt(room, seat, { outlet, slots, region }, resumeToken).catch((error) => {
      outlet.close('room_gone');
      throw error;
    });
  }

  private async writeAdmission(
    room: Room,
    person: WaitingPerson,
    also: { by: string | null },
  ): Promise<void> {
    const at = room.context.clock.now();
    const { id: participantId, participant } = person.seat;
    const muted = mutedOnEntry(participant.role, room.policy);
    const effects = [seatAdmitted({ seat: room.keyOf(person.seat), at, muted })];
    room.putAt(participantId, await this.context.branches.placeFor(room, person.region));
    const committed = () => this.letIn(room, person, { at, muted });
    return room.whileComing(() =>
      room.record('participant.admitted', participantId, also, { effects, committed }),
    );
  }

  /** Unless they have gone meanwhile. */
  private letIn(
    room: Room,
    person: WaitingPerson,
    { at, muted }: { at: number; muted: readonly Source[] },
  ): void {
    const { seat } = person;
    if (room.lobby.find(seat.id) !== person) return;
    room.lobby.take(seat.id);
    seat.participant.joined_at = isoTime(at);
    for (const source of muted) seat.mutedByHost.add(source);
    room.take(seat);
    if (!seat.isConnected) room.leaveWaiting(seat);
    room
      .record('participant.joined', seat.id, { role: seat.participant.role })
      .catch((error) => room.context.report(error, 'write a join'));
  }

  /**
   * Opens the media of a seat anew and welcomes whoever sits there, with a snapshot. Nothing is left
   * to do when another socket, or none, has the seat by now: its next `hello` comes here too.
   */
  private seatAt(room: Room, seat: Seat, arrival: Arrival, resumeToken: string): Promise<void> {
    const isTheirs = () => seat.isAttachedTo(arrival.outlet) && room.seats.get(seat.id) === seat;
    seat.arriving += 1;
    return seat
      .inTurn(async () => {
        do {
          if (!isTheirs()) return;
          await this.admitToNode(room, seat, arrival);
        } while (seat.isMoving);
        if (!isTheirs()) return;
        seat.welcome(arrival.re, this.joined(room, seat, resumeToken, false));
        room.announce(seat);
        room.recorder.welcomed(seat);
        await this.keepMedia(room, seat);
      })
      .finally(() => {
        seat.arriving -= 1;
      });
  }

  /**
   * Gives a participant the seat back. With all missed events at hand they follow and media is not
   * touched; else the answer holds a snapshot and media starts anew, as after a first join.
   * @throws ControlError `unauthenticated` when the seat is gone or the token is not its own.
   */
  async resume(token: string, lastSeq: number, arrival: Arrival): Promise<Presence> {
    const held = readResumeToken(token);
    await this.context.owners.check(held.meetingId);
    const next = makeResumeToken(held, this.context.ids.secret());
    const { database } = this.context;
    const used = hashSecret(token);
    const hold = await repository
      .exchangeResumeToken(database, held, used, next.hash)
      .catch((error) => this.exchangeHere(error, held, { used, next: next.hash }));
    if (hold === null) throw seatGone();
    const room = await this.roomHeldBy(hold.controlId, held.meetingId);
    // It may have ended since it was looked up: nobody would send them away any more.
    if (room?.isClosed) throw seatGone();
    const [usedHash, nextHash] = [used.toString('hex'), next.hash.toString('hex')];
    const theirs = room && seatIn(room, held.participantId);
    theirs?.issue(nextHash, usedHash);
    const waiting = room?.lobby.find(held.participantId);
    if (room !== undefined && waiting !== undefined) {
      return this.waitOn(room, waiting, arrival, next.token);
    }
    const seat = room?.seats.get(held.participantId);
    if (room === undefined || seat === undefined) throw seatGone();
    try {
      await this.reseat(room, seat, {
        ...arrival,
        ...{ lastSeq, resumeToken: next.token, shown: usedHash },
      });
    } catch (error) {
      // The node failed: the seat stays, and waits for the next try.
      room.lost(seat, arrival.outlet);
      throw error;
    }
    return { room, seat };
  }

  /** While the database is away: by what is known here of a room that is here. */
  private async exchangeHere(
    error: unknown,
    { meetingId, participantId }: repository.SeatKey,
    hashes: { used: Buffer; next: Buffer },
  ): Promise<{ controlId: string } | null> {
    const room = this.context.roomOf(meetingId);
    if (!isUnreachable(error) || room === undefined) throw error;
    const [used, next] = [hashes.used.toString('hex'), hashes.next.toString('hex')];
    const seat = seatIn(room, participantId);
    if (!seat?.resumeHashes.includes(used)) return null;
    await room.record(
      null,
      participantId,
      {},
      { effects: [resumed({ seat: room.keyOf(seat), used, next })] },
    );
    return { controlId: this.context.owners.controlId };
  }

  /** The room, unless another process has taken it and this one has not heard of it. */
  private async roomHeldBy(controlId: string | null, meetingId: string): Promise<Room | undefined> {
    const { roomOf, recover, lost, owners } = this.context;
    const room = roomOf(meetingId);
    if (room !== undefined && controlId === owners.controlId) return room;
    if (room !== undefined) {
      lost(room);
      await owners.check(meetingId);
    }
    return recover(meetingId);
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
    person.region = arrival.region;
    person.resumeToken = resumeToken;
    seat.attach(arrival.outlet);
    seat.wait({ ...room.lobby.stateOf(person), resume_token: resumeToken }, arrival.re);
    return { room, seat };
  }

  private async reseat(
    room: Room,
    seat: Seat,
    arrival: Arrival & { lastSeq: number; resumeToken: string; shown: string },
  ): Promise<void> {
    const { re, lastSeq, resumeToken, shown } = arrival;
    const place = room.placeOf(seat);
    const participant = { ...place.ref, participantId: seat.id };
    const isReplay = seat.canReplay(shown, lastSeq) && !seat.isMoving;
    if (!isReplay) seat.startAnew();
    seat.attach(arrival.outlet);
    room.returned(seat);
    if (isReplay) {
      seat.replay(re, this.joined(room, seat, resumeToken, true), lastSeq);
      await place.client.resync(participant);
      return;
    }
    await this.seatAt(room, seat, arrival, resumeToken);
  }

  private async admitToNode(room: Room, seat: Seat, arrival: Arrival): Promise<void> {
    const place = room.placeOf(seat);
    await place.opened;
    const participant = { ...place.ref, participantId: seat.id };
    seat.slots = arrival.slots;
    seat.isMoving = false;
    seat.epoch = room.key.epoch;
    if (seat.keepsMedia) return;
    if (seat.isAtNode) await place.client.removeParticipant(participant);
    seat.isAtNode = true;
    await place.client.addParticipant({ ...participant, slots: arrival.slots });
  }

  /** Once: whoever comes again later, to this process, begins anew as always. */
  private async keepMedia(room: Room, seat: Seat): Promise<void> {
    if (!seat.keepsMedia) return;
    seat.keepsMedia = false;
    const { client, ref } = room.placeOf(seat);
    await client.resync({ ...ref, participantId: seat.id });
  }

  private joined(
    room: Room,
    seat: Seat,
    resumeToken: string,
    resumed: boolean,
  ): ServerPayloads['joined'] {
    const standby = this.context.standbys.offer(room, seat);
    return {
      version: protocolVersion,
      participant_id: seat.id,
      meeting_id: room.key.meetingId,
      room_id: room.key.roomId,
      epoch: seat.epoch,
      role: seat.participant.role,
      grants: seat.grants,
      resume_token: resumeToken,
      resumed,
      transports: resumed || seat.keepsMedia ? 'kept' : 'new',
      ...(standby === null ? {} : { standby: { node_id: standby.nodeId, ticket: standby.token } }),
      media_beat_ms: mediaBeatMs,
      ice_servers: [...this.context.iceServers],
      policy: room.policy,
      ...(resumed ? {} : { snapshot: snapshotOf(room, seat) }),
    };
  }

  /** Path of the picture of an account; null: no account, none, or nobody can tell now. */
  async avatarOf(userId: string | null): Promise<string | null> {
    if (userId === null) return null;
    return this.context.avatarOf(userId).catch((error) => {
      if (isUnreachable(error)) return null;
      throw error;
    });
  }

  /** The seat of a person, as it was written. */
  seatFrom(
    room: Room,
    record: repository.SeatRecord & { avatarUrl: string | null },
    state: Participant['state'],
  ): Seat {
    const { role, canUnmute, avatarUrl, handAt } = record;
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
    const seat = new Seat(participant, grants, record, room.context.clock, record.mutedByHost);
    seat.canUnmute = canUnmute;
    seat.resumeHashes = record.resumeHashes;
    if (handAt !== null) room.floor.restore(seat.id, handAt.getTime());
    return seat;
  }
}

function openedAnew(): ControlError {
  return new ControlError('stale_epoch', 'The room was opened anew: join again.');
}

/** In the room, or before it. */
function seatIn(room: Room, participantId: string): Seat | undefined {
  return room.seats.get(participantId) ?? room.lobby.find(participantId)?.seat;
}

/** The seat as it is written when its token is used. */
function recordOf(
  { inLobbySince, consented: _, ...person }: Expectation['person'],
  taken: {
    resumeHash: string;
    participantId: string;
    role: Role;
    waits: boolean;
    at: number;
    muted: readonly Source[];
  },
): repository.SeatRecord {
  const { participantId, role, waits, at, muted, resumeHash } = taken;
  const since = { joinedAt: new Date(at), lobbySince: null };
  const waiting = { joinedAt: null, lobbySince: new Date(inLobbySince ?? at) };
  const theirs = { participantId, role, mutedByHost: [...muted], resumeHashes: [resumeHash] };
  const unsaid = { handAt: null, canUnmute: null, ingestKeyId: null, kind: 'person' } as const;
  const isThere = waits ? waiting : since;
  return { ...person, ...unsaid, ...isThere, ...theirs };
}

function seatGone(): ControlError {
  return new ControlError('unauthenticated', 'The seat is gone: join again.');
}
