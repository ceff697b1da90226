import { type Clock, isoTime, parseTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids, isId } from '../../ids.js';
import { cleanName } from '../../names.js';
import { type PageWish, pageOf } from '../../plugins/page.js';
import { apiKeyPrefix } from '../../plugins/principals.js';
import type { KeyPrincipal, UserPrincipal } from '../../principal.js';
import type { Listed } from '../../schemas/http/common.js';
import type { ApiKey, CreatedApiKey, NewApiKey } from '../../schemas/http.js';
import type { SecurityEvent, SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import { Gatherer } from '../../store/gatherer.js';
import type { ApiKeyRecord, LiveApiKey } from './repository.js';
import * as repository from './repository.js';

/** `last_used_at` is written so often at most. */
const markEveryMs = 60_000;
/** Of one account; more would only make lost ones harder to find. */
const maxKeys = 100;

export interface ApiKeysContext {
  database: Database;
  idempotency: Idempotency;
  clock: Clock;
  ids: Ids;
  /** May administrators act without having shown a second factor? */
  adminSecondFactor: 'required' | 'optional';
  security: SecurityLog;
}

/** Keys with which programs act for an account. Kept as hashes; shown once. */
export class ApiKeysService {
  private readonly found: Gatherer<Buffer, LiveApiKey | null>;

  constructor(private readonly context: ApiKeysContext) {
    this.found = new Gatherer((hashes) => repository.findLive(context.database, hashes));
  }

  /** @throws ControlError `bad_request`, `limit_reached`. */
  async create(
    by: UserPrincipal,
    request: CreatingRequest & { payload: NewApiKey },
  ): Promise<GivenAnswer<CreatedApiKey>> {
    const { idempotency, ids, clock } = this.context;
    const { name, scopes, expires_at: expiresAt } = request.payload;
    const stored = await idempotency.replay<CreatedApiKey>(request);
    if (stored !== null) return stored;
    const secret = apiKeyPrefix + ids.secret();
    const key: ApiKeyRecord = {
      userId: by.userId,
      apiKeyId: ids.next(),
      name: cleanName(name, '/name'),
      scopes,
      secondFactor: by.secondFactor ?? false,
      expiresAt: expiresAt === undefined ? null : expiryOf(expiresAt, clock.now()),
      lastUsedAt: null,
      createdAt: new Date(clock.now()),
    };
    const answer = await idempotency.run(request, async (tx) => {
      if ((await repository.countKeys(tx, by.userId)) >= maxKeys) {
        throw new ControlError('limit_reached', `An account has ${maxKeys} keys at most.`);
      }
      await repository.insertKey(tx, key, hashSecret(secret));
      return { status: 201, body: { ...present(key), key: secret } };
    });
    if (!answer.replayed) this.note('api_key.made', by.userId, key.apiKeyId);
    return answer;
  }

  async list(userId: string, wish: PageWish): Promise<Listed<ApiKey>> {
    const { database } = this.context;
    const rows = await repository.listKeys(database, userId, wish.after, wish.limit + 1);
    return pageOf.list(rows, wish.limit, (row) => row.apiKeyId, present);
  }

  /** @throws ControlError `not_found` for one that is not (or no longer) theirs. */
  async revoke(userId: string, apiKeyId: string): Promise<void> {
    const { database, clock } = this.context;
    const at = new Date(clock.now());
    const revoked = isId(apiKeyId) ? await repository.revoke(database, userId, apiKeyId, at) : 0;
    if (revoked === 0) throw new ControlError('not_found', 'There is no such key.');
    this.note('api_key.revoked', userId, apiKeyId);
  }

  private note(event: SecurityEvent, userId: string, apiKeyId: string): void {
    this.context.security.write(event, { user_id: userId, api_key_id: apiKeyId });
  }

  async revokeAllIn(tx: Queryable, userId: string): Promise<void> {
    await repository.revoke(tx, userId, null, new Date(this.context.clock.now()));
  }

  async forget(tx: Queryable, userId: string): Promise<void> {
    await repository.deleteKeys(tx, userId);
  }

  /** Whom a bearer acts for; null when it is not (or no longer) a key. */
  async authenticate(secret: string): Promise<KeyPrincipal | null> {
    const { database, clock, adminSecondFactor } = this.context;
    const key = await this.found.add(hashSecret(secret));
    const now = clock.now();
    if (key === null || (key.expiresAt !== null && key.expiresAt.getTime() <= now)) return null;
    if (now - (key.lastUsedAt?.getTime() ?? 0) >= markEveryMs) {
      await repository.markUsed(database, key, new Date(now));
    }
    const mayAct = key.secondFactor || adminSecondFactor === 'optional';
    const { userId, apiKeyId, scopes } = key;
    return { kind: 'key', userId, apiKeyId, scopes, isAdmin: key.isAdmin && mayAct };
  }
}

function expiryOf(wanted: string, now: number): Date {
  const at = parseTime(wanted);
  if (at !== null && at > now) return new Date(at);
  throw new ControlError('bad_request', 'The key would never be good.', {
    errors: [{ pointer: '/expires_at', code: 'range', detail: 'a time to come' }],
  });
}

function present(key: ApiKeyRecord): ApiKey {
  return {
    api_key_id: key.apiKeyId,
    name: key.name,
    scopes: key.scopes,
    expires_at: key.expiresAt && isoTime(key.expiresAt.getTime()),
    last_used_at: key.lastUsedAt && isoTime(key.lastUsedAt.getTime()),
    created_at: isoTime(key.createdAt.getTime()),
  };
}
