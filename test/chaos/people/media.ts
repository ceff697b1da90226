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
}

/** SSRCs begin here; each transport of a run has its own. */
let nextSsrc = 100_000;

export class Media {
  readonly ssrc = nextSsrc++;
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
  ) {}

  get isReady(): boolean {
    return this.connected.size === 2;
  }

  /** Of the transport that sends, once it is open. */
  async sending(): Promise<{ transport: number; ssrc: number } | undefined> {
    const open = await this.publish;
    return open && { transport: open.transport, ssrc: this.ssrc };
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
    muted: boolean,
  ): Promise<{ epoch: number; rev: number; sdp: string; tracks: TrackDeclaration[] }> {
    const isRestart = this.publish !== undefined;
    this.publish ??= this.open('publish');
    let own = await this.publish;
    if (isRestart) own = { ...own, ...(await this.options.crowd.restart(own.transport)) };
    this.publish = Promise.resolve(own);
    this.rev += 1;
    const kind = this.options.isPicture ? 'video' : 'audio';
    const sdp = publishOffer(own, { kind, mid: '0', ssrc: this.ssrc });
    const source = this.options.isPicture ? 'camera' : 'microphone';
    const tracks = [{ mid: '0', cid: source, kind, source, muted } as const];
    return { epoch: this.epoch, rev: this.rev, sdp, tracks: [...tracks] };
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
