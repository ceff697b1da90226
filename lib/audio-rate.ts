/** How much audio a subscriber is sent, measured from its feedback over 2 s (6.3). Not public. */
import type { CongestionFeedbackEvent } from './engine/contract.gen.js';

const WINDOW_US = 2_000_000;
const AUDIO = 1;
const LOST_BEFORE = 4;

export class AudioRate {
  #parts: { atUs: number; bytes: number }[] = [];
  #sum = 0;

  add({ feedbackUs, flags, sizes }: CongestionFeedbackEvent): void {
    let bytes = 0;
    for (let index = 0; index < flags.length; index++) {
      const isAudio = ((flags[index] as number) & (AUDIO | LOST_BEFORE)) === AUDIO;
      if (isAudio) bytes += sizes[index] as number;
    }
    this.#parts.push({ atUs: feedbackUs, bytes });
    this.#sum += bytes;
    while ((this.#parts[0]?.atUs ?? feedbackUs) <= feedbackUs - WINDOW_US) {
      this.#sum -= this.#parts.shift()?.bytes ?? 0;
    }
  }

  get bps(): number {
    return (8 * this.#sum * 1e6) / WINDOW_US;
  }
}
