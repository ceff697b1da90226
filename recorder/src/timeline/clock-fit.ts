/**
 * When the media of a track was captured, by its RTP timestamps: a line (offset, skew) that follows two
 * kinds of hints. Sender reports (`capturedUs`) are right in the mean but step by some milliseconds with each
 * report; arrival is late by a delay that changes. The line bends slowly and never jumps while media flows: it is
 * set anew only where the timestamps themselves broke (docs/recording.md, "Clock fit").
 */
import { Doubt } from './doubt.js';
import { LowestDelay } from './lowest-delay.js';

export interface ClockSample {
  /** Unwrapped RTP. */
  timestamp: number;
  arrivedUs: number;
  capturedUs: number | null;
}

/** Hints are gathered for so long, and their median counts: one that is wrong moves nothing. */
const BIN_US = 500_000;
/** How fast the line may bend: 20 ms/s is heard by nobody. At first, and after a new hint, there is more to make good. */
const MAX_SLEW = 0.02;
const MAX_FIRST_SLEW = 0.05;
/** Time constants of the loop: the first seconds find the offset, the rest averages the steps of reports. */
const FIRST_TAU_S = 2;
const STEADY_TAU_S = 15;
const FIRST_US = 10_000_000;
/** Crystals are within ±100 ppm; more is a measurement that is wrong. */
const MAX_SKEW = 500e-6;
/** No media for so long: nobody hears the line being set anew. */
const BREAK_US = 1_000_000;
/** Less than that is noise of reports, and is averaged. */
const NOTABLE_US = 15_000;
/**
 * The first frames of a track wait so long for a report: they may have been kept at the node for whoever comes late, and
 * arrive up to a second after their time.
 */
const FIRST_REPORT_US = 1_200_000;
/** Hints that differ by so much for `STUBBORN_BINS` are no noise: the timestamps jumped. */
const JUMP_US = 250_000;
const STUBBORN_BINS = 5;
/**
 * Reports of before a sender's wall clock was set back say for up to 20 s that media is older than it is. Arrival cannot contradict
 * them, for media may be that late: they have to insist.
 */
const PATIENT_BINS = 45;
/** Reports are words of a stranger. Nothing is captured after it arrives, but for what a first report is wrong by… */
export const MAX_AHEAD_US = 250_000;
/** …nor has media been on its way for longer: what says so is no report of it. */
const MAX_AGE_US = 10_000_000;

export class ClockFit {
  readonly #tickUs: number;
  #anchorTimestamp = 0;
  #anchorUs = 0;
  #skew = 0;
  #isAnchored = false;
  /** Nothing was said yet of when anything was captured, and it is not too late for that. */
  #isFirst = true;
  #beganUs = 0;
  /** Since the kind of hint is the one that it is. */
  #hintSinceUs = 0;
  #hasCaptured = false;
  /** The first correction by reports is made at once: until then the line was late by all that the way takes. */
  #isNewHint = false;
  #lastArrivedUs = 0;
  #lastTimestamp = 0;
  #binSinceUs = 0;
  #errors: number[] = [];
  #stubbornBins = 0;
  /** Of arrival after the line; of arrival after capture as reports say. */
  readonly #delay = new LowestDelay();
  readonly #reported = new LowestDelay();
  #doubt: Doubt | null = null;
  /** Reports still speak of timestamps as they were before they broke. */
  #isStale = false;
  #lackUs: number | null = null;

  constructor(clockRate: number) {
    this.#tickUs = 1e6 / clockRate;
  }

  get skewPpm(): number {
    return this.#skew * 1e6;
  }

  /** What the line lacks by reports of the last half second, µs: it bends slowly. Null: there were none yet. */
  get lackUs(): number | null {
    return this.#lackUs;
  }

  /**
   * It is being found out if timestamps stood still or packets were late, at most 0.5 s; or the first report is waited
   * for, at most 1.2 s.
   */
  get isDoubtful(): boolean {
    return this.#doubt !== null || this.#isFirst;
  }

  /** The moment of capture, µs of the engine's clock. */
  at(timestamp: number): number {
    const ticks = timestamp - this.#anchorTimestamp;
    return this.#anchorUs + ticks * this.#tickUs * (1 + this.#skew);
  }

