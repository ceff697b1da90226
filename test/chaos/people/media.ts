/**
 * A person's media under one epoch of the room: a transport each way. How it comes about is the
 * signaling's to say; what comes of it is told by `MediaListener`.
 */
import { readPlace } from '../../../bench/forward/sdp.js';
import type { ServerPayloads, TrackDeclaration } from '../../../client/src/index.js';
import type { CrowdProcess, OpenTransport, TransportEvent } from './crowd-process.js';
import { publishOffer, subscribeAnswer } from './media-sdp.js';

export type Direction = 'publish' | 'subscribe';

export interface MediaListener {
  /** Both ways are up. */
  ready(media: Media): void;
  turned(media: Media, direction: Direction, event: TransportEvent): void;
}

export interface MediaOptions {
  crowd: CrowdProcess;
  person: number;
  address: string;
  /** A picture in place of speech. */
  isPicture: boolean;
  takesRedundancy: boolean;
  /** What is sent, in place of one track of patterns; as offered, in this order. */
  sends?: readonly TrackKind[];
  /** It publishes, and receives nothing. */
  isDeaf?: boolean;
}

export type TrackKind = 'audio' | 'video';

/** A track as this transport sends it. */
export interface SentTrack {
  kind: TrackKind;
  mid: string;
  ssrc: number;
  rtxSsrc?: number;
}

/** SSRCs begin here; each transport of a run has its own. */
let nextSsrc = 100_000;

/** Patterns are not kept, so nothing of them can be sent again. */
function tracksOf({ sends, isPicture }: MediaOptions): SentTrack[] {
  if (!sends) return [{ kind: isPicture ? 'video' : 'audio', mid: '0', ssrc: nextSsrc++ }];
  return sends.map((kind, at) => {
    const track = { kind, mid: `${at}`, ssrc: nextSsrc++ };
    return kind === 'video' ? { ...track, rtxSsrc: nextSsrc++ } : track;
  });
}

export class Media {
  private readonly tracks: readonly SentTrack[];
  private publish: Promise<OpenTransport> | undefined;
  private subscribe: Promise<OpenTransport> | undefined;
  private rev = 0;
  private remoteUfrag = '';
  private readonly connected = new Set<Direction>();
  private isClosed = false;

  constructor(
    /** A process that takes the room over gives it another one. */
    public epoch: number,
    private readonly options: MediaOptions,
    private readonly listener: MediaListener,
  ) {
    this.tracks = tracksOf(options);
  }

  get isReady(): boolean {
    return this.connected.size === (this.options.isDeaf ? 1 : 2);
  }

  /** Of the transport that sends, once it is open: what it sends. */
  async sending(): Promise<({ transport: number } & SentTrack)[]> {
    const open = await this.publish;
    if (open === undefined) return [];
    return this.tracks.map((track) => ({ ...track, transport: open.transport }));
  }

  async transports(): Promise<number[]> {
    const open = await Promise.all([this.publish, this.subscribe]);
    return open.flatMap((one) => (one === undefined ? [] : [one.transport]));
  }

  /** Its own ports, as a relay before the node sees them. */
  async ports(): Promise<number[]> {
    const open = await Promise.all([this.publish, this.subscribe]);
    return open.flatMap((one) => (one === undefined ? [] : [one.port]));
  }

  /** What to offer next. ICE restarts when it was offered before. */
  async offer(
    isMuted: (kind: TrackKind) => boolean,
  ): Promise<{ epoch: number; rev: number; sdp: string; tracks: TrackDeclaration[] }> {
    const isRestart = this.publish !== undefined;
    this.publish ??= this.open('publish');
    let own = await this.publish;
    if (isRestart) own = { ...own, ...(await this.options.crowd.restart(own.transport)) };
    this.publish = Promise.resolve(own);
    this.rev += 1;
    const sdp = publishOffer(own, this.tracks);
    const tracks = this.tracks.map(({ kind, mid }) => {
      const source = kind === 'video' ? 'camera' : 'microphone';
      return { mid, cid: source, kind, source, muted: isMuted(kind) } as const;
    });
    return { epoch: this.epoch, rev: this.rev, sdp, tracks };
  }

  async answered(sdp: string): Promise<void> {
    const own = await this.publish;
    if (own && !this.isClosed) await this.options.crowd.connect(own.transport, readPlace(sdp));
  }

  /** @returns the answer. */
  async take({ sdp }: ServerPayloads['subscribe.offer']): Promise<string> {
    const { crowd } = this.options;
    const isFirst = this.subscribe === undefined;
    this.subscribe ??= this.open('subscribe');
    let own = await this.subscribe;
    const place = readPlace(sdp);
    const isNew = place.ufrag !== this.remoteUfrag;
    this.remoteUfrag = place.ufrag;
    if (isNew && !isFirst) own = { ...own, ...(await crowd.restart(own.transport)) };
    this.subscribe = Promise.resolve(own);
    if (isNew && !this.isClosed) await crowd.connect(own.transport, place);
    return subscribeAnswer(sdp, own, this.options.takesRedundancy);
  }

  /** To another address, both ways. */
  async move(address: string): Promise<void> {
    const move = async (open: Promise<OpenTransport> | undefined) => {
      const own = await open;
      return own && { ...own, port: await this.options.crowd.move(own.transport, address) };
    };
    const [publish, subscribe] = [await move(this.publish), await move(this.subscribe)];
    if (publish) this.publish = Promise.resolve(publish);
    if (subscribe) this.subscribe = Promise.resolve(subscribe);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const transport of await this.transports()) await this.options.crowd.close(transport);
  }

  private open(direction: Direction): Promise<OpenTransport> {
    const { crowd, person, address } = this.options;
    return crowd.open(person, address, (event) => this.turned(direction, event));
  }

  private turned(direction: Direction, event: TransportEvent): void {
    if (this.isClosed) return;
    if (event.event === 'connected') {
      this.connected.add(direction);
      if (this.isReady) this.listener.ready(this);
    }
    this.listener.turned(this, direction, event);
  }
}
