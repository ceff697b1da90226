import { randomUUID } from 'node:crypto';
import type { ApiScope } from '../schemas/http.js';
import { makeApiKey, makeUser } from './test-accounts.js';
import type { TestControl } from './test-control.js';

/** Somebody who is logged in. */
export interface TestAccount {
  userId: string;
  /** Of their browser. */
  cookie: { cookie: string };
  /** Of a new program of theirs. */
  key: (...scopes: ApiScope[]) => Promise<{ authorization: string }>;
}

export async function testAccount(control: TestControl, admin = false): Promise<TestAccount> {
  const user = await makeUser(control, { admin });
  return {
    userId: user.userId,
    cookie: user.headers,
    key: async (...scopes) => (await makeApiKey(control.origin, user, scopes)).headers,
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
        'idempotency-key': randomUUID(),
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