  /** Each packet as it arrives; only the first of each timestamp counts. */
  observe(told: ClockSample): void {
    const sample = believed(told);
    const { timestamp, arrivedUs, capturedUs } = sample;
    const isFirst = !this.#isAnchored;
    const behindUs = isFirst ? 0 : (this.#lastTimestamp - timestamp) * this.#tickUs;
    if (isFirst) this.#begin(sample);
    // A retransmission says nothing of delays, and what it says of capture is known.
    else if (behindUs >= 0 && behindUs <= MAX_AGE_US) return;
    const silentUs = arrivedUs - this.#lastArrivedUs;
    this.#lastTimestamp = timestamp;
    this.#lastArrivedUs = arrivedUs;
    this.settle(arrivedUs);
    if (behindUs > MAX_AGE_US) this.#goBack(sample);
    else if (this.#doubt) this.#doubt.add(arrivedUs - this.at(timestamp));
    else if (silentUs > 0) this.#checkBreak(sample, silentUs);
    this.#gather(timestamp, arrivedUs, this.#usable(arrivedUs, capturedUs));
  }

  /** Decides a doubt when its time is over; also to be called while nothing arrives. */
  settle(nowUs: number): void {
    if (this.#isAnchored && nowUs - this.#beganUs > FIRST_REPORT_US) this.#isFirst = false;
    const shiftUs = this.#doubt?.decide(nowUs, this.#delay.lowest ?? 0);
    if (shiftUs === undefined || shiftUs === null) return;
    this.#doubt = null;
    if (shiftUs === 0) return;
    this.#anchorUs += shiftUs;
    this.#isStale = true;
    this.#clearBin();
  }

  #begin({ timestamp, arrivedUs, capturedUs }: ClockSample): void {
    this.#isAnchored = true;
    this.#anchorTimestamp = timestamp;
    this.#anchorUs = capturedUs ?? arrivedUs;
    this.#beganUs = arrivedUs;
    this.#hasCaptured = capturedUs !== null;
    this.#isFirst = !this.#hasCaptured;
    this.#hintSinceUs = arrivedUs;
    this.#binSinceUs = arrivedUs;
    this.#lastArrivedUs = arrivedUs;
  }

  /** After a silence, timestamps may have stood still, or gone on by something else than time. */
  #checkBreak({ timestamp, arrivedUs, capturedUs }: ClockSample, silentUs: number): void {
    const delayUs = arrivedUs - this.at(timestamp);
    const usualUs = this.#delay.lowest;
    if (usualUs === null) return;
    if (delayUs - usualUs < -JUMP_US) {
      // Nothing arrives before it is captured: the line is wrong.
      this.#setAnew(timestamp, capturedUs ?? arrivedUs - usualUs);
      return;
    }
    if (silentUs < 300_000) return;
    const reportedUs = capturedUs === null ? null : arrivedUs - capturedUs;
    const isReportUsual =
      reportedUs !== null && reportedUs - (this.#reported.lowest ?? reportedUs) < JUMP_US;
    if (capturedUs !== null && isReportUsual && !this.#isStale) {
      const errorUs = Math.abs(capturedUs - this.at(timestamp));
      if (silentUs >= BREAK_US && errorUs > NOTABLE_US) this.#setAnew(timestamp, capturedUs);
    } else if (delayUs - usualUs > JUMP_US) {
      this.#doubt = new Doubt(arrivedUs, delayUs);
    }
  }

  /** Nothing is retransmitted that is so old: the timestamps begin anew. */
  #goBack({ timestamp, arrivedUs, capturedUs }: ClockSample): void {
    this.#doubt = null;
    this.#setAnew(timestamp, capturedUs ?? arrivedUs - (this.#delay.lowest ?? 0));
  }

  #setAnew(timestamp: number, us: number): void {
    this.#anchorTimestamp = timestamp;
    this.#anchorUs = us;
    this.#clearBin();
    this.#delay.clear();
  }

