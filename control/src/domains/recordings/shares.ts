import { timingSafeEqual } from 'node:crypto';
import { SharedLimit, type SharedLimitContext } from '../../bus/shared-limit.js';
import { isoTime, parseTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids, isId } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { networkOf } from '../../network-of.js';
import { pageOf } from '../../plugins/page.js';
import type { CreatedShare, Listed, NewShare, Page, Share, ShareKey } from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database } from '../../store/database.js';
import type { WindowLimit } from '../../token-bucket.js';
import type { ActingHost } from '../ingest-keys/service.js';
import type { RecordingRecord } from './repository.js';
import { lookUpRecording } from './repository.js';
import type { ShareRecord } from './shares-repository.js';
import * as repository from './shares-repository.js';

export interface SharesContext extends SharedLimitContext {
  database: Database;
  idempotency: Idempotency;
  keys: KeyRing;
  ids: Ids;
  security: SecurityLog;
  limits: ShareLimits;
}

export interface ShareLimits {
  /** Links that are none, of an address. */
  misses: WindowLimit;
  /** Wrong passcodes of an address, and of everybody who has the link. */
  passcodesPerAddress: WindowLimit;
  passcodesPerShare: WindowLimit;
}

const dayMs = 86_400_000;
const maxLifeMs = 366 * dayMs;
const maxShares = 100;

/** Links with which somebody without an account sees a recording. */
export class RecordingSharesService {
  private readonly misses: SharedLimit;
  private readonly byAddress: SharedLimit;
  private readonly byShare: SharedLimit;

  constructor(private readonly context: SharesContext) {
    const { limits } = context;
    this.misses = new SharedLimit('share-miss', limits.misses, context);
    this.byAddress = new SharedLimit('share-address', limits.passcodesPerAddress, context);
    this.byShare = new SharedLimit('share-passcode', limits.passcodesPerShare, context);
  }

  /** @throws ControlError `bad_request`, `limit_reached`, and those of idempotency. */
  async create(
    { recording, host }: { recording: RecordingRecord; host: ActingHost },
    request: CreatingRequest & { payload: NewShare },
    origin: string,
  ): Promise<GivenAnswer<CreatedShare>> {
    const { idempotency, ids, clock, security } = this.context;
    const { recordingId } = recording;
    const answer = await idempotency.run(request, async (tx) => {
      if ((await repository.countShares(tx, recordingId)) >= maxShares) {
        throw new ControlError('limit_reached', `A recording has ${maxShares} links at most.`);
      }
      const secret = ids.secret();
      const shareId = ids.next();
      const { passcode, expires_at: expiresAt } = request.payload;
      const share: ShareRecord = {
        recordingId,
        shareId,
        secretHash: hashSecret(secret),
        passcodeHash: passcode === undefined ? null : (this.hashes(shareId, passcode)[0] as string),
        expiresAt: expiryOf(expiresAt, clock.now()),
        createdAt: new Date(clock.now()),
      };
      await repository.insertShare(tx, share, host.userId ?? host.participantId);
      const url = `${origin}/r/${shareId}#k=${secret}`;
      return { status: 201, body: { ...present(share), url } };
    });
    const { share_id: shareId } = answer.body;
    if (!answer.replayed) {
      security.write('recording_share.made', detailOf(recording, shareId));
    }
    return answer;
  }

  /** @throws ControlError `bad_request` for a cursor of another making. */
  async list({ recordingId }: RecordingRecord, page: Page): Promise<Listed<Share>> {
    const place = pageOf.read(page);
    const rows = await repository.listShares(this.context.database, recordingId, place);
    return pageOf.list(rows, place.limit, (row) => row.shareId, present);
  }

  /** It opens nothing from now on. @throws ControlError `not_found`. */
  async revoke(recording: RecordingRecord, shareId: string): Promise<void> {
    const { database, security } = this.context;
    const { recordingId } = recording;
    if (!isId(shareId) || !(await repository.deleteShare(database, recordingId, shareId))) {
      throw new ControlError('not_found', 'There is no such link.');
    }
    security.write('recording_share.revoked', detailOf(recording, shareId));
  }

