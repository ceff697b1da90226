/**
 * The way to the room's node under one epoch: a transport for what this participant sends, one for what
 * it receives, and its devices in step with what is sent. A room that moves to another node gets another
 * session, and this one is closed: nothing in it begins anew.
 */
import type {
  ClientPayloads,
  Direction,
  IceServer,
  ServerMessage,
  Source,
  Timers,
} from '../../../client/src/index.js';
import { codeOf } from '../../../client/src/index.js';
import type { LocalMedia } from './local-media.js';
import { LocalSync } from './local-sync.js';
import type { Command } from './moderation.js';
import { newId } from './new-id.js';
import { PublishTransport } from './publish-transport.js';
import type { Settings } from './settings.js';
import { type Silence, SilenceWatch } from './silence-watch.js';
import { SubscribeTransport, type Tracks } from './subscribe-transport.js';
import { pathCounters } from './transport-counters.js';

export interface SessionEnvironment {
  timers: Timers;
  local: LocalMedia;
  settings: Settings;
  command: Command;
  /** What this person may publish now. */
  allowed(): readonly Source[];
  isSaving(): boolean;
  /** What is received goes another way now. */
  changed(): void;
  /** Nothing comes on a transport though the server has promised that something would. */
  lost(epoch: number, direction: Direction, silence: Silence): void;
  back(epoch: number, direction: Direction): void;
  failed(error: unknown): void;
}

/** Of `joined`, and for another epoch of `migrate`. */
export interface SessionTerms {
  epoch: number;
  iceServers: IceServer[];
  /** Undefined: the node promises nothing, and its silence says nothing. */
  beatMs: number | undefined;
}

export class MediaSession {
  readonly publish: PublishTransport;
  readonly subscribe: SubscribeTransport;
  private readonly sync: LocalSync;
  private readonly watches: SilenceWatch[] = [];
  private state: 'new' | 'open' | 'retired' = 'new';

  constructor(
    private readonly environment: SessionEnvironment,
    private terms: SessionTerms,
  ) {
    this.publish = this.publishing();
    this.subscribe = this.subscribing();
    this.sync = new LocalSync(environment.local, this.publish, () => environment.allowed());
  }

  get epoch(): number {
    return this.terms.epoch;
  }

  /** It carries media, or is about to. */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  get isRetired(): boolean {
    return this.state === 'retired';
  }

  get tracks(): Tracks {
    return this.subscribe.tracks;
  }

  /** Something can pass both ways. */
  get isReady(): boolean {
    return this.isOpen && this.publish.isReady && this.subscribe.isConnected;
  }

  start(): void {
    if (this.state !== 'new') return;
    this.state = 'open';
    this.subscribe.start();
    this.sync.start();
    this.watch('publish', () => this.publish.statistics());
    this.watch('subscribe', () => this.subscribe.pathStatistics());
  }

  /** The node goes on under another epoch. */
  rename(epoch: number): void {
    this.terms = { ...this.terms, epoch };
    this.publish.renamed();
    this.subscribe.renamed();
  }

  /** Another session takes over: what is lost here is not worth a word any more. */
  stopWatching(): void {
    for (const watch of this.watches) watch.close();
  }

  /**
   * Its node is gone, or has ended it: nothing is sent or asked any more. Last pictures stay until it is
   * closed: a browser turns them black then.
   */
  retire(): void {
    this.state = 'retired';
    this.stopWatching();
    this.sync.stop();
    this.publish.close();
    this.subscribe.retire();
  }

  close(): void {
    this.retire();
    this.subscribe.close();
  }

  received(message: ServerMessage): void {
    if (message.t === 'subscribe.offer') this.subscribe.offered(message.d);
    else if (message.t === 'subscribe.map') this.subscribe.mapped(message.d);
    else if (message.t === 'publish.layers') this.publish.setLayers(message.d);
    else if (message.t === 'candidate' && message.d.direction === 'subscribe') {
      this.subscribe.candidate(message.d);
    }
  }

  rightsChanged(): void {
    this.sync.review();
  }

  /** Does all that still comes by `older` come here, and is all sent? */
  hasTakenOver(older: readonly MediaSession[]): boolean {
    const now = this.environment.timers.now();
    return (
      this.isReady &&
      older.every((session) =>
        [...session.tracks.keys()].every(
          (id) => this.subscribe.arrivals.has(id) || !session.subscribe.arrivals.flows(id, now),
        ),
      )
    );
  }

  private watch(direction: Direction, look: () => Promise<RTCStatsReport>): void {
    const { beatMs } = this.terms;
    if (beatMs === undefined) return;
    const { timers, lost, back } = this.environment;
    const counters = async () => pathCounters(await look());
    const told = (silence: Silence) => lost(this.epoch, direction, silence);
    const isBack = () => back(this.epoch, direction);
    this.watches.push(new SilenceWatch({ timers, beatMs, counters, lost: told, back: isBack }));
  }

  private subscribing(): SubscribeTransport {
    const { timers, command, failed, changed } = this.environment;
    const { iceServers } = this.terms;
    return new SubscribeTransport({
      ...{ timers, iceServers, failed, changed },
      epoch: () => this.epoch,
      answer: (payload) => command('subscribe.answer', payload),
      restart: (payload) => command('subscribe.restart', payload),
    });
  }

  private publishing(): PublishTransport {
    const { timers, command, failed, settings } = this.environment;
    const { iceServers } = this.terms;
    return new PublishTransport({
      ...{ timers, iceServers, failed, newId },
      epoch: () => this.epoch,
      videoCodec: settings.videoCodec,
      sharing: () => settings.sharing,
      isSaving: () => this.environment.isSaving(),
      offer: (payload) => command('publish.offer', payload),
      update: (payload, source) => this.updateMuted(payload, source),
      remove: (payload) => command('publish.remove', payload),
    });
  }

  private async updateMuted(
    payload: ClientPayloads['publish.update'],
    source: Source,
  ): Promise<void> {
    try {
      await this.environment.command('publish.update', payload);
    } catch (error) {
      if (!payload.muted) this.sync.refused(source, codeOf(error));
      throw error;
    }
  }
}
