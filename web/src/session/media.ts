/**
 * What flows between this participant and the node: the two transports, who is heard, which
 * pictures are wanted, and the own devices in step with what is published.
 */

import type {
  Publication,
  ServerMessage,
  ServerPayloads,
  Source,
} from '../../../client/src/index.js';
import { realTimers } from '../../../client/src/index.js';
import { isPhone } from './device-class.js';
import type { MediaGap } from './interruption.js';
import type { LocalMedia } from './local-media.js';
import type { Command } from './moderation.js';
import { RemoteAudio } from './remote-audio.js';
import { ScreenShare } from './screen-share.js';
import { Sessions } from './sessions.js';
import type { Settings } from './settings.js';
import type { Look } from './statistics.js';
import type { Tracks } from './subscribe-transport.js';
import { everything, forPhones, savingData } from './video-budget.js';
import type { Attention } from './visibility.js';
import { VisibilityReporter } from './visibility-reporter.js';

export type { Tracks } from './subscribe-transport.js';

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
  /** Is the server heard? */
  isOnline(): boolean;
  /** Media has stopped for more than a second, or goes on. */
  interrupted(isInterrupted: boolean): void;
  /** It goes on after such a stop. */
  gapEnded(gap: MediaGap): void;
  /** Publications with a tile whose picture is not taken. */
  leftOut(ids: ReadonlySet<string>): void;
  failed(error: unknown): void;
}

export class Media {
  readonly screen: ScreenShare;
  readonly visibility: VisibilityReporter;
  private readonly audio: RemoteAudio;
  private readonly sessions: Sessions;

  constructor(private readonly environment: MediaEnvironment) {
    const { settings, command } = environment;
    this.audio = new RemoteAudio((isBlocked) => environment.soundBlocked(isBlocked));
    this.visibility = new VisibilityReporter(
      realTimers,
      (items) => command('subscription.set', { items }),
      (ids) => environment.leftOut(ids),
    );
    this.visibility.setBudget(budgetOf(environment.isSaving()));
    this.screen = new ScreenShare({
      transports: () => this.sessions.open.map(({ publish }) => publish),
      isAllowed: () => environment.allowed().includes('screen'),
      mode: () => settings.sharing,
      shown: (screen) => environment.sharing(screen),
    });
    this.sessions = new Sessions({
      ...environment,
      timers: realTimers,
      random: Math.random,
      opened: ({ publish }) => void this.screen.publishTo(publish),
      shown: (tracks, mids) => environment.tracks(tracks, mids),
      known: (ids) => this.visibility.retell(ids),
    });
  }

  get isOpen(): boolean {
    return this.sessions.newest !== undefined;
  }

  /** The seat was taken, maybe again: then the transports go on, unless the server says that they are gone. */
  joined(seat: ServerPayloads['joined']): void {
    if (this.isOpen && keepsTransports(seat)) {
      this.sessions.keep(seat);
      return;
    }
    this.sessions.begin(seat);
    this.visibility.forget();
  }

  close(): void {
    this.screen.close();
    this.sessions.close();
    this.audio.close();
  }

  received(message: ServerMessage): void {
    if (message.t === 'migrate') this.migrate(message.d);
    else if (message.t !== 'token') this.sessions.received(message);
    else if (message.d.kind === 'standby') this.sessions.setTicket(message.d.token);
  }

  /** About a way by which media came before it went another one. */
  isOutdated(message: ServerMessage): boolean {
    if (message.t !== 'subscription.state' || message.d.epoch === undefined) return false;
    return message.d.epoch < (this.sessions.newest?.epoch ?? 0);
  }

  private migrate(to: ServerPayloads['migrate']): void {
    this.sessions.migrate(to);
    // The other node has never been told.
    this.visibility.forget();
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
    for (const { publish } of this.sessions.open) publish.savingChanged();
  }

  rightsChanged(): void {
    for (const session of this.sessions.open) session.rightsChanged();
  }

  mutedByHost(source: Source): void {
    for (const { publish } of this.sessions.open) publish.mutedByHost(source);
  }

  setSpeaker(id: string): void {
    this.audio.setSpeaker(id);
  }

  /** Called from a click. */
  resumeSound(): void {
    this.audio.resume();
  }

  async look(): Promise<Look> {
    const { newest } = this.sessions;
    const [publish, subscribe] = await Promise.all([
      newest?.publish.statistics(),
      newest?.subscribe.statistics(),
    ]);
    const nothing = new Map();
    const atMs = performance.now();
    return { atMs, publish: publish ?? nothing, subscribe: subscribe ?? nothing };
  }
}

/** Without a word about them they go on when the seat does. */
export function keepsTransports({ resumed, transports }: ServerPayloads['joined']): boolean {
  return transports === undefined ? resumed : transports === 'kept';
}

function budgetOf(isSaving: boolean) {
  if (isSaving) return savingData;
  return isPhone() ? forPhones : everything;
}
