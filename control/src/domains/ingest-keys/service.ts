import { type Clock, isoTime, parseTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids, isId } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { pageOf } from '../../plugins/page.js';
import type {
  CreatedIngestKey,
  IngestKey,
  IngestKeys,
  NewIngestKey,
  Page,
} from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database } from '../../store/database.js';
import { cleanName } from '../join/service.js';
import { type MeetingRecord, sealPasscode, unsealPasscode } from '../meetings/service.js';
import { EndpointSeat, type RoomsService } from '../rooms/service.js';
import type { ActingHost } from './host-authority.js';
import type { IngestKeyRecord, Scope } from './repository.js';
import * as repository from './repository.js';

export { type ActingHost, HostAuthority } from './host-authority.js';
export type { IngestKeyRecord, Scope } from './repository.js';

export interface IngestKeysContext {
  database: Database;
  idempotency: Idempotency;
  rooms: RoomsService;
  keys: KeyRing;
  clock: Clock;
  ids: Ids;
  security: SecurityLog;
}

const dayMs = 86_400_000;
const defaultLifeMs = dayMs;
const maxLifeMs = 30 * dayMs;
const defaultNames: Record<Scope, string> = { publish: 'Stream', view: 'Viewer' };
const pathOf: Record<Scope, string> = { publish: 'whip', view: 'whep' };

/** Keys of programs that publish (WHIP) or watch (WHEP). Kept as hashes; shown once. */
export class IngestKeysService {
  constructor(private readonly context: IngestKeysContext) {}

  /**
   * @throws ControlError `bad_request` for an expiry that is past or further than 30 days, and for a
   *   passcode that is not the meeting's.
   */
  async create(
    host: ActingHost,
    request: CreatingRequest & { payload: NewIngestKey },
    origin: string,
  ): Promise<GivenAnswer<CreatedIngestKey>> {
    const { ids, idempotency } = this.context;
    const { meetingId } = host.meeting;
    const answer = await idempotency.run(request, async (tx) => {
      const secret = ids.secret();
      const key = this.newKey(host, request.payload, secret);
      await repository.insertKey(tx, key, host);
      const url = `${origin}/v1/${pathOf[key.scope]}/${meetingId}`;
      return { status: 201, body: { ...present(key), key: secret, url } };
    });
    const { ingest_key_id, scope } = answer.body;
    const made = { meeting_id: meetingId, ingest_key_id, scope };
    if (!answer.replayed) this.context.security.write('ingest_key.made', made);
    return answer;
  }

  private newKey(host: ActingHost, wanted: NewIngestKey, secret: string): IngestKeyRecord {
    const { ids, clock } = this.context;
    const { scope, name, expires_at, passcode, consent = false } = wanted;
    return {
      meetingId: host.meeting.meetingId,
      ingestKeyId: ids.next(),
      scope,
      name: name === undefined ? defaultNames[scope] : cleanName(name, '/name'),
      secretHash: hashSecret(secret),
      passcodeSealed: passcode === undefined ? null : this.sealFitting(host.meeting, passcode),
      consent,
      isMembers: host.userId !== null,
      expiresAt: expiryOf(expires_at, clock.now()),
      createdAt: new Date(clock.now()),
    };
  }

  /** A wrong passcode is told at once: the program could only be refused later on. */
  private sealFitting({ meetingId, passcodeSealed }: MeetingRecord, typed: string): Buffer {
    const { keys } = this.context;
    const passcode = unsealPasscode(keys, meetingId, passcodeSealed);
    if (passcode === null || passcode === typed.normalize('NFC')) {
      return sealPasscode(keys, meetingId, typed);
    }
    throw new ControlError('bad_request', 'The meeting has another passcode.', {
      errors: [{ pointer: '/passcode', code: 'passcode', detail: 'not the one of the meeting' }],
    });
  }

  /** @throws ControlError `bad_request` for a cursor of another making. */
  async list(meetingId: string, page: Page): Promise<IngestKeys> {
    const place = pageOf.read(page);
    const found = await repository.listKeys(this.context.database, meetingId, place);
    return pageOf.list(found, place.limit, (key) => key.ingestKeyId, present);
  }

  /** Ends the key and every endpoint that came with it. @throws ControlError `not_found`. */
  async revoke(meetingId: string, ingestKeyId: string): Promise<void> {
    const { database, clock, rooms } = this.context;
    const at = new Date(clock.now());
    const known = isId(ingestKeyId);
    if (!known || !(await repository.revokeKey(database, meetingId, ingestKeyId, at))) {
      throw new ControlError('not_found', 'There is no such key.');
    }
    const revoked = { meeting_id: meetingId, ingest_key_id: ingestKeyId };
    this.context.security.write('ingest_key.revoked', revoked);
    const room = rooms.find(meetingId);
    const seats = [...(room?.seats.values() ?? [])].filter(
      (seat) => seat instanceof EndpointSeat && seat.key.ingestKeyId === ingestKeyId,
    );
    await Promise.all(seats.map((seat) => room?.release(seat, 'removed')));
  }

  /** The passcode that the key was made with. */
  passcodeOf({ meetingId, passcodeSealed }: IngestKeyRecord): string | null {
    return unsealPasscode(this.context.keys, meetingId, passcodeSealed);
  }

  /** The key that a bearer token is, whatever its scope; null for everything else. */
  async find(meetingId: string, bearer: string): Promise<IngestKeyRecord | null> {
    if (!isId(meetingId)) return null;
    return repository.findKey(this.context.database, meetingId, hashSecret(bearer));
  }
}

function expiryOf(wanted: string | undefined, now: number): Date {
  const at = wanted === undefined ? now + defaultLifeMs : parseTime(wanted);
  if (at !== null && at > now && at <= now + maxLifeMs) return new Date(at);
  throw new ControlError('bad_request', 'A key lives for 30 days at most.', {
    errors: [{ pointer: '/expires_at', code: 'range', detail: 'a time in the next 30 days' }],
  });
}

function present(key: IngestKeyRecord): IngestKey {
  return {
    ingest_key_id: key.ingestKeyId,
    scope: key.scope,
    name: key.name,
    expires_at: isoTime(key.expiresAt.getTime()),
    created_at: isoTime(key.createdAt.getTime()),
  };
}
