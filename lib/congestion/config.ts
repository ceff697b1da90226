/** Everything that is configured, and the profiles; there are no other settings. */

export type LossControl = 'v0' | 'v2';

export interface CongestionConfig {
  /** The target never falls below it, whatever happens. */
  readonly minBps: number;
  readonly startBps: number;
  /** Upper limit of the target; also of probes. `handleLimit` changes it later. */
  readonly maxBps: number;
  readonly lossControl: LossControl;
  readonly isStandingQueueGuarded: boolean;
  /** Deficiency probing (R1.15). */
  readonly isDeficiencyProbed: boolean;
  /** How long probes of 1 Mbit/s and more last that are not the initial ones (§1.9.3). */
  readonly longProbeUs: number;
  /** Pacing rate over target (R1.10, R1.14). */
  readonly pacingFactor: number;
}

const base: CongestionConfig = {
  minBps: 5000,
  startBps: 300_000,
  maxBps: 5_000_000,
  lossControl: 'v0',
  isStandingQueueGuarded: true,
  isDeficiencyProbed: false,
  longProbeUs: 15_000,
  pacingFactor: 2.5,
};

/** §1 without, and with, what an SFU adds; and the former with the likelihood loss controller. */
export const PROFILES = {
  'gcc-base': base,
  'gcc-sfu': { ...base, isDeficiencyProbed: true, longProbeUs: 30_000 },
  'loss-v2': { ...base, lossControl: 'v2' },
} as const satisfies Record<string, CongestionConfig>;

export type ProfileName = keyof typeof PROFILES;

/** What Plenum runs with. Minimum and start are those recommended for an SFU (§1.14). */
export const PRODUCT_CONFIG: CongestionConfig = {
  ...PROFILES['gcc-sfu'],
  minBps: 30_000,
  startBps: 600_000,
};

/** How long the last estimate of a subscriber is worth something (§1.14). */
const ESTIMATE_LIFETIME_US = 60_000_000;

/** Where a new association of a known subscriber starts: 0.8 of its last estimate, if young. */
export function startBpsAfter(
  config: CongestionConfig,
  previous: { estimateBps: number; ageUs: number } | undefined,
): number {
  if (!previous || previous.ageUs >= ESTIMATE_LIFETIME_US) return config.startBps;
  return Math.max(config.minBps, 0.8 * previous.estimateBps);
}

/**
 * The upper limit for what a subscriber desires, bit/s: 1.35 × the sum + 300 kbit/s, with 10 %
 * hysteresis around the limit that holds (§1.14), so that probes are not sent at every change.
 */
export function maxBpsFor(desiredBps: number, currentBps: number): number {
  const wanted = 1.35 * desiredBps + 300_000;
  return Math.abs(wanted - currentBps) > 0.1 * currentBps ? wanted : currentBps;
}
