import type { Clock } from '../../clock.js';
import { ControlError, toControlError } from '../../control-error.js';
import { hashSecret, type Ids } from '../../ids.js';
import type { EndpointKind } from '../../schemas/values.js';
import type { IngestKeyRecord, IngestKeysService, Scope } from '../ingest-keys/service.js';
import type { JoinService } from '../join/service.js';
import type { MeetingRecord, MeetingsService } from '../meetings/service.js';
import { EndpointDoor, EndpointSeat, type Room, type RoomsService } from '../rooms/service.js';

export interface EndpointsContext {
  meetings: MeetingsService;
  ingestKeys: IngestKeysService;
  joins: JoinService;
  rooms: RoomsService;
  clock: Clock;
  ids: Ids;
  onResult: (result: string) => void;
}

/** The address of a session: of the endpoint's one transport, which is named as its participant. */
export interface SessionAddress {
  kind: EndpointKind;
  meetingId: string;
  transportId: string;
}

const scopeOf: Record<EndpointKind, Scope> = { whip: 'publish', whep: 'view' };
/** For a player that came before any publisher (draft-ietf-wish-whep, "Session Management"). */
const nobodyPublishesRetryMs = 5000;
/** For a program that waits for a host. */
const knockRetryMs = 5000;
const openCredential = { role: 'participant', maxUses: null, uses: 0, lobbyBypass: false } as const;

/**
 * WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): programs that join a room by one HTTP request.
 * Who gets in is decided where it is decided for people: join/policy.ts.
 */
export class EndpointsService {
  private readonly door: EndpointDoor;

  constructor(private readonly context: EndpointsContext) {
    this.door = new EndpointDoor(context.ids);
  }

  /** @throws ControlError `unauthenticated`, `forbidden` (another scope). */
  async authenticate(
    kind: EndpointKind,
    meetingId: string,
    bearer: string,
  ): Promise<IngestKeyRecord> {
    const key = await this.context.ingestKeys.find(meetingId, bearer);
    if (key === null || key.expiresAt.getTime() <= this.context.clock.now()) {
      throw new ControlError('unauthenticated', 'The key is not valid (any more).');
    }
    if (key.scope !== scopeOf[kind]) {
      throw new ControlError('forbidden', `This key is one to ${key.scope}.`);
    }
    return key;
  }

  /**
   * Answers an offer; the session is there when this resolves, and nothing is when it rejects.
   * Its seat is at the place of `region`, that of the process to which the program came.
   * @throws ControlError of the join policy; `bad_request` (the description), `codec_unsupported`,
   *   `conflict` (nobody publishes yet), `no_capacity`.
   */
  async open(
    kind: EndpointKind,
    key: IngestKeyRecord,
    { sdp, region }: { sdp: string; region: string },
  ): Promise<{ seat: EndpointSeat; sdp: string }> {
    const { meetings, joins, rooms } = this.context;
    const meeting = await meetings.find(key.meetingId);
    if (meeting === null) throw new ControlError('not_found', 'There is no such meeting.');
    const { ingestKeyId, name } = key;
    const deviceHash = hashSecret(`ingest key ${ingestKeyId}`).toString('hex');
    const credential = { ...key, ...openCredential };
    const program = { ...this.proofsOf(key), credential, deviceHash, ingestKeyId };
    const { outcome, role, decideIn } = await joins.admitProgram(meeting, program);
    await rooms.checkCapacity(meeting.meetingId);
    const knock = (room: Room) => this.knock(room, ingestKeyId, { kind, name });
    if (outcome === 'lobby') knock(await rooms.open(meeting.meetingId));
    if (kind === 'whep') this.checkPublished(meeting);
    const room = await rooms.open(meeting.meetingId);
    if (decideIn(room) === 'lobby') knock(room);
    const { secretHash } = key;
    const shown = { ingestKeyId, secretHash, deviceHash };
    const wanted = { kind, name, role, sdp, key: shown, consented: key.consent };
    const place = await rooms.placeFor(room, region);
    const entered = await this.door.enter(room, place, wanted).catch((error) => {
      throw refusalOf(error);
    });
    this.context.onResult('joined');
    return entered;
  }

