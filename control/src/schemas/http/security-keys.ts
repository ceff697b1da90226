/**
 * What passes between a browser's `navigator.credentials` and us, in the JSON form of WebAuthn Level 3
 * §5.1 (`toJSON`, `parse…OptionsFromJSON`). Byte strings are base64url. What a browser made may have
 * members that we do not know: they are not looked at.
 */

import { type Static, Type } from 'typebox';
import { Choice } from '../values.js';
import { Problem } from './common.js';

const Bytes = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength });

/** At most 1023 bytes (§4, Credential ID). */
const CredentialId = Bytes(1364);
const PublicKey = Choice(['public-key']);
const Verification = Choice(['required', 'preferred', 'discouraged']);

const KnownCredential = Type.Object({
  id: Type.String(),
  type: PublicKey,
  transports: Type.Optional(Type.Array(Type.String())),
});

/** For `navigator.credentials.create` (§5.4). `timeout`: milliseconds; later it is not taken. */
export const CredentialCreation = Type.Object({
  challenge: Type.String(),
  rp: Type.Object({ id: Type.String(), name: Type.String() }),
  user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }),
  pubKeyCredParams: Type.Array(Type.Object({ type: PublicKey, alg: Type.Integer() })),
  timeout: Type.Integer(),
  excludeCredentials: Type.Array(KnownCredential),
  authenticatorSelection: Type.Object({
    residentKey: Verification,
    requireResidentKey: Type.Boolean(),
    userVerification: Verification,
  }),
  attestation: Choice(['none']),
});

/** For `navigator.credentials.get` (§5.5). */
export const CredentialRequest = Type.Object({
  challenge: Type.String(),
  rpId: Type.String(),
  timeout: Type.Integer(),
  allowCredentials: Type.Array(KnownCredential),
  userVerification: Verification,
});

/** What `create` answered (RegistrationResponseJSON). */
export const NewCredential = Type.Object({
  id: CredentialId,
  rawId: CredentialId,
  type: PublicKey,
  response: Type.Object({
    clientDataJSON: Bytes(4096),
    attestationObject: Bytes(16_384),
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 32 }), { maxItems: 16 })),
  }),
});

/** What `get` answered (AuthenticationResponseJSON). */
export const ShownCredential = Type.Object({
  id: CredentialId,
  rawId: CredentialId,
  type: PublicKey,
  response: Type.Object({
    clientDataJSON: Bytes(4096),
    authenticatorData: Bytes(4096),
    signature: Bytes(8192),
  }),
});

/** A refused login. `webauthn`: the account has security keys, and this is what they are to sign. */
export const LoginProblem = Type.Object({
  ...Problem.properties,
  webauthn: Type.Optional(CredentialRequest),
});

export type CredentialCreation = Static<typeof CredentialCreation>;
export type CredentialRequest = Static<typeof CredentialRequest>;
export type NewCredential = Static<typeof NewCredential>;
export type ShownCredential = Static<typeof ShownCredential>;
export type LoginProblem = Static<typeof LoginProblem>;
