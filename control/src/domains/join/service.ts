import type { Bus } from '../../bus/bus.js';
import { SharedLimit } from '../../bus/shared-limit.js';
import { type Clock, isoTime } from '../../clock.js';
import { ControlError, toControlError } from '../../control-error.js';
import { Anywhere, type Owners } from '../../fleet/elsewhere.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids } from '../../ids.js';
import type { Tokens } from '../../keys/tokens.js';
import { cleanName } from '../../names.js';
import { networkOf } from '../../network-of.js';
import type { Principal } from '../../principal.js';
import type { JoinChecked, Joined } from '../../schemas/http.js';
import type { IceServer, SignalingAddress } from '../../schemas/values.js';
import { type Database, isUnreachable } from '../../store/database.js';
import type { WindowLimit } from '../../token-bucket.js';
import type { MeetingDoor, MeetingRecord } from '../meetings/service.js';
import type { ModerationService } from '../moderation/service.js';
import {
  grantsOf,
  type Identity,
  maxWaiting,
  type NewSeat,
  type Room,
  type RoomsService,
  wasFirstBy,
} from '../rooms/service.js';
import { Admissions } from './admissions.js';
import { Credentials, type Opened, type PasscodeLimits, type Shown } from './credentials.js';
import {
  type Credential,
  decideJoin,
  isUsedUp,
  type JoinDecision,
  type JoinFacts,
  recordedBy,
} from './policy.js';

export { cleanName } from '../../names.js';
export type { PasscodeLimits } from './credentials.js';
export { joinEffects } from './effects.js';

export interface JoinContext {
  database: Database;
  door: MeetingDoor;
  rooms: RoomsService;
  moderation: ModerationService;
  idempotency: Idempotency;
  tokens: Tokens;
  bus: Bus;
  clock: Clock;
  ids: Ids;
  iceServers: readonly IceServer[];
  owners: Owners;
  /** Refusals per address, against trying codes out. */
  misses: WindowLimit;
  passcodes: PasscodeLimits;
  /** The name of an account. */
  nameOf: (userId: string) => Promise<string>;
  onResult: (result: string) => void;
}

/** Who asks, from where. */
export interface Caller {
  principal: Principal;
  address: string;
  signaling: SignalingAddress[];
}

/** What somebody brings who wants to come in. */
export interface Wish extends Shown {
  display_name?: string | undefined;
  consent?: boolean | undefined;
  device_id?: string | undefined;
}

/** Somebody at the door. */
interface Visitor extends Identity {
  isMember: boolean;
  isPersonalInvite: boolean;
  consented: boolean | null;
  passcodeShown: boolean;
  passcodeTried: boolean;
}

/** A program that asks to come in by its key. */
export interface Program {
  credential: Credential;
  deviceHash: string;
  ingestKeyId: string;
  /** Was its key made by an account? */
  isMember: boolean;
  /** The passcode that its key was made with. */
  passcode: string | null;
  consented: boolean;
}

type Granted = Exclude<JoinDecision, { outcome: 'refused' }>;

/** What was decided, and how it is decided again in the room, at the very threshold. */
export interface Admittance extends Granted {
  /** By an invite that they have used before: it counts once. */
  isReturning: boolean;
  /** @throws ControlError with the exact code. */
  decideIn: (room: Room) => Granted['outcome'];
}

interface OpenedMeeting {
  meeting: MeetingRecord;
  credential: Credential;
}

/** For the second decision, beside the visitor: what the room does not know, as thousands may be on their way. */
interface KeptFacts extends Pick<JoinFacts, 'now' | 'isReturning' | 'block'> {
  endedAt: Date | null;
  credential: Credential;
}

/** What a check lacks and a join may bring. */
const needOf = {
  passcode_required: 'passcode',
  consent_required: 'consent',
  login_required: 'login',
} as const;

/** Lets people and programs in, by the one policy. */
export class JoinService {
  private readonly misses: SharedLimit;
  private readonly credentials: Credentials;
  private readonly admissions: Admissions;

  constructor(private readonly context: JoinContext) {
    this.misses = new SharedLimit('join-miss', context.misses, context);
    this.credentials = new Credentials(context.door, context.passcodes, context);
    const { database, idempotency, door } = context;
    this.admissions = new Admissions(database, idempotency, door);
  }

