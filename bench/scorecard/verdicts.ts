/** Values of many seeds against thresholds. */
import type { Run, Threshold } from './scenario-file.js';

export interface Verdict {
  readonly test: string;
  readonly name: string;
  readonly conditions: string;
  readonly threshold: Threshold;
  /** Sorted from small to large; infinite: what was waited for never came. */
  readonly values: readonly number[];
  readonly median: number;
  readonly worst: number;
  readonly isMet: boolean;
}

/** `values[threshold]`: one per seed. */
export function judge(run: Run, values: readonly (readonly number[])[]): Verdict[] {
  return run.thresholds.map((threshold, index) => {
    const sorted = [...(values[index] ?? [])].sort((a, b) => a - b);
    const median = medianOf(sorted);
    const worst = (threshold.op === '<=' ? sorted.at(-1) : sorted[0]) ?? Number.NaN;
    return {
      test: run.test.id,
      name: run.test.name,
      conditions: run.key.slice(run.test.id.length + 1),
      ...{ threshold, values: sorted, median, worst },
      isMet:
        holds(threshold.op, median, threshold.median_of_seeds) &&
        holds(threshold.op, worst, threshold.worst_seed),
    };
  });
}

function medianOf(sorted: readonly number[]): number {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low === high ? low : (low + high) / 2;
}

function holds(op: Threshold['op'], value: number, limit: number): boolean {
  if (op === '==') return value === limit;
  return op === '<=' ? value <= limit : value >= limit;
}
