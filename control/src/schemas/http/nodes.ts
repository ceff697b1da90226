/** Media nodes and the rooms on them, for administrators. */

import { type Static, Type } from 'typebox';
import { Choice, Id, Nullable, Time } from '../values.js';
import { Listing, strict } from './common.js';

const NodeKind = Choice(['media', 'recorder']);

export const MediaNode = Type.Object({
  node_id: Id,
  /** A recorder is enrolled, drained and removed as nodes are; its `rooms` are what it records. */
  kind: NodeKind,
  name: Type.String(),
  region: Type.String(),
  /** `lost`: this control process hears nothing of it. */
  state: Choice(['up', 'draining', 'lost']),
  /** Why it gets no new rooms; null: it does. */
  unfit: Nullable(Choice(['draining', 'silent', 'full', 'drops', 'loss', 'lost'])),
  /** The one of an installation without a fleet: it cannot be drained or removed. */
  is_sole: Type.Boolean(),
  /** Of its program. Null: it is lost, or the program is this server's own. */
  version: Nullable(Type.String()),
  enrolled_at: Time,
  /** When it was heard of; of a lost one to ten seconds. */
  last_seen_at: Time,
  /** Of its busiest media thread: 1 is full. Null, as all that is measured: it is lost. */
  stress_ratio: Nullable(Type.Number()),
  loss_ratio: Nullable(Type.Number()),
  drop_ratio: Nullable(Type.Number()),
  rooms: Nullable(Type.Integer()),
  participants: Nullable(Type.Integer()),
  draining_since: Nullable(Time),
  /** Rooms that have not moved by then are closed there. */
  drain_until: Nullable(Time),
});

export const MediaNodeList = Listing(MediaNode);

export const NodeRoom = Type.Object({
  meeting_id: Id,
  room_id: Id,
  /** Of the meeting. */
  title: Type.String(),
  epoch: Type.Integer(),
  /** The process that has the room. Null: of before there were several. */
  control_id: Nullable(Id),
  /** Where the fleet reaches that process. Null: it is gone, or there is no fleet. */
  control_address: Nullable(Type.String()),
  /** As the node has said within 5 s; null: it is lost, or has not said it yet. */
  participants: Nullable(Type.Integer()),
  opened_at: Time,
});

export const NodeRoomList = Listing(NodeRoom);

/** Default: `media`. */
export const NewNodeToken = Type.Optional(
  Type.Union([Type.Object({ kind: Type.Optional(NodeKind) }, strict), Type.Null()]),
);

/** `token` enrols one node within the hour; shown once. */
export const NodeToken = Type.Object({ token: Type.String(), expires_at: Time });

export const Drain = Type.Optional(
  Type.Union([
    Type.Object(
      { deadline_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })) },
      strict,
    ),
    Type.Null(),
  ]),
);

/** Without `node_id` placement chooses. */
export const RoomMove = Type.Optional(
  Type.Union([Type.Object({ node_id: Type.Optional(Id) }, strict), Type.Null()]),
);

export const MovedRoom = Type.Object({ room_id: Id, node_id: Id, epoch: Type.Integer() });

export type MediaNode = Static<typeof MediaNode>;
export type NodeRoom = Static<typeof NodeRoom>;
export type NodeToken = Static<typeof NodeToken>;
export type MovedRoom = Static<typeof MovedRoom>;
