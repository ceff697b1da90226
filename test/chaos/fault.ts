/** What a fault of reliability's table is: how it is injected, what must hold, how long things take. */
import type { Fleet } from './fleet/fleet.js';
import type { CrowdProcess } from './people/crowd-process.js';

/**
 * E: everything embedded, one control process. C: the same, with clocks that can be set. R: real
 * stores, two control processes. W: two regions, a control process and a node in each, with PostgreSQL
 * and Redis outside of both. S: as C, with a recorder that has a disk of its own, and an S3 store.
 */
export type Layout = 'E' | 'C' | 'R' | 'W' | 'S';

/** Quick: outcomes of a small load, within a deadline. Full: the small load's own bars. */
export type Size = 'quick' | 'full';

export interface Bars {
  p50?: number;
  p95?: number;
  max?: number;
}

/** What was measured, all samples of one repeat, and what is asked of them. */
export interface Figure {
  name: string;
  unit: 'ms' | 'count' | 'ratio' | 'events/s';
  samples: number[];
  bars: Bars;
  /** Larger is better: 95 % are at least p95, and all at least what stands for max. */
  isLeast?: boolean;
}

export interface FaultContext {
  fleet: Fleet;
  crowd: CrowdProcess;
  size: Size;
  /** 0 to 1, by the seed of this repeat: PLENUM_TEST_SEED makes the same choices again. */
  random: () => number;
  /** What is to be undone when it is over, however it ends: the last first. */
  teardown(end: () => unknown): void;
  /** An outcome that must hold, in words. */
  expect(isTrue: boolean, what: string): void;
  /** Of the long form; the quick one takes no notice. */
  figure(figure: Figure): void;
}

export interface Fault {
  id: string;
  title: string;
  layout: Layout;
  /** What the machine does not allow, without which it cannot be injected; null: nothing. */
  lacking?(fleet: Fleet): string | null;
  run(context: FaultContext): Promise<void>;
}
