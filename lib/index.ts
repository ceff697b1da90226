/**
 * Plenum's SFU library: rooms, participants, publications and subscriptions over a native media
 * engine. This file is all that is public.
 *
 * Objects close in a tree: node ⊃ rooms ⊃ participants ⊃ publications and subscriptions. `close()`
 * is idempotent everywhere and closes what is below. Calls on a closed object throw
 * PlenumError `closed`. Events are emitted on a later microtask than the call that caused them.
 */
import type { EventEmitter } from 'node:events';
import type { BoundAddress, Engine } from './engine/engine.js';

export type { PlenumErrorCode } from './errors.js';
export { ERRORS, PlenumError } from './errors.js';
export type { BoundAddress, Engine };

export type Direction = 'publish' | 'subscribe';
export type MediaKind = 'audio' | 'video';
export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen_audio';
export type CodecName = 'opus' | 'vp8' | 'vp9' | 'h264' | 'av1';

export interface NodeOptions {
  /** Literal addresses; shard n listens on `port + n` of each, port 0 = any. Default 127.0.0.1:0. */
  listen?: { address: string; port: number }[];
  /** What candidates say instead of the bound addresses (NAT); shard n is at `port + n`. */
  announce?: { address: string; port?: number }[];
  /** Media threads, 1–32. Default 1. */
  shards?: number;
  /** A ready engine (FakeEngine, virtual clock) in place of the native one on real time. */
  engine?: Engine;
}

/**
 * Starts the media engine and binds its sockets.
 * @throws PlenumError `addon_missing`, `listen_failed`, `bad_request`.
 */
export declare function createNode(options?: NodeOptions): MediaNode;

export declare class MediaNode {
  readonly addresses: readonly BoundAddress[];
  /** `AB:CD:…`, SHA-256 of the DTLS certificate (RFC 8122). */
  readonly fingerprint: string;
  readonly rooms: ReadonlyMap<string, Room>;
  /** The room goes to the shard with the fewest participants. @throws `conflict`, `closed`. */
  createRoom(options: RoomOptions): Room;
  /** Pulls all counters once. @throws `closed`. */
  stats(): NodeStats;
  close(): void;
}

export interface RoomOptions {
  id: string;
  /** How often `speakers` is emitted while someone speaks. Default 200. */
  speakerIntervalMs?: number;
}

export interface RoomEvents {
  publicationAdded: [publication: Publication];
  /** Muted or unmuted, by the participant or a host. */
  publicationUpdated: [publication: Publication];
  publicationRemoved: [publication: Publication, reason: string];
  speakers: [speakers: Speakers];
  close: [];
}

export interface Speakers {
  /** level: 0 (loudest) – 127 (silence), −dBov (RFC 6464). One per participant with microphone. */
  items: { participantId: string; level: number; active: boolean }[];
  dominant: string | null;
}

export declare class Room extends EventEmitter<RoomEvents> {
  readonly id: string;
  readonly shard: number;
  readonly participants: ReadonlyMap<string, Participant>;
  readonly publications: ReadonlyMap<string, Publication>;
  /** @throws `conflict` (id in use), `bad_request`, `closed`. */
  addParticipant(options: ParticipantOptions): Participant;
  close(): void;
}

export interface ParticipantOptions {
  id: string;
  /** How many m-lines of each kind the client will receive at most. 0–100. Default 0: no reception. */
  slots?: { audio: number; video: number };
  /** Subscribe to everything that others publish. Default true. */
  autoSubscribe?: boolean;
}

export interface ParticipantEvents {
  subscriptionState: [subscription: Subscription];
  /** All publications, subscriptions and transports of the participant have ended. */
  close: [];
}

export declare class Participant extends EventEmitter<ParticipantEvents> {
  readonly id: string;
  readonly room: Room;
  readonly publishTransport: PublishTransport;
  readonly subscribeTransport: SubscribeTransport;
  /** By publication id. */
  readonly publications: ReadonlyMap<string, Publication>;
  /** By publication id. */
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  /** For `autoSubscribe: false`. @throws `unknown_publication` (of another room), `conflict`. */
  subscribe(publication: Publication): Subscription;
  close(): void;
}

export type TransportState =
  | 'new'
  | 'connecting'
  | 'connected'
  | 'disconnected'
  | 'failed'
  | 'closed';
export type TransportReason =
  | 'none'
  | 'ice_checked'
  | 'dtls_done'
  | 'consent_expired'
  | 'fingerprint_mismatch'
  | 'dtls_failed'
  | 'dtls_closed'
  | 'handshake_timeout'
  | 'no_srtp_profile'
  | 'closed_by_command';

