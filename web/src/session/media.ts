/**
 * What flows between this participant and the node: the two transports, who is heard, which
 * pictures are wanted, and the own devices in step with what is published.
 */

import type {
  ClientPayloads,
  Publication,
  ServerMessage,
  ServerPayloads,
  Source,
} from '../../../client/src/index.js';
import { codeOf, realTimers } from '../../../client/src/index.js';
import { isPhone } from './device-class.js';
import type { LocalMedia } from './local-media.js';
import { LocalSync } from './local-sync.js';
import type { Command } from './moderation.js';
import { newId } from './new-id.js';
import { PublishTransport } from './publish-transport.js';
import { RemoteAudio } from './remote-audio.js';
import { ScreenShare } from './screen-share.js';
import type { Settings } from './settings.js';
import type { Look } from './statistics.js';
import { SubscribeTransport } from './subscribe-transport.js';
import { everything, forPhones, savingData } from './video-budget.js';
import type { Attention } from './visibility.js';
import { VisibilityReporter } from './visibility-reporter.js';

export type Tracks = ReadonlyMap<string, MediaStreamTrack>;

export interface MediaEnvironment {
  local: LocalMedia;
  settings: Settings;
  command: Command;
  /** What this person may publish now. */
  allowed(): readonly Source[];
  /** By publication id, and publication ids by m-line. */
  tracks(tracks: Tracks, mids: ReadonlyMap<string, string>): void;
  sharing(screen: MediaStreamTrack | undefined): void;
  soundBlocked(isBlocked: boolean): void;
  isSaving(): boolean;
  /** Publications with a tile whose picture is not taken. */
  leftOut(ids: ReadonlySet<string>): void;
  failed(error: unknown): void;
}

export class Media {
  readonly screen: ScreenShare;
  readonly visibility: VisibilityReporter;
  private readonly audio: RemoteAudio;
  private readonly sync: LocalSync;
  private publish: PublishTransport | undefined;
  private subscribe: SubscribeTransport | undefined;

  constructor(private readonly environment: MediaEnvironment) {
    const { local, settings, command } = environment;
    const transport = () => this.publish;
    this.audio = new RemoteAudio((isBlocked) => environment.soundBlocked(isBlocked));
    this.visibility = new VisibilityReporter(
      realTimers,
      (items) => command('subscription.set', { items }),
      (ids) => environment.leftOut(ids),
    );
    this.visibility.setBudget(budgetOf(environment.isSaving()));
    this.sync = new LocalSync(local, transport, () => environment.allowed());
    this.screen = new ScreenShare({
      transport,
      isAllowed: () => environment.allowed().includes('screen'),
      mode: () => settings.sharing,
      shown: (screen) => environment.sharing(screen),
    });
  }

  get isOpen(): boolean {
    return this.publish !== undefined;
  }

  /** A seat was taken anew: both transports start again. */
  open(seat: ServerPayloads['joined']): void {
    this.closeTransports();
    this.subscribe = this.subscribing(seat);
    this.publish = this.publishing(seat);
    this.sync.start();
    void this.screen.publish();
    this.visibility.forget();
  }

  close(): void {
    this.screen.close();
    this.closeTransports();
    this.audio.close();
  }

  received(message: ServerMessage): void {
    if (message.t === 'subscribe.offer') this.subscribe?.offered(message.d);
    else if (message.t === 'subscribe.map') this.subscribe?.mapped(message.d);
    else if (message.t === 'publish.layers') this.publish?.setLayers(message.d);
    else if (message.t === 'candidate' && message.d.direction === 'subscribe') {
      this.subscribe?.candidate(message.d);
    }
  }

  /** What others publish, and whose picture matters most to this viewer. */
  show(remote: readonly Publication[], tracks: Tracks, attention: Attention): void {
    const videos = remote.filter(({ kind }) => kind === 'video');
    this.visibility.setPublications(videos, attention);
    const sounds = remote.flatMap(({ kind, publication_id }) => {
      const track = kind === 'audio' ? tracks.get(publication_id) : undefined;
      return track ? [track] : [];
    });
    this.audio.play(new Set(sounds));
  }

  /** The person's wish to save data has changed. */
  savingChanged(): void {
    this.visibility.setBudget(budgetOf(this.environment.isSaving()));
    this.publish?.savingChanged();
  }

  rightsChanged(): void {
    this.sync.review();
  }

  mutedByHost(source: Source): void {
    this.publish?.mutedByHost(source);
  }

  setSpeaker(id: string): void {
    this.audio.setSpeaker(id);
  }

  /** Called from a click. */
  resumeSound(): void {
    this.audio.resume();
  }

  async look(): Promise<Look> {
    const [publish, subscribe] = await Promise.all([
      this.publish?.statistics(),
      this.subscribe?.statistics(),
    ]);
    const nothing = new Map();
    const atMs = performance.now();
    return { atMs, publish: publish ?? nothing, subscribe: subscribe ?? nothing };
  }

  private subscribing({ epoch, ice_servers: iceServers }: ServerPayloads['joined']) {
    const { command, failed, tracks } = this.environment;
    return new SubscribeTransport({
      ...{ epoch, iceServers, failed, tracks },
      answer: (payload) => command('subscribe.answer', payload),
      restart: (payload) => command('subscribe.restart', payload),
    });
  }

  private publishing({ epoch, ice_servers: iceServers }: ServerPayloads['joined']) {
    const { command, failed, settings } = this.environment;
    return new PublishTransport({
      ...{ epoch, iceServers, failed, newId },
      videoCodec: settings.videoCodec,
      sharing: () => settings.sharing,
      isSaving: () => this.environment.isSaving(),
      timers: realTimers,
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

  private closeTransports(): void {
    this.sync.stop();
    this.publish?.close();
    this.subscribe?.close();
    this.publish = undefined;
    this.subscribe = undefined;
    this.environment.tracks(new Map(), new Map());
  }
}

function budgetOf(isSaving: boolean) {
  if (isSaving) return savingData;
  return isPhone() ? forPhones : everything;
}
