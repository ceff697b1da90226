/** A track that a participant offers in its room. */
import type { TrackLayer } from './allocation/inputs.js';
import type { Core } from './core.js';
import { assertOpen } from './core.js';
import { AGAIN_MS, DEBOUNCE_MS, type Downlink } from './downlink.js';
import { EncodingNeed } from './encoding-need.js';
import type { ObjectEvent } from './engine/channel.js';
import type { LayerRatesEvent, PublicationCreateCommand } from './engine/contract.gen.js';
import type { Handle } from './engine/handle.js';
import { LayerDemand } from './layer-demand.js';
import type { CodecName } from './negotiation/codecs.js';
import type { OfferedTrack } from './negotiation/publish.js';
import { PublicationLayers } from './publication-layers.js';
import { Relays } from './relays.js';
import type { LiveRoom, Room } from './room.js';
import type { LiveSubscription } from './subscription.js';
import type { LiveTap } from './tap.js';

export type MediaKind = 'audio' | 'video';
export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen_audio';

/** What the client declares about one m-line of its offer. */
export interface TrackDeclaration {
  mid: string;
  /** The client's own name for the track. */
  cid: string;
  kind: MediaKind;
  source: TrackSource;
  muted: boolean;
  /** What the publication was called on another node. Default: a new UUID. */
  id?: string;
  /** What the client means to send, lowest first; by `rid` in simulcast. */
  encodings?: readonly DeclaredEncoding[];
  /** Discontinuous transmission (RFC 7587), redundancy (RFC 2198) of audio. */
  dtx?: boolean;
  red?: boolean;
}

export interface DeclaredEncoding {
  rid?: string;
  maxBitrateBps?: number;
  maxFps?: number;
  /** How much smaller than the source, 1 or more. */
  scale?: number;
}

export interface Layer {
  spatial: number;
  temporal: number;
}

/** A layer that a publication has or may have; of its size and rate what is known. */
export interface PublicationLayer extends Layer {
  width?: number;
  height?: number;
  /** As declared; of one stream with layers the rate of all. */
  maxBitrateBps?: number;
}

/** What a client is asked to send of one encoding (RTCRtpEncodingParameters). */
export interface EncodingDemand {
  rid: string;
  active: boolean;
  maxBitrateBps?: number;
}

/** Whose a publication is: a participant here, or one of another node (`RoomLink`). */
export interface Publisher {
  readonly id: string;
  readonly room: Room;
  /** Published on another node. */
  readonly isDistant: boolean;
}

export interface Publication {
  /** A UUID, unique for ever. */
  readonly id: string;
  readonly participant: Publisher;
  readonly cid: string;
  /** '' with a PlainTransport and over a link. */
  readonly mid: string;
  readonly kind: MediaKind;
  readonly source: TrackSource;
  /** The first negotiated codec, corrected by the first packet. */
  readonly codec: CodecName;
  /** Those that are declared or were seen, lowest first. */
  readonly layers: readonly PublicationLayer[];
  /** Which encodings anybody can use now; the participant emits `encodingDemand` when it changes. */
  readonly demand: readonly EncodingDemand[];
  /** Muted by the participant or by a host: nothing is forwarded. */
  readonly muted: boolean;
  /**
   * Turns one of the two switches; media flows while both are off. The room emits
   * `publicationUpdated` when `muted` changes by it.
   * @throws PlenumError `closed`.
   */
  setMuted(muted: boolean, by?: 'participant' | 'host'): void;
  /** Asks the client for a key frame; the engine throttles. No effect on audio. */
  requestKeyFrame(): void;
  /** Ends it for everybody. The client's m-line becomes inactive with its next offer. */
  close(reason?: RemovalReason): void;
}

/** `ended`: the client's offer no longer sends it. `replaced`: another track took its m-line. */
export type RemovalReason = 'removed' | 'ended' | 'replaced' | 'left' | 'room_closed';

export interface LivePublisher extends Publisher {
  readonly room: LiveRoom;
  readonly shard: number;
  /** Its room, as it is called on its shard. */
  readonly roomHandle: Handle;
  removePublication(publication: LivePublication): void;
  /** What can be used of it is something else than before. */
  tellDemand(publication: LivePublication): void;
}

