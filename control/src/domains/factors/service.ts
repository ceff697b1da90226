import type { Bus } from '../../bus/bus.js';
import type { Clock } from '../../clock.js';
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
  CreatedSecurityKey,
  CreatedTotp,
  Factor,
  FactorConfirmation,
  Listed,
  NewFactor,
  ShownFactor,
} from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import type { SessionsService } from '../sessions/service.js';
import type { UsersService } from '../users/service.js';
import { AuthenticatorApps } from './authenticator-apps.js';
import { forgetChallenges } from './challenges.js';
import { LoginCheck } from './login-check.js';
import { Misses } from './misses.js';
import { present } from './present.js';
import { newRecoveryCodes, recoveryHash } from './recovery-codes.js';
import * as refusals from './refusals.js';
import { type RelyingParty, relyingPartyOf } from './relying-party.js';
import type { FactorRecord, Proof } from './repository.js';
import * as repository from './repository.js';
import { maxFactors, noId } from './repository.js';
import { challengeLifeMs, SecurityKeys } from './security-keys.js';
import { uriOf } from './totp.js';

export interface FactorsContext {
  database: Database;
  idempotency: Idempotency;
  keys: KeyRing;
  users: UsersService;
  sessions: SessionsService;
  bus: Bus;
  clock: Clock;
  ids: Ids;
  /** May administrators act without having shown a second factor? */
  adminSecondFactor: 'required' | 'optional';
  /** `http.origin`: whose pages security keys sign for. */
  publicOrigin: string | null;
  security: SecurityLog;
}

const unconfirmedLifeMs = 3_600_000;
/** What only confirming or the kind gives it. */
const unproven = {
  secretSealed: null,
  credentialId: null,
  publicKey: null,
  signCount: null,
  transports: null,
  confirmedAt: null,
  lastUsedAt: null,
} as const;
const defaultNames = { totp: 'Authenticator', webauthn: 'Security key' } as const;

/** Second factors: apps with codes, security keys, and recovery codes, which are kept hashed. */
export class FactorsService {
  private readonly misses: Misses;
  private readonly apps: AuthenticatorApps;
  private readonly securityKeys: SecurityKeys;
  private readonly loginCheck: LoginCheck;

  constructor(private readonly context: FactorsContext) {
    const misses = new Misses(context);
    const apps = new AuthenticatorApps(context);
    const securityKeys = new SecurityKeys(context);
    this.misses = misses;
    this.apps = apps;
    this.securityKeys = securityKeys;
    this.loginCheck = new LoginCheck({ ...context, misses, apps, securityKeys });
  }

  /**
   * It counts when a first code, or the key itself, has proven that it works.
   * @param origin what the request came to.
   * @throws ControlError `forbidden` unless the login is fresh and has shown a factor where there is
   *   one, `limit_reached`, `bad_request`, `conflict` for a security key where no name is ours.
   */
  async create(
    by: UserPrincipal,
    request: CreatingRequest & { payload: NewFactor },
    origin: string,
  ): Promise<GivenAnswer<CreatedFactor>> {
    const { idempotency, clock, ids, sessions, users } = this.context;
    const stored = await idempotency.replay<CreatedFactor>(request);
    if (stored !== null) return stored;
    await sessions.requireFresh(by);
    const { kind, name } = request.payload;
    const factor: FactorRecord = {
      ...unproven,
      userId: by.userId,
      factorId: ids.next(),
      kind,
      name: name === undefined ? defaultNames[kind] : cleanName(name, '/name'),
      createdAt: new Date(clock.now()),
    };
    const owner = await users.find(by.userId);
    const party = this.partyAt(origin);
    if (kind === 'webauthn' && party === null) throw refusals.needsName();
    return idempotency.run(request, async (tx) => {
      const others = await this.makeRoom(tx, by);
      const body =
        party === null || kind === 'totp'
          ? await this.beginApp(tx, factor, owner)
          : await this.beginKey(tx, factor, { ...owner, others }, party);
      return { status: 201, body };
    });
  }

  async list(userId: string, wish: PageWish): Promise<Listed<Factor>> {
    const { database } = this.context;
    const rows = await repository.listFactors(database, userId, wish.after, wish.limit + 1);
    return pageOf.list(rows, wish.limit, (row) => row.factorId, present);
  }

