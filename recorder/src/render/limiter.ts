/** Keeps a sum of voices within what a file can hold, without a jump and without making what is soft louder. */

/** 5 ms: how far it looks ahead, and how late the sound is for it. */
export const blockFrames = 240;
/** Of gain, for each 5 ms: from a half to full in half a second. */
const recovery = 0.005;

/**
 * The gain at the border of two blocks suits both, and runs straight between borders: so no sample is over the ceiling.
 * Sound comes out one block after it went in.
 */
export class Limiter {
  private held: Float32Array;
  private heldGain = 1;
  private borderGain = 1;

  /** @param ceiling no sample that comes out is beyond it. */
  constructor(
    channels: number,
    private readonly ceiling: number,
  ) {
    this.held = new Float32Array(blockFrames * channels);
  }

  /** @param block `blockFrames` × channels samples; it is changed, and given when the next one comes. Gives the one before it. */
  push(block: Float32Array): Float32Array {
    const peak = peakOf(block);
    const gain = peak > this.ceiling ? this.ceiling / peak : 1;
    const next = Math.min(this.heldGain, gain, this.borderGain + recovery);
    const out = this.held;
    if (this.borderGain !== 1 || next !== 1) ramp(out, this.borderGain, next);
    this.held = block;
    this.heldGain = gain;
    this.borderGain = next;
    return out;
  }
}

function peakOf(block: Float32Array): number {
  let peak = 0;
  for (let i = 0; i < block.length; i++) {
    const value = block[i] as number;
    if (value > peak) peak = value;
    else if (-value > peak) peak = -value;
  }
  return peak;
}

function ramp(block: Float32Array, from: number, to: number): void {
  const step = (to - from) / block.length;
  for (let i = 0; i < block.length; i++) block[i] = (block[i] as number) * (from + step * i);
}
