/** A media element whose file, clock and network a test has. */
import type { Timers } from '../../../../client/src/index.js';
import type { MediaElement, MediaEventName } from '../playback/media-element.js';

export interface FakeFile {
  /** Of its own time; seconds. */
  from: number;
  to: number;
}

export class FakeMedia implements MediaElement {
  volume = 1;
  muted = false;
  preload = '';
  /** How long its seeks take. */
  seekMs = 0;
  error: unknown = null;
  readyState = 0;
  paused = true;
  /** Of the file that is open; NaN: none. */
  file: FakeFile | undefined;
  /** Runs faster than the clock by this part. */
  skew = 0;
  /** Each address that it was given. */
  readonly opened: string[] = [];
  readonly seeks: number[] = [];
  playFails: Error | undefined;
  private address = '';
  private speed = 1;
  private atS = 0;
  private sinceMs: number;
  private soughtMs = Number.NEGATIVE_INFINITY;
  private readonly listeners = new Map<MediaEventName, Set<() => void>>();

  constructor(private readonly timers: Pick<Timers, 'now'>) {
    this.sinceMs = timers.now();
  }

  get src(): string {
    return this.address;
  }
  set src(url: string) {
    this.address = url;
    this.opened.push(url);
    this.readyState = 0;
    this.error = null;
    this.atS = 0;
  }

  get currentTime(): number {
    const { paused, readyState, timers, file } = this;
    const runs = !paused && readyState >= 3 && !this.seeking;
    const passed = runs ? ((timers.now() - this.sinceMs) / 1_000) * this.speed : 0;
    return Math.min(this.atS + passed * (1 + this.skew), file?.to ?? 0);
  }
  set currentTime(second: number) {
    this.seeks.push(second);
    this.settle(second);
    this.soughtMs = this.sinceMs;
    this.sinceMs += this.seekMs;
  }

  get seeking(): boolean {
    return this.timers.now() - this.soughtMs < this.seekMs;
  }

  get playbackRate(): number {
    return this.speed;
  }
  set playbackRate(rate: number) {
    this.settle(this.currentTime);
    this.speed = rate;
  }

  get duration(): number {
    return this.file?.to ?? Number.NaN;
  }

  get ended(): boolean {
    return this.file !== undefined && this.currentTime >= this.file.to;
  }

  get seekable() {
    return rangesOf(this.file ? [[0, this.file.to]] : []);
  }

  get buffered() {
    return rangesOf(this.loaded);
  }
  loaded: [number, number][] = [];

  async play(): Promise<void> {
    if (this.playFails) throw this.playFails;
    this.settle(this.currentTime);
    this.paused = false;
  }

  pause(): void {
    this.settle(this.currentTime);
    this.paused = true;
  }

  load(): void {}

  removeAttribute(): void {
    this.address = '';
    this.file = undefined;
    this.readyState = 0;
  }

  addEventListener(type: MediaEventName, listener: () => void): void {
    this.listeners.set(type, (this.listeners.get(type) ?? new Set()).add(listener));
  }

  removeEventListener(type: MediaEventName, listener: () => void): void {
    this.listeners.get(type)?.delete(listener);
  }

  /** The network has brought the file. */
  arrive(file: FakeFile): void {
    this.file = file;
    this.settle(file.from);
    this.readyState = 4;
    this.emit('loadedmetadata');
  }

  /** It has no data of what comes next, or has it again. */
  starve(isStarved: boolean): void {
    this.settle(this.currentTime);
    this.readyState = isStarved ? 2 : 4;
  }

  fail(): void {
    this.error = { code: 2 };
    this.readyState = 0;
    this.emit('error');
  }

  private settle(second: number): void {
    this.atS = second;
    this.sinceMs = this.timers.now();
  }

  private emit(type: MediaEventName): void {
    for (const listener of this.listeners.get(type) ?? []) listener();
  }
}

function rangesOf(ranges: readonly [number, number][]) {
  return {
    length: ranges.length,
    start: (index: number) => ranges[index]?.[0] ?? Number.NaN,
    end: (index: number) => ranges[index]?.[1] ?? Number.NaN,
  };
}