/** Another node that a publication is sent to. */
export interface Outlet {
  /** The highest encoding that anybody there can use; -1: none. */
  readonly top: number;
  /** `isUrgent`: more than the rates of layers. */
  handleChange(isUrgent: boolean): void;
  end(reason: RemovalReason): void;
}

export class LivePublication implements Publication {
  readonly subscriptions = new Set<LiveSubscription>();
  readonly outlets = new Set<Outlet>();
  readonly taps = new Set<LiveTap>();
  readonly layering: PublicationLayers;
  readonly handle: Handle;
  readonly #relays: Relays;
  #layerDemand: LayerDemand | null = null;
  #need: EncodingNeed | null = null;
  codec: CodecName;
  #mutedByParticipant: boolean;
  #mutedByHost = false;
  #isClosed = false;

  constructor(
    readonly core: Core,
    readonly id: string,
    readonly participant: LivePublisher,
    readonly declaration: TrackDeclaration,
    readonly track: OfferedTrack,
  ) {
    this.#mutedByParticipant = declaration.muted;
    this.codec = track.codecs.map(({ codec }) => codec).find((codec) => codec !== 'red') ?? 'opus';
    this.layering = new PublicationLayers(track.encodings, declaration.encodings);
    this.handle = core.channel.open('publication', participant.shard, (event) =>
      this.#handleEvent(event),
    );
    this.#relays = new Relays(this);
  }

  get cid(): string {
    return this.declaration.cid;
  }

  get mid(): string {
    return this.declaration.mid;
  }

  get kind(): MediaKind {
    return this.declaration.kind;
  }

  get source(): TrackSource {
    return this.declaration.source;
  }

  get layers(): readonly PublicationLayer[] {
    return this.layering.describe();
  }

