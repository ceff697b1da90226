/**
 * Whether the other end of a socket is there, and a sign of life to it. A network may vanish without
 * closing anything: then silence is all that there is to see.
 */
import {
  anotherSocketAfterMs,
  beatAfterMs,
  heartbeatMs,
  quietAfterMs,
  silenceLimitMs,
} from './retry.js';
import type { Timers } from './timers.js';

/** A timer that is so much late says that this program stood still, not the other. */
const lateMs = 250;
/** For what came meanwhile, and is read after the timer. */
const graceMs = 250;

export interface PulseListener {
  /** Nothing was sent for a while: a heartbeat is due. */
  beat(): void;
  /** Nothing came, though something should have; the socket may recover. */
  quiet(): void;
  /** Something came after that. */
  back(): void;
  /** Over: another socket is the better try. */
  dead(): void;
}

export class Pulse {
  private isWatchful = true;
  private isGreeted = false;
  private isSilent = false;
  private heardAt: number;
  private cancelLook = () => {};
  private cancelBeat = () => {};

  constructor(
    private readonly timers: Timers,
    private readonly listener: PulseListener,
  ) {
    this.heardAt = timers.now();
  }

  get isQuiet(): boolean {
    return this.isSilent;
  }

  /** What the server is promised; undefined: nothing. */
  get promiseMs(): number | undefined {
    return this.isWatchful ? heartbeatMs : undefined;
  }

  /** A new socket: until the server has answered, only the longest silence counts. */
  begin(): void {
    this.isGreeted = false;
    this.isSilent = false;
    this.heardAt = this.timers.now();
    this.look();
  }

  greeted(): void {
    this.isGreeted = true;
    this.sent();
    this.look();
  }

  heard(): void {
    this.heardAt = this.timers.now();
    const isBack = this.isSilent;
    this.isSilent = false;
    this.look();
    if (isBack) this.listener.back();
  }

  sent(): void {
    this.cancelBeat();
    if (this.isClose) this.cancelBeat = this.timers.after(beatAfterMs, () => this.listener.beat());
  }

  /** There is no network, says somebody who knows. */
  doubt(): void {
    if (!this.isGreeted || this.isSilent) return;
    this.isSilent = true;
    this.look();
    this.listener.quiet();
  }

  /** False where timers come late. Silence counts from here on. @returns whether to tell the server. */
  setWatchful(isWatchful: boolean): boolean {
    if (this.isWatchful === isWatchful) return false;
    this.isWatchful = isWatchful;
    if (!this.isGreeted) return false;
    this.cancelBeat();
    this.heardAt = this.timers.now();
    this.look();
    return true;
  }

  stop(): void {
    this.isGreeted = false;
    this.cancelLook();
    this.cancelBeat();
  }

  private get isClose(): boolean {
    return this.isWatchful && this.isGreeted;
  }

  private look(): void {
    this.cancelLook();
    const due = this.heardAt + this.patienceMs;
    const wait = Math.max(0, due - this.timers.now());
    this.cancelLook = this.timers.after(wait, () => {
      const isLate = this.timers.now() - due > lateMs;
      if (isLate) this.cancelLook = this.timers.after(graceMs, () => this.judge());
      else this.judge();
    });
  }

  private get patienceMs(): number {
    if (!this.isClose) return silenceLimitMs;
    return this.isSilent ? anotherSocketAfterMs : quietAfterMs;
  }

  private judge(): void {
    if (this.isClose && !this.isSilent) this.doubt();
    else this.listener.dead();
  }
}
