/** Keeps what is published the same as what the devices give: track by track, switch by switch. */
import type { ClientCode, Source } from '../../../client/src/index.js';
import type { CaptureSource } from './capture.js';
import type { LocalMedia } from './local-media.js';
import type { PublishTransport } from './publish-transport.js';
import { moveCodes } from './room-moves.js';

interface Synced {
  track?: MediaStreamTrack | undefined;
  muted: boolean;
}

/** What was said of a transport that is gone, came too fast, or met a room on the move, is told anew. */
const toldAnew: readonly ClientCode[] = [
  ...moveCodes,
  ...(['abandoned', 'unknown_publication', 'rate_limited'] as const),
];

export class LocalSync {
  private readonly synced = new Map<CaptureSource, Synced>();
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly local: LocalMedia,
    private readonly transport: PublishTransport,
    /** What this person may publish now. */
    private readonly allowed: () => readonly Source[],
  ) {}

  start(): void {
    this.unsubscribe = this.local.store.subscribe(this.look);
    this.look();
  }

  stop(): void {
    this.unsubscribe?.();
    this.unsubscribe = undefined;
  }

  /** The rights have changed. */
  review(): void {
    if (this.unsubscribe) this.look();
  }

  /** The server let this not be heard or seen: the person's switch goes back to what holds. */
  refused(source: Source, code: ClientCode): void {
    if (toldAnew.includes(code)) return;
    if (source === 'camera') this.local.stopCamera();
    else if (source === 'microphone') this.local.setMuted(true);
  }

  private readonly look = (): void => {
    const { microphone, camera, muted } = this.local.store.get();
    if (microphone.state !== 'starting') this.align('microphone', microphone.track, muted);
    if (camera.state !== 'starting') this.align('camera', camera.track, !camera.track);
  };

  private align(source: CaptureSource, track: MediaStreamTrack | undefined, muted: boolean): void {
    const before = this.synced.get(source);
    if (!this.allowed().includes(source)) {
      this.withdraw(source, before);
      return;
    }
    if (before?.track === track && before?.muted === muted) return;
    this.synced.set(source, { track, muted });
    const { transport } = this;
    if (track && before?.track !== track) void transport.publish(source, track, muted);
    else if (track) transport.setMuted(source, muted);
    else if (before?.track) void transport.silence(source);
  }

  private withdraw(source: CaptureSource, before: Synced | undefined): void {
    this.synced.delete(source);
    if (before?.track) void this.transport.unpublish(source);
  }
}
