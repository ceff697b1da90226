import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { type Ids, isId } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { cleanName } from '../../names.js';
import { type PageWish, pageOf } from '../../plugins/page.js';
import type { UserPrincipal } from '../../principal.js';
import type {
  ConfirmedFactor,
  CreatedFactor,
  Factor,
  Listed,
  NewFactor,
} from '../../schemas/http.js';
import type { Database, Queryable } from '../../store/database.js';
import { BucketTable } from '../../token-bucket.js';
import type { SessionsService } from '../sessions/service.js';
import type { UsersService } from '../users/service.js';
import { newRecoveryCodes, recoveryHash } from './recovery-codes.js';
import type { FactorRecord } from './repository.js';
import * as repository from './repository.js';
import { newSeed, stepOf, uriOf } from './totp.js';

export interface FactorsContext {
  database: Database;
  idempotency: Idempotency;
  keys: KeyRing;
  users: UsersService;
  sessions: SessionsService;
  clock: Clock;
  ids: Ids;
  /** May administrators act without having shown a second factor? */
  adminSecondFactor: 'required' | 'optional';
}

/** Of an account; more would only help who guesses. */
const maxFactors = 5;
const unconfirmedLifeMs = 3_600_000;
/** Wrong codes of an account: five, then one in five minutes (three codes in a million are right). */
const misses = { perSecond: 1 / 300, burst: 5 };

/** Second factors: TOTP (RFC 6238) with seeds sealed, and recovery codes, hashed. */
export class FactorsService {
  private readonly misses: BucketTable;

  constructor(private readonly context: FactorsContext) {
    this.misses = new BucketTable(misses, context.clock);
  }

  /**
   * It counts when a first code has proven that it works.
   * @throws ControlError `forbidden` unless the login is fresh, `limit_reached`, `bad_request`.
   */
  async create(
    by: UserPrincipal,
    request: CreatingRequest & { payload: NewFactor },
  ): Promise<GivenAnswer<CreatedFactor>> {
    const { idempotency, keys, clock, ids, sessions, users } = this.context;
    const stored = await idempotency.replay<CreatedFactor>(request);
    if (stored !== null) return stored;
    await sessions.requireFresh(by);
    const { email } = await users.find(by.userId);
    const seed = newSeed();
    const factorId = ids.next();
    const { kind, name } = request.payload;
    const factor: FactorRecord = {
      userId: by.userId,
      factorId,
      kind,
      name: name === undefined ? 'Authenticator' : cleanName(name, '/name'),
      secretSealed: keys.seal(seed, sealContext(by.userId, factorId)),
      confirmedAt: null,
      createdAt: new Date(clock.now()),
    };
    return idempotency.run(request, async (tx) => {
      await this.makeRoom(tx, by.userId);
      await repository.insertFactor(tx, factor);
      return { status: 201, body: { ...present(factor), secret: seed, uri: uriOf(seed, email) } };
    });
  }

  async list(userId: string, wish: PageWish): Promise<Listed<Factor>> {
    const { database } = this.context;
    const rows = await repository.listFactors(database, userId, wish.after, wish.limit + 1);
    return pageOf.list(rows, wish.limit, (row) => row.factorId, present);
  }

  /**
   * A first code: from now on logins need one. All sessions end; the one that asks goes on under a new
   * token, as one that has shown a second factor.
   * @returns also the token of the new session.
   * @throws ControlError `not_found`, `already_done`, `bad_request` for a wrong code, `rate_limited`.
   */
  async confirm(
    by: UserPrincipal,
    { factorId, code, userAgent }: { factorId: string; code: string; userAgent: string },
  ): Promise<{ token: string; confirmed: ConfirmedFactor }> {
    const { database, clock, keys, sessions, users } = this.context;
    const { userId } = by;
    const factor = await this.find(userId, factorId);
    if (factor.confirmedAt !== null) throw alreadyDone();
    const step = this.guess(userId, () => this.stepOf(factor, code));
    const codes = newRecoveryCodes();
    const at = new Date(clock.now());
    const hashes = codes.map((one) => recoveryHash(keys, userId, one));
    const { ended, token } = await database.transaction(async (tx) => {
      if (!(await repository.markConfirmed(tx, factor, at))) throw alreadyDone();
      await repository.takeStep(tx, factor, step);
      await repository.replaceRecoveryCodes(tx, userId, hashes);
      await users.bumpVersion(tx, userId);
      const ended = await sessions.revokeAllIn(tx, userId);
      const begun = await sessions.begin(tx, { userId, userAgent, secondFactor: true });
      return { ended, token: begun.token };
    });
    sessions.announce(ended);
    const confirmed = { factor: present({ ...factor, confirmedAt: at }), recovery_codes: codes };
    return { token, confirmed };
  }

