/**
 * Sees that nothing comes on a transport any more. The server has promised a beat on each, so silence is
 * loss. Timers of a hidden page, or of a machine that slept, come late: such a gap says nothing.
 */
import type { Timers } from '../../../client/src/index.js';
import type { PathCounters } from './transport-counters.js';

const lookEveryMs = 250;
/** Nobody blames a node for less; ms. */
const leastSilenceMs = 1_000;
/** So many beats are missing, at least. */
const missedBeats = 3;
const repeatEveryMs = 3_000;
/** Between two looks: this page, not the node, stood still; ms. */
const stallMs = 2_000;

export interface Silence {
  silenceMs: number;
  /** Checks of ICE that were sent in it. */
  failedChecks: number;
}

export interface SilenceEnvironment {
  timers: Timers;
  /** The promise: something comes at least this often. */
  beatMs: number;
  counters(): Promise<PathCounters>;
  /** Once for each loss, then each few seconds while it lasts. */
  lost(silence: Silence): void;
  /** Something came, after a loss. */
  back(): void;
}

export class SilenceWatch {
  private known: PathCounters = { received: new Map(), requests: 0 };
  /** Undefined before anything has come: a transport that does not connect is no lost one. */
  private heardAt: number | undefined;
  private requestsThen = 0;
  private lookedAt: number;
  private toldAt: number | undefined;
  private isClosed = false;
  private cancel = () => {};

  constructor(private readonly environment: SilenceEnvironment) {
    this.lookedAt = environment.timers.now();
    this.lookLater();
  }

  close(): void {
    this.isClosed = true;
    this.cancel();
  }

  private lookLater(): void {
    this.cancel = this.environment.timers.after(lookEveryMs, () => void this.look());
  }

  private async look(): Promise<void> {
    const counters = await this.environment.counters().catch(() => undefined);
    if (this.isClosed) return;
    if (counters) this.judge(counters);
    this.lookLater();
  }

  private judge(counters: PathCounters): void {
    const now = this.environment.timers.now();
    const hasStalled = now - this.lookedAt > stallMs;
    this.lookedAt = now;
    const isHeard = hasGrown(this.known, counters);
    this.known = counters;
    if (isHeard) this.heard(now);
    else if (this.heardAt !== undefined) this.silent(hasStalled);
  }

  private heard(now: number): void {
    this.heardAt = now;
    this.requestsThen = this.known.requests;
    if (this.toldAt === undefined) return;
    this.toldAt = undefined;
    this.environment.back();
  }

  private silent(hasStalled: boolean): void {
    const now = this.lookedAt;
    // What is known to be lost stays so.
    if (hasStalled && this.toldAt === undefined) this.heardAt = now;
    const silenceMs = now - (this.heardAt ?? now);
    const isDue = this.toldAt === undefined || now - this.toldAt >= repeatEveryMs;
    if (silenceMs < this.limitMs || !isDue) return;
    this.toldAt = now;
    const failedChecks = Math.max(0, this.known.requests - this.requestsThen);
    this.environment.lost({ silenceMs: Math.round(silenceMs), failedChecks });
  }

  private get limitMs(): number {
    return Math.max(leastSilenceMs, missedBeats * this.environment.beatMs);
  }
}

function hasGrown(before: PathCounters, after: PathCounters): boolean {
  return [...after.received].some(([id, count]) => count > (before.received.get(id) ?? 0));
}
