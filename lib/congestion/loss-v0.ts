/** The classic rule (§1.7; libwebrtc send_side_bandwidth_estimation): up below 2 %, down above 10 %. */
import type { LossContext, LossController, LossObservation, LossState } from './loss-controller.js';

const REPORT_INTERVAL_US = 1_000_000;
const MIN_PACKETS = 20;
const LOW_LOSS = 0.02;
const HIGH_LOSS = 0.1;
const GROWTH = 1.08;
const GROWTH_BPS = 1000;
const HISTORY_US = 1_000_000;
const START_PHASE_US = 2_000_000;
const REPORT_LIFETIME_US = 6_000_000;
const DECREASE_INTERVAL_US = 300_000;
const NEVER = Number.NEGATIVE_INFINITY;

export class LossV0 implements LossController {
  readonly state: LossState = 'delayBased';

  /** In 1/256, as RFC 3550 reports carry it. */
  #fraction256 = 0;
  #packets = 0;
  #lost = 0;
  #nextReportUs = NEVER;
  #firstReportUs: number | undefined;
  #reportUs: number | undefined;
  #decreasedUs = NEVER;
  #hasDecreased = false;
  /** Targets of the last second whose minimum is its front. */
  #history: { atUs: number; bps: number }[] = [];

  get fraction(): number {
    return this.#fraction256 / 256;
  }

  handleObservation({ packets, lost }: LossObservation, { nowUs }: LossContext): void {
    this.#packets += packets;
    this.#lost += lost;
    if (nowUs <= this.#nextReportUs) return;
    this.#nextReportUs = nowUs + REPORT_INTERVAL_US;
    this.#firstReportUs ??= nowUs;
    if (this.#packets < MIN_PACKETS) return;
    const lost256 = Math.floor((256 * Math.max(this.#lost, 0)) / this.#packets);
    this.#fraction256 = Math.min(lost256, 255);
    this.#packets = 0;
    this.#lost = 0;
    this.#hasDecreased = false;
    this.#reportUs = nowUs;
  }

  nextTarget(context: LossContext): number {
    const { nowUs, targetBps } = context;
    if (this.#fraction256 === 0 && this.#isInStartPhase(nowUs)) {
      const trusted = Math.max(targetBps, context.delayBps ?? 0, context.remoteBps ?? 0);
      if (trusted !== targetBps) {
        this.#history = [{ atUs: nowUs, bps: targetBps }];
        return trusted;
      }
    }
    this.#updateHistory(nowUs, targetBps);
    if (this.#reportUs === undefined || nowUs - this.#reportUs >= REPORT_LIFETIME_US) {
      return targetBps;
    }
    if (this.fraction <= LOW_LOSS) {
      return (this.#history[0]?.bps ?? targetBps) * GROWTH + GROWTH_BPS;
    }
    return this.fraction <= HIGH_LOSS ? targetBps : this.#decrease(context);
  }

  handleProbeResult(): void {
    this.#history = [];
  }

  #decrease({ nowUs, targetBps, rttUs }: LossContext): number {
    if (this.#hasDecreased || nowUs - this.#decreasedUs < DECREASE_INTERVAL_US + rttUs) {
      return targetBps;
    }
    this.#decreasedUs = nowUs;
    this.#hasDecreased = true;
    return (targetBps * (512 - this.#fraction256)) / 512;
  }

  #isInStartPhase(nowUs: number): boolean {
    return this.#firstReportUs === undefined || nowUs - this.#firstReportUs < START_PHASE_US;
  }

  #updateHistory(nowUs: number, bps: number): void {
    const history = this.#history;
    while (history[0] && nowUs - history[0].atUs + 1000 > HISTORY_US) history.shift();
    while (history.length > 0 && bps <= (history.at(-1)?.bps ?? 0)) history.pop();
    history.push({ atUs: nowUs, bps });
  }
}