  /**
   * The proof: from now on logins need it. All sessions end; the one that asks goes on under a new
   * token, as one that has shown a second factor.
   * @returns also the token of the new session.
   * @throws ControlError `not_found`, `already_done`, `bad_request` for a wrong proof, `conflict` for a
   *   key that the account has already, `forbidden` for a login without the factor that there is,
   *   `rate_limited`.
   */
  async confirm(
    by: UserPrincipal,
    given: FactorConfirmation & { factorId: string; userAgent: string; origin: string },
  ): Promise<{ token: string; confirmed: ConfirmedFactor }> {
    const { database, clock, keys, sessions, users, security } = this.context;
    const { userId } = by;
    const factor = await this.find(userId, given.factorId);
    if (factor.confirmedAt !== null) throw refusals.alreadyDone();
    const proof = await this.prove(factor, given);
    const codes = newRecoveryCodes();
    const at = new Date(clock.now());
    const hashes = codes.map((one) => recoveryHash(keys, userId, one));
    const { ended, token } = await database.transaction(async (tx) => {
      await this.lockFor(tx, by);
      if (!(await proof(tx, at))) throw refusals.alreadyDone();
      await repository.replaceRecoveryCodes(tx, userId, hashes);
      await users.bumpVersion(tx, userId);
      const ended = await sessions.revokeAllIn(tx, userId);
      const { userAgent } = given;
      const begun = await sessions.begin(tx, { userId, userAgent, secondFactor: true });
      return { ended, token: begun.token };
    });
    await this.misses.forget(userId);
    sessions.announce(ended);
    security.write('factor.added', { user_id: userId, factor_id: factor.factorId });
    const shown = present({ ...factor, confirmedAt: at, lastUsedAt: at });
    return { token, confirmed: { factor: shown, recovery_codes: codes } };
  }

  /**
   * All other sessions end. With the last one the recovery codes go too.
   * @throws ControlError `not_found`, `forbidden` unless the login is fresh and has shown a factor
   *   where there is one, `conflict` for the last one of an administrator who needs one.
   */
  async remove(by: UserPrincipal, factorId: string): Promise<void> {
    const { database, sessions, users } = this.context;
    await sessions.requireFresh(by);
    const ended = await database.transaction(async (tx) => {
      const { user, all } = await this.lockFor(tx, by);
      const factor = all.find((one) => one.factorId === factorId);
      if (factor === undefined) throw refusals.notFound();
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
    this.context.security.write('factor.removed', { user_id: by.userId, factor_id: factorId });
  }

  /** See `LoginCheck`. */
  accept(userId: string, shown: ShownFactor, origin: string): Promise<void> {
    return this.loginCheck.accept(userId, shown, this.partyAt(origin));
  }

  async forget(tx: Queryable, userId: string): Promise<void> {
    await repository.forgetFactors(tx, userId);
    await forgetChallenges(tx, userId);
  }

  private async find(userId: string, factorId: string): Promise<FactorRecord> {
    const factor = isId(factorId)
      ? await repository.findFactor(this.context.database, userId, factorId)
      : null;
    if (factor === null) throw refusals.notFound();
    return factor;
  }

  private partyAt(origin: string): RelyingParty | null {
    return relyingPartyOf(this.context.publicOrigin, origin);
  }

  /**
   * Nobody else changes what this account has until the transaction ends.
   * @throws ControlError `forbidden` when it has a factor that counts and this login has shown none.
   */
  private async lockFor(tx: Queryable, { userId, secondFactor }: UserPrincipal) {
    const user = await this.context.users.lock(tx, userId);
    const all = await repository.listFactors(tx, userId, noId, maxFactors);
    const counts = all.some(({ confirmedAt }) => confirmedAt !== null);
    if (counts && secondFactor !== true) throw refusals.needsFactor();
    return { user, all };
  }

  /** @returns those that the account has. */
  private async makeRoom(tx: Queryable, by: UserPrincipal): Promise<FactorRecord[]> {
    await this.lockFor(tx, by);
    const { userId } = by;
    const now = this.context.clock.now();
    await repository.deleteUnconfirmed(tx, userId, {
      appsBefore: new Date(now - unconfirmedLifeMs),
      keysBefore: new Date(now - challengeLifeMs),
    });
    const all = await repository.listFactors(tx, userId, noId, maxFactors);
    if (all.length < maxFactors) return all;
    throw new ControlError('limit_reached', `An account has ${maxFactors} factors at most.`);
  }

  private async beginApp(
    tx: Queryable,
    factor: FactorRecord,
    { email }: { email: string },
  ): Promise<CreatedTotp> {
    const { seed, sealed } = this.apps.newSeed(factor);
    await repository.insertFactor(tx, { ...factor, secretSealed: sealed });
    return { ...present(factor), kind: 'totp', secret: seed, uri: uriOf(seed, email) };
  }

  private async beginKey(
    tx: Queryable,
    factor: FactorRecord,
    owner: { email: string; username: string; others: readonly FactorRecord[] },
    party: RelyingParty,
  ): Promise<CreatedSecurityKey> {
    await repository.insertFactor(tx, factor);
    const webauthn = await this.securityKeys.begin(tx, factor, owner, party);
    return { ...present(factor), kind: 'webauthn', webauthn };
  }

  private async prove(
    factor: FactorRecord,
    { code, credential, origin }: FactorConfirmation & { origin: string },
  ): Promise<Proof> {
    const field = factor.kind === 'totp' ? 'code' : 'credential';
    if ((field === 'code' ? code : credential) === undefined) throw refusals.lacking(field);
    await this.misses.take(factor.userId);
    const party = this.partyAt(origin);
    let proof: Proof | null = null;
    if (field === 'code') proof = this.apps.prove(factor, code as string);
    else if (credential && party) proof = await this.securityKeys.prove(factor, credential, party);
    if (proof !== null) return proof;
    throw refusals.wrong(field);
  }
}
