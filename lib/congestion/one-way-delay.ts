/**
 * How much longer the way is now than it was at its shortest (§1.13): the smallest one-way delay of
 * the last second against the smallest of the last 40 s. The clocks' offset cancels out.
 */

const CURRENT_US = 1_000_000;
const BUCKET_US = 10_000_000;
const BUCKETS = 4;

interface Sample {
  readonly atUs: number;
  readonly delayUs: number;
  readonly packets: number;
  readonly lost: number;
}

export class OneWayDelay {
  readonly #samples: Sample[] = [];
  readonly #buckets: { startUs: number; delayUs: number }[] = [];

  /** Of one feedback: its smallest `received − sent`, and its packets. */
  add(sample: Sample): void {
    this.#samples.push(sample);
    while (sample.atUs - (this.#samples[0] as Sample).atUs > CURRENT_US) this.#samples.shift();
    const bucket = this.#buckets.at(-1);
    if (!bucket || sample.atUs - bucket.startUs >= BUCKET_US) {
      this.#buckets.push({ startUs: sample.atUs, delayUs: sample.delayUs });
      if (this.#buckets.length > BUCKETS) this.#buckets.shift();
    } else bucket.delayUs = Math.min(bucket.delayUs, sample.delayUs);
  }

  /** After a silence: whatever stood has drained. */
  forget(): void {
    this.#samples.length = 0;
  }

  /** The way is longer than it was: what stands now is no queue. */
  rebase(): void {
    const delayUs = this.#baseUs + this.queueUs;
    for (const bucket of this.#buckets) bucket.delayUs = delayUs;
  }

  /** The queue that has stood for the last second, microseconds. */
  get queueUs(): number {
    const current = Math.min(...this.#samples.map(({ delayUs }) => delayUs));
    return this.#samples.length === 0 ? 0 : current - this.#baseUs;
  }

  /** The queue that even the fastest packet of the last feedback waited in, microseconds. */
  get latestQueueUs(): number {
    const latest = this.#samples.at(-1);
    return latest ? latest.delayUs - this.#baseUs : 0;
  }

  /** How much time the samples of the last second cover. */
  get spanUs(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    return first && last ? last.atUs - first.atUs : 0;
  }

  /** Share of the packets of the last second that were lost. */
  get loss(): number {
    let [packets, lost] = [0, 0];
    for (const sample of this.#samples) {
      packets += sample.packets;
      lost += sample.lost;
    }
    return packets > 0 ? lost / packets : 0;
  }

  get #baseUs(): number {
    return Math.min(...this.#buckets.map(({ delayUs }) => delayUs));
  }
}
