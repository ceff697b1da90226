/**
 * Plenum's SFU library: rooms, participants, publications and subscriptions over a native media
 * engine. This file is all that is public (docs/library.md).
 *
 * Objects close in a tree: node ⊃ rooms ⊃ participants ⊃ publications and subscriptions. `close()`
 * is idempotent everywhere and closes what is below. Calls on a closed object throw
 * PlenumError `closed`.
 */
export type { AnnouncedAddress } from './announce.js';
export type { NodeClock } from './clock.js';
export type { NodeLoad, ShardLoad } from './cost-model.js';
export type {
  BoundAddress,
  CreateEngine,
  Engine,
  EngineConfig,
  ListenAddress,
  Tuning,
} from './engine/engine.js';
export { FakeEngine } from './engine/fake-engine.js';
export { createNativeEngine } from './engine/native-engine.js';
export { ERRORS, PlenumError, type PlenumErrorCode } from './errors.js';
export {
  createLinkKeys,
  type LinkAddress,
  type LinkEvents,
  type LinkKeys,
  type LinkOptions,
  type LinkState,
  type RoomLink,
} from './link.js';
export type { LinkDemand, LinkEncoding, LinkTrack } from './link-track.js';
export type { CodecName } from './negotiation/codecs.js';
export type { LinkCodec } from './negotiation/link-codecs.js';
export {
  createNode,
  type MediaNode,
  type NodeEvents,
  type NodeOptions,
} from './node.js';
export type { Participant, ParticipantEvents, ParticipantOptions } from './participant.js';
export type {
  DeclaredCodec,
  PlainPolicy,
  PlainReception,
  PlainRemote,
  PlainSrtp,
  PlainTrack,
  PlainTransport,
  PlainTransportOptions,
} from './plain-transport.js';
export type {
  DeclaredEncoding,
  EncodingDemand,
  Layer,
  MediaKind,
  Publication,
  PublicationLayer,
  Publisher,
  RemovalReason,
  TrackDeclaration,
  TrackSource,
} from './publication.js';
export type { PublishAnswer, PublishOffer, PublishTransport } from './publish-transport.js';
export type { ConnectionQuality } from './quality.js';
export type { Room, RoomEvents, RoomOptions, Speakers } from './room.js';
export type {
  InboundStreamStats,
  LinkStats,
  NodeStats,
  OutboundStreamStats,
  ShardStats,
  TransportStats,
} from './stats.js';
export type {
  SlotMap,
  SubscribeOffer,
  SubscribeTransport,
  SubscribeTransportEvents,
} from './subscribe-transport.js';
export type {
  Subscription,
  SubscriptionReason,
  SubscriptionSettings,
  SubscriptionState,
} from './subscription.js';
export type { Tap, TapEvents, TappedPacket } from './tap.js';
export type {
  Direction,
  RemoteCandidate,
  Transport,
  TransportEvents,
  TransportReason,
  TransportState,
} from './transport.js';
