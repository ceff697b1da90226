/**
 * The likelihood of loss observations under an inherent loss `p` and a bandwidth `B` (§1.8): what is
 * sent above B is lost, of the rest p. Rates in kbit/s, amounts in kB.
 */

export interface LossSample {
  readonly kiloBytes: number;
  readonly lostKiloBytes: number;
  readonly rateKbps: number;
}

export interface LossParameters {
  inherentLoss: number;
  bandwidthKbps: number;
}

export interface ModelSettings {
  readonly balanceKbps: number;
  /** Loss above which low bandwidths are preferred to high inherent loss. */
  readonly preferenceThreshold: number;
}

const WEIGHT = 0.9;
const PROBABILITY_FLOOR = 1e-6;
const MIN_INHERENT_LOSS = 0.001;
const LOSS_OFFSET = 0.05;
const PREFERENCE_SMOOTHING = 0.002;
const BIAS = 0.0002;
const LOG_BIAS = 0.02;
const NEWTON_STEP = 0.75;

/** Over samples from old to new. */
export class LossModel {
  constructor(private readonly settings: ModelSettings) {}

  averageLoss(samples: readonly LossSample[]): number {
    let [total, lost] = [0, 0];
    forEachWeighted(samples, (sample, weight) => {
      total += weight * sample.kiloBytes;
      lost += weight * sample.lostKiloBytes;
    });
    return total > 0 ? Math.max(lost, 0) / total : 0;
  }

  /** What the average loss alone says about the bandwidth; infinite when it is small. */
  instantUpperKbps(averageLoss: number): number {
    if (averageLoss <= LOSS_OFFSET) return Number.POSITIVE_INFINITY;
    return this.settings.balanceKbps / (averageLoss - LOSS_OFFSET);
  }

  feasibleLoss({ inherentLoss, bandwidthKbps }: LossParameters): number {
    const upper = Math.min(1, LOSS_OFFSET + this.settings.balanceKbps / bandwidthKbps);
    return Math.min(Math.max(inherentLoss, MIN_INHERENT_LOSS), upper);
  }

  /** One step of Newton's method towards the likeliest inherent loss for this bandwidth. */
  fitLoss(candidate: LossParameters, samples: readonly LossSample[]): void {
    candidate.inherentLoss = this.feasibleLoss(candidate);
    let [first, second] = [0, 0];
    forEachWeighted(samples, (sample, weight) => {
      const probability = lossProbability(candidate, sample.rateKbps);
      const kept = sample.kiloBytes - sample.lostKiloBytes;
      const miss = 1 - probability;
      first += weight * (sample.lostKiloBytes / probability - kept / miss);
      second -= weight * (sample.lostKiloBytes / probability ** 2 + kept / miss ** 2);
    });
    candidate.inherentLoss -= (NEWTON_STEP * first) / (second >= 0 ? -1e-6 : second);
    candidate.inherentLoss = this.feasibleLoss(candidate);
  }

  objective(
    candidate: LossParameters,
    samples: readonly LossSample[],
    averageLoss: number,
  ): number {
    const bias = this.#bias(candidate.bandwidthKbps, averageLoss);
    let sum = 0;
    forEachWeighted(samples, (sample, weight) => {
      const probability = lossProbability(candidate, sample.rateKbps);
      const kept = sample.kiloBytes - sample.lostKiloBytes;
      sum += weight * sample.lostKiloBytes * Math.log(probability);
      sum += weight * kept * Math.log(1 - probability);
      sum += weight * bias * sample.kiloBytes;
    });
    return sum;
  }

  #bias(bandwidthKbps: number, averageLoss: number): number {
    const margin = this.settings.preferenceThreshold - averageLoss;
    const scale = margin / (PREFERENCE_SMOOTHING + Math.abs(margin));
    return scale * (BIAS * bandwidthKbps + LOG_BIAS * Math.log(1 + bandwidthKbps));
  }
}

function lossProbability({ inherentLoss, bandwidthKbps }: LossParameters, rateKbps: number) {
  const excess = rateKbps > bandwidthKbps ? (rateKbps - bandwidthKbps) / rateKbps : 0;
  const probability = inherentLoss + (1 - inherentLoss) * excess;
  return Math.min(Math.max(probability, PROBABILITY_FLOOR), 1 - PROBABILITY_FLOOR);
}

function forEachWeighted(
  samples: readonly LossSample[],
  use: (sample: LossSample, weight: number) => void,
): void {
  let weight = 1;
  for (let index = samples.length - 1; index >= 0; index -= 1) {
    use(samples[index] as LossSample, weight);
    weight *= WEIGHT;
  }
}