  /**
   * All other sessions end. With the last one the recovery codes go too.
   * @throws ControlError `not_found`, `forbidden` unless the login is fresh, `conflict` for the last
   *   one of an administrator who needs one.
   */
  async remove(by: UserPrincipal, factorId: string): Promise<void> {
    const { database, sessions, users } = this.context;
    await sessions.requireFresh(by);
    const ended = await database.transaction(async (tx) => {
      const user = await users.lock(tx, by.userId);
      const all = await repository.listFactors(tx, by.userId, noId, maxFactors);
      const factor = all.find((one) => one.factorId === factorId);
      if (factor === undefined) throw notFound();
      await repository.deleteFactor(tx, factor);
      if (factor.confirmedAt === null) return [];
      const isLast = all.every((one) => one === factor || one.confirmedAt === null);
      if (isLast && user.isAdmin && this.context.adminSecondFactor === 'required') {
        throw new ControlError('conflict', 'An administrator keeps a second factor.');
      }
      if (isLast) await repository.forgetFactors(tx, by.userId);
      await users.bumpVersion(tx, by.userId);
      return sessions.revokeAllIn(tx, by.userId, by.sessionId);
    });
    sessions.announce(ended);
  }

  /**
   * Is it a code of this account, or a recovery code? Either is good once.
   * @throws ControlError `unauthenticated`, `rate_limited` after too many wrong ones.
   */
  async accept(userId: string, typed: string): Promise<void> {
    const { database, clock, keys } = this.context;
    const bucket = this.misses.of(userId);
    this.checkMisses(userId);
    const code = typed.trim();
    if (/^\d{6}$/.test(code)) {
      const all = await repository.listFactors(database, userId, noId, maxFactors);
      for (const factor of all.filter(({ confirmedAt }) => confirmedAt !== null)) {
        const step = this.stepOf(factor, code);
        if (step !== null && (await repository.takeStep(database, factor, step))) return;
      }
    } else {
      const hash = recoveryHash(keys, userId, code);
      const at = new Date(clock.now());
      if (await repository.takeRecoveryCode(database, userId, { hash, at })) return;
    }
    bucket.take();
    throw new ControlError('unauthenticated', 'The code is wrong, or was used.', {
      errors: [{ pointer: '/otp', code: 'otp_wrong', detail: 'another code, or a recovery code' }],
    });
  }

  async forget(tx: Queryable, userId: string): Promise<void> {
    await repository.forgetFactors(tx, userId);
  }

  private async find(userId: string, factorId: string): Promise<FactorRecord> {
    const factor = isId(factorId)
      ? await repository.findFactor(this.context.database, userId, factorId)
      : null;
    if (factor === null) throw notFound();
    return factor;
  }

  private async makeRoom(tx: Queryable, userId: string): Promise<void> {
    await this.context.users.lock(tx, userId);
    const old = new Date(this.context.clock.now() - unconfirmedLifeMs);
    await repository.deleteUnconfirmed(tx, userId, old);
    const all = await repository.listFactors(tx, userId, noId, maxFactors);
    if (all.length < maxFactors) return;
    throw new ControlError('limit_reached', `An account has ${maxFactors} factors at most.`);
  }

  private stepOf(factor: FactorRecord, code: string): number | null {
    const { keys, clock } = this.context;
    const seed = keys.unseal(factor.secretSealed, sealContext(factor.userId, factor.factorId));
    return stepOf(seed, code, clock.now());
  }

  private guess(userId: string, stepOfGuess: () => number | null): number {
    this.checkMisses(userId);
    const step = stepOfGuess();
    if (step !== null) return step;
    this.misses.of(userId).take();
    throw new ControlError('bad_request', 'The code is wrong.', {
      errors: [{ pointer: '/code', code: 'otp_wrong', detail: 'the code that the app shows now' }],
    });
  }

  private checkMisses(userId: string): void {
    const retryAfterMs = this.misses.of(userId).wait();
    if (retryAfterMs === 0) return;
    throw new ControlError('rate_limited', 'Too many wrong codes.', { retryAfterMs });
  }
}

/** Sorts before every id. */
const noId = '00000000-0000-0000-0000-000000000000';

function sealContext(userId: string, factorId: string): string {
  return `totp ${userId} ${factorId}`;
}

function present(factor: FactorRecord): Factor {
  return {
    factor_id: factor.factorId,
    kind: factor.kind,
    name: factor.name,
    confirmed_at: factor.confirmedAt && isoTime(factor.confirmedAt.getTime()),
    created_at: isoTime(factor.createdAt.getTime()),
  };
}

function notFound(): ControlError {
  return new ControlError('not_found', 'There is no such factor.');
}

function alreadyDone(): ControlError {
  return new ControlError('already_done', 'It was confirmed before.');
}
