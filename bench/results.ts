/** How every bench prints and stores what it measured. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

export interface BenchResult {
  bench: string;
  /** Named figures; the unit is the last part of the name. */
  figures: Record<string, number>;
  /** What was done, so that it can be repeated. */
  work: Record<string, string | number>;
}

/** The q-quantile (0–1) of some values, by the nearest-rank method. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(q * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** Prints a table with the headline last; with `--json FILE` also writes it with machine and commit. */
export function reportResult(result: BenchResult, headline: string): void {
  console.log(JSON.stringify(result.work));
  for (const [name, value] of Object.entries(result.figures)) {
    console.log(`${name.padEnd(44)} ${value.toPrecision(4)}`);
  }
  const at = process.argv.indexOf('--json');
  const file = at > 0 ? process.argv[at + 1] : undefined;
  if (file) {
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
    const machine = {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memory_bytes: totalmem(),
      kernel: release(),
      node: process.version,
    };
    writeFileSync(file, `${JSON.stringify({ ...result, machine, commit }, null, 2)}\n`);
  }
  console.log(headline);
}
