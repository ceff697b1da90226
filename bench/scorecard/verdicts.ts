/** Values of many seeds against thresholds. */
import type { Limits, Run, Threshold } from './scenario-file.js';

export interface Verdict {
  readonly test: string;
  readonly name: string;
  readonly conditions: string;
  /** The acceptance test of algorithms.md that this is one of, if any. */
  readonly acceptance: string | undefined;
  readonly threshold: Threshold;
  /** Sorted from small to large; infinite: what was waited for never came. */
  readonly values: readonly number[];
  readonly median: number;
  readonly worst: number;
  readonly isMet: boolean;
  /** Met, or what holds instead of it does. */
  readonly isAsKnown: boolean;
}

/** `values[threshold]`: one per seed. */
export function judge(run: Run, values: readonly (readonly number[])[]): Verdict[] {
  return run.thresholds.map((threshold, index) => {
    const sorted = [...(values[index] ?? [])].sort((a, b) => a - b);
    const median = medianOf(sorted);
    const worst = (threshold.op === '>=' ? sorted[0] : sorted.at(-1)) ?? Number.NaN;
    return {
      test: run.test.id,
      name: run.test.name,
      conditions: run.key.slice(run.test.id.length + 1),
      acceptance: threshold.acceptance ?? run.test.acceptance,
      ...{ threshold, values: sorted, median, worst },
      isMet: isWithin(threshold, threshold.op, median, worst),
      isAsKnown: isWithin(threshold.holds ?? threshold, threshold.op, median, worst),
    };
  });
}

function medianOf(sorted: readonly number[]): number {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low === high ? low : (low + high) / 2;
}

function isWithin(limits: Limits, op: Threshold['op'], median: number, worst: number): boolean {
  return holds(op, median, limits.median_of_seeds) && holds(op, worst, limits.worst_seed);
}

function holds(op: Threshold['op'], value: number, limit: number): boolean {
  if (op === '==') return value === limit;
  return op === '<=' ? value <= limit : value >= limit;
}
