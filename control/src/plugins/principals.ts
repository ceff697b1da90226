import type { FastifyRequest } from 'fastify';
import { ControlError } from '../control-error.js';
import {
  type KeyPrincipal,
  nobody,
  type ParticipantPrincipal,
  type Principal,
  secondFactorNeeded,
  type UserPrincipal,
} from '../principal.js';
import type { App, PrincipalKind } from './app-types.js';
import { bearerOf } from './bearer.js';
import type { CountRequest } from './rate-limit.js';
import { sessionCookieOf } from './session-cookie.js';

/** Each is null for whatever is not valid (any more). */
export interface Authenticator {
  session(token: string): Promise<UserPrincipal | null>;
  apiKey(token: string): Promise<KeyPrincipal | null>;
  participant(token: string): Promise<ParticipantPrincipal | null>;
}

/** How API keys begin, so that they are told from other bearers, also by secret scanners. */
export const apiKeyPrefix = 'plk_';

const known = ['user', 'key', 'part', 'admin'] as const;
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Finds out who asks, counts the request against their limit, and refuses whoever the route does not
 * name: no entry, no access. A cookie is believed only when the page that makes the request is ours
 * (or of the allow-list).
 */
export function principalsPlugin(
  app: App,
  authenticator: Authenticator,
  allowedOrigins: readonly string[],
  count: CountRequest,
): void {
  app.decorateRequest('principal');
  app.addHook('onRequest', async (request, reply) => {
    request.principal = nobody;
    const { auth = [], scope } = request.routeOptions.config;
    let refusal: unknown = null;
    if (auth.some((kind) => (known as readonly string[]).includes(kind))) {
      try {
        request.principal = await identify(request, auth, authenticator);
        refusal = refusalOf(request, auth, scope, allowedOrigins);
      } catch (error) {
        refusal = error;
      }
    }
    count(request, reply);
    if (refusal !== null) throw refusal;
  });
}

function refusalOf(
  request: FastifyRequest,
  auth: readonly PrincipalKind[],
  scope: string | undefined,
  allowedOrigins: readonly string[],
): ControlError | null {
  const { principal } = request;
  if (principal.kind === 'user' && !isOwnPage(request, allowedOrigins)) {
    return new ControlError('forbidden', 'Another site may not do this.');
  }
  if (principal.kind === 'none' && !auth.includes('none') && !auth.includes('invite')) {
    return new ControlError('unauthenticated', 'Log in, or send a token.');
  }
  if (principal.kind !== 'none' && !isNamed(principal, auth)) {
    if (auth.includes('admin') && principal.kind === 'user' && principal.needsSecondFactor) {
      return secondFactorNeeded();
    }
    return new ControlError('forbidden', 'This is not for you.');
  }
  if (principal.kind === 'key' && !hasScope(principal, scope)) {
    return new ControlError('forbidden', `The key needs the scope ${scope ?? 'of a person'}.`);
  }
  return null;
}

async function identify(
  request: FastifyRequest,
  auth: readonly PrincipalKind[],
  authenticator: Authenticator,
): Promise<Principal> {
  if (request.headers.authorization !== undefined) {
    const bearer = bearerOf(request);
    const found = bearer.startsWith(apiKeyPrefix)
      ? await authenticator.apiKey(bearer)
      : bearer.includes('.')
        ? await authenticator.participant(bearer)
        : null;
    if (found !== null) return found;
    if (auth.includes('invite')) return nobody;
    throw new ControlError('unauthenticated', 'The token is not valid (any more).');
  }
  const cookie = sessionCookieOf(request);
  if (cookie === null) return nobody;
  const user = await authenticator.session(cookie);
  if (user === null && !auth.includes('none')) {
    throw new ControlError('unauthenticated', 'The login is not valid (any more).');
  }
  return user ?? nobody;
}

function isNamed(principal: Principal, auth: readonly PrincipalKind[]): boolean {
  if (auth.includes(principal.kind)) return true;
  return auth.includes('admin') && principal.kind === 'user' && principal.isAdmin;
}

function hasScope(key: KeyPrincipal, scope: string | undefined): boolean {
  if (scope === undefined) return false;
  const writing = scope.replace(':read', ':write');
  return (key.scopes as readonly string[]).some((held) => held === scope || held === writing);
}

/** A page of another site can make the browser send our cookie; it cannot forge these headers. */
function isOwnPage(request: FastifyRequest, allowedOrigins: readonly string[]): boolean {
  if (safeMethods.includes(request.method)) return true;
  const { origin } = request.headers;
  if (origin === undefined) {
    const site = request.headers['sec-fetch-site'];
    return site === undefined || site === 'same-origin' || site === 'none';
  }
  if (allowedOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === request.host;
}
