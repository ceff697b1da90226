import { ControlError } from './control-error.js';
import type { ApiScope } from './schemas/http.js';

/** Who makes a request, as proven by what it carries. Rules of objects come after. */
export type Principal = Nobody | UserPrincipal | KeyPrincipal | ParticipantPrincipal;

/** No credential that the route takes. Routes that read a bearer of their own see this as well. */
export interface Nobody {
  kind: 'none';
}

/** Somebody with an account, by the session cookie of a login. */
export interface UserPrincipal {
  kind: 'user';
  userId: string;
  sessionId: string;
  /** Administrator, and may act as one. */
  isAdmin: boolean;
  /** Administrator, but may not act as one before they log in with a second factor. */
  needsSecondFactor?: boolean;
  /** Was a second factor shown, at the login or later? */
  secondFactor?: boolean;
}

/** To an administrator who may not act as one yet. */
export function secondFactorNeeded(): ControlError {
  return new ControlError('forbidden', 'Administrators log in with a second factor first.', {
    errors: [{ pointer: '', code: 'second_factor_required', detail: 'show it, or set one up' }],
  });
}

/** A program, by an API key: it acts for the account that made the key, within its scopes. */
export interface KeyPrincipal {
  kind: 'key';
  userId: string;
  apiKeyId: string;
  isAdmin: boolean;
  scopes: readonly ApiScope[];
}

/** Somebody in a room, by a participant token; whether the seat still is, is asked at the act. */
export interface ParticipantPrincipal {
  kind: 'part';
  participantId: string;
  meetingId: string;
  roomId: string;
  epoch: number;
}

/** Whoever has an account, in person or by a key. */
export type AccountPrincipal = UserPrincipal | KeyPrincipal;

export const nobody: Nobody = { kind: 'none' };

/** Names a principal: for idempotency and for limits. Null: nobody is known by address alone. */
export function nameOf(principal: Principal): string | null {
  switch (principal.kind) {
    case 'none':
      return null;
    case 'user':
      return `user ${principal.userId}`;
    case 'key':
      return `key ${principal.apiKeyId}`;
    case 'part':
      return `part ${principal.participantId}`;
  }
}
