/**
 * Trendline and over-use detector (§1.4; libwebrtc trendline_estimator): the slope of the smoothed
 * one-way delay over 20 groups, against a threshold that adapts to what the path usually does.
 */

export type Usage = 'normal' | 'overuse' | 'underuse';

const WINDOW = 20;
const SMOOTHING = 0.9;
const GAIN = 4;
const MIN_DELTAS = 60;
const MAX_DELTAS = 1000;
const INITIAL_THRESHOLD_MS = 12.5;
const MIN_THRESHOLD_MS = 6;
const MAX_THRESHOLD_MS = 600;
const UP_GAIN = 0.0087;
const DOWN_GAIN = 0.039;
const MAX_ADAPT_OFFSET_MS = 15;
const MAX_ADAPT_MS = 100;
const OVERUSE_MS = 10;

export class Trendline {
  usage: Usage = 'normal';
  slope = 0;
  thresholdMs = INITIAL_THRESHOLD_MS;

  #deltas = 0;
  #firstArrivalMs = Number.NaN;
  #accumulatedMs = 0;
  #smoothedMs = 0;
  readonly #x: number[] = [];
  readonly #y: number[] = [];
  #overusingMs = -1;
  #overuses = 0;
  #adaptedMs = Number.NaN;

  /** The change between two groups, and when the newer one was complete; milliseconds. */
  update(receivedMs: number, sentMs: number, arrivalMs: number): Usage {
    this.#deltas = Math.min(this.#deltas + 1, MAX_DELTAS);
    if (Number.isNaN(this.#firstArrivalMs)) this.#firstArrivalMs = arrivalMs;
    this.#accumulatedMs += receivedMs - sentMs;
    this.#smoothedMs = SMOOTHING * this.#smoothedMs + (1 - SMOOTHING) * this.#accumulatedMs;
    this.#x.push(arrivalMs - this.#firstArrivalMs);
    this.#y.push(this.#smoothedMs);
    if (this.#x.length > WINDOW) {
      this.#x.shift();
      this.#y.shift();
    }
    const slope =
      this.#x.length === WINDOW ? (fitSlope(this.#x, this.#y) ?? this.slope) : this.slope;
    this.#detect(slope, sentMs, arrivalMs);
    return this.usage;
  }

  #detect(slope: number, sentMs: number, arrivalMs: number): void {
    if (this.#deltas < 2) {
      this.usage = 'normal';
      return;
    }
    const modified = Math.min(this.#deltas, MIN_DELTAS) * slope * GAIN;
    if (modified > this.thresholdMs) {
      this.#overusingMs = this.#overusingMs < 0 ? sentMs / 2 : this.#overusingMs + sentMs;
      this.#overuses += 1;
      if (this.#overusingMs > OVERUSE_MS && this.#overuses > 1 && slope >= this.slope) {
        this.#overusingMs = 0;
        this.#overuses = 0;
        this.usage = 'overuse';
      }
    } else {
      this.#overusingMs = -1;
      this.#overuses = 0;
      this.usage = modified < -this.thresholdMs ? 'underuse' : 'normal';
    }
    this.slope = slope;
    this.#adaptThreshold(Math.abs(modified), arrivalMs);
  }

  #adaptThreshold(modified: number, arrivalMs: number): void {
    if (Number.isNaN(this.#adaptedMs)) this.#adaptedMs = arrivalMs;
    if (modified <= this.thresholdMs + MAX_ADAPT_OFFSET_MS) {
      const gain = modified < this.thresholdMs ? DOWN_GAIN : UP_GAIN;
      const elapsedMs = Math.min(arrivalMs - this.#adaptedMs, MAX_ADAPT_MS);
      const adapted = this.thresholdMs + gain * (modified - this.thresholdMs) * elapsedMs;
      this.thresholdMs = Math.min(Math.max(adapted, MIN_THRESHOLD_MS), MAX_THRESHOLD_MS);
    }
    this.#adaptedMs = arrivalMs;
  }
}

/** Least squares; undefined when all abscissas are equal. */
function fitSlope(x: readonly number[], y: readonly number[]): number | undefined {
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < x.length; i += 1) {
    sumX += x[i] as number;
    sumY += y[i] as number;
  }
  const meanX = sumX / x.length;
  const meanY = sumY / y.length;
  let numerator = 0;
  let denominator = 0;
  for (let i = 0; i < x.length; i += 1) {
    const dx = (x[i] as number) - meanX;
    numerator += dx * ((y[i] as number) - meanY);
    denominator += dx * dx;
  }
  return denominator === 0 ? undefined : numerator / denominator;
}