  /** What a link opens, without opening it. @throws ControlError as `join`. */
  async check(
    shown: Shown & Pick<Wish, 'device_id'>,
    caller: Omit<Caller, 'signaling'>,
  ): Promise<JoinChecked> {
    const opened = await this.open(shown, caller);
    const visitor = visitorFrom(opened, caller.principal, shown);
    const facts = await this.factsOf(opened, visitor);
    const needs: JoinChecked['needs'] = ['name'];
    let decision = decideJoin(facts);
    while (decision.outcome === 'refused' && decision.code in needOf) {
      const need = needOf[decision.code as keyof typeof needOf];
      needs.push(need);
      if (need === 'passcode') facts.passcodeShown = true;
      else if (need === 'consent') facts.consented = true;
      else facts.isMember = true;
      decision = decideJoin(facts);
    }
    this.insist(decision);
    return {
      title: opened?.meeting.title ?? '',
      host_present: facts.hostPresent,
      needs,
      lobby: decision.outcome === 'lobby',
      recording_active: facts.recorded !== null,
      recording_consent: opened && recordedBy(opened, facts),
      personal: visitor.isPersonalInvite,
      server_time: isoTime(this.context.clock.now()),
    };
  }

  /**
   * Reserves a seat, or a place in the lobby, and answers with the token that takes it.
   * @throws ControlError `join_refused` without a valid credential, the exact code with one,
   *   `rate_limited` after too many refusals of one address, `no_capacity`.
   */
  async join(
    request: CreatingRequest & { payload: Wish },
    caller: Caller,
  ): Promise<GivenAnswer<Joined>> {
    const { onResult } = this.context;
    const stored = await this.answeredBefore(request);
    if (stored !== null) return stored;
    const wish = request.payload;
    const name = await this.nameFor(wish, caller.principal);
    const opened = await this.open(wish, caller);
    const visitor = visitorFrom(opened, caller.principal, wish);
    const granted = await this.ask(opened, visitor);
    const room = await this.openRoom((opened as Opened).meeting.meetingId);
    if (granted.outcome === 'lobby' && room.lobby.isFull) {
      throw new ControlError('meeting_full', `More than ${maxWaiting} wait already.`);
    }
    const seat = this.seatFor({ room, granted, name, visitor });
    const { displayName, userId, inviteId, deviceHash } = seat;
    const { consented } = visitor;
    const inLobbySince = seat.inLobby ? seat.createdAt.getTime() : null;
    room.expected.add(seat.participantId, {
      person: { displayName, userId, inviteId, deviceHash, inLobbySince, consented },
      decideIn: granted.decideIn,
    });
    const joined = this.answerFor(room, seat, caller.signaling);
    const { isReturning } = granted;
    const admission = { request, seat, joined, isReturning };
    const answer = await this.admissions
      .write(admission)
      .catch((error) => this.admissions.keep(error, room, admission));
    onResult(granted.outcome);
    return answer;
  }

  /** While the database is away, by what is known here. */
  private answeredBefore(request: CreatingRequest): Promise<GivenAnswer<Joined> | null> {
    return this.context.idempotency.replay<Joined>(request).catch((error) => {
      if (isUnreachable(error)) return null;
      throw error;
    });
  }

  private async nameFor({ display_name }: Wish, principal: Principal): Promise<string> {
    if (display_name !== undefined) return cleanName(display_name);
    if ('userId' in principal) return this.context.nameOf(principal.userId);
    return cleanName('');
  }

  /** Before a place is promised: the node is asked, which refuses nobody later. */
  private async openRoom(meetingId: string): Promise<Room> {
    const { rooms, onResult } = this.context;
    try {
      await rooms.checkCapacity(meetingId);
      return await rooms.open(meetingId);
    } catch (error) {
      onResult(toControlError(error).code);
      throw error;
    }
  }

  /**
   * Whether a program with an ingest key gets in, and as what.
   * @throws ControlError with the exact code, as `join`.
   */
  async admitProgram(meeting: MeetingRecord, program: Program): Promise<Admittance> {
    const { credential, deviceHash, ingestKeyId, consented, isMember } = program;
    const passcode = this.context.door.passcodeOf(meeting);
    const visitor: Visitor = {
      ...{ userId: null, inviteId: null, deviceHash, ingestKeyId },
      ...{ isMember, isPersonalInvite: false, consented, passcodeTried: false },
      passcodeShown: passcode !== null && program.passcode === passcode,
    };
    return this.ask({ meeting, credential }, visitor);
  }

  private async open(shown: Shown, { principal, address }: Omit<Caller, 'signaling'>) {
    const network = networkOf(address);
    checkMisses(await this.misses.wait(network));
    const opened = await this.credentials.open(shown, principal, address).catch((error) => {
      if (isUnreachable(error)) throw new Anywhere(error);
      throw error;
    });
    // Again, and nothing else runs until it is counted: of many at once no more are looked at.
    checkMisses(this.misses.waitHere(network));
    if (opened === null) await this.misses.take(network);
    return opened;
  }

  private async ask(opened: OpenedMeeting | null, visitor: Visitor): Promise<Admittance> {
    const facts = await this.factsOf(opened, visitor);
    const decision = decideJoin(facts);
    this.insist(decision);
    const kept = keptOf(facts);
    const decideIn = (room: Room) => {
      const again = decideJoin(this.factsIn(room, kept, visitor));
      if (again.outcome === 'refused') throw new ControlError(again.code, again.detail);
      return again.outcome;
    };
    return { ...decision, isReturning: facts.isReturning, decideIn };
  }

