/** A run of a scenario file in the units of the simulation. */
import { type CongestionConfig, PROFILES, type ProfileName } from '../../lib/congestion/config.js';
import type { CapacityStep, Jitter, LinkOptions } from './link.js';
import type { Direction, FlowCase, JitterCase, Run, ScenarioFile } from './scenario-file.js';
import type { TcpAlgorithm } from './tcp-flow.js';
import type { SourceOptions } from './video-source.js';

export interface MediaFlow {
  readonly id: string;
  readonly direction: Direction;
  readonly startUs: number;
  readonly stopUs: number;
  readonly pauses: readonly (readonly [fromUs: number, toUs: number])[];
  readonly delayUs: number;
  readonly feedbackUs: number;
  readonly source: SourceOptions;
  /** Bit/s of each layer of a layered source. */
  readonly layersBps: readonly number[] | undefined;
}

export interface CrossFlow {
  readonly id: string;
  readonly algorithm: TcpAlgorithm;
  readonly startUs: number;
  readonly stopUs: number;
  /** Files of 100 to 1000 kB with pauses of 10 s in the mean; else one without end. */
  readonly isShort: boolean;
  readonly isOnAtStart: boolean;
}

export interface Conditions {
  readonly durationUs: number;
  readonly config: CongestionConfig;
  readonly links: Readonly<Partial<Record<Direction, LinkOptions>>>;
  readonly delayUs: number;
  readonly jitter: Jitter;
  readonly feedbackLossShare: number;
  readonly media: readonly MediaFlow[];
  readonly cross: readonly CrossFlow[];
}

const JITTER_SIGMA_US = 5000;

export function conditionsOf(file: ScenarioFile, run: Run): Conditions {
  const { test, variant } = run;
  const delayMs =
    variant?.propagation_delay_one_way_ms ??
    test.links[0]?.propagation_delay_one_way_ms ??
    file.defaults.propagation_delay_one_way_ms;
  const flows = test.flows.map((flow) => ({ ...flow, delayMs }));
  return {
    durationUs: 1e6 * test.duration_s,
    config: configOf(file, run),
    links: Object.fromEntries(test.links.map((link) => [link.direction, linkOf(link, run)])),
    delayUs: 1000 * delayMs,
    jitter: jitterOf(test.jitter),
    feedbackLossShare: (test.feedback_loss_pct ?? namedNumber(test.id, 'fbloss') ?? 0) / 100,
    media: flows.filter(({ type }) => type === 'media_gcc').map((flow) => mediaOf(flow, run, file)),
    cross: flows.filter(({ type }) => type !== 'media_gcc').map((flow) => crossOf(flow, run)),
  };
}

function jitterOf(jitter: JitterCase | undefined): Jitter {
  if (jitter?.model === 'none') return { sigmaUs: 0, halfWidthUs: 0 };
  if (jitter?.model !== 'uniform') return { sigmaUs: JITTER_SIGMA_US, halfWidthUs: 0 };
  return { sigmaUs: 0, halfWidthUs: 1000 * (jitter.half_width_ms ?? 0) };
}

/** The number behind a word in a test's id, where the file has no field for it. */
function namedNumber(id: string, word: string): number | undefined {
  const match = new RegExp(`${word}(\\d+)`).exec(id);
  return match ? Number(match[1]) : undefined;
}

/** `meta.profiles`: the guard is off where the base profile meets TCP. */
function configOf({ defaults }: ScenarioFile, { test, profile, minKbps }: Run): CongestionConfig {
  if (!Object.hasOwn(PROFILES, profile)) throw new Error(`${test.id}: no profile ${profile}`);
  const config: CongestionConfig = PROFILES[profile as ProfileName];
  const meetsTcp = test.flows.some(({ type }) => type !== 'media_gcc');
  return {
    ...config,
    minBps: 1000 * (minKbps ?? defaults.min_kbps),
    startBps: 1000 * (namedNumber(test.id, 'start') ?? defaults.start_kbps),
    maxBps: 1000 * defaults.max_kbps,
    isStandingQueueGuarded: profile === 'gcc-sfu' || !meetsTcp,
  };
}

function linkOf(link: Run['test']['links'][number], { variant }: Run): LinkOptions {
  const scale = variant?.capacity_scale ?? 1;
  const timeline: CapacityStep[] = link.capacity_timeline.map(({ t_s, kbps }) => ({
    atUs: 1e6 * t_s,
    bps: 1000 * (variant?.capacity_kbps ?? scale * kbps),
  }));
  return {
    timeline,
    queueUs: 1000 * (variant?.queue_ms ?? link.queue.size_ms),
    lossShare: (link.random_loss_pct ?? 0) / 100,
  };
}

function mediaOf(flow: FlowCase & { delayMs: number }, run: Run, file: ScenarioFile): MediaFlow {
  const { source = {} } = flow;
  const { variant, test } = run;
  const feedbackMs =
    variant?.feedback_interval_ms ??
    flow.feedback_interval_ms ??
    file.defaults.feedback_interval_ms;
  return {
    id: flow.id,
    direction: flow.direction ?? 'forward',
    startUs: 1e6 * (flow.start_s ?? 0),
    stopUs: 1e6 * (flow.stop_s ?? test.duration_s),
    pauses: (flow.pause ?? []).map(({ from_s, to_s }) => [1e6 * from_s, 1e6 * to_s]),
    delayUs: 1000 * (flow.propagation_delay_one_way_ms ?? flow.delayMs),
    feedbackUs: 1000 * feedbackMs,
    source: {
      framesPerS: source.fps ?? 30,
      noise: source.frame_size_noise_std ?? 0.1,
      minBps: 1000 * (run.minKbps ?? source.min_kbps ?? file.defaults.min_kbps),
      maxBps: 1000 * (variant?.source_max_kbps ?? source.max_kbps ?? file.defaults.max_kbps),
      payloadBytes: source.mtu_payload ?? 1200,
    },
    layersBps: source.layers_kbps?.map((kbps) => 1000 * kbps),
  };
}

function crossOf(flow: FlowCase, { test, variant, tcpStopS }: Run): CrossFlow {
  return {
    id: flow.id,
    algorithm: variant?.tcp === 'cubic' ? 'cubic' : 'newreno',
    startUs: 1e6 * (flow.start_s ?? 0),
    stopUs: 1e6 * (tcpStopS ?? flow.stop_s ?? test.duration_s),
    isShort: flow.type === 'tcp_short',
    isOnAtStart: flow.initial !== 'OFF',
  };
}
