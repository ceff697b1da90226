/** The way into a meeting: what a link opens, and the token that a join gives. */

import { type Static, Type } from 'typebox';
import {
  Choice,
  DisplayName,
  IceServer,
  Id,
  Nullable,
  RecordingRule,
  SignalingAddress,
  Time,
} from '../values.js';
import { strict } from './common.js';

const credential = {
  code: Type.String({ minLength: 1, maxLength: 64 }),
  secret: Type.Optional(Type.String({ maxLength: 128 })),
  passcode: Type.Optional(Type.String({ maxLength: 64 })),
};

/** Made once per browser and kept: what blocks and personal invites hold on to. */
const device = { device_id: Type.Optional(Type.String({ minLength: 8, maxLength: 128 })) };

const person = { consent: Type.Optional(Type.Boolean()), ...device };

export const JoinCheck = Type.Object({ ...credential, ...device }, strict);

export const JoinChecked = Type.Object({
  title: Type.String(),
  host_present: Type.Boolean(),
  /** What a join still lacks. */
  needs: Type.Array(Choice(['name', 'passcode', 'consent', 'login'])),
  /** Would a join have to wait for a host? */
  lobby: Type.Boolean(),
  recording_active: Type.Boolean(),
  /** By which rule whoever comes now is recorded, or will be; null: not at all. */
  recording_consent: Nullable(RecordingRule.properties.consent),
  /** By a personal invite: once it is used, its link opens for nobody else. */
  personal: Type.Boolean(),
  server_time: Time,
});

export const Join = Type.Object({ ...credential, display_name: DisplayName, ...person }, strict);

/** By the id of a meeting: its host, or somebody with an account and a secret or passcode. */
export const MemberJoin = Type.Object(
  {
    secret: credential.secret,
    passcode: credential.passcode,
    /** Default: the name of the account. */
    display_name: Type.Optional(DisplayName),
    ...person,
  },
  strict,
);

export const Joined = Type.Object({
  participant_id: Id,
  state: Choice(['admitted', 'lobby']),
  /** For `hello`, once, before `expires_at` (≤ 120 s). */
  join_token: Type.String(),
  expires_at: Time,
  signaling: Type.Array(SignalingAddress),
  ice_servers: Type.Array(IceServer),
});

export type JoinCheck = Static<typeof JoinCheck>;
export type JoinChecked = Static<typeof JoinChecked>;
export type Join = Static<typeof Join>;
export type MemberJoin = Static<typeof MemberJoin>;
export type Joined = Static<typeof Joined>;
