/**
 * This person's microphone and camera, from the pre-join page on: permission, choice of device,
 * unplugging. Works with none of them; every state says why there is no track.
 */
import { isPhone } from './device-class.js';
import type { DeviceKind, Settings } from './settings.js';
import { Store } from './store.js';

/** `off`: not asked for. `denied`: by the person or the browser. `missing`: no such device. */
export type CaptureState = 'off' | 'starting' | 'on' | 'denied' | 'missing' | 'failed';

export interface Capture {
  readonly state: CaptureState;
  readonly track?: MediaStreamTrack;
}

export interface LocalMediaState {
  readonly microphone: Capture;
  readonly camera: Capture;
  /** The person's own switch; true also while there is no microphone. */
  readonly muted: boolean;
  readonly devices: readonly MediaDeviceInfo[];
  readonly chosen: Readonly<Partial<Record<DeviceKind, string>>>;
}

export type CaptureSource = 'microphone' | 'camera';

const deviceKindOf = { microphone: 'audioinput', camera: 'videoinput' } as const;

export class LocalMedia {
  readonly store: Store<LocalMediaState>;
  private readonly media = navigator.mediaDevices as MediaDevices | undefined;
  /** Of a phone: towards the person, or away. */
  private facing: 'user' | 'environment' | undefined;

  constructor(private readonly settings: Settings) {
    const chosen: Partial<Record<DeviceKind, string>> = {};
    for (const kind of ['audioinput', 'videoinput', 'audiooutput'] as const) {
      const id = settings.device(kind);
      if (id !== undefined) chosen[kind] = id;
    }
    const off: Capture = { state: 'off' };
    this.store = new Store<LocalMediaState>({
      ...{ microphone: off, camera: off },
      ...{ muted: true, devices: [], chosen },
    });
  }

  /** Asks for both with one question; what fails leaves the other working. */
  async open(): Promise<void> {
    this.media?.addEventListener('devicechange', this.refreshDevices);
    this.store.patch({ microphone: { state: 'starting' }, camera: { state: 'starting' } });
    const both = await this.capture('audio', 'video');
    if (both instanceof MediaStream) {
      this.take('microphone', both.getAudioTracks()[0]);
      this.take('camera', both.getVideoTracks()[0]);
    } else {
      await this.openApart(both);
    }
    await this.refreshDevices();
  }

  /** Starts (again) with the chosen device. Resolves when it is on or known to fail. */
  async start(source: CaptureSource): Promise<void> {
    this.store.patch({ [source]: { state: 'starting' } });
    const result = await this.capture(source === 'microphone' ? 'audio' : 'video');
    if (result instanceof MediaStream) this.take(source, result.getTracks()[0]);
    else this.store.patch({ [source]: { state: result } });
    await this.refreshDevices();
  }

  stopCamera(): void {
    this.store.get().camera.track?.stop();
    this.store.patch({ camera: { state: 'off' } });
  }

  setMuted(muted: boolean): void {
    const { track } = this.store.get().microphone;
    if (track) track.enabled = !muted;
    this.store.patch({ muted: muted || !track });
  }

  async choose(kind: DeviceKind, id: string): Promise<void> {
    this.settings.keepDevice(kind, id);
    if (kind === 'videoinput') this.facing = undefined;
    this.store.patch({ chosen: { ...this.store.get().chosen, [kind]: id } });
    if (kind === 'audioinput') await this.restart('microphone');
    if (kind === 'videoinput') await this.restart('camera');
  }

  /** The other camera of a phone. */
  async flipCamera(): Promise<void> {
    this.facing = this.facing === 'environment' ? 'user' : 'environment';
    await this.restart('camera');
  }

  close(): void {
    this.media?.removeEventListener('devicechange', this.refreshDevices);
    this.store.get().microphone.track?.stop();
    this.store.get().camera.track?.stop();
    this.store.patch({ microphone: { state: 'off' }, camera: { state: 'off' }, muted: true });
  }

  private async restart(source: CaptureSource): Promise<void> {
    const before = this.store.get();
    if (source === 'camera' && before.camera.state === 'off') return;
    before[source].track?.stop();
    await this.start(source);
    if (source === 'microphone' && before.microphone.track) this.setMuted(before.muted);
  }

  /** After a joint refusal: each alone, where the browser will not ask a second time. */
  private async openApart(why: CaptureState): Promise<void> {
    for (const source of ['microphone', 'camera'] as const) {
      if (why === 'denied' && !(await isGranted(source))) {
        this.store.patch({ [source]: { state: 'denied' } });
      } else {
        await this.start(source);
      }
    }
  }

  /** From the chosen devices; where one of them is not there any more, from any. */
  private async capture(...kinds: ('audio' | 'video')[]): Promise<MediaStream | CaptureState> {
    const { media } = this;
    if (!media) return 'missing';
    const ask = (how: 'exact' | 'ideal') =>
      media.getUserMedia(Object.fromEntries(kinds.map((kind) => [kind, this.wants(kind, how)])));
    try {
      // Not just preferred: a browser would rather take the camera whose picture fits better.
      return await ask('exact').catch((error: unknown) => {
        if ((error as Error).name === 'OverconstrainedError') return ask('ideal');
        throw error;
      });
    } catch (error) {
      return stateOf(error);
    }
  }

  private wants(kind: 'audio' | 'video', how: 'exact' | 'ideal'): MediaTrackConstraints {
    const deviceKind = kind === 'audio' ? 'audioinput' : 'videoinput';
    const id = this.store.get().chosen[deviceKind];
    const device = id === undefined ? {} : { deviceId: { [how]: id } };
    if (kind === 'video') {
      const size = cameraSize(this.settings.cameraHeight(isPhone()));
      return this.facing ? { ...size, facingMode: this.facing } : { ...size, ...device };
    }
    return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...device };
  }

  private take(source: CaptureSource, track: MediaStreamTrack | undefined): void {
    if (!track) {
      this.store.patch({ [source]: { state: 'missing' } });
      return;
    }
    track.addEventListener('ended', () => this.lostDevice(source, track));
    const id = track.getSettings().deviceId;
    const chosen = { ...this.store.get().chosen };
    if (id !== undefined) chosen[deviceKindOf[source]] = id;
    this.store.patch({ [source]: { state: 'on', track }, chosen });
    if (source === 'microphone') this.setMuted(false);
  }

  /** Unplugged or taken away: the browser's default takes over where there is one. */
  private lostDevice(source: CaptureSource, track: MediaStreamTrack): void {
    const before = this.store.get();
    if (before[source].track !== track) return;
    void this.start(source).then(() => {
      if (source === 'microphone') this.setMuted(before.muted);
    });
  }

  private readonly refreshDevices = async (): Promise<void> => {
    const devices = (await this.media?.enumerateDevices().catch(() => [])) ?? [];
    this.store.patch({ devices: devices.filter((device) => device.deviceId !== '') });
  };
}

function stateOf(error: unknown): CaptureState {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError') return 'missing';
  return 'failed';
}

async function isGranted(source: CaptureSource): Promise<boolean> {
  try {
    const answer = await navigator.permissions.query({ name: source as PermissionName });
    return answer.state === 'granted';
  } catch {
    return false;
  }
}

function cameraSize(height: number): MediaTrackConstraints {
  const width = Math.round((height * 16) / 9);
  const frameRate = { ideal: isPhone() ? 24 : 30 };
  return { width: { ideal: width }, height: { ideal: height }, frameRate };
}
