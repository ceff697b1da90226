/**
 * How control reaches a media node: asynchronous, with room and epoch in every call, so that a
 * remote node (RPC) and the one in this process look the same. Everything that passes is plain
 * data: the in-process client sends it through structuredClone to keep it so.
 *
 * Errors: rejects with NodeError{code} — `stale_epoch` (the node knows a newer epoch of the room),
 * `not_in_room`, `unknown_publication`, `sdp_rejected`, `codec_unsupported`, `limit_reached`,
 * `stale_rev`, `no_capacity`, `node_lost`.
 */

export type Direction = 'publish' | 'subscribe';
export type MediaKind = 'audio' | 'video';
export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen_audio';

/**
 * On each transport that is connected something authentic comes from its node at least this often, ms.
 * Source: native/transport/beat.h, which beats sooner; whoever hears nothing has lost the node.
 */
export const mediaBeatMs = 300;

/** Which room, under which fencing token (issued by Postgres). */
export interface RoomRef {
  roomId: string;
  epoch: number;
}

export interface ParticipantRef extends RoomRef {
  participantId: string;
}

/** What the client declares about one m-line of its publish offer. `cid` is its own name for the track. */
export interface TrackDeclaration {
  mid: string;
  cid: string;
  kind: MediaKind;
  source: TrackSource;
  muted: boolean;
  /** What the publication was called on another node; default: a new id. */
  id?: string;
  /** What the client means to send, lowest first. */
  encodings?: { rid?: string; maxBitrateBps?: number; maxFps?: number; scale?: number }[];
  dtx?: boolean;
  red?: boolean;
}

export interface PublishAnswer {
  sdp: string;
  publications: { cid: string; publicationId: string; mid: string }[];
}

/** One slot of the subscribe direction: an m-line, and what flows through it (null: nothing). */
export interface SlotMap {
  mid: string;
  publicationId: string | null;
}

export interface SubscriptionWish {
  publicationId: string;
  enabled: boolean;
  visible: boolean;
  width?: number;
  height?: number;
  maxLayer?: { spatial: number; temporal: number };
  maxFps?: number;
  priority: number;
}

export interface PublicationDescription {
  publicationId: string;
  participantId: string;
  kind: MediaKind;
  source: TrackSource;
  muted: boolean;
  codec: string;
  layers: PublicationLayer[];
}

export interface PublicationLayer {
  spatial: number;
  temporal: number;
  width?: number;
  height?: number;
  maxBitrateBps?: number;
}

export type NodeEvent = RoomRef &
  (
    | { type: 'publication_added'; publication: PublicationDescription }
    | {
        type: 'publication_updated';
        publicationId: string;
        participantId: string;
        muted: boolean;
        layers: PublicationLayer[];
      }
    | {
        /** To the publisher: what nobody can use need not be sent. */
        type: 'publish_layers';
        participantId: string;
        publicationId: string;
        encodings: { rid: string; active: boolean; maxBitrateBps?: number }[];
      }
    | { type: 'link_said'; linkId: string; word: LinkWord }
    | { type: 'publication_removed'; publicationId: string; participantId: string; reason: string }
    | { type: 'subscribe_offer'; participantId: string; rev: number; sdp: string; map: SlotMap[] }
    | { type: 'subscribe_map'; participantId: string; rev: number; map: SlotMap[] }
    | {
        type: 'subscription_state';
        participantId: string;
        items: {
          publicationId: string;
          layer: { spatial: number; temporal: number };
          state: 'active' | 'paused';
          reason?: 'bandwidth' | 'hidden' | 'muted' | 'limit';
        }[];
      }
    | {
        /** Of everybody's connection, every 2 s. */
        type: 'quality';
        items: {
          participantId: string;
          score: number;
          uplinkLoss: number;
          downlinkLoss: number;
          rttMs: number;
        }[];
      }
    | {
        type: 'speakers';
        /** level: 0 (loudest) – 127 (silence), −dBov as RFC 6464. */
        items: { participantId: string; level: number; active: boolean }[];
        dominant: string | null;
      }
    | {
        type: 'transport_state';
        participantId: string;
        direction: Direction;
        state: 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';
        reason: string;
      }
  );

/** What a node has of a room already. */
export interface HeldRoom {
  participantIds: string[];
  /** Of those, whose client has negotiated a transport here: it knows of this node. */
  servedIds: string[];
  /** Where links of the room can reach it. */
  linkAddresses: { address: string; port: number }[];
  /** The ids of those that there are. */
  links: string[];
}

/** What a node sends of a publication over a link; nobody but the library reads more of it. */
export interface LinkTrack {
  publicationId: string;
}

/** What one end of a link has to tell the other one. All of it are levels: told again they change nothing. */
export type LinkWord =
  | { type: 'track'; track: LinkTrack }
  | { type: 'ended'; publicationId: string; reason: string }
  | { type: 'demand'; publicationId: string; demand: object }
  /** Everything that crosses: what is not among it does not. */
  | { type: 'all'; tracks: LinkTrack[] };

export interface LinkRef extends RoomRef {
  linkId: string;
}

/** One end of a link to another node that has the same room (lib/link.ts). */
export interface LinkEnd extends LinkRef {
  remote: { address: string; port: number };
  /** Master keys with salts, base64: for this link alone. */
  keys: { id: number; send: string; receive: string };
}