  /** What its key was made with, by whom. */
  private proofsOf(key: IngestKeyRecord) {
    const { ingestKeys } = this.context;
    return {
      passcode: ingestKeys.passcodeOf(key),
      consented: key.consent,
      isMember: key.isMembers,
    };
  }

  /**
   * A request cannot wait as long as a host needs: the program is told to ask again.
   * @throws ControlError `conflict` until a host has let it in.
   */
  private knock(
    room: Room,
    ingestKeyId: string,
    program: { kind: EndpointKind; name: string },
  ): void {
    const id = this.context.ids.next();
    if (room.lobby.knock(ingestKeyId, { ...program, id })) return;
    throw new ControlError('conflict', 'A host has to let it in first.', {
      retryAfterMs: knockRetryMs,
    });
  }

  private checkPublished({ meetingId }: MeetingRecord): void {
    if ((this.context.rooms.find(meetingId)?.publications.size ?? 0) > 0) return;
    throw new ControlError('conflict', 'Nobody publishes yet.', {
      retryAfterMs: nobodyPublishesRetryMs,
    });
  }

  /**
   * Candidates or an ICE restart, for the ICE session that `matches` accepts.
   * @returns the fragment of a restart, null when there is nothing to say.
   * @throws ControlError `not_found`, `precondition_failed`, `bad_request`.
   */
  async patch(
    address: SessionAddress,
    bearer: string,
    matches: (etag: string) => boolean,
    fragment: string,
  ): Promise<{ etag: string; fragment: string } | null> {
    const { room, seat } = this.find(address, bearer);
    return seat.inTurn(async () => {
      if (!matches(seat.etag)) {
        throw new ControlError('precondition_failed', 'The ICE session is another by now.');
      }
      const { direction } = seat;
      const { client, ref } = room.placeOf(seat);
      const call = { ...ref, participantId: seat.id, direction, fragment };
      const answer = await client.patchEndpoint(call).catch((error) => {
        throw refusalOf(error);
      });
      if (answer.fragment === null) return null;
      seat.etag = this.context.ids.next();
      return { etag: seat.etag, fragment: answer.fragment };
    });
  }

  /** Ends the session at once; resolves when that is durable. @throws ControlError `not_found`. */
  async close(address: SessionAddress, bearer: string): Promise<void> {
    const { room, seat } = this.find(address, bearer);
    await room.release(seat, 'left');
  }

  /**
   * The session, for whoever has the key that opened it. A key that has expired meanwhile still
   * serves its sessions; a revoked one has none.
   * @throws ControlError `not_found`, also for the sessions of other keys.
   */
  find(
    { kind, meetingId, transportId }: SessionAddress,
    bearer: string,
  ): { room: Room; seat: EndpointSeat } {
    const room = this.context.rooms.find(meetingId);
    const seat = room?.seats.get(transportId);
    const isTheirs =
      seat instanceof EndpointSeat &&
      seat.participant.kind === kind &&
      seat.key.secretHash.equals(hashSecret(bearer));
    if (room === undefined || !isTheirs) {
      throw new ControlError('not_found', 'There is no such session.');
    }
    return { room, seat };
  }
}

/** RFC 9725 §4.4: what is wrong with a description is 400, also what it holds too much of. */
function refusalOf(error: unknown): ControlError {
  const refusal = toControlError(error);
  switch (refusal.code) {
    case 'sdp_rejected':
      return new ControlError('bad_request', refusal.message);
    case 'limit_reached':
      return new ControlError('no_capacity', 'The media node takes no more.');
    case 'internal':
      throw error;
    default:
      return refusal;
  }
}
