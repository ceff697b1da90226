import { randomBytes } from 'node:crypto';
import { systemClock } from '../clock.js';
import { systemIds } from '../ids.js';
import { apiKeyPrefix } from '../plugins/principals.js';
import type { KeyPrincipal, UserPrincipal } from '../principal.js';
import type { ApiScope } from '../schemas/http.js';
import type { Services } from '../services.js';

const ids = systemIds(systemClock);

/** Somebody who is logged in, without the log-in: tests of what accounts may do begin here. */
export interface TestAccount {
  userId: string;
  /** Of their browser. */
  cookie: { cookie: string };
  /** Of their programs. */
  key: (...scopes: ApiScope[]) => { authorization: string };
}

/** An account that this server takes for logged in. */
export function testAccount({ authenticator }: Services, isAdmin = false): TestAccount {
  const userId = ids.next();
  const token = randomBytes(16).toString('hex');
  const user: UserPrincipal = { kind: 'user', userId, sessionId: ids.next(), isAdmin };
  const { session, apiKey } = authenticator;
  authenticator.session = async (given) =>
    given === token ? user : session.call(authenticator, given);
  const keys = new Map<string, KeyPrincipal>();
  authenticator.apiKey = async (given) => keys.get(given) ?? apiKey.call(authenticator, given);
  return {
    userId,
    cookie: { cookie: `__Host-session=${token}` },
    key: (...scopes) => {
      const secret = apiKeyPrefix + randomBytes(16).toString('hex');
      keys.set(secret, { kind: 'key', userId, apiKeyId: ids.next(), isAdmin, scopes });
      return { authorization: `Bearer ${secret}` };
    },
  };
}

export interface TestAnswer {
  status: number;
  headers: Response['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind.
  body: any;
}

export type Caller = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<TestAnswer>;

/** Requests to one server as somebody: JSON in, status, headers and JSON (or text) out. */
export function caller(origin: string, credentials: Record<string, string> = {}): Caller {
  return async (method: string, path: string, body?: unknown, headers = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        'idempotency-key': randomBytes(16).toString('hex'),
        ...credentials,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    };
  };
}
