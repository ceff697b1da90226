/**
 * This person's microphone and camera, from the pre-join page on: permission, choice of device,
 * unplugging. Works with none of them; every state says why there is no track.
 *
 * Each has one wish and at most one question to the browser under way. What an answer brings is
 * held against the wish of that moment: a track that is not wanted any more stops at once, so that
 * no device is on which `store` does not show.
 */
import {
  browserMedia,
  type CaptureSource,
  type CaptureWish,
  capture,
  isGranted,
  type Refusal,
  trackOf,
} from './capture.js';
import { isPhone } from './device-class.js';
import type { DeviceKind, Settings } from './settings.js';
import { Store } from './store.js';

/** `off`: not asked for, or switched off. */
export type CaptureState = 'off' | 'starting' | 'on' | Refusal;

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

/** What is wanted of one source. */
interface Wish {
  isWanted: boolean;
  /** Raised with every choice of a device: what was asked for before it is not wanted any more. */
  choice: number;
  /** Until the browser has answered. */
  question?: Promise<void> | undefined;
}

interface Asked {
  readonly source: CaptureSource;
  readonly choice: number;
}

const off: Capture = { state: 'off' };
const starting: Capture = { state: 'starting' };
const kindOf = { microphone: 'audioinput', camera: 'videoinput' } as const;
const both: readonly CaptureSource[] = ['microphone', 'camera'];

export class LocalMedia {
  readonly store: Store<LocalMediaState>;
  private readonly wishes: Readonly<Record<CaptureSource, Wish>> = {
    microphone: { isWanted: false, choice: 0 },
    camera: { isWanted: false, choice: 0 },
  };
  private wantsSilence = true;
  private isOpen = false;
  private facing: CaptureWish['facing'];

  constructor(
    private readonly settings: Settings,
    private readonly media = browserMedia(),
    private readonly isOnPhone = isPhone,
  ) {
    const chosen: Partial<Record<DeviceKind, string>> = {};
    for (const kind of ['audioinput', 'videoinput', 'audiooutput'] as const) {
      const id = settings.device(kind);
      if (id !== undefined) chosen[kind] = id;
    }
    const none = { microphone: off, camera: off, muted: true, devices: [] };
    this.store = new Store<LocalMediaState>({ ...none, chosen });
  }

  /** Before joining: asks for both with one question. Until close(), only the first time. */
  async open(): Promise<void> {
    if (this.isOpen) return;
    this.isOpen = true;
    this.media?.addEventListener('devicechange', this.refreshDevices);
    this.setMuted(false);
    await this.want(both);
  }

  /** Pressed by the person; a microphone is heard then. Resolves when it is on or known to fail. */
  async start(source: CaptureSource): Promise<void> {
    if (source === 'microphone') this.setMuted(false);
    await this.want([source]);
  }

  stopCamera(): void {
    this.drop('camera');
  }

  /** Of the microphone that there is, or of the one that is about to come. */
  setMuted(muted: boolean): void {
    this.wantsSilence = muted;
    const { microphone } = this.store.get();
    if (microphone.track) microphone.track.enabled = !muted;
    this.show('microphone', microphone);
  }

  /**
   * Another device takes over from one that is on; nothing is switched on, unless by `retriesFailed`
   * (before joining) one that could not be started.
   */
  async choose(kind: DeviceKind, id: string, retriesFailed = false): Promise<void> {
    this.settings.keepDevice(kind, id);
    if (kind === 'videoinput') this.facing = undefined;
    this.chosen(kind, id);
    const source = both.find((each) => kindOf[each] === kind);
    if (!source) return;
    const { state } = this.store.get()[source];
    if (retriesFailed && state !== 'off') this.wishes[source].isWanted = true;
    await this.restart(source);
  }

  /** The other camera of a phone. */
  async flipCamera(): Promise<void> {
    this.facing = this.facing === 'environment' ? 'user' : 'environment';
    await this.restart('camera');
  }

  close(): void {
    this.isOpen = false;
    this.media?.removeEventListener('devicechange', this.refreshDevices);
    this.wantsSilence = true;
    for (const source of both) this.drop(source);
  }

