/**
 * This person's screen, tuned for text (sharp, few frames) or for motion (smooth, fewer pixels),
 * with the sound of a tab or the system where the browser offers it.
 */
import { browserMedia } from './capture.js';
import type { PublishTransport } from './publish-transport.js';
import type { SharingMode } from './settings.js';

/** Phones and plain-HTTP pages cannot. */
export const canShareScreen = 'getDisplayMedia' in (browserMedia() ?? {});

/** Bars of product row 12. */
const wanted: Readonly<Record<SharingMode, MediaTrackConstraints>> = {
  text: { width: { max: 2560 }, height: { max: 1440 }, frameRate: { max: 15 } },
  motion: { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 30 } },
};
const hints = { text: 'detail', motion: 'motion' } as const;

export interface ScreenShareEnvironment {
  /** More than one while media moves to another node. */
  transports(): readonly PublishTransport[];
  /** Whether this person may share now. */
  isAllowed(): boolean;
  mode(): SharingMode;
  /** Undefined: nothing is shared any more. */
  shown(screen: MediaStreamTrack | undefined): void;
}

export class ScreenShare {
  private screen: MediaStreamTrack | undefined;
  private sound: MediaStreamTrack | undefined;
  private isAsking = false;
  private isClosed = false;

  constructor(
    private readonly environment: ScreenShareEnvironment,
    private readonly media = browserMedia(),
  ) {}

  async toggle(): Promise<void> {
    if (this.screen) await this.stop();
    else if (!this.isAsking) await this.begin();
  }

  /** Does nothing when the person closes the question, or answers it too late. */
  private async begin(): Promise<void> {
    this.isAsking = true;
    const stream = await this.ask();
    this.isAsking = false;
    const [screen] = stream?.getVideoTracks() ?? [];
    if (!stream || !screen) return;
    if (this.isClosed || !this.environment.isAllowed()) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    [this.screen, this.sound] = [screen, stream.getAudioTracks()[0]];
    screen.contentHint = hints[this.environment.mode()];
    screen.addEventListener('ended', () => {
      if (this.screen === screen) void this.stop();
    });
    this.environment.shown(screen);
    await Promise.all(this.environment.transports().map((transport) => this.publishTo(transport)));
  }

  /** Which screen, window or tab; undefined: none. */
  private async ask(): Promise<MediaStream | undefined> {
    const asked = { video: wanted[this.environment.mode()], audio: true };
    try {
      return await this.media?.getDisplayMedia(asked);
    } catch {
      // The person closed the question, or this browser cannot.
      return undefined;
    }
  }

  async stop(): Promise<void> {
    this.end();
    const transports = this.environment.transports();
    await Promise.all(
      transports.flatMap((transport) => [
        transport.unpublish('screen'),
        transport.unpublish('screen_audio'),
      ]),
    );
  }

  /** The mode has changed. */
  async tune(): Promise<void> {
    const { screen } = this;
    if (!screen) return;
    const mode = this.environment.mode();
    screen.contentHint = hints[mode];
    // A browser that cannot scale goes on with what it has.
    await screen.applyConstraints(wanted[mode]).catch(() => undefined);
    for (const transport of this.environment.transports()) transport.tuneScreen(mode);
  }

  /** To a transport that is new. */
  async publishTo(transport: PublishTransport): Promise<void> {
    const { screen, sound } = this;
    await Promise.all([
      screen && transport.publish('screen', screen, false),
      sound && transport.publish('screen_audio', sound, false),
    ]);
  }

  /** Locally, for good, without a word to the server. */
  close(): void {
    this.isClosed = true;
    this.end();
  }

  private end(): void {
    this.screen?.stop();
    this.sound?.stop();
    this.screen = undefined;
    this.sound = undefined;
    this.environment.shown(undefined);
  }
}
