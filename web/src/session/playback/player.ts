/**
 * Plays a recording: one clock in recorded time, and media elements that follow it. The clock stands
 * while one of them has not got what it has to play, so nobody runs ahead of the others.
 */
import type { ClientCode, Timers } from '../../../../client/src/index.js';
import { Store } from '../store.js';
import type { FileUrls } from './file-urls.js';
import { LanePlayer, type Place } from './lane-player.js';
import type { MediaElement } from './media-element.js';
import type { Lane } from './timeline.js';

export interface PlayerState {
  /** In recorded time. */
  readonly positionMs: number;
  readonly durationMs: number;
  /** As the person wants it, also while it waits for data. */
  readonly isPlaying: boolean;
  readonly isWaiting: boolean;
  readonly rate: number;
  /** 0 to 1. */
  readonly volume: number;
  readonly isMuted: boolean;
  /** The browser plays nothing before a click. */
  readonly isBlocked: boolean;
  /** What cannot be loaded, after several tries. */
  readonly failure?: ClientCode | undefined;
}

export const rates = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const;

/** How often elements are compared with the clock. */
const tickMs = 100;
/** Longer than this nobody waits for one of several. */
const patienceMs = 4_000;
/** Until it is said that it waits: a seek in what is loaded takes less. */
const unnoticedMs = 300;

export interface PlayerTools {
  urls: FileUrls;
  timers: Timers;
}

export class Player {
  readonly store: Store<PlayerState>;
  private readonly players = new Map<string, LanePlayer>();
  /** Recorded time at `sinceMs` of the timers; it runs from there while `isRunning`. */
  private atMs = 0;
  private sinceMs: number;
  private isRunning = false;
  /** Since when each lane has not been ready. */
  private readonly late = new Map<string, number>();
  private cancel = () => {};

  constructor(
    private readonly tools: PlayerTools,
    durationMs: number,
  ) {
    this.sinceMs = tools.timers.now();
    this.store = new Store<PlayerState>({
      ...{ positionMs: 0, durationMs, isPlaying: false, isWaiting: false, rate: 1 },
      ...{ volume: 1, isMuted: false, isBlocked: false },
    });
  }

  /** The element of a lane is there; the function that is returned takes it away. */
  attach(lane: Lane, element: MediaElement): () => void {
    const { urls, timers } = this.tools;
    const player = new LanePlayer(lane, element, {
      ...{ urls, timers },
      blocked: () => this.blocked(),
      failed: (failure) => this.failed(failure),
    });
    const { volume, isMuted } = this.store.get();
    player.setVolume(volume, isMuted);
    this.players.get(lane.id)?.close();
    this.players.set(lane.id, player);
    this.tick();
    return () => {
      player.close();
      if (this.players.get(lane.id) !== player) return;
      this.players.delete(lane.id);
      this.late.delete(lane.id);
    };
  }

  close(): void {
    this.cancel();
    for (const player of this.players.values()) player.close();
    this.players.clear();
  }

  readonly toggle = (): void => {
    if (this.store.get().isPlaying) this.pause();
    else this.play();
  };

  play(): void {
    const { positionMs, durationMs } = this.store.get();
    if (positionMs >= durationMs) this.moveTo(0);
    this.store.patch({ isPlaying: true, isBlocked: false });
    this.tick();
  }

  pause(): void {
    this.hold();
    this.store.patch({ isPlaying: false, isWaiting: false });
    this.tick();
  }

  seek(ms: number): void {
    this.hold();
    this.moveTo(ms);
    this.tick();
  }

  skip(ms: number): void {
    this.seek(this.now() + ms);
  }

  setRate(rate: number): void {
    this.moveTo(this.now());
    this.store.patch({ rate });
    this.tick();
  }

  /** The next one of `rates`: up for 1, down for -1. */
  stepRate(step: 1 | -1): void {
    const { rate } = this.store.get();
    const next = step > 0 ? rates.find((one) => one > rate) : rates.findLast((one) => one < rate);
    if (next !== undefined) this.setRate(next);
  }

  setVolume(volume: number): void {
    this.store.patch({ volume: Math.min(1, Math.max(0, volume)), isMuted: false });
    this.volumeChanged();
  }

  readonly toggleMute = (): void => {
    this.store.patch({ isMuted: !this.store.get().isMuted });
    this.volumeChanged();
  };

  /** Once more, after `failure`. */
  readonly retry = (): void => {
    this.store.patch({ failure: undefined });
    for (const player of this.players.values()) player.retry();
    this.tick();
  };