export interface RemoteCandidate {
  mid: string;
  ufrag: string;
  /** `candidate:…` of RFC 8839 §5.1, or null for the end. */
  candidate: string | null;
}

/** What the client declares about one m-line of its offer; `cid` is its own name for the track. */
export interface TrackDeclaration {
  mid: string;
  cid: string;
  kind: MediaKind;
  source: TrackSource;
  muted: boolean;
}

export interface PublishOffer {
  rev: number;
  sdp: string;
  tracks: TrackDeclaration[];
}

export interface PublishAnswer {
  rev: number;
  sdp: string;
  /** Every publication that lives after this offer, in m-line order. */
  publications: { cid: string; mid: string; publication: Publication }[];
}

export interface TransportEvents {
  state: [state: TransportState, reason: TransportReason];
}

export declare class PublishTransport extends EventEmitter<TransportEvents> {
  readonly state: TransportState;
  /**
   * Answers an offer of the client: new tracks become publications, tracks that are gone end, a new
   * ufrag restarts ICE. On an error nothing has changed.
   * @throws `sdp_rejected`, `codec_unsupported`, `stale_rev`, `limit_reached`, `closed`.
   */
  answer(offer: PublishOffer): Promise<PublishAnswer>;
  /** Validated and counted; an ICE-lite agent has no use for it. @throws `bad_request`. */
  addCandidate(candidate: RemoteCandidate): void;
}

/** One m-line of the subscribe direction and what flows through it (null: nothing). */
export interface SlotMap {
  mid: string;
  publicationId: string | null;
}

export interface SubscribeOffer {
  rev: number;
  sdp: string;
  map: SlotMap[];
}

export interface SubscribeTransportEvents extends TransportEvents {
  /** Send to the client; at most one is unanswered at a time. */
  offer: [offer: SubscribeOffer];
  /** The whole map again, valid for the m-lines of offers up to `rev`; no new SDP is needed. */
  map: [map: { rev: number; map: SlotMap[] }];
}

export declare class SubscribeTransport extends EventEmitter<SubscribeTransportEvents> {
  readonly state: TransportState;
  readonly map: readonly SlotMap[];
  /** The offer that waits for its answer. */
  readonly pendingOffer: SubscribeOffer | null;
  /** @throws `stale_rev` (not the pending offer's), `sdp_rejected` (the offer stays pending), `closed`. */
  accept(answer: { rev: number; sdp: string }): Promise<void>;
  /** New ICE credentials: an offer follows. */
  restartIce(): void;
  /** Emits the unanswered offer, or else the map, again (the client's socket was replaced). */
  resync(): void;
  addCandidate(candidate: RemoteCandidate): void;
}

export interface Layer {
  spatial: number;
  temporal: number;
}

export declare class Publication {
  readonly id: string;
  readonly participant: Participant;
  readonly cid: string;
  readonly mid: string;
  readonly kind: MediaKind;
  readonly source: TrackSource;
  /** The first negotiated codec, corrected by the first packet. */
  readonly codec: CodecName;
  readonly layers: readonly Layer[];
  /** Muted by the participant or by a host: nothing is forwarded. */
  readonly muted: boolean;
  /** Both switches must be off for media to flow. */
  setMuted(muted: boolean, by?: 'participant' | 'host'): void;
  requestKeyFrame(): void;
  close(reason?: string): void;
}

export interface SubscriptionSettings {
  /** Default true. */
  enabled?: boolean;
  /** Hidden tiles are not forwarded. Default true. */
  visible?: boolean;
  maxLayer?: Layer;
  /** Size in device pixels, kept for layer choice. */
  width?: number;
  height?: number;
  maxFps?: number;
  /** 0–255. Default 200 for screens, else 100. */
  priority?: number;
}

export type SubscriptionState = 'waiting' | 'active' | 'paused';
export type SubscriptionReason =
  | 'none'
  | 'bandwidth'
  | 'hidden'
  | 'muted'
  | 'limit'
  | 'codec_unsupported';

export declare class Subscription {
  readonly participant: Participant;
  readonly publication: Publication;
  /** The m-line it flows through; null while it has none. */
  readonly mid: string | null;
  readonly state: SubscriptionState;
  /** Why it is not active. */
  readonly reason: SubscriptionReason;
  readonly settings: Readonly<SubscriptionSettings>;
  /** Changes the given settings, keeps the others. @throws `bad_request`, `closed`. */
  set(settings: SubscriptionSettings): void;
  close(): void;
}

export interface NodeStats {
  /** Engine's clock, microseconds. */
  timestampUs: number;
  rooms: number;
  participants: number;
  /** Counters of each shard, names of `ShardStats` in the engine contract. */
  shards: Record<string, number>[];
}
