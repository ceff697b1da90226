/** Accounts: users, their login sessions, second factors and API keys. */

import { type Static, Type } from 'typebox';
import {
  AvatarUrl,
  Choice,
  Email,
  Id,
  Nullable,
  Password,
  Time,
  TimeZone,
  Username,
} from '../values.js';
import { Listing, strict } from './common.js';
import { CredentialCreation, NewCredential, ShownCredential } from './security-keys.js';

const About = Type.String({ maxLength: 500 });

export const NewUser = Type.Object(
  {
    email: Email,
    password: Password,
    username: Username,
    about: Type.Optional(About),
    /** From the link of the first start: makes the first account an administrator. */
    setup_token: Type.Optional(Type.String({ maxLength: 128 })),
  },
  strict,
);

/** As its owner and administrators see it. */
export const User = Type.Object({
  user_id: Id,
  email: Type.String(),
  username: Username,
  about: About,
  avatar_url: Nullable(AvatarUrl),
  time_zone: Nullable(TimeZone),
  is_admin: Type.Boolean(),
  /** Disabled accounts cannot log in; their sessions and keys have ended. */
  is_disabled: Type.Boolean(),
  /** Has it a confirmed second factor? */
  has_second_factor: Type.Boolean(),
  created_at: Time,
});

export const UserList = Listing(User);

/** What somebody changes of themselves. `about` and `time_zone`: null clears. */
export const ProfileChange = Type.Object(
  {
    username: Type.Optional(Username),
    about: Type.Optional(Nullable(About)),
    time_zone: Type.Optional(Nullable(TimeZone)),
  },
  strict,
);

/** What administrators change of others. */
export const UserChange = Type.Object(
  {
    ...ProfileChange.properties,
    is_admin: Type.Optional(Type.Boolean()),
    is_disabled: Type.Optional(Type.Boolean()),
  },
  strict,
);

export const PasswordChange = Type.Object(
  { current_password: Type.String({ maxLength: 256 }), new_password: Password },
  strict,
);

/** Answered the same whether or not there is such an account. */
export const NewPasswordReset = Type.Object({ email: Email }, strict);

export const PasswordResetConfirmation = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 128 }), new_password: Password },
  strict,
);

/** Of an account that has one; with neither the refusal tells what would do. */
export const ShownFactor = Type.Object(
  {
    /** Six digits, or a recovery code: when the account has a second factor. */
    otp: Type.Optional(Type.String({ maxLength: 32 })),
    /** In its place: what a security key made of the `webauthn` of the refusal before. */
    credential: Type.Optional(ShownCredential),
  },
  strict,
);

export const Login = Type.Object(
  {
    email: Type.String({ maxLength: 254 }),
    password: Type.String({ maxLength: 256 }),
    ...ShownFactor.properties,
  },
  strict,
);

export const LoginSession = Type.Object({
  session_id: Id,
  /** Is it the one of this very request? */
  is_current: Type.Boolean(),
  user_agent: Type.String(),
  /** Was a second factor shown? Single sign-on may begin one without. */
  second_factor: Type.Boolean(),
  created_at: Time,
  last_seen_at: Time,
  expires_at: Time,
});

export const LoginSessionList = Listing(LoginSession);

/** Answer to a login; the session itself is the cookie. */
export const LoggedIn = Type.Object({ session: LoginSession, user: User });

const FactorKind = Choice(['totp', 'webauthn']);

export const NewFactor = Type.Object(
  { kind: FactorKind, name: Type.Optional(Type.String({ maxLength: 64 })) },
  strict,
);

export const Factor = Type.Object({
  factor_id: Id,
  kind: FactorKind,
  name: Type.String(),
  /** Null until a first code, or the key itself, proved that it works. */
  confirmed_at: Nullable(Time),
  last_used_at: Nullable(Time),
  created_at: Time,
});

export const FactorList = Listing(Factor);

/** An authenticator app: `secret` (base32) and `uri` (`otpauth:`) are shown once. */
export const CreatedTotp = Type.Object({
  ...Factor.properties,
  kind: Choice(['totp']),
  secret: Type.String(),
  uri: Type.String(),
});

/** A security key: what it is to sign, within the time that stands there. */
export const CreatedSecurityKey = Type.Object({
  ...Factor.properties,
  kind: Choice(['webauthn']),
  webauthn: CredentialCreation,
});

export const CreatedFactor = Type.Union([CreatedTotp, CreatedSecurityKey]);

/** The `code` of an app, or the `credential` that a key made. */
export const FactorConfirmation = Type.Object(
  {
    code: Type.Optional(Type.String({ pattern: '^[0-9]{6}$' })),
    credential: Type.Optional(NewCredential),
  },
  strict,
);

/** Recovery codes, each good once, shown once; the former ones are void. */
export const ConfirmedFactor = Type.Object({
  factor: Factor,
  recovery_codes: Type.Array(Type.String()),
});

/** What an API key may do; it acts for its owner. `:write` includes `:read`. */
export const ApiScope = Choice([
  'users:read',
  'meetings:read',
  'meetings:write',
  'webhooks:read',
  'webhooks:write',
]);

export const NewApiKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    scopes: Type.Array(ApiScope, { minItems: 1, maxItems: 16, uniqueItems: true }),
    expires_at: Type.Optional(Time),
  },
  strict,
);

export const ApiKey = Type.Object({
  api_key_id: Id,
  name: Type.String(),
  scopes: Type.Array(ApiScope),
  expires_at: Nullable(Time),
  last_used_at: Nullable(Time),
  created_at: Time,
});

export const ApiKeyList = Listing(ApiKey);

/** `key` is the bearer token; shown once. */
export const CreatedApiKey = Type.Object({ ...ApiKey.properties, key: Type.String() });

export type NewUser = Static<typeof NewUser>;
export type User = Static<typeof User>;
export type UserList = Static<typeof UserList>;
export type ProfileChange = Static<typeof ProfileChange>;
export type UserChange = Static<typeof UserChange>;
export type PasswordChange = Static<typeof PasswordChange>;
export type NewPasswordReset = Static<typeof NewPasswordReset>;
export type PasswordResetConfirmation = Static<typeof PasswordResetConfirmation>;
export type ShownFactor = Static<typeof ShownFactor>;
export type Login = Static<typeof Login>;
export type LoginSession = Static<typeof LoginSession>;
export type LoginSessionList = Static<typeof LoginSessionList>;
export type LoggedIn = Static<typeof LoggedIn>;
export type NewFactor = Static<typeof NewFactor>;
export type Factor = Static<typeof Factor>;
export type FactorList = Static<typeof FactorList>;
export type CreatedTotp = Static<typeof CreatedTotp>;
export type CreatedSecurityKey = Static<typeof CreatedSecurityKey>;
export type CreatedFactor = Static<typeof CreatedFactor>;
export type FactorConfirmation = Static<typeof FactorConfirmation>;
export type ConfirmedFactor = Static<typeof ConfirmedFactor>;
export type ApiScope = Static<typeof ApiScope>;
export type NewApiKey = Static<typeof NewApiKey>;
export type ApiKey = Static<typeof ApiKey>;
export type ApiKeyList = Static<typeof ApiKeyList>;
export type CreatedApiKey = Static<typeof CreatedApiKey>;
