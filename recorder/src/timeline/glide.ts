/**
 * Makes of the steps with which a line is corrected a slope: frames that follow each other keep their distance to a
 * twentieth, so sound is neither torn nor laid over itself.
 */

/** Of the distance between two frames. */
const SLOPE = 0.05;
/** More is no correction: the line was set anew, and what is seen and heard belongs there at once. */
const JUMP_US = 60_000;

export class Glide {
  readonly #tickUs: number;
  #lastTimestamp: number | null = null;
  #lastUs = 0;
  /** By how much the last frame stands before where the line has it, µs. */
  behindUs = 0;

  constructor(clockRate: number) {
    this.#tickUs = 1e6 / clockRate;
  }

  /** @param us where the line has it. Timestamps rise. */
  at(timestamp: number, us: number): number {
    const result = this.#lastTimestamp === null ? us : this.#near(timestamp, us);
    this.#lastTimestamp = timestamp;
    this.#lastUs = result;
    this.behindUs = us - result;
    return result;
  }

  #near(timestamp: number, us: number): number {
    const distanceUs = (timestamp - (this.#lastTimestamp ?? timestamp)) * this.#tickUs;
    const expectedUs = this.#lastUs + distanceUs;
    const mostUs = SLOPE * Math.abs(distanceUs);
    const offUs = us - expectedUs;
    if (Math.abs(offUs) > JUMP_US || Math.abs(offUs) <= mostUs) return us;
    return expectedUs + Math.sign(offUs) * mostUs;
  }
}