  private drop(source: CaptureSource): void {
    this.wishes[source].isWanted = false;
    this.store.get()[source].track?.stop();
    this.show(source, off);
  }

  private async restart(source: CaptureSource): Promise<void> {
    const wish = this.wishes[source];
    wish.choice += 1;
    if (!wish.isWanted) return;
    this.store.get()[source].track?.stop();
    this.show(source, starting);
    await this.want([source]);
  }

  /** Asks for what is not there yet and not asked for already. */
  private async want(sources: readonly CaptureSource[]): Promise<void> {
    for (const source of sources) this.wishes[source].isWanted = true;
    const lacking = sources.filter((source) => !this.store.get()[source].track);
    for (const source of lacking) this.show(source, starting);
    const unasked = lacking.filter((source) => !this.wishes[source].question);
    if (unasked.length > 0) {
      const question = this.ask(unasked);
      for (const source of unasked) this.wishes[source].question = question;
    }
    await Promise.all(lacking.map((source) => this.wishes[source].question));
  }

  /** What fails leaves the other working. */
  private async ask(sources: readonly CaptureSource[]): Promise<void> {
    const asked = sources.map((source) => ({ source, choice: this.wishes[source].choice }));
    const answer = await this.capture(sources);
    const isApart = typeof answer === 'string' && sources.length > 1;
    const taken: Promise<void>[] = [];
    for (const each of asked) {
      // The tracks of one stream are all looked at in this very turn.
      const own = isApart ? await this.askAlone(each.source, answer) : answer;
      taken.push(this.answered(each, trackOf(own, each.source)));
    }
    await Promise.all(taken);
    await this.refreshDevices();
  }

  /** After a joint refusal, where the browser will not ask a second time. */
  private async askAlone(source: CaptureSource, why: Refusal): Promise<MediaStream | Refusal> {
    if (why === 'denied' && !(await isGranted(source))) return 'denied';
    return this.wishes[source].isWanted ? this.capture([source]) : why;
  }

  private capture(sources: readonly CaptureSource[]): Promise<MediaStream | Refusal> {
    const { chosen } = this.store.get();
    const isOnPhone = this.isOnPhone();
    const wishes = sources.map((source) => ({
      source,
      deviceId: chosen[kindOf[source]],
      facing: this.facing,
      height: this.settings.cameraHeight(isOnPhone),
      frameRate: isOnPhone ? 24 : 30,
    }));
    return capture(this.media, wishes);
  }

  /** The one way in for a track. */
  private async answered(
    { source, choice }: Asked,
    answer: MediaStreamTrack | Refusal,
  ): Promise<void> {
    const wish = this.wishes[source];
    wish.question = undefined;
    if (wish.isWanted && wish.choice === choice) this.take(source, answer);
    else if (typeof answer !== 'string') answer.stop();
    if (wish.isWanted && wish.choice !== choice) await this.want([source]);
  }

  private take(source: CaptureSource, answer: MediaStreamTrack | Refusal): void {
    if (typeof answer === 'string') {
      this.wishes[source].isWanted = false;
      this.show(source, { state: answer });
      return;
    }
    if (source === 'microphone') answer.enabled = !this.wantsSilence;
    // Unplugged or taken away: the browser's default takes over where there is one.
    answer.addEventListener('ended', () => {
      if (this.store.get()[source].track === answer) void this.restart(source);
    });
    this.show(source, { state: 'on', track: answer });
    const id = answer.getSettings().deviceId;
    if (id !== undefined) this.chosen(kindOf[source], id);
  }

  private chosen(kind: DeviceKind, id: string): void {
    this.store.patch({ chosen: { ...this.store.get().chosen, [kind]: id } });
  }

  private show(source: CaptureSource, shown: Capture): void {
    const after = { ...this.store.get(), [source]: shown };
    const { microphone } = after;
    // While another microphone takes over, the switch stays where it was.
    const isSilent = microphone.state === 'starting' ? after.muted : !microphone.track;
    this.store.set({ ...after, muted: this.wantsSilence || isSilent });
  }

  private readonly refreshDevices = async (): Promise<void> => {
    const devices = (await this.media?.enumerateDevices().catch(() => [])) ?? [];
    this.store.patch({ devices: devices.filter((device) => device.deviceId !== '') });
  };
}
