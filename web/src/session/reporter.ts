/** Sends a report each 10 s, and with one of them how long the first picture took to come. */
import type { Timers } from '../../../client/src/index.js';
import type { MediaGap } from './interruption.js';
import { reportOf, type StatsReport } from './report.js';
import type { Look } from './statistics.js';

const intervalMs = 10_000;
/** In one report; the newest matter. */
const mostGaps = 16;
const joinMark = 'plenum:join';

/** The person has asked to come in: from here on the first picture is waited for. */
export function markJoin(): void {
  performance.clearMarks(joinMark);
  performance.mark(joinMark);
}

export interface ReporterEnvironment {
  timers: Timers;
  look(): Promise<Look>;
  send(report: StatsReport): void;
}

export class Reporter {
  private cancel = () => {};
  /** Milliseconds since the page began; undefined: nothing to be timed. */
  private askedAt: number | undefined;
  private firstFrameMs: number | undefined;
  private gaps: readonly MediaGap[] = [];
  private sentAt: number;

  constructor(private readonly environment: ReporterEnvironment) {
    this.sentAt = environment.timers.now();
    this.askedAt = performance.getEntriesByName(joinMark).at(-1)?.startTime;
  }

  start(): void {
    this.cancel();
    this.cancel = this.environment.timers.after(intervalMs, () => void this.report());
  }

  stop(): void {
    this.cancel();
    this.cancel = () => {};
  }

  /** Where nobody shows a picture, or somebody had to be let in first, the time says nothing. */
  forgetStart(): void {
    this.askedAt = undefined;
  }

  /** A picture of somebody else is on the screen. */
  pictureShown(): void {
    if (this.askedAt === undefined) return;
    this.firstFrameMs = Math.max(0, this.environment.timers.now() - this.askedAt);
    this.askedAt = undefined;
  }

  /** Media flows again after it had stopped. */
  gapEnded(gap: MediaGap): void {
    this.gaps = [...this.gaps.slice(1 - mostGaps), gap];
  }

  private async report(): Promise<void> {
    const { timers, look, send } = this.environment;
    this.start();
    const seen = await look();
    const now = timers.now();
    const { firstFrameMs, gaps } = this;
    send(reportOf(seen, now - this.sentAt, { firstFrameMs, gaps }));
    this.firstFrameMs = undefined;
    this.gaps = [];
    this.sentAt = now;
  }
}
