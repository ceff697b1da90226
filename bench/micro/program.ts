/** plenum-micro (Google Benchmark): what it is asked and what it says. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { native, pinned } from '../forward/programs.js';
import { median } from '../forward/report.js';

/** One benchmark: a stage of the packet's way, or all of them. */
export interface Stage {
  /** As the program calls it, `protect/gcm_ipsec_mb/128`. */
  name: string;
  /** CPU time per packet (or message), ns: the median of the repetitions, and each. */
  ns: number;
  repetitions: number[];
  /** Named counts over everything that was timed. */
  counts: Record<string, number>;
}

interface GoogleBenchmark {
  name: string;
  run_type: string;
  error_occurred?: boolean;
  error_message?: string;
  cpu_time: number;
  items_per_second?: number;
  [counter: string]: unknown;
}

const COUNTS = ['packets_in', 'packets_out', 'allocations'];

/** What Google Benchmark's JSON says; benchmarks that this machine cannot run are left out. */
export function readStages(json: string): Stage[] {
  // Its aggregates may be no number, which JSON does not know.
  const { benchmarks } = JSON.parse(json.replaceAll(/: -?(NaN|Infinity)\b/gi, ': null')) as {
    benchmarks: GoogleBenchmark[];
  };
  const runs = benchmarks.filter(
    ({ run_type: type, error_occurred: failed }) => type === 'iteration' && failed !== true,
  );
  const names = [...new Set(runs.map(({ name }) => name))];
  return names.map((name) => {
    const own = runs.filter((run) => run.name === name);
    const repetitions = own.map(({ items_per_second: rate, cpu_time: ns }) =>
      rate === undefined ? ns : 1e9 / rate,
    );
    const counted = COUNTS.filter((count) => own.every((run) => typeof run[count] === 'number'));
    const sum = (count: string) => own.reduce((total, run) => total + (run[count] as number), 0);
    return {
      ...{ name: name.replace(/\/manual_time$/, ''), ns: median(repetitions), repetitions },
      counts: Object.fromEntries(counted.map((count) => [count, sum(count)])),
    };
  });
}

export interface MicroOptions {
  /** Of each repetition of each benchmark. */
  minTimeS: number;
  repetitions: number;
  /** A regular expression over names; with `-` in front: all others. */
  filter: string;
}

/** Runs the benchmarks in turn, in random order, so that a disturbance does not hit one alone. */
export async function runMicro(options: MicroOptions): Promise<Stage[]> {
  const { minTimeS, repetitions, filter } = options;
  const flags = {
    ...{ format: 'json', min_time: minTimeS, repetitions, filter },
    enable_random_interleaving: repetitions > 1,
  };
  const argv = Object.entries(flags).map(([name, value]) => `--benchmark_${name}=${value}`);
  const [program, ...rest] = pinned([native('plenum-micro'), ...argv], 'ideal', 1) as [
    string,
    ...string[],
  ];
  const { stdout } = await promisify(execFile)(program, rest, { maxBuffer: 1 << 24 });
  return readStages(stdout);
}
