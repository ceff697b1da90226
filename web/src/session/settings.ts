/**
 * What this browser remembers between meetings. Every entry is optional: a browser that keeps
 * nothing (private mode, storage blocked) works the same, it only asks again.
 */

export type DeviceKind = 'audioinput' | 'videoinput' | 'audiooutput';
/** `text`: sharp before smooth; `motion`: the other way round. */
export type SharingMode = 'text' | 'motion';
export type VideoCodec = 'VP8' | 'H264' | 'VP9' | 'AV1';

const keys = {
  name: 'plenum.name',
  language: 'plenum.language',
  wasLoggedIn: 'plenum.wasLoggedIn',
  deviceId: 'plenum.deviceId',
  videoCodec: 'plenum.videoCodec',
  cameraHeight: 'plenum.cameraHeight',
  shortcuts: 'plenum.shortcuts',
  keys: 'plenum.keys',
  quiet: 'plenum.quiet',
  sharing: 'plenum.sharing',
  dataSaver: 'plenum.dataSaver',
  host: (code: string) => `plenum.host.${code}`,
  device: (kind: DeviceKind) => `plenum.device.${kind}`,
} as const;

/** Three simulcast layers need 540 lines or more in Chromium; what nobody watches is not encoded. */
const defaultCameraHeight = 720;
/** Battery and data count (product §5). */
const phoneCameraHeight = 360;

const videoCodecs: readonly string[] = ['VP8', 'H264', 'VP9', 'AV1'];

export type KeptStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export class Settings {
  constructor(private readonly storage: KeptStorage | undefined) {}

  get name(): string {
    return this.read(keys.name) ?? '';
  }
  set name(name: string) {
    this.write(keys.name, name);
  }

  /** BCP 47; undefined: what the browser asks for. */
  get language(): string | undefined {
    return this.read(keys.language);
  }
  set language(tag: string) {
    this.write(keys.language, tag);
  }

  /** Was somebody logged in here last? Decides what is shown until the server has answered. */
  get wasLoggedIn(): boolean {
    return this.read(keys.wasLoggedIn) === 'yes';
  }
  set wasLoggedIn(yes: boolean) {
    this.write(keys.wasLoggedIn, yes ? 'yes' : 'no');
  }

  /** Made once per browser: what a host's block holds on to. */
  browserId(newId: () => string): string {
    const known = this.read(keys.deviceId);
    if (known) return known;
    const made = newId();
    this.write(keys.deviceId, made);
    return made;
  }

  /** The host's own secret of a meeting made here; never part of the address bar. */
  hostSecret(code: string): string | undefined {
    return this.read(keys.host(code));
  }
  keepHostSecret(code: string, secret: string): void {
    this.write(keys.host(code), secret);
  }
  forgetHostSecret(code: string): void {
    this.remove(keys.host(code));
  }
  /** Of every meeting: the next person at this computer is host of none. */
  forgetHostSecrets(): void {
    const hosts = this.names.filter((name) => name.startsWith(keys.host('')));
    for (const name of hosts) this.remove(name);
  }

  device(kind: DeviceKind): string | undefined {
    return this.read(keys.device(kind));
  }
  keepDevice(kind: DeviceKind, id: string): void {
    this.write(keys.device(kind), id);
  }

  /** For tests and power users: set `localStorage['plenum.videoCodec']`. */
  get videoCodec(): VideoCodec | undefined {
    const value = this.read(keys.videoCodec);
    return value && videoCodecs.includes(value) ? (value as VideoCodec) : undefined;
  }

  /** Lines of the picture to ask a camera for; the same way as the codec. */
  cameraHeight(isPhone: boolean): number {
    const value = Number(this.read(keys.cameraHeight));
    if (value >= 90 && value <= 2160) return value;
    return isPhone ? phoneCameraHeight : defaultCameraHeight;
  }

  /** Single-key shortcuts (WCAG 2.1.4: one switch turns all of them off). */
  get shortcuts(): boolean {
    return this.read(keys.shortcuts) !== 'off';
  }
  set shortcuts(on: boolean) {
    this.write(keys.shortcuts, on ? 'on' : 'off');
  }

  /** Keys of actions that the person has changed, as `changedKeys` of key-map.ts wrote them. */
  get keys(): string {
    return this.read(keys.keys) ?? '';
  }
  set keys(changed: string) {
    this.write(keys.keys, changed);
  }

  /** Kinds of announcements that are not spoken. */
  get quiet(): readonly string[] {
    return (this.read(keys.quiet) ?? '').split(',').filter((kind) => kind !== '');
  }
  set quiet(kinds: readonly string[]) {
    this.write(keys.quiet, kinds.join(','));
  }

  /** What a shared screen is tuned for. */
  get sharing(): SharingMode {
    return this.read(keys.sharing) === 'motion' ? 'motion' : 'text';
  }
  set sharing(mode: SharingMode) {
    this.write(keys.sharing, mode);
  }

  /** Sound, and one small picture at most. */
  get dataSaver(): boolean {
    return this.read(keys.dataSaver) === 'on';
  }
  set dataSaver(on: boolean) {
    this.write(keys.dataSaver, on ? 'on' : 'off');
  }

  private read(key: string): string | undefined {
    try {
      return this.storage?.getItem(key) ?? undefined;
    } catch {
      return undefined;
    }
  }

  private get names(): string[] {
    try {
      const { storage } = this;
      return Array.from({ length: storage?.length ?? 0 }, (_, at) => storage?.key(at) ?? '');
    } catch {
      return [];
    }
  }

  private remove(key: string): void {
    try {
      this.storage?.removeItem(key);
    } catch {
      // What cannot be read is not there for anybody.
    }
  }

  private write(key: string, value: string): void {
    try {
      this.storage?.setItem(key, value);
    } catch {
      // Full or forbidden: the value lives as long as the page.
    }
  }
}