  private insist(decision: JoinDecision): asserts decision is Granted {
    if (decision.outcome !== 'refused') return;
    this.context.onResult(decision.code);
    throw new ControlError(decision.code, decision.detail);
  }

  /** What the room knows now. What was shown was good when it was shown, and is counted. */
  private factsIn(room: Room, facts: KeptFacts, visitor: Visitor): JoinFacts {
    const { endedAt, credential, now, isReturning, block } = facts;
    const since = this.context.moderation.blockSince(room, visitor);
    return {
      ...{ now, isReturning, ...shownBy(visitor) },
      opened: { meeting: { policy: room.policy, endedAt }, credential },
      block: since === 'none' ? block : since,
      recorded: room.recorder.rule,
      hostPresent: room.hostPresent,
      seatsTaken: room.placesTaken,
    };
  }

  private async factsOf(opened: OpenedMeeting | null, visitor: Visitor): Promise<JoinFacts> {
    const { moderation, rooms, clock } = this.context;
    const meetingId = opened?.meeting.meetingId;
    const room = meetingId === undefined ? undefined : rooms.find(meetingId);
    return {
      opened,
      now: clock.now(),
      isReturning: await this.isReturning(opened, visitor),
      block: meetingId === undefined ? 'none' : await moderation.blockOf(meetingId, room, visitor),
      ...shownBy(visitor),
      recorded: room?.recorder.rule ?? null,
      hostPresent: room?.hostPresent ?? false,
      seatsTaken: room?.placesTaken ?? 0,
    };
  }

  /** Asked only of a personal invite that is used up: no other join costs a statement more. */
  private async isReturning(opened: OpenedMeeting | null, visitor: Visitor): Promise<boolean> {
    const { inviteId, isPersonalInvite } = visitor;
    if (opened === null || inviteId === null || !isPersonalInvite) return false;
    if (!isUsedUp(opened.credential)) return false;
    return wasFirstBy(this.context.database, opened.meeting.meetingId, { ...visitor, inviteId });
  }

  private seatFor(person: {
    room: Room;
    granted: Granted;
    name: string;
    visitor: Visitor;
  }): NewSeat {
    const { ids, clock } = this.context;
    const { room, granted, name, visitor } = person;
    return {
      meetingId: room.key.meetingId,
      roomId: room.key.roomId,
      participantId: ids.next(),
      inviteId: visitor.inviteId,
      userId: visitor.userId,
      displayName: name,
      role: granted.role,
      deviceHash: visitor.deviceHash,
      tokenId: ids.next(),
      createdAt: new Date(clock.now()),
      inLobby: granted.outcome === 'lobby',
    };
  }

  private answerFor(room: Room, seat: NewSeat, signaling: SignalingAddress[]): Joined {
    const { tokens, iceServers } = this.context;
    const { participantId, role, tokenId } = seat;
    const subject = { ...room.key, participantId, role, grants: grantsOf(role, room.policy) };
    const { token, expiresAt } = tokens.issueJoin(subject, tokenId);
    return {
      participant_id: participantId,
      state: seat.inLobby ? 'lobby' : 'admitted',
      join_token: token,
      expires_at: isoTime(expiresAt),
      signaling,
      ice_servers: [...iceServers],
    };
  }
}

function keptOf({ opened, now, isReturning, block }: JoinFacts): KeptFacts {
  const { meeting, credential } = opened as NonNullable<JoinFacts['opened']>;
  const { role, uses, lobbyBypass } = credential;
  const counted = { role, uses, lobbyBypass, expiresAt: null, maxUses: null };
  return { now, isReturning, block, endedAt: meeting.endedAt, credential: counted };
}

function shownBy({ isMember, passcodeShown, passcodeTried, consented }: Visitor) {
  return { isMember, passcodeShown, passcodeTried, consented };
}

function checkMisses(retryAfterMs: number): void {
  if (retryAfterMs === 0) return;
  throw new ControlError('rate_limited', 'Too many links that open nothing.', { retryAfterMs });
}

function visitorFrom(
  opened: Opened | null,
  principal: Principal,
  { consent, device_id }: Pick<Wish, 'consent' | 'device_id'>,
): Visitor {
  const userId = 'userId' in principal ? principal.userId : null;
  return {
    userId,
    inviteId: opened?.inviteId ?? null,
    deviceHash: device_id === undefined ? null : hashSecret(device_id).toString('hex'),
    ingestKeyId: null,
    isMember: userId !== null,
    isPersonalInvite: opened?.isPersonalInvite ?? false,
    consented: consent ?? null,
    passcodeShown: opened?.passcodeShown ?? false,
    passcodeTried: opened?.passcodeTried ?? false,
  };
}
