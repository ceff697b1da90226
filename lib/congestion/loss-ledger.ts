/**
 * What became of packets, each counted once (R1.6): a later message may repeat that a packet was
 * lost, or say that it came after all, which takes the loss back. Numbers that no message names are
 * unknown, not lost (R1.7).
 */
import type { FeedbackBatch } from './feedback-batch.js';

/** Changes; `lost` and `lostBytes` are negative when more was found than lost. */
export interface LossCount {
  readonly packets: number;
  readonly lost: number;
  readonly bytes: number;
  readonly lostBytes: number;
}

/** Raised: a packet that is found later is still recognised. Lowered: less memory. */
const MAX_REMEMBERED = 4096;

export class LossLedger {
  readonly #lost = new Set<number>();

  count(batch: Pick<FeedbackBatch, 'sequences' | 'receivedUs' | 'sizes'>): LossCount {
    const count = { packets: 0, lost: 0, bytes: 0, lostBytes: 0 };
    for (let index = 0; index < batch.sequences.length; index += 1) {
      const sequence = batch.sequences[index] as number;
      const size = batch.sizes[index] as number;
      const isLost = Number.isNaN(batch.receivedUs[index]);
      const wasLost = this.#lost.has(sequence);
      if (isLost && wasLost) continue;
      if (isLost) this.#remember(sequence);
      else if (wasLost) this.#lost.delete(sequence);
      if (isLost !== wasLost) {
        count.lost += isLost ? 1 : -1;
        count.lostBytes += isLost ? size : -size;
      }
      if (!wasLost) {
        count.packets += 1;
        count.bytes += size;
      }
    }
    return count;
  }

  #remember(sequence: number): void {
    this.#lost.add(sequence);
    if (this.#lost.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#lost) {
      this.#lost.delete(oldest);
      return;
    }
  }
}
