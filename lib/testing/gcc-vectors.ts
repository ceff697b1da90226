/** The vectors of the congestion controller. For tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

type TrendRow = [update: number, state: 'N' | 'O' | 'U', slope: number, threshold: number];

export interface GccVectors {
  trendline: {
    cases: {
      recv_interval_factor: number;
      state_changes: TrendRow[];
      update_24: TrendRow;
      update_59: TrendRow;
    }[];
  };
  aimd: {
    near_max_increase_kbps_per_s: { rate: number; rtt_ms: number; value: number }[];
    multiplicative: { kbps: number[] };
    decrease: {
      estimate: number;
      link_capacity: number;
      upper_3sigma: number;
      lower_3sigma: number;
    };
  };
}

export function readGccVectors(): GccVectors {
  const file = join(root, 'test', 'fixtures', 'congestion', 'gcc_vectors.json');
  return JSON.parse(readFileSync(file, 'utf8'));
}