/** How busy a node is, and what it could not do, since it was asked last. */
export interface NodeLoad {
  /** Of the busiest media thread: 1 is full. Null: no limit is set. */
  stress: number;
  /** It takes nobody more. */
  isFull: boolean;
  rooms: number;
  participants: number;
  /** Of all packets that it should have sent or taken: 0 to 1. */
  dropRatio: number;
  /** Mean of what publishers lose on the way here: 0 to 1. */
  lossRatio: number;
}

export interface NodeClient {
  /**
   * Opens the room if this node does not have it. A newer epoch replaces an older room: with `adopt`
   * that one goes on under the newer epoch, with everybody in it, else it is closed first. One that
   * `moves` here was promised its place: it is never refused for lack of capacity.
   */
  openRoom(room: RoomRef & { adopt?: boolean; moves?: boolean }): Promise<HeldRoom>;
  closeRoom(room: RoomRef): Promise<void>;
  /**
   * Whether a participant of this room, or of one that is to be opened (null), can be promised a
   * place. Rejects with `no_capacity`.
   */
  checkCapacity(wanted: { room: RoomRef | null }): Promise<void>;
  /**
   * Who has been promised a place, or had one: it is never refused for lack of capacity.
   * slots: how many audio and video m-lines the client is willing to receive at once.
   */
  addParticipant(
    participant: ParticipantRef & { slots: { audio: number; video: number } },
  ): Promise<void>;
  /**
   * Adds a participant whose client offers once and for all (WHIP publishes, WHEP subscribes), and
   * answers. Every m-line is taken or there is no participant.
   */
  connectEndpoint(
    call: ParticipantRef & { direction: Direction; sdp: string },
  ): Promise<{ sdp: string }>;
  /**
   * What such a client says later (RFC 8840): candidates, or new ICE credentials, which are
   * answered by the fragment with ours. null: nothing to answer.
   */
  patchEndpoint(
    call: ParticipantRef & { direction: Direction; fragment: string },
  ): Promise<{ fragment: string | null }>;
  /** Ends both transports and every publication at once. Unknown participants are no error. */
  removeParticipant(participant: ParticipantRef): Promise<void>;
  publishOffer(
    offer: ParticipantRef & { rev: number; sdp: string; tracks: TrackDeclaration[] },
  ): Promise<PublishAnswer>;
  /** by: 'participant' for the person's own switch, 'host' for a moderator's: both must be off to flow. */
  publishMute(
    call: ParticipantRef & { publicationId: string; muted: boolean; by: 'participant' | 'host' },
  ): Promise<void>;
  publishRemove(call: ParticipantRef & { publicationId: string }): Promise<void>;
  subscribeAnswer(call: ParticipantRef & { rev: number; sdp: string }): Promise<void>;
  /** New ICE credentials for the subscribe direction: a `subscribe_offer` event follows. */
  subscribeRestart(call: ParticipantRef): Promise<void>;
  subscriptionSet(call: ParticipantRef & { items: SubscriptionWish[] }): Promise<void>;
  /** Remote candidates are of no use to an ICE-lite agent; they are validated and counted. */
  candidate(
    call: ParticipantRef & {
      direction: Direction;
      rev: number;
      mid: string;
      ufrag: string;
      candidate: string | null;
    },
  ): Promise<void>;
  /**
   * The latest unanswered subscribe offer, states and switched-off encodings of one participant
   * again (after a resume).
   */
  resync(call: ParticipantRef): Promise<void>;
  /** Of its own participants, not of those of other nodes. */
  publications(room: RoomRef): Promise<PublicationDescription[]>;
  /** Everything that is published here is offered over it at once, and what comes later too. */
  openLink(end: LinkEnd): Promise<void>;
  /** What came over it is gone. One that is not there is no error; one that is being opened never is. */
  closeLink(link: LinkRef): Promise<void>;
  /** What the other end has to tell. */
  hearLink(call: LinkRef & { word: LinkWord }): Promise<void>;
  /** What this end has told, told anew: for who has missed some of it. */
  repeatLink(link: LinkRef): Promise<void>;
  /** One listener; events of one room come in order. */
  onEvent(listener: (event: NodeEvent) => void): void;
}

/** A node whose process is this one. */
export interface LocalNode extends NodeClient {
  load(): NodeLoad;
  /** Every room that it has, under which epoch. */
  description(): DescribedRoom[];
  /** Counters of the node, names as in metrics (api §9). */
  stats(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export interface DescribedRoom extends RoomRef {
  participants: number;
}

/** What can be asked of a node, wherever it is. */
export type NodeMethod = Exclude<keyof NodeClient, 'onEvent'>;

export const nodeMethods: readonly NodeMethod[] = [
  'openRoom',
  'closeRoom',
  'checkCapacity',
  'addParticipant',
  'connectEndpoint',
  'patchEndpoint',
  'removeParticipant',
  'publishOffer',
  'publishMute',
  'publishRemove',
  'subscribeAnswer',
  'subscribeRestart',
  'subscriptionSet',
  'candidate',
  'resync',
  'publications',
  'openLink',
  'closeLink',
  'hearLink',
  'repeatLink',
];

/** A client whose every method is this function. */
export function clientOf(
  call: (method: NodeMethod, argument: unknown) => Promise<unknown>,
  onEvent: NodeClient['onEvent'],
): NodeClient {
  const methods = nodeMethods.map(
    (method) => [method, (argument: unknown) => call(method, argument)] as const,
  );
  return { ...Object.fromEntries(methods), onEvent } as unknown as NodeClient;
}

export class NodeError extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(detail);
    this.name = 'NodeError';
  }
}
