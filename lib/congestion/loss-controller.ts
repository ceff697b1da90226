/** What the two loss controllers have in common: one is chosen by `CongestionConfig.lossControl`. */
import type { LossCount } from './loss-ledger.js';

export type LossState = 'delayBased' | 'increasing' | 'decreasing';

/** The packets of one feedback, or of one receiver report. */
export interface LossObservation extends LossCount {
  /** Send times of the oldest and newest packet. */
  readonly firstSentUs: number;
  readonly lastSentUs: number;
}

export interface LossContext {
  readonly nowUs: number;
  readonly targetBps: number;
  /** Undefined: not known yet, it limits nothing. */
  readonly delayBps: number | undefined;
  readonly remoteBps: number | undefined;
  readonly throughputBps: number | undefined;
  readonly maxBps: number;
  readonly rttUs: number;
  readonly isAlr: boolean;
}

export interface LossController {
  readonly state: LossState;
  /** Share of packets lost that it last acted on, 0 to 1. */
  readonly fraction: number;
  handleObservation(observation: LossObservation, context: LossContext): void;
  /** The target as far as loss is concerned; the caller applies the other limits. */
  nextTarget(context: LossContext): number;
  /** A probe has set the target: what was learned from lower ones must not hold it. */
  handleProbeResult(): void;
}
