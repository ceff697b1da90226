/** The form of a scenario file (test/fixtures/congestion/rfc8867.json); other fields are ignored. */

export interface ScenarioFile {
  readonly meta: { readonly title: string; readonly metrics: Readonly<Record<string, string>> };
  readonly defaults: {
    readonly propagation_delay_one_way_ms: number;
    readonly min_kbps: number;
    readonly start_kbps: number;
    readonly max_kbps: number;
    readonly feedback_interval_ms: number;
  };
  readonly tests: readonly TestCase[];
  readonly extra_tests?: readonly TestCase[];
}

export interface TestCase {
  readonly id: string;
  readonly name: string;
  readonly duration_s: number;
  readonly links: readonly {
    readonly direction: Direction;
    readonly capacity_timeline: readonly { readonly t_s: number; readonly kbps: number }[];
    readonly propagation_delay_one_way_ms: number | null;
    readonly queue: { readonly size_ms: number };
    readonly random_loss_pct?: number;
  }[];
  readonly jitter?: JitterCase;
  readonly flows: readonly FlowCase[];
  readonly variants?: readonly VariantCase[];
  readonly thresholds: readonly Threshold[];
  readonly feedback_loss_pct?: number;
  /** The acceptance test of algorithms.md that its thresholds are of, unless they say it themselves. */
  readonly acceptance?: string;
  /** How many seeds it asks for, where that is not the choice of who runs it. */
  readonly seeds?: number;
}

/** NR-BPDV: one-sided, σ = 5 ms. uniform: two-sided, up to `half_width_ms` either way. */
export interface JitterCase {
  readonly model: 'NR-BPDV' | 'uniform' | 'none';
  readonly half_width_ms?: number;
}

export type Direction = 'forward' | 'backward';

export interface FlowCase {
  readonly id: string;
  readonly type: 'media_gcc' | 'tcp' | 'tcp_short';
  readonly direction?: Direction;
  readonly start_s?: number;
  readonly stop_s?: number;
  readonly source?: {
    readonly fps?: number;
    readonly frame_size_noise_std?: number;
    readonly min_kbps?: number;
    readonly max_kbps?: number;
    readonly mtu_payload?: number;
    readonly layers_kbps?: readonly number[];
  };
  readonly pause?: readonly { readonly from_s: number; readonly to_s: number }[];
  readonly feedback_interval_ms?: number;
  readonly propagation_delay_one_way_ms?: number;
  readonly algorithm?: string;
  readonly initial?: string;
}

export interface VariantCase {
  readonly name: string;
  readonly propagation_delay_one_way_ms?: number;
  readonly feedback_interval_ms?: number;
  readonly source_max_kbps?: number;
  readonly queue_ms?: number;
  readonly capacity_scale?: number;
  readonly capacity_kbps?: number;
  readonly tcp?: string;
}

export interface Limits {
  readonly median_of_seeds: number;
  readonly worst_seed: number;
}

export interface Threshold extends Limits {
  readonly metric: string;
  readonly op: '>=' | '<=' | '==';
  readonly unit: string;
  /** `profile` or `profile/variant`. */
  readonly profile: string;
  readonly window_s?: readonly [number, number];
  readonly flow?: string;
  readonly acceptance?: string;
  /** Of a threshold that is missed: what holds, and why not more. A test asserts this then. */
  readonly holds?: Limits & { readonly why: string };
  readonly calibration_min_median_max?: readonly (number | null)[];
}

/** What is to be simulated once per seed, for one or more thresholds. */
export interface Run {
  readonly key: string;
  readonly test: TestCase;
  readonly profile: string;
  readonly variant: VariantCase | undefined;
  /** Cross traffic ends here, seconds. */
  readonly tcpStopS: number | undefined;
  readonly minKbps: number | undefined;
  readonly thresholds: readonly Threshold[];
}

/** The runs that the thresholds of a file ask for, one for all thresholds of the same conditions. */
export function runsOf(file: ScenarioFile, wanted: (id: string) => boolean = () => true): Run[] {
  const runs = new Map<string, Run & { thresholds: Threshold[] }>();
  for (const test of [...file.tests, ...(file.extra_tests ?? [])]) {
    if (!wanted(test.id)) continue;
    for (const threshold of test.thresholds) {
      const run = runFor(test, threshold);
      const known = runs.get(run.key);
      if (known) known.thresholds.push(threshold);
      else runs.set(run.key, { ...run, thresholds: [threshold] });
    }
  }
  return [...runs.values()];
}

function runFor(test: TestCase, threshold: Threshold): Run {
  const [profile = '', variantName] = threshold.profile.split('/');
  const variant = test.variants?.find(({ name }) => name === variantName);
  if (variantName && !variant) throw new Error(`${test.id}: no variant ${variantName}`);
  const isAfterTcp = threshold.metric === 'recovery_to_1000kbps_after_tcp_stop';
  const isMinimum = threshold.metric === 'configured_min_respected';
  const tcpStopS = isAfterTcp ? threshold.window_s?.[0] : undefined;
  const minKbps = isMinimum ? 150 : undefined;
  const conditions = [
    threshold.profile,
    ...(isAfterTcp ? [`TCP until ${tcpStopS} s`] : []),
    ...(isMinimum ? [`minimum ${minKbps} kbit/s`] : []),
  ];
  const key = `${test.id} ${conditions.join(', ')}`;
  return { key, test, profile, variant, tcpStopS, minKbps, thresholds: [] };
}
