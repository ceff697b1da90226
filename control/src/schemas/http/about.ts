/** What anybody may know about an installation. */

import { type Static, Type } from 'typebox';
import { Choice, IceServer } from '../values.js';

export const Version = Type.Object({
  version: Type.String(),
  protocol: Type.Array(Type.Integer()),
});

/** What the bundled client needs to know before anything else. */
export const ClientConfig = Type.Object({
  anonymous_meetings: Type.Boolean(),
  /** May anybody make an account? */
  sign_up: Type.Boolean(),
  /** Providers of single sign-on, for `/v1/oidc/{id}/start`. */
  oidc: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
  protocol: Type.Array(Type.Integer()),
  ice_servers: Type.Array(IceServer),
  max_message_bytes: Type.Integer(),
});

export const Keys = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.String(),
      crv: Type.String(),
      x: Type.String(),
      kid: Type.String(),
      alg: Type.String(),
      use: Type.String(),
    }),
  ),
});

export const Health = Type.Object({ status: Choice(['ok']) });
export const Readiness = Type.Object({
  status: Choice(['ok', 'unavailable']),
  dependencies: Type.Record(Type.String(), Choice(['up', 'down'])),
});

export type Version = Static<typeof Version>;
export type ClientConfig = Static<typeof ClientConfig>;
export type Keys = Static<typeof Keys>;
