/** When to probe, and at what rates (§1.9.1; libwebrtc probe_controller), periodic ones aside. */

/** A cluster that the pacer is asked for: it ends when both minima are sent. */
export interface Probe {
  readonly id: number;
  readonly rateBps: number;
  readonly minPackets: number;
  readonly minBytes: number;
}

/** What limits the estimate, as far as probing is concerned. */
export type ProbeLimit = 'none' | 'blocked' | 'lossIncreasing';

export interface ProbeSettings {
  readonly startBps: number;
  readonly maxBps: number;
  readonly longProbeUs: number;
}

const MIN_PACKETS = 5;
const PADDING_BYTES = 255;
const SHORT_PROBE_US = 15_000;
const LONG_PROBE_MIN_BPS = 1_000_000;
const WAIT_US = 1_000_000;
const FURTHER_SHARE = 0.7;
const LOSS_LIMITED_SCALE = 1.5;
const LARGE_DROP = 0.66;
const DROP_LIFETIME_US = 5_000_000;
const ALR_END_LIFETIME_US = 3_000_000;
const RECOVERY_SHARE = 0.85;
const RECOVERY_MARGIN = 0.95;
const NEVER = Number.NEGATIVE_INFINITY;

interface Request {
  readonly rates: readonly number[];
  readonly further: boolean;
  /** Initial probes stay short: two of them leave back to back into an unknown link. */
  readonly isInitial?: boolean;
}

export class ProbeController {
  limit: ProbeLimit = 'none';

  readonly #settings: ProbeSettings;
  #state: 'init' | 'waiting' | 'complete' = 'init';
  #pending: Probe[] = [];
  #nextId = 1;
  #estimateBps: number;
  #maxBps: number;
  #allocatedBps = 0;
  #furtherBps = Number.POSITIVE_INFINITY;
  #probedUs = NEVER;
  #alrStartUs: number | undefined;
  #alrEndUs = NEVER;
  #dropUs = NEVER;
  #beforeDropBps = 0;
  #recoveryUs = NEVER;

  constructor(settings: ProbeSettings) {
    this.#settings = settings;
    this.#estimateBps = settings.startBps;
    this.#maxBps = settings.maxBps;
  }

  get isComplete(): boolean {
    return this.#state === 'complete';
  }

  get probedUs(): number {
    return this.#probedUs;
  }

  /** When waiting for the result of a probe is over. */
  get waitEndUs(): number {
    return this.#state === 'waiting' ? this.#probedUs + WAIT_US : Number.POSITIVE_INFINITY;
  }

  /** The probes asked for since the last call. */
  take(): Probe[] {
    const pending = this.#pending;
    this.#pending = [];
    return pending;
  }

  /** The association is up: 3 and 6 times the start rate, in one call. */
  start(nowUs: number): void {
    if (this.#state !== 'init') return;
    const { startBps } = this.#settings;
    const rates = [3 * startBps, 6 * startBps];
    this.#request({ rates, further: true, isInitial: true }, nowUs);
  }

  /** The target changed, or was confirmed. */
  setEstimate(bps: number, nowUs: number): void {
    if (bps < LARGE_DROP * this.#estimateBps) {
      this.#dropUs = nowUs;
      this.#beforeDropBps = this.#estimateBps;
    }
    this.#estimateBps = bps;
    if (this.#state === 'waiting' && bps > this.#furtherBps) {
      this.#request({ rates: [2 * bps], further: true }, nowUs);
    }
  }

  setMax(bps: number, nowUs: number): void {
    const isRaised = bps > this.#maxBps;
    this.#maxBps = bps;
    if (this.isComplete && isRaised && this.#estimateBps < bps) {
      this.#request({ rates: [bps], further: false }, nowUs);
    }
  }

  /** The sum of what could be sent if the link carried it; 0: unknown. */
  setAllocated(bps: number, nowUs: number): void {
    const isChanged = bps !== this.#allocatedBps;
    this.#allocatedBps = bps;
    const isWorthIt = this.#estimateBps < this.#maxBps && this.#estimateBps < bps;
    if (isChanged && isWorthIt && this.isComplete && this.#alrStartUs !== undefined) {
      this.#request({ rates: [bps, 2 * bps], further: false }, nowUs);
    }
  }

  setAlr(startUs: number | undefined, nowUs: number): void {
    if (this.#alrStartUs !== undefined && startUs === undefined) this.#alrEndUs = nowUs;
    this.#alrStartUs = startUs;
  }

  /** The queue of a drop has drained: try what was there before. */
  requestRecovery(nowUs: number): void {
    const wasAlr = this.#alrStartUs !== undefined || nowUs - this.#alrEndUs < ALR_END_LIFETIME_US;
    const rate = RECOVERY_SHARE * this.#beforeDropBps;
    if (!wasAlr || !this.isComplete || RECOVERY_MARGIN * rate <= this.#estimateBps) return;
    if (nowUs - this.#dropUs >= DROP_LIFETIME_US) return;
    if (nowUs - this.#recoveryUs <= DROP_LIFETIME_US) return;
    this.#recoveryUs = nowUs;
    this.#request({ rates: [rate], further: false }, nowUs);
  }

  /** A probe that somebody else reasoned about (R1.15). Whether it was asked for. */
  requestDeficiency(rateBps: number, nowUs: number): boolean {
    return this.isComplete && this.#request({ rates: [rateBps], further: false }, nowUs);
  }

  handleTimeout(nowUs: number): void {
    if (nowUs >= this.waitEndUs) this.#complete();
  }

  #request({ rates, further, isInitial = false }: Request, nowUs: number): boolean {
    if (this.limit === 'blocked') return false;
    const allocatedCap = this.#allocatedBps > 0 ? 2 * this.#allocatedBps : Number.POSITIVE_INFINITY;
    let cap = Math.min(this.#maxBps, allocatedCap);
    if (this.limit === 'lossIncreasing') {
      cap = Math.min(cap, LOSS_LIMITED_SCALE * this.#estimateBps);
    }
    let mayContinue = further;
    for (const rate of rates) {
      if (rate > cap) mayContinue = false;
      this.#pending.push(this.#cluster(Math.min(rate, cap), isInitial));
    }
    this.#probedUs = nowUs;
    if (mayContinue) {
      this.#state = 'waiting';
      this.#furtherBps = FURTHER_SHARE * Math.min(cap, rates.at(-1) ?? cap);
    } else this.#complete();
    return true;
  }

  /** What is asked of a probe of this rate; the packets that the pacer finds may be larger. */
  bitsOf(rateBps: number): number {
    return 8 * Math.max(this.#minBytes(rateBps, false), MIN_PACKETS * PADDING_BYTES);
  }

  #complete(): void {
    this.#state = 'complete';
    this.#furtherBps = Number.POSITIVE_INFINITY;
  }

  #cluster(rateBps: number, isInitial: boolean): Probe {
    const id = this.#nextId;
    this.#nextId += 1;
    const minBytes = this.#minBytes(rateBps, isInitial);
    return { id, rateBps: Math.round(rateBps), minPackets: MIN_PACKETS, minBytes };
  }

  #minBytes(rateBps: number, isInitial: boolean): number {
    const isLong = !isInitial && rateBps >= LONG_PROBE_MIN_BPS;
    const durationUs = isLong ? this.#settings.longProbeUs : SHORT_PROBE_US;
    return Math.round((rateBps * durationUs) / 8e6);
  }
}
