import type { Clock } from '../clock.js';
import { ControlError } from '../control-error.js';
import type { BucketRate, WindowLimit } from '../token-bucket.js';
import type { Bus } from './bus.js';
import { checkFence, type Fence, isLater } from './fence.js';
import { bucketTimes, checkLife, checkWindow } from './limits.js';
import { Listeners } from './listeners.js';

interface Entry {
  value: string;
  /** Null: not under a fencing token. */
  fence: Fence | null;
  /** By the monotonic clock. */
  expiresAt: number;
}

/**
 * Characters of all keys and values. Beyond it the oldest writings are forgotten, as any of them may
 * be at any time. Raising it costs memory; lowering it lets a flood of short-lived records push out
 * leases and counters that are in use.
 */
const maxCharacters = 32 * 1024 * 1024;
/** What an entry costs besides its text. */
const entryCharacters = 100;
/** The value of a bucket: what lacks in it is the rest of its life. */
const bucketMark = 'bucket';
/** The value of a window begins so; then, of each that was taken, how long before the newest. */
const windowMark = 'window';
/** Entries looked at for expiry with each write: more than one, so that the dead never pile up. */
const sweptPerWrite = 2;

/** The bus of one process alone. */
export class MemoryBus implements Bus {
  readonly isShared = false;
  private readonly entries = new Map<string, Entry>();
  private readonly listeners: Listeners;
  private characters = 0;
  private sweep = this.entries.entries();
  private isClosed = false;

  /** @param onFailure what a listener threw. */
  constructor(
    private readonly clock: Clock,
    onFailure: (error: unknown) => void = () => {},
    private readonly bound = maxCharacters,
  ) {
    this.listeners = new Listeners(onFailure);
  }

  async get(key: string): Promise<string | null> {
    return this.plain(key)?.value ?? null;
  }

  async set(key: string, value: string, lifeMs: number): Promise<void> {
    this.checkOpen();
    this.write(key, value, null, lifeMs);
  }

  async add(key: string, value: string, lifeMs: number): Promise<boolean> {
    checkLife(lifeMs);
    if (this.live(key) !== undefined) return false;
    this.write(key, value, null, lifeMs);
    return true;
  }

  async delete(...keys: string[]): Promise<void> {
    this.checkOpen();
    for (const key of keys) this.forget(key);
  }

  async count(key: string, lifeMs: number): Promise<number> {
    checkLife(lifeMs);
    const entry = this.plain(key);
    if (entry === undefined) {
      this.write(key, '1', null, lifeMs);
      return 1;
    }
    if (!/^-?\d+$/.test(entry.value)) throw new Error(`${key} is no counter`);
    const sum = Number(entry.value) + 1;
    this.characters += `${sum}`.length - entry.value.length;
    entry.value = `${sum}`;
    return sum;
  }

  async take(key: string, rate: BucketRate): Promise<number> {
    const { lackMs, waitMs, everyMs } = this.bucket(key, rate);
    if (waitMs === 0) this.write(key, bucketMark, null, lackMs + everyMs);
    return waitMs;
  }

  async wait(key: string, rate: BucketRate): Promise<number> {
    return this.bucket(key, rate).waitMs;
  }

  async takeWithin(key: string, limit: WindowLimit): Promise<number> {
    const { waitMs, rests } = this.window(key, limit);
    const { windowMs } = limit;
    if (waitMs === 0) {
      const before = rests.map((rest) => Math.max(windowMs - rest, 0));
      this.write(key, [windowMark, ...before, 0].join(' '), null, windowMs);
    }
    return waitMs;
  }

  async waitWithin(key: string, limit: WindowLimit): Promise<number> {
    return this.window(key, limit).waitMs;
  }

  async setFenced(key: string, fence: Fence, value: string, lifeMs: number): Promise<boolean> {
    checkFence(fence);
    checkLife(lifeMs);
    const held = this.fenced(key);
    if (held !== undefined && isLater(held, fence)) return false;
    this.write(key, value, { ...fence }, lifeMs);
    return true;
  }

  async getFenced(key: string): Promise<(Fence & { value: string }) | null> {
    return this.fenced(key) ?? null;
  }

  async deleteFenced(key: string, fence: Fence): Promise<void> {
    checkFence(fence);
    const held = this.fenced(key);
    if (held !== undefined && !isLater(held, fence)) this.forget(key);
  }

  async publish(channel: string, message: string): Promise<void> {
    this.checkOpen();
    queueMicrotask(() => this.listeners.tell(channel, message));
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<() => void> {
    this.checkOpen();
    return this.listeners.add(channel, listener);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.entries.clear();
    this.listeners.clear();
  }

  private bucket(key: string, rate: BucketRate) {
    const { everyMs, emptyMs } = bucketTimes(rate);
    const entry = this.plain(key);
    if (entry !== undefined && entry.value !== bucketMark) throw new Error(`${key} is no bucket`);
    const lackMs = entry === undefined ? 0 : Math.ceil(entry.expiresAt - this.clock.monotonic());
    return { everyMs, lackMs, waitMs: Math.max(0, lackMs + everyMs - emptyMs) };
  }

  private window(key: string, limit: WindowLimit) {
    checkWindow(limit);
    const entry = this.plain(key);
    const [mark, ...before] = entry?.value.split(' ') ?? [windowMark];
    if (mark !== windowMark) throw new Error(`${key} is no window`);
    const leftMs = entry === undefined ? 0 : Math.ceil(entry.expiresAt - this.clock.monotonic());
    const rests = before.map((ms) => leftMs - Number(ms)).filter((rest) => rest > 0);
    return { rests, waitMs: rests.at(-limit.count) ?? 0 };
  }

  private live(key: string): Entry | undefined {
    this.checkOpen();
    const entry = this.entries.get(key);
    if (entry === undefined || entry.expiresAt > this.clock.monotonic()) return entry;
    this.forget(key);
    return undefined;
  }

  private plain(key: string): Entry | undefined {
    const entry = this.live(key);
    if (entry !== undefined && entry.fence !== null) throw new Error(`${key} is fenced`);
    return entry;
  }

  private fenced(key: string): (Fence & { value: string }) | undefined {
    const entry = this.live(key);
    if (entry === undefined) return undefined;
    const { fence, value } = entry;
    if (fence === null) throw new Error(`${key} is not fenced`);
    return { ...fence, value };
  }

  private write(key: string, value: string, fence: Fence | null, lifeMs: number): void {
    checkLife(lifeMs);
    this.forget(key);
    this.sweepSome();
    this.entries.set(key, { value, fence, expiresAt: this.clock.monotonic() + lifeMs });
    this.characters += costOf(key, value);
    // A Map is in the order of writing.
    for (const oldest of this.entries.keys()) {
      if (this.characters <= this.bound) break;
      this.forget(oldest);
    }
  }

  private forget(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.characters -= costOf(key, entry.value);
  }

  private sweepSome(): void {
    const now = this.clock.monotonic();
    for (let looked = 0; looked < sweptPerWrite; looked++) {
      const { done, value } = this.sweep.next();
      if (done) this.sweep = this.entries.entries();
      else if (value[1].expiresAt <= now) this.forget(value[0]);
    }
  }

  private checkOpen(): void {
    if (this.isClosed) throw new ControlError('dependency_down', 'The bus is closed.');
  }
}

function costOf(key: string, value: string): number {
  return key.length + value.length + entryCharacters;
}
