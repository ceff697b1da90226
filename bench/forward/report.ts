/** What a run prints, and the JSON `plenum-bench/1` that the capacity planner reads. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { combine, type Forwarded, type Measurement, NOTHING, type Target } from './measure.js';
import type { ForwardOptions } from './options.js';
import type { Profile } from './profile.js';

export interface Run {
  options: ForwardOptions;
  row: string | null;
  /** Of the generator, before the pairs: packets per second that its sinks can take. */
  generatorLimitPps: number;
  pairs: { node: Measurement; ideal: Measurement }[];
  rssPerSubscriptionBytes: number;
  /** Where perf was asked for and allowed. */
  profiles: Partial<Record<Target, Profile>>;
}

const RTP_HEADER = 12;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

const perPacket = ({ usPerPacket }: Measurement) => usPerPacket;
const lossOf = ({ load: { expected, counted } }: Measurement) =>
  expected === 0 ? 1 : Math.max(0, 1 - counted / expected);

function column(run: Run, target: Target): Measurement[] {
  return run.pairs.map((pair) => pair[target]);
}

export function ratios(run: Run): number[] {
  return run.pairs.map(({ node, ideal }) => node.usPerPacket / ideal.usPerPacket);
}

/** One line per figure, node and ideal side by side; medians over the pairs. */
export function printTable(run: Run): void {
  const { seconds } = run.options;
  const ms = (ns: number) => (ns / 1e6).toFixed(3);
  const figures: [string, (m: Measurement) => number, (value: number) => string][] = [
    ['CPU per packet out, ns', (m) => m.usPerPacket * 1000, (v) => v.toFixed(0)],
    ['packets out per CPU-second', (m) => 1e6 / m.usPerPacket, (v) => v.toFixed(0)],
    ['Gbit/s per CPU-second', (m) => gbitPerCpuS(run.options, m), (v) => v.toFixed(2)],
    ['packets in per s', (m) => m.packetsIn / seconds, (v) => v.toFixed(0)],
    ['packets out per s', (m) => m.packetsOut / seconds, (v) => v.toFixed(0)],
    ['busy, share of one core', (m) => m.cpuUs / 1e6 / seconds, (v) => v.toFixed(3)],
    ['forwarding delay p50, ms', (m) => m.load.delayNs.p50, ms],
    ['forwarding delay p99, ms', (m) => m.load.delayNs.p99, ms],
    ['forwarding delay p99.9, ms', (m) => m.load.delayNs.p999, ms],
    ['forwarding delay max, ms', (m) => m.load.delayNs.max, ms],
    ['loss', lossOf, (v) => v.toFixed(6)],
    ['packets per send call', (m) => m.packetsOut / m.sendCalls, (v) => v.toFixed(1)],
    ['packets per message', (m) => m.packetsOut / m.sendMessages, (v) => v.toFixed(2)],
    [
      'sinks: share of packets in trains',
      (m) => m.load.receivedInTrains / m.load.received,
      (v) => v.toFixed(2),
    ],
    ['observed: verified', (m) => m.load.verified, (v) => v.toFixed(0)],
    [
      'observed: corrupted or undecryptable',
      (m) => m.load.corrupted + m.load.undecryptable,
      (v) => v.toFixed(0),
    ],
    ['generator busy', (m) => m.load.busy, (v) => v.toFixed(2)],
    ['generator: frames late p99, ms', (m) => m.load.latenessNs.p99, ms],
    [
      'JavaScript and rest, share of one core',
      (m) => m.otherCpuUs / 1e6 / seconds,
      (v) => v.toFixed(3),
    ],
  ];
  console.log(`${''.padEnd(40)} ${'node'.padStart(12)} ${'ideal'.padStart(12)}`);
  for (const [name, figure, show] of figures) {
    const cells = (['node', 'ideal'] as const).map((target) => {
      const value = median(column(run, target).map(figure));
      return (Number.isFinite(value) ? show(value) : '–').padStart(12);
    });
    console.log(`${name.padEnd(40)} ${cells.join(' ')}`);
  }
  const each = ratios(run).map((ratio) => ratio.toFixed(2));
  console.log(`ratio to ideal, pair by pair                ${each.join(' ')}`);
  console.log(
    `RSS per subscription, KiB                   ${(run.rssPerSubscriptionBytes / 1024).toFixed(1)}`,
  );
  console.log(`generator's own limit, packets per s        ${run.generatorLimitPps.toFixed(0)}`);
}

