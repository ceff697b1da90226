import { randomUUID } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type {
  ApiScope,
  ConfirmedFactor,
  CreatedSecurityKey,
  CreatedTotp,
  Login,
  User,
} from '../schemas/http.js';
import { SoftwareAuthenticator } from './software-authenticator.js';
import { post } from './test-client.js';
import type { TestControl } from './test-control.js';

export const testPassword = 'correct horse battery staple';

export interface TestUser {
  userId: string;
  email: string;
  password: string;
  sessionId: string;
  /** The cookie of a login, for any request; tests of ours come from no page, so no Origin is needed. */
  headers: { cookie: string };
}

export interface TestUserWish {
  username?: string;
  admin?: boolean;
  /** Does the login count as one with a second factor? Default: of administrators. */
  secondFactor?: boolean;
}

let made = 0;

/** An account that is logged in, straight from the services: nothing is counted or hashed twice. */
export async function makeUser(
  { services, database }: TestControl,
  wish: TestUserWish = {},
): Promise<TestUser> {
  made += 1;
  const { username = `user ${made}`, admin = false, secondFactor = admin } = wish;
  const email = `user-${made}-${randomUUID().slice(0, 8)}@example.org`;
  const request = {
    scope: 'test',
    key: randomUUID(),
    payload: { email, username, password: testPassword },
  };
  const maker = { kind: 'user', userId: '', sessionId: '', isAdmin: true } as const;
  const { user_id: userId } = (await services.users.register(request, maker)).body;
  if (admin) await database.query('update users set is_admin = true where user_id = $1', [userId]);
  const begun = { userId, userAgent: 'test', secondFactor };
  const { token, session } = await services.sessions.begin(database, begun);
  const { sessionId } = session;
  return { userId, email, password: testPassword, sessionId, headers: cookie(token) };
}

/** An administrator who has shown a second factor. */
export function makeAdmin(control: TestControl, wish: TestUserWish = {}): Promise<TestUser> {
  return makeUser(control, { ...wish, admin: true });
}

/** Logs in over HTTP, as a browser does. @returns the answer, and the cookie where it set one. */
export async function logIn(
  origin: string,
  login: Pick<Login, 'email' | 'otp' | 'credential'> & { password?: string },
  headers: Record<string, string> = {},
): Promise<{ response: Response; headers: { cookie: string } }> {
  const { email, password = testPassword, otp, credential } = login;
  const body = { email, password, otp, credential };
  const response = await post(`${origin}/v1/sessions`, body, headers);
  return { response, headers: cookieOf(response) };
}

/** Makes an API key of that account. @returns the header that shows it. */
export async function makeApiKey(
  origin: string,
  user: TestUser,
  scopes: ApiScope[],
): Promise<{ apiKeyId: string; headers: { authorization: string } }> {
  const response = await post(`${origin}/v1/api-keys`, { name: 'test', scopes }, user.headers);
  if (response.status !== 201) throw new Error(`api key: ${await response.text()}`);
  const { api_key_id, key } = (await response.json()) as { api_key_id: string; key: string };
  return { apiKeyId: api_key_id, headers: { authorization: `Bearer ${key}` } };
}

/**
 * Gives the account a TOTP factor over HTTP, as a person with an app does. It is logged in anew by
 * that. @returns what the app shows at a time (milliseconds since 1970); each code is good once.
 */
export async function addTotp(
  origin: string,
  user: TestUser,
  now = Date.now(),
): Promise<{ codeAt: (now: number) => string; factorId: string; recoveryCodes: string[] }> {
  const factors = `${origin}/v1/users/me/factors`;
  const made = await post(factors, { kind: 'totp' }, user.headers);
  if (made.status !== 201) throw new Error(`factor: ${await made.text()}`);
  const { factor_id: factorId, secret } = (await made.json()) as CreatedTotp;
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const codeAt = (timestamp: number) => totp.generate({ timestamp });
  const confirmed = await post(
    `${factors}/${factorId}/confirm`,
    { code: codeAt(now) },
    user.headers,
  );
  if (confirmed.status !== 200) throw new Error(`factor: ${await confirmed.text()}`);
  user.headers = cookieOf(confirmed);
  const { recovery_codes: recoveryCodes } = (await confirmed.json()) as ConfirmedFactor;
  return { codeAt, factorId, recoveryCodes };
}

/** The same with a security key. @returns what `credential` of a login is made of. */
export async function addSecurityKey(
  origin: string,
  user: TestUser,
  key = new SoftwareAuthenticator(origin),
): Promise<{ key: SoftwareAuthenticator; factorId: string; recoveryCodes: string[] }> {
  const factors = `${origin}/v1/users/me/factors`;
  const made = await post(factors, { kind: 'webauthn' }, user.headers);
  if (made.status !== 201) throw new Error(`factor: ${await made.text()}`);
  const { factor_id: factorId, webauthn } = (await made.json()) as CreatedSecurityKey;
  const body = { credential: key.create(webauthn) };
  const confirmed = await post(`${factors}/${factorId}/confirm`, body, user.headers);
  if (confirmed.status !== 200) throw new Error(`factor: ${await confirmed.text()}`);
  user.headers = cookieOf(confirmed);
  const { recovery_codes: recoveryCodes } = (await confirmed.json()) as ConfirmedFactor;
  return { key, factorId, recoveryCodes };
}

/** One's own account with its ETag. */
export async function readMe(origin: string, user: Pick<TestUser, 'headers'>) {
  const response = await fetch(`${origin}/v1/users/me`, { headers: user.headers });
  return { user: (await response.json()) as User, etag: response.headers.get('etag') ?? '' };
}

/** A request with a JSON body, or none. */
export async function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Response> {
  if (body === undefined) return fetch(url, { method, headers });
  return fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

function cookieOf(response: Response): { cookie: string } {
  const [pair = ''] = (response.headers.get('set-cookie') ?? '').split(';');
  return { cookie: pair };
}

function cookie(token: string): { cookie: string } {
  return { cookie: `__Host-session=${token}` };
}
