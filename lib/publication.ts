/** A track that a participant offers in its room. */
import type { Core } from './core.js';
import { assertOpen } from './core.js';
import type { ObjectEvent } from './engine/channel.js';
import type { Handle } from './engine/handle.js';
import type { CodecName } from './negotiation/codecs.js';
import type { OfferedTrack } from './negotiation/publish.js';
import type { LiveParticipant, Participant } from './participant.js';
import type { LiveSubscription } from './subscription.js';

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
}

export interface Layer {
  spatial: number;
  temporal: number;
}

export interface Publication {
  /** A UUID, unique for ever. */
  readonly id: string;
  readonly participant: Participant;
  readonly cid: string;
  readonly mid: string;
  readonly kind: MediaKind;
  readonly source: TrackSource;
  /** The first negotiated codec, corrected by the first packet. */
  readonly codec: CodecName;
  /** One per encoding, lowest first. */
  readonly layers: readonly Layer[];
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

export class LivePublication implements Publication {
  readonly subscriptions = new Set<LiveSubscription>();
  readonly handle: Handle;
  codec: CodecName;
  #mutedByParticipant: boolean;
  #mutedByHost = false;
  #isClosed = false;

  constructor(
    readonly core: Core,
    readonly id: string,
    readonly participant: LiveParticipant,
    readonly declaration: TrackDeclaration,
    readonly track: OfferedTrack,
  ) {
    this.#mutedByParticipant = declaration.muted;
    this.codec = track.codecs[0]?.codec ?? 'opus';
    this.handle = core.channel.open('publication', participant.room.shard, (event) =>
      this.#handleEvent(event),
    );
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

  get layers(): readonly Layer[] {
    return this.track.encodings.map((_, spatial) => ({ spatial, temporal: 0 }));
  }

  get muted(): boolean {
    return this.#mutedByParticipant || this.#mutedByHost;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Asks the engine to take it. Refused: `abandon`. */
  open(transport: Handle): Promise<void> {
    const { track, handle, muted } = this;
    return this.core.channel.request(handle, {
      type: 'publicationCreate',
      publication: handle,
      room: this.participant.room.handle,
      transport,
      kind: track.kind,
      mid: track.mid,
      codecs: track.codecs,
      encodings: track.encodings,
      muted,
    });
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
    this.participant.room.emit('publicationUpdated', this);
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
    for (const subscription of [...this.subscriptions]) subscription.close();
    this.#closeHandle();
    this.participant.removePublication(this);
    this.participant.room.removePublication(this, reason);
  }

  #closeHandle(): void {
    const publication = this.handle;
    this.core.channel.close('publication', publication, { type: 'publicationClose', publication });
  }

  #handleEvent(event: ObjectEvent): void {
    if (event.type !== 'streamStarted') return;
    const { codec } = event;
    if (codec === 'unknown' || codec === 'red' || codec === 'rtx' || codec === this.codec) return;
    this.codec = codec;
    this.participant.room.emit('publicationUpdated', this);
  }
}