  get demand(): readonly EncodingDemand[] {
    return this.layering.encodingsUpTo(this.#layerDemand?.top ?? Number.POSITIVE_INFINITY);
  }

  /** Whether the engine has said what its layers take. */
  get isMeasured(): boolean {
    return this.layering.isMeasured;
  }

  get muted(): boolean {
    return this.#mutedByParticipant || this.#mutedByHost;
  }

  /** What a screen plays is no voice to be weighed against others. */
  get isAlwaysForwarded(): boolean {
    return this.source === 'screen_audio';
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** It is published: from now on what nobody can use need not be sent. */
  watchDemand(): void {
    const { isDistant } = this.participant;
    if (this.kind === 'audio' && !isDistant) return;
    const tell = () => this.participant.tellDemand(this);
    const top = isDistant ? -1 : this.track.encodings.length - 1;
    if (isDistant) this.#need = new EncodingNeed(this, tell);
    this.#layerDemand = new LayerDemand(this, top, tell);
  }

  /** What a subscriber can use of it has changed. */
  updateDemand(): void {
    if (this.#isClosed) return;
    this.#layerDemand?.update();
    this.#need?.update();
  }

  /** What a subscriber gets of it, or is to get, has changed. */
  updateNeed(): void {
    if (!this.#isClosed) this.#need?.update();
  }

  /** What another node is to send of it. */
  get distantDemand(): { top: number; encodings: readonly number[] } {
    return { top: this.#layerDemand?.top ?? -1, encodings: this.#need?.encodings ?? [] };
  }

  /** As it is called on a shard; null where it is not. */
  handleOn(shard: number): Handle | null {
    return shard === this.participant.shard ? this.handle : this.#relays.handleOn(shard);
  }

  /** It is needed on a shard, in the room's handle there; to be released as often. */
  take(shard: number, room: Handle): Handle {
    return shard === this.participant.shard ? this.handle : this.#relays.take(shard, room);
  }

  release(shard: number): void {
    this.#relays.release(shard);
  }

  /** Asks the engine to take it. Refused: `abandon`. */
  open(transport: Handle): Promise<void> {
    return this.core.channel.request(this.handle, this.#creation(transport));
  }

  /** The same where the engine cannot refuse it. */
  openAtOnce(transport: Handle): void {
    this.core.channel.post(this.handle, this.#creation(transport));
  }

  #creation(transport: Handle): PublicationCreateCommand {
    const { track, handle, muted } = this;
    return {
      type: 'publicationCreate',
      publication: handle,
      room: this.participant.roomHandle,
      transport,
      kind: track.kind,
      mid: track.mid,
      codecs: track.codecs,
      encodings: track.encodings,
      muted,
      alwaysForwarded: this.isAlwaysForwarded,
    };
  }

  /** The engine did not take it: as if it had never been. */
  abandon(): void {
    this.#isClosed = true;
    this.core.channel.forget('publication', this.handle);
  }

  /** The engine took it, its siblings were refused: nobody has seen it yet. */
  retract(): void {
    this.#isClosed = true;
    this.#closeHandle();
  }

  setMuted(muted: boolean, by: 'participant' | 'host' = 'participant'): void {
    assertOpen(this.#isClosed, 'publication');
    const before = this.muted;
    if (by === 'host') this.#mutedByHost = muted;
    else this.#mutedByParticipant = muted;
    if (this.muted === before) return;
    this.core.channel.post(this.handle, {
      type: 'publicationSet',
      publication: this.handle,
      muted: this.muted,
    });
    this.#update();
    this.#eachDownlink((downlink) => downlink.allocate());
  }

  requestKeyFrame(): void {
    assertOpen(this.#isClosed, 'publication');
    if (this.kind === 'audio') return;
    this.core.channel.post(this.handle, {
      type: 'publicationRequestKeyFrame',
      publication: this.handle,
    });
  }

  close(reason: RemovalReason = 'removed'): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#layerDemand?.close();
    this.#need?.close();
    for (const outlet of [...this.outlets]) outlet.end(reason);
    for (const subscription of [...this.subscriptions]) subscription.close();
    for (const tap of [...this.taps]) tap.end();
    this.#relays.close();
    this.#closeHandle();
    this.participant.removePublication(this);
    this.participant.room.removePublication(this, reason);
  }

  #closeHandle(): void {
    const publication = this.handle;
    this.core.channel.close('publication', publication, { type: 'publicationClose', publication });
  }

  #handleEvent(event: ObjectEvent): void {
    if (event.type === 'layerRates') this.#handleRates(event);
    if (event.type !== 'streamStarted') return;
    const { codec } = event;
    if (codec === 'unknown' || codec === 'red' || codec === 'rtx') return;
    this.enterCodec(codec);
  }

  enterCodec(codec: CodecName): void {
    if (codec === this.codec) return;
    this.codec = codec;
    this.#update();
  }

  /** `muted`, `codec` or `layers` is another one now. */
  #update(): void {
    this.participant.room.emit('publicationUpdated', this);
    for (const outlet of this.outlets) outlet.handleChange(true);
  }

  #handleRates({ atUs, layers }: LayerRatesEvent): void {
    this.core.engineClock.learn(atUs);
    this.#noteRates(() => this.layering.handleRates(atUs, layers));
  }

  /** As another node has measured it. */
  adoptLayers(layers: readonly TrackLayer[]): void {
    this.#noteRates(() => this.layering.adopt(layers));
  }

  /** `note` says whether layers came, died or changed in size. */
  #noteRates(note: () => boolean): void {
    const isFirst = !this.layering.isMeasured;
    const isReshaped = note();
    if (isReshaped) {
      this.updateDemand();
      this.#update();
    } else {
      for (const outlet of this.outlets) outlet.handleChange(false);
    }
    this.#eachDownlink((downlink) => {
      if (isFirst) downlink.forget(this.id);
      downlink.request(isReshaped ? DEBOUNCE_MS : AGAIN_MS);
    });
  }

  #eachDownlink(tell: (downlink: Downlink) => void): void {
    if (this.kind === 'audio') return;
    for (const { participant } of this.subscriptions) tell(participant.subscribeTransport.downlink);
  }
}