  /** Null while reports contradict arrival: they are about timestamps of before a break. */
  #usable(arrivedUs: number, capturedUs: number | null): number | null {
    if (capturedUs === null) return null;
    const reportedUs = arrivedUs - capturedUs;
    const usualUs = this.#reported.lowest;
    if (this.#isStale) {
      if (usualUs !== null && Math.abs(reportedUs - usualUs) > JUMP_US) return null;
      this.#isStale = false;
    }
    this.#reported.add(reportedUs);
    return capturedUs;
  }

  #gather(timestamp: number, arrivedUs: number, capturedUs: number | null): void {
    if (this.#doubt) return;
    const lineUs = this.at(timestamp);
    this.#delay.add(arrivedUs - lineUs);
    if (capturedUs !== null && !this.#hasCaptured) {
      this.#hasCaptured = true;
      this.#hintSinceUs = arrivedUs;
      this.#clearBin();
      // Of what waits for it nothing was placed: the line begins with it.
      if (this.#isFirst) this.#setAnew(timestamp, capturedUs);
      this.#isNewHint = !this.#isFirst;
      this.#isFirst = false;
    }
    if (capturedUs !== null) this.#errors.push(capturedUs - lineUs);
    else if (!this.#hasCaptured) this.#errors.push(arrivedUs - lineUs);
    if (arrivedUs - this.#binSinceUs >= BIN_US) this.#bend(timestamp, arrivedUs);
  }

  #bend(timestamp: number, arrivedUs: number): void {
    const seconds = Math.min(arrivedUs - this.#binSinceUs, 4 * BIN_US) / 1e6;
    const errorUs = this.#hasCaptured ? median(this.#errors) : this.#arrivalError();
    this.#errors = [];
    this.#binSinceUs = arrivedUs;
    this.#delay.next();
    this.#reported.next();
    if (errorUs === null) return;
    if (this.#isStubborn(errorUs) || this.#isNewHint) {
      this.#isNewHint = false;
      if (this.#hasCaptured) this.#lackUs = 0;
      this.#setAnew(timestamp, this.at(timestamp) + errorUs);
      return;
    }
    // It jumps or stays: a slope of half a minute would be neither.
    if (this.#hasCaptured && Math.abs(errorUs) > JUMP_US) return;
    const isFirst = arrivedUs - this.#hintSinceUs < FIRST_US;
    const omega = 1 / (isFirst ? FIRST_TAU_S : STEADY_TAU_S);
    const limitUs = (isFirst ? MAX_FIRST_SLEW : MAX_SLEW) * seconds * 1e6;
    const wantedUs = Math.min(1, 2 * omega * seconds) * errorUs;
    const bendUs = Math.max(-limitUs, Math.min(limitUs, wantedUs));
    this.#anchorUs = this.at(timestamp) + bendUs;
    this.#anchorTimestamp = timestamp;
    this.#delay.shift(-bendUs);
    if (this.#hasCaptured) this.#lackUs = errorUs - bendUs;
    if (!isFirst) this.#turn(omega * omega * seconds * seconds * errorUs, seconds);
  }

  /** What one bin may change of the skew is bounded: one wrong report must not turn the line. */
  #turn(turnUs: number, seconds: number): void {
    const change = Math.max(-5e-6, Math.min(5e-6, turnUs / (seconds * 1e6)));
    this.#skew = Math.max(-MAX_SKEW, Math.min(MAX_SKEW, this.#skew + change));
  }

  /** Late packets say little: the earliest of some seconds do. They rise by skew, and by congestion, slowly. */
  #arrivalError(): number | null {
    const lowestUs = this.#delay.lowest;
    if (lowestUs === null) return null;
    return lowestUs < 0 ? lowestUs : lowestUs / 4;
  }

  #isStubborn(errorUs: number): boolean {
    this.#stubbornBins = Math.abs(errorUs) > JUMP_US ? this.#stubbornBins + 1 : 0;
    const isOlder = this.#hasCaptured && errorUs < 0;
    return this.#stubbornBins >= (isOlder ? PATIENT_BINS : STUBBORN_BINS);
  }

  #clearBin(): void {
    this.#errors = [];
    this.#stubbornBins = 0;
    this.#binSinceUs = this.#lastArrivedUs;
  }
}

function believed(sample: ClockSample): ClockSample {
  const ageUs = sample.arrivedUs - (sample.capturedUs ?? Number.NaN);
  return ageUs >= -MAX_AHEAD_US && ageUs <= MAX_AGE_US ? sample : { ...sample, capturedUs: null };
}

function median(values: number[]): number | null {
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  return values[values.length >> 1] ?? null;
}