function gbitPerCpuS({ bytes }: ForwardOptions, { usPerPacket }: Measurement): number {
  return (bytes * 8) / usPerPacket / 1000;
}

export function headline(run: Run): string {
  const node = median(column(run, 'node').map(perPacket));
  const ideal = median(column(run, 'ideal').map(perPacket));
  const { publishers, subscribers, bytes, profile, path } = run.options;
  return (
    `${median(ratios(run)).toFixed(2)} × ideal: ${(node * 1000).toFixed(0)} ns of CPU per packet out, ` +
    `ideal ${(ideal * 1000).toFixed(0)} ns (${publishers} → ${subscribers}, ${bytes} B, ${profile}, ${path})`
  );
}

/** Why the run means nothing, each reason once. */
export function voids(run: Run): string[] {
  const all = run.pairs.flatMap(({ node, ideal }) => [node.void, ideal.void]);
  return [...new Set(all.filter((reason) => reason !== null))];
}

/** What every result has (docs/benchmarking.md says what each field is). */
export function benchDocument(
  bench: string,
  options: ForwardOptions,
  { packetsIn, packetsOut, cpuUs, sendCalls, sendMessages }: Forwarded,
): Record<string, unknown> {
  const suites = { gcm: 'AEAD_AES_128_GCM', cm: 'AES_CM_128_HMAC_SHA1_80' };
  return {
    schema: 'plenum-bench/1',
    bench,
    date: new Date().toISOString(),
    commit: commit(),
    cpu_model: cpus()[0]?.model ?? 'unknown',
    cores_used: options.shards,
    packets_in: packetsIn,
    packets_out: packetsOut,
    cpu_s: cpuUs / 1e6,
    packets_per_cpu_s: (packetsIn + packetsOut) / (cpuUs / 1e6),
    ingress_weight: null,
    srtp: suites[options.profile],
    path: options.path,
    fanout: packetsOut / packetsIn,
    payload_bytes: options.bytes - RTP_HEADER,
    packets_per_send_call: packetsOut / sendCalls,
    packets_per_message: sendMessages > 0 ? packetsOut / sendMessages : null,
    work: options,
    machine: {
      cores: cpus().length,
      memory_bytes: totalmem(),
      kernel: release(),
      node: process.version,
    },
  };
}

export function forwardDocument(run: Run): object {
  const { options, pairs } = run;
  const nodes = column(run, 'node');
  const total = nodes.reduce((sums: Forwarded, one) => combine(sums, one), NOTHING);
  const ms = (figure: (m: Measurement) => number) => median(nodes.map(figure)) / 1e6;
  return {
    ...benchDocument('forward', options, total),
    row: run.row,
    duration_s: options.seconds * pairs.length,
    loss: median(nodes.map(lossOf)),
    p99_delay_ms: ms((m) => m.load.delayNs.p99),
    p50_delay_ms: ms((m) => m.load.delayNs.p50),
    p999_delay_ms: ms((m) => m.load.delayNs.p999),
    max_delay_ms: Math.max(...nodes.map((m) => m.load.delayNs.max)) / 1e6,
    ratio_to_ideal: median(ratios(run)),
    ratio_to_ideal_pairs: ratios(run),
    us_per_packet: nodes.map(perPacket),
    ideal_us_per_packet: column(run, 'ideal').map(perPacket),
    other_cpu_s: total.otherCpuUs / 1e6,
    first_shard_share: firstShare(total),
    rss_per_subscription_bytes: run.rssPerSubscriptionBytes,
    generator_limit_pps: run.generatorLimitPps,
    generator_busy: median(nodes.map((m) => m.load.busy)),
    profiles: run.profiles,
    void: voids(run),
  };
}

/** Of the media threads' CPU time; null with one thread. */
export function firstShare({ firstCpuUs, cpuUs }: Forwarded): number | null {
  return firstCpuUs > 0 ? firstCpuUs / cpuUs : null;
}

function commit(): string {
  return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
}