  /**
   * The recording that a link opens. Whatever is wrong with a link there is one answer; who has the
   * right one is told about the passcode.
   * @throws ControlError `not_found`, `passcode_required`, `rate_limited`.
   */
  async open(shareId: string, shown: ShareKey, address: string): Promise<RecordingRecord> {
    const { database } = this.context;
    const network = networkOf(address);
    checkMisses(await this.misses.wait(network));
    const share = isId(shareId) ? await repository.findShare(database, shareId) : null;
    // Again, and nothing else runs until it is counted: of many at once no more are looked at.
    checkMisses(this.misses.waitHere(network));
    if (share === null || !this.isRight(share, shown.secret)) {
      await this.misses.take(network);
      throw noLink();
    }
    await this.checkPasscode(share, shown.passcode, network);
    const recording = await lookUpRecording(database, share.recordingId);
    if (recording === null) throw noLink();
    return recording;
  }

  /** As `open`, by somebody who comes to see it: on record. */
  async enter(shareId: string, shown: ShareKey, address: string): Promise<RecordingRecord> {
    const recording = await this.open(shareId, shown, address);
    this.context.security.write('recording_share.opened', detailOf(recording, shareId));
    return recording;
  }

  private isRight({ secretHash, expiresAt }: ShareRecord, secret: string): boolean {
    const isSame = timingSafeEqual(secretHash, hashSecret(secret));
    return isSame && expiresAt.getTime() > this.context.clock.now();
  }

  private async checkPasscode(
    { shareId, passcodeHash }: ShareRecord,
    typed: string | undefined,
    network: string,
  ): Promise<void> {
    if (passcodeHash === null) return;
    if (typed === undefined) throw new ControlError('passcode_required', 'It has a passcode.');
    const attempts = `${shareId} ${network}`;
    checkMisses((await this.byAddress.wait(attempts)) || (await this.byShare.wait(shareId)));
    checkMisses(this.byAddress.waitHere(attempts) || this.byShare.waitHere(shareId));
    const right = Buffer.from(passcodeHash, 'hex');
    const isRight = this.hashes(shareId, typed).some((hash) =>
      timingSafeEqual(Buffer.from(hash, 'hex'), right),
    );
    if (isRight) return;
    await Promise.all([this.byAddress.take(attempts), this.byShare.take(shareId)]);
    throw new ControlError('passcode_required', 'It has another passcode.');
  }

  /** By the keys of today, and by those before them. */
  private hashes(shareId: string, passcode: string): string[] {
    const hashes = this.context.keys.fingerprints(passcode.normalize('NFC'), `share ${shareId}`);
    return hashes.map((hash) => hash.toString('hex'));
  }
}

function checkMisses(waitMs: number): void {
  if (waitMs === 0) return;
  throw new ControlError('rate_limited', 'Too many wrong tries.', { retryAfterMs: waitMs });
}

function noLink(): ControlError {
  return new ControlError('not_found', 'This link opens no recording (any more).');
}

function expiryOf(wanted: string, now: number): Date {
  const at = parseTime(wanted);
  if (at !== null && at > now && at <= now + maxLifeMs) return new Date(at);
  throw new ControlError('bad_request', 'A link is good for a year at most.', {
    errors: [{ pointer: '/expires_at', code: 'range', detail: 'a time in the next 366 days' }],
  });
}

function detailOf({ meetingId, recordingId }: RecordingRecord, shareId: string) {
  return { meeting_id: meetingId, recording_id: recordingId, share_id: shareId };
}

function present(share: ShareRecord): Share {
  return {
    share_id: share.shareId,
    recording_id: share.recordingId,
    has_passcode: share.passcodeHash !== null,
    expires_at: isoTime(share.expiresAt.getTime()),
    created_at: isoTime(share.createdAt.getTime()),
  };
}