  /** More was recorded, or it is known better. */
  setDuration(durationMs: number): void {
    this.store.patch({ durationMs });
  }

  private volumeChanged(): void {
    const { volume, isMuted } = this.store.get();
    for (const player of this.players.values()) player.setVolume(volume, isMuted);
  }

  /** What is alone is all there is to play; else the others go on. */
  private failed(failure: ClientCode): void {
    if (this.players.size === 1) this.pause();
    this.store.patch({ failure });
  }

  private blocked(): void {
    this.pause();
    this.store.patch({ isBlocked: true });
  }

  private now(): number {
    if (!this.isRunning) return this.atMs;
    return this.atMs + (this.tools.timers.now() - this.sinceMs) * this.store.get().rate;
  }

  private moveTo(ms: number): void {
    const { durationMs } = this.store.get();
    this.atMs = Math.min(durationMs, Math.max(0, ms));
    this.sinceMs = this.tools.timers.now();
    this.late.clear();
    this.store.patch({ positionMs: this.atMs });
  }

  private hold(): void {
    this.atMs = this.now();
    this.isRunning = false;
  }

  /** Compares all with the clock; goes on by itself while it plays, or waits for a picture. */
  private tick(): void {
    this.cancel();
    const { isPlaying, durationMs } = this.store.get();
    const isAtEnd = isPlaying && durationMs > 0 && this.now() >= durationMs;
    if (isAtEnd) this.end();
    else this.compare();
  }

  private compare(): void {
    const { isPlaying } = this.store.get();
    if (this.isRunning) this.yieldToAll();
    const place = this.place(isPlaying && this.isRunning);
    const notReady = [...this.players].filter(([, player]) => !player.follow(place));
    const isWaiting = this.mustWait(notReady.map(([id]) => id));
    if (isPlaying && isWaiting === this.isRunning) this.turn(!isWaiting);
    this.store.patch({
      positionMs: this.now(),
      isWaiting: isPlaying && isWaiting && this.lateForMs() > unnoticedMs,
    });
    const goesOn = isPlaying || notReady.length > 0;
    if (goesOn) this.cancel = this.tools.timers.after(tickMs, () => this.tick());
  }

  /**
   * A machine that is too slow, or is slow to begin, makes all late: then it is the clock that moves. Of all
   * that is heard, where there is something: a picture may stand for a moment, a sound may not.
   */
  private yieldToAll(): void {
    const position = this.now();
    const playing = [...this.players.values()].flatMap((player) => {
      const behindMs = player.behindMs(position);
      return behindMs === undefined ? [] : [{ kind: player.lane.kind, behindMs }];
    });
    const heard = playing.filter(({ kind }) => kind === 'audio');
    const behind = (heard.length > 0 ? heard : playing).map(({ behindMs }) => behindMs);
    if (behind.length === 0) return;
    const [least, most] = [Math.min(...behind), Math.max(...behind)];
    if (least > 0) this.atMs -= least;
    else if (most < 0) this.atMs -= most;
  }

  /** The clock begins or stops, and the elements with it at once. */
  private turn(isRunning: boolean): void {
    if (!isRunning) this.hold();
    this.isRunning = isRunning;
    this.sinceMs = this.tools.timers.now();
    const place = this.place(isRunning);
    for (const player of this.players.values()) player.follow(place);
  }

  /** At the very end the last picture is shown, not what comes after it. */
  private place(isPlaying: boolean): Place {
    const { durationMs, rate, isPlaying: isWanted } = this.store.get();
    const positionMs = Math.min(this.now(), durationMs - 1);
    return { positionMs, rate, isPlaying, isStill: !isWanted };
  }

  /** One that never comes does not stop the rest for good. */
  private mustWait(ids: readonly string[]): boolean {
    const now = this.tools.timers.now();
    for (const id of [...this.late.keys()]) if (!ids.includes(id)) this.late.delete(id);
    for (const id of ids) if (!this.late.has(id)) this.late.set(id, now);
    const isAlone = this.players.size === 1;
    return ids.some((id) => isAlone || now - (this.late.get(id) ?? now) < patienceMs);
  }

  private lateForMs(): number {
    const first = Math.min(...this.late.values());
    return Number.isFinite(first) ? this.tools.timers.now() - first : 0;
  }

  private end(): void {
    const { durationMs } = this.store.get();
    this.atMs = durationMs;
    this.isRunning = false;
    this.store.patch({ positionMs: durationMs, isPlaying: false, isWaiting: false });
    const place = this.place(false);
    for (const player of this.players.values()) player.follow(place);
  }
}
