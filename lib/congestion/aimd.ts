/** AIMD rate control (§1.5; libwebrtc aimd_rate_control): from detector states to a rate. */
import { LinkCapacity } from './link-capacity.js';
import type { Usage } from './trendline.js';

const BETA = 0.85;
const DECREASE_MARGIN_BPS = 5000;
const GROWTH_PER_S = 1.08;
const MIN_STEP_BPS = 1000;
const LIMIT_MARGIN_BPS = 10_000;
const MIN_ADDITIVE_BPS_PER_S = 4000;
const RESPONSE_MARGIN_US = 100_000;
const FRAMES_PER_S = 30;
const PACKET_BYTES = 1200;
const DEFAULT_RTT_US = 200_000;
const MIN_REDUCTION_US = 10_000;
const MAX_REDUCTION_US = 200_000;
/** So much more than the link has carried, and no queue: it carries more now. */
const OUTGROWN = 1.03;
const NO_QUEUE_US = 3000;

export class AimdRateControl {
  readonly linkCapacity = new LinkCapacity();
  rttUs = DEFAULT_RTT_US;
  /** The queue that has stood for the last second. */
  standingUs = Number.POSITIVE_INFINITY;

  #estimateBps: number;
  #throughputBps: number;
  #state: 'hold' | 'increase' | 'decrease' = 'hold';
  #changedUs = Number.NEGATIVE_INFINITY;

  constructor(
    startBps: number,
    private readonly minBps: number,
  ) {
    this.#estimateBps = startBps;
    this.#throughputBps = startBps;
  }

  get estimateBps(): number {
    return this.#estimateBps;
  }

  /** Without a throughput the last known one counts. */
  update(usage: Usage, throughputBps: number | undefined, nowUs: number): number {
    if (throughputBps !== undefined) this.#throughputBps = throughputBps;
    if (usage === 'overuse') this.#state = 'decrease';
    else if (usage === 'underuse') this.#state = 'hold';
    else if (this.#state === 'hold') {
      this.#state = 'increase';
      this.#changedUs = nowUs;
    }
    if (this.#state === 'increase') this.#increase(nowUs);
    else if (this.#state === 'decrease') this.#decrease(nowUs);
    return this.#estimateBps;
  }

  /** A measured or commanded value; the state machine is not touched. */
  setEstimate(bps: number, nowUs: number): void {
    this.#estimateBps = Math.max(bps, this.minBps);
    this.#changedUs = nowUs;
  }

  /** After a silence: the estimate is kept, and the time of the silence earns no increase (R1.22). */
  resume(nowUs: number): void {
    this.#changedUs = nowUs;
  }

  /** Whether another decrease is due although the last one can hardly have worked yet. */
  isFurtherReductionDue(throughputBps: number, nowUs: number): boolean {
    return this.isReductionIntervalOver(nowUs) || throughputBps < 0.5 * this.#estimateBps;
  }

  isReductionIntervalOver(nowUs: number): boolean {
    const interval = Math.min(Math.max(this.rttUs, MIN_REDUCTION_US), MAX_REDUCTION_US);
    return nowUs - this.#changedUs >= interval;
  }

  /** Additive increase, bit/s per second: about half a packet per response time. */
  get nearMaxIncreaseBps(): number {
    const frameBytes = this.#estimateBps / FRAMES_PER_S / 8;
    const packets = Math.ceil(frameBytes / PACKET_BYTES);
    const packetBits = (8 * frameBytes) / packets;
    const responseS = (2 * (this.rttUs + RESPONSE_MARGIN_US)) / 1e6;
    return Math.max(MIN_ADDITIVE_BPS_PER_S, packetBits / responseS);
  }

  #increase(nowUs: number): void {
    const throughput = this.#throughputBps;
    if (this.#isOutgrown(throughput)) this.linkCapacity.reset();
    const limit = 1.5 * throughput + LIMIT_MARGIN_BPS;
    if (this.#estimateBps < limit) {
      const seconds = (nowUs - this.#changedUs) / 1e6;
      const step =
        this.linkCapacity.estimateBps === undefined
          ? Math.max(this.#estimateBps * (GROWTH_PER_S ** Math.min(seconds, 1) - 1), MIN_STEP_BPS)
          : this.nearMaxIncreaseBps * seconds;
      this.setEstimate(Math.min(this.#estimateBps + step, limit), nowUs);
    }
    this.#changedUs = nowUs;
  }

  /** Whether the link carries more than when it was last over-used ([CC-15]). */
  #isOutgrown(throughputBps: number): boolean {
    const { estimateBps, upperBps } = this.linkCapacity;
    if (estimateBps === undefined) return false;
    if (throughputBps > upperBps) return true;
    return throughputBps > OUTGROWN * estimateBps && this.standingUs < NO_QUEUE_US;
  }

  #decrease(nowUs: number): void {
    const throughput = this.#throughputBps;
    let decreased = BETA * throughput;
    if (decreased > DECREASE_MARGIN_BPS) decreased -= DECREASE_MARGIN_BPS;
    const capacity = this.linkCapacity.estimateBps;
    if (decreased > this.#estimateBps && capacity !== undefined) decreased = BETA * capacity;
    if (throughput < this.linkCapacity.lowerBps) this.linkCapacity.reset();
    this.linkCapacity.add(throughput);
    this.#state = 'hold';
    this.setEstimate(Math.min(decreased, this.#estimateBps), nowUs);
  }
}
