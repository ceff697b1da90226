import { type Clock, isoTime } from '../../clock.js';
import { ControlError, toControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids } from '../../ids.js';
import type { Tokens } from '../../keys/tokens.js';
import type { Join, JoinCheck, JoinChecked, Joined } from '../../schemas/http.js';
import type { IceServer, Role, SignalingAddress } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';
import { type BucketRate, BucketTable } from '../../token-bucket.js';
import type { MeetingRecord, MeetingsService, OpenedLink } from '../meetings/service.js';
import type { ModerationService } from '../moderation/service.js';
import { grantsOf, type Room, type RoomsService, reserveSeat } from '../rooms/service.js';
import { cleanName } from './display-name.js';
import { type Credential, decideJoin, type JoinFacts } from './policy.js';

export { cleanName } from './display-name.js';

export interface JoinContext {
  meetings: MeetingsService;
  rooms: RoomsService;
  moderation: ModerationService;
  idempotency: Idempotency;
  tokens: Tokens;
  clock: Clock;
  ids: Ids;
  iceServers: readonly IceServer[];
  /** Refusals per address, against trying codes out. */
  misses: BucketRate;
  onResult: (result: string) => void;
}

type Typed = Pick<Join, 'code' | 'secret' | 'passcode'>;

interface Admission {
  link: OpenedLink;
  role: Role;
}

/** Lets people and programs in, by the one policy. */
export class JoinService {
  private readonly misses: BucketTable;

  constructor(private readonly context: JoinContext) {
    this.misses = new BucketTable(context.misses, context.clock);
  }

  /** What a link opens, without opening it. @throws ControlError as `join`. */
  async check(wanted: JoinCheck, address: string): Promise<JoinChecked> {
    const { link } = await this.decide(wanted, null, address);
    const room = this.context.rooms.find(link.meeting.meetingId);
    return {
      title: link.meeting.title,
      host_present: room?.hostPresent ?? false,
      needs: ['name'],
      lobby: false,
      recording_active: false,
      server_time: isoTime(this.context.clock.now()),
    };
  }

  /**
   * Reserves a seat and answers with the token that takes it.
   * @throws ControlError `join_refused` without a valid credential, the exact code with one,
   *   `rate_limited` after too many refusals of one address, `no_capacity`.
   */
  async join(
    request: CreatingRequest & { payload: Join },
    address: string,
    signaling: SignalingAddress[],
  ): Promise<GivenAnswer<Joined>> {
    const { idempotency } = this.context;
    const stored = await idempotency.replay<Joined>(request);
    if (stored !== null) return stored;
    const { payload } = request;
    const name = cleanName(payload.display_name);
    const deviceHash = payload.device_id === undefined ? null : hashSecret(payload.device_id);
    const admission = await this.decide(payload, deviceHash, address);
    const room = await this.openRoom(admission.link.meeting.meetingId);
    const answer = await idempotency.run(request, async (tx) => ({
      status: 201,
      body: await this.admit(tx, { room, admission, name, deviceHash, signaling }),
    }));
    this.context.onResult('admitted');
    return answer;
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
  async admitEndpoint(
    meeting: MeetingRecord,
    credential: Credential,
    deviceHash: Buffer,
  ): Promise<Role> {
    return this.ask({ meeting, credential }, deviceHash);
  }

  private async decide(
    typed: Typed,
    deviceHash: Buffer | null,
    address: string,
  ): Promise<Admission> {
    const bucket = this.misses.of(address);
    const wait = bucket.wait();
    if (wait > 0) {
      throw new ControlError('rate_limited', 'Too many links that open nothing.', {
        retryAfterMs: wait,
      });
    }
    const link = await this.context.meetings.openLink(typed.code, typed.secret ?? '');
    if (link === null) bucket.take();
    const opened = link && { meeting: link.meeting, credential: link.invite };
    const role = await this.ask(opened, deviceHash);
    return { link: link as OpenedLink, role };
  }

  private async ask(opened: JoinFacts['opened'], deviceHash: Buffer | null): Promise<Role> {
    const { moderation, rooms, clock } = this.context;
    const meetingId = opened?.meeting.meetingId;
    const room = meetingId === undefined ? undefined : rooms.find(meetingId);
    const decision = decideJoin({
      opened,
      now: clock.now(),
      blocked: meetingId !== undefined && (await moderation.isBlocked(meetingId, deviceHash)),
      hostPresent: room?.hostPresent ?? false,
      seatsTaken: room?.seats.size ?? 0,
    });
    if (decision.admitted) return decision.role;
    this.context.onResult(decision.code);
    throw new ControlError(decision.code, decision.detail);
  }

  private async admit(
    tx: Queryable,
    seat: {
      room: Room;
      admission: Admission;
      name: string;
      deviceHash: Buffer | null;
      signaling: SignalingAddress[];
    },
  ): Promise<Joined> {
    const { ids, clock, tokens, meetings } = this.context;
    const { room, admission } = seat;
    const participantId = ids.next();
    const tokenId = ids.next();
    await reserveSeat(tx, {
      meetingId: room.key.meetingId,
      roomId: room.key.roomId,
      participantId,
      inviteId: admission.link.invite.inviteId,
      displayName: seat.name,
      role: admission.role,
      deviceHash: seat.deviceHash,
      tokenId,
      createdAt: new Date(clock.now()),
    });
    await meetings.countUse(tx, admission.link);
    const grants = grantsOf(admission.role, room.policy);
    const subject = { ...room.key, participantId, role: admission.role, grants };
    const { token, expiresAt } = await tokens.issueJoin(subject, tokenId);
    return {
      participant_id: participantId,
      state: 'admitted',
      join_token: token,
      expires_at: isoTime(expiresAt),
      signaling: seat.signaling,
      ice_servers: [...this.context.iceServers],
    };
  }
}
