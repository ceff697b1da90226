/** The metrics of a scenario file (`meta.metrics`) over the record of a run. */
import type { Conditions } from './conditions.js';
import type { FlowRecord } from './flow-record.js';
import type { CapacityStep } from './link.js';
import type { Direction, Threshold } from './scenario-file.js';
import type { RunRecord } from './simulation.js';

const LONG_WAIT_US = 50_000;
const JOINED_US = 3_000_000;
const GRID_US = 200_000;
const SHARE = 0.8;

export interface MetricInput {
  readonly conditions: Conditions;
  readonly record: RunRecord;
  readonly threshold: Threshold;
}

interface Scope {
  readonly conditions: Conditions;
  readonly fromUs: number;
  readonly toUs: number;
  readonly seconds: number;
  /** The media flows that count, of one direction. */
  readonly flows: readonly FlowRecord[];
  readonly all: readonly FlowRecord[];
  readonly timeline: readonly CapacityStep[];
}

type Metric = (scope: Scope) => number;

const metrics: Readonly<Record<string, Metric>> = {
  utilisation: (scope) => (100 * receivedBits(scope)) / capacityBits(scope),
  queue_p95: (scope) => percentile95(scope) / 1000,
  queue_max: (scope) => longestWaitUs(scope) / 1000,
  queue_drain_below_50ms: (scope) => drainUs(scope) / 1e6,
  loss: (scope) => Math.max(...scope.flows.map((flow) => lossPercent(flow, scope))),
  loss_outside_5s_after_drop: (scope) =>
    Math.max(...scope.flows.map((flow) => lossPercent(flow, scope, isAfterDrop(scope)))),
  convergence80: (scope) => convergenceUs(scope) / 1e6,
  jain: (scope) => jain(rates(scope)),
  max_min_ratio: (scope) => Math.max(...rates(scope)) / Math.min(...rates(scope)),
  no_starvation_min_share: (scope) =>
    (Math.min(...rates(scope)) * scope.seconds) / capacityBits(scope),
  rate: (scope) => Math.min(...rates(scope)) / 1000,
  target_at_end: (scope) => targets(scope).at(-1) ?? 0,
  target_min: (scope) => Math.min(...targets(scope)),
  target_max: (scope) => Math.max(...targets(scope)),
  probe_share: (scope) => probePercent(scope),
  probes_while_decreasing: (scope) => probesWhileDecreasing(scope),
  tcp_total: (scope) => sum(scope.all.filter(({ isMedia }) => !isMedia).map(rateIn(scope))) / 1000,
  configured_min_respected: (scope) => Number(isMinimumKept(scope)),
  longest_pause: (scope) => longestPauseUs(scope) / 1e6,
  switches: (scope) => layersIn(scope).length,
  switches_per_min: (scope) => (60 * layersIn(scope).length) / scope.seconds,
  time_to_top_layer: (scope) => timeToTopUs(scope) / 1e6,
  time_to_top_after_recovery: (scope) => timeToTopUs(scope) / 1e6,
  time_to_leave_top_layer_after_drop: (scope) => timeFromTopUs(scope) / 1e6,
  recovery_to_1000kbps_after_tcp_stop: (scope) => timeToRateUs(scope, 1_000_000) / 1e6,
};

/** The value of a threshold's metric; infinite when what it waits for never came. */
export function measure({ conditions, record, threshold }: MetricInput): number {
  const metric = metrics[threshold.metric];
  if (!metric) throw new Error(`no metric ${threshold.metric}`);
  return worstOf(scopes({ conditions, record, threshold }).map(metric), threshold.op);
}

function worstOf(values: readonly number[], op: Threshold['op']): number {
  return op === '<=' ? Math.max(...values) : Math.min(...values);
}

/**
 * Without a window: drain of each downward step, and queues but for 8 s after each step; of each
 * direction that has a link.
 */
function scopes({ conditions, record, threshold }: MetricInput): Scope[] {
  const directions = (['forward', 'backward'] as const).filter((name) => conditions.links[name]);
  return directions.flatMap((direction) => {
    const timeline = conditions.links[direction]?.timeline ?? [];
    const flows = flowsOf(record, conditions, threshold, direction);
    if (flows.length === 0) return [];
    const base = { conditions, flows, all: record.flows, timeline };
    return windowsOf(threshold, timeline, conditions.durationUs).map(([fromUs, toUs]) => ({
      ...{ ...base, fromUs, toUs },
      seconds: (toUs - fromUs) / 1e6,
    }));
  });
}

function flowsOf(
  record: RunRecord,
  conditions: Conditions,
  { flow: id }: Threshold,
  direction: Direction,
): FlowRecord[] {
  if (id && id !== 'each media')
    return record.flows.filter(
      (flow) => flow.id === id && directionOf(conditions, id) === direction,
    );
  const own = new Set(
    conditions.media.filter((flow) => flow.direction === direction).map((flow) => flow.id),
  );
  return record.flows.filter((flow) => own.has(flow.id));
}

function directionOf(conditions: Conditions, id: string): Direction {
  return conditions.media.find((flow) => flow.id === id)?.direction ?? 'forward';
}

function windowsOf(
  { metric, window_s }: Threshold,
  timeline: readonly CapacityStep[],
  durationUs: number,
): [number, number][] {
  if (window_s) return [[1e6 * window_s[0], 1e6 * window_s[1]]];
  const ends = [...timeline.slice(1).map(({ atUs }) => atUs), durationUs];
  const steps = timeline.map(({ atUs, bps }, index): [number, number, boolean] => {
    const isDown = bps < (timeline[index - 1]?.bps ?? 0);
    return [atUs, ends[index] ?? durationUs, isDown];
  });
  if (metric === 'queue_drain_below_50ms') {
    return steps.filter(([, , isDown]) => isDown).map(([from, to]) => [from, to]);
  }
  return [[0, durationUs]];
}

function capacityBits({ timeline, fromUs, toUs }: Scope): number {
  return sum(
    timeline.map(({ atUs, bps }, index) => {
      const endUs = timeline[index + 1]?.atUs ?? Number.POSITIVE_INFINITY;
      const overlap = Math.min(endUs, toUs) - Math.max(atUs, fromUs);
      return (bps * Math.max(0, overlap)) / 1e6;
    }),
  );
}

function capacityAt(timeline: readonly CapacityStep[], atUs: number): number {
  return timeline.findLast((step) => step.atUs <= atUs)?.bps ?? timeline[0]?.bps ?? 0;
}

function receivedBits({ flows, fromUs, toUs }: Scope): number {
  return sum(flows.map((flow) => flow.receivedBits(fromUs, toUs)));
}

function rateIn({ fromUs, toUs, seconds }: Scope) {
  return (flow: FlowRecord) => flow.receivedBits(fromUs, toUs) / seconds;
}

function rates(scope: Scope): number[] {
  return scope.flows.map(rateIn(scope));
}

function jain(values: readonly number[]): number {
  return sum(values) ** 2 / (values.length * sum(values.map((value) => value * value)));
}

/** Over the packets that reached the queue and were not dropped, sent in the window. */
function percentile95({ flows, fromUs, toUs, timeline }: Scope): number {
  const isWhole = fromUs === 0 && timeline.length > 1;
  const isExcluded = (atUs: number) =>
    isWhole && timeline.slice(1).some((step) => atUs >= step.atUs && atUs < step.atUs + 8e6);
  const waits: number[] = [];
  for (const flow of flows) {
    for (let index = 0; index < flow.count; index += 1) {
      const atUs = flow.sentUs(index);
      if (atUs < fromUs || atUs >= toUs || flow.isLost(index) || isExcluded(atUs)) continue;
      waits.push(flow.waitUs(index));
    }
  }
  waits.sort((a, b) => a - b);
  return waits[Math.min(waits.length - 1, Math.floor(0.95 * waits.length))] ?? 0;
}

function longestWaitUs({ flows, fromUs, toUs }: Scope): number {
  let longest = 0;
  for (const flow of flows) {
    for (let index = 0; index < flow.count; index += 1) {
      const atUs = flow.sentUs(index);
      const isOf = atUs >= fromUs && atUs < toUs && !flow.isLost(index);
      if (isOf) longest = Math.max(longest, flow.waitUs(index));
    }
  }
  return longest;
}

/** kbit/s of the first flow: the target that holds at the start of the window, and all in it. */
function targets({ flows, fromUs, toUs }: Scope): number[] {
  const all = flows[0]?.targets ?? [];
  const before = all.filter(({ atUs }) => atUs <= fromUs).slice(-1);
  const within = all.filter(({ atUs }) => atUs > fromUs && atUs <= toUs);
  return [...before, ...within].map(({ bps }) => bps / 1000);
}

/** Bytes that only filled up probes, of all bytes sent. */
function probePercent({ flows, fromUs, toUs }: Scope): number {
  let [filled, sent] = [0, 0];
  for (const flow of flows) {
    for (const { sentUs, bytes } of flow.fill) {
      if (sentUs >= fromUs && sentUs < toUs) filled += bytes;
    }
    sent += flow.sentBytes(fromUs, toUs);
  }
  return sent > 0 ? (100 * filled) / sent : 0;
}

/** Of the first flow, between two media packets that arrive. */
function longestPauseUs({ flows, fromUs, toUs }: Scope): number {
  const [flow] = flows;
  if (!flow) return 0;
  const filled = new Set(flow.fill.map(({ sentUs }) => sentUs));
  let [longest, lastUs] = [0, fromUs];
  for (let index = 0; index < flow.count; index += 1) {
    const atUs = flow.sentUs(index);
    if (atUs < fromUs || atUs >= toUs || flow.isLost(index) || filled.has(atUs)) continue;
    longest = Math.max(longest, flow.arrivedUs(index) - lastUs);
    lastUs = Math.max(lastUs, flow.arrivedUs(index));
  }
  return Math.max(longest, toUs - lastUs);
}

function probesWhileDecreasing({ flows, fromUs, toUs }: Scope): number {
  const probes = flows.flatMap((flow) => flow.probes);
  return probes.filter(
    ({ atUs, isLossDecreasing }) => isLossDecreasing && atUs >= fromUs && atUs < toUs,
  ).length;
}

/** From the step to the last long wait, gaps of less than 3 s joined. */
function drainUs({ flows, fromUs, toUs }: Scope): number {
  const times: number[] = [];
  for (const flow of flows) {
    for (let index = 0; index < flow.count; index += 1) {
      const atUs = flow.sentUs(index);
      if (atUs >= fromUs && atUs < toUs && flow.waitUs(index) > LONG_WAIT_US) times.push(atUs);
    }
  }
  times.sort((a, b) => a - b);
  let lastUs = fromUs;
  for (const atUs of times) {
    if (atUs - lastUs >= JOINED_US) break;
    lastUs = atUs;
  }
  return lastUs - fromUs;
}

function lossPercent(
  flow: FlowRecord,
  { fromUs, toUs }: Scope,
  isExcluded: (atUs: number) => boolean = () => false,
): number {
  let [sent, lost] = [0, 0];
  for (let index = 0; index < flow.count; index += 1) {
    const atUs = flow.sentUs(index);
    if (atUs < fromUs || atUs >= toUs || isExcluded(atUs)) continue;
    sent += 1;
    if (flow.isLost(index)) lost += 1;
  }
  return sent > 0 ? (100 * lost) / sent : 0;
}

function isAfterDrop({ timeline }: Scope): (atUs: number) => boolean {
  const drops = timeline.filter(({ bps }, index) => bps < (timeline[index - 1]?.bps ?? 0));
  return (atUs) => drops.some((drop) => atUs >= drop.atUs && atUs < drop.atUs + 5e6);
}

/** First time, from the start of the window, with 80 % over the second before and 3 s after. */
function convergenceUs({ flows, fromUs, toUs, timeline }: Scope): number {
  const bins = Math.ceil(toUs / GRID_US) + 15;
  const received = new Float64Array(bins);
  for (const flow of flows) {
    for (const [bin, bits] of flow.receivedBins(GRID_US, bins).entries()) {
      received[bin] = (received[bin] as number) + bits;
    }
  }
  const mean = (from: number, to: number) => {
    let bits = 0;
    for (let bin = from; bin < to; bin += 1) bits += received[bin] ?? 0;
    return bits / (((to - from) * GRID_US) / 1e6);
  };
  for (let bin = Math.round((fromUs + 1e6) / GRID_US); bin * GRID_US <= toUs; bin += 1) {
    const wanted = SHARE * capacityAt(timeline, bin * GRID_US);
    const after = Math.min(bin + 15, Math.floor(toUs / GRID_US));
    if (mean(bin - 5, bin) < wanted || after <= bin) continue;
    if (mean(bin, after) >= wanted) return bin * GRID_US - fromUs;
  }
  return Number.POSITIVE_INFINITY;
}

function timeToRateUs({ flows, fromUs, toUs }: Scope, bps: number): number {
  const bins = Math.ceil(toUs / GRID_US);
  const received = flows[0]?.receivedBins(GRID_US, bins) ?? new Float64Array();
  for (let bin = fromUs / GRID_US + 5; bin < bins; bin += 1) {
    if (sum([...received.subarray(bin - 5, bin)]) >= bps) return bin * GRID_US - fromUs;
  }
  return Number.POSITIVE_INFINITY;
}

function layersIn({ flows, fromUs, toUs }: Scope) {
  return (flows[0]?.layers ?? []).filter(({ atUs }) => atUs >= fromUs && atUs < toUs);
}

function timeToTopUs(scope: Scope): number {
  const top = topLayer(scope);
  const before = scope.flows[0]?.layers.findLast(({ atUs }) => atUs < scope.fromUs);
  if (before?.layer === top) return 0;
  const first = layersIn(scope).find(({ layer }) => layer === top);
  return first ? first.atUs - scope.fromUs : Number.POSITIVE_INFINITY;
}

/** When the sender left the top layer: at the receiver the full queue of the drop comes on top. */
function timeFromTopUs({ flows, fromUs, toUs, ...rest }: Scope): number {
  const layers = flows[0]?.layers ?? [];
  const top = topLayer({ flows, fromUs, toUs, ...rest });
  if (layers.findLast(({ sentUs }) => sentUs < fromUs)?.layer !== top) return 0;
  const first = layers.find(({ sentUs }) => sentUs >= fromUs && sentUs < toUs);
  return first ? first.sentUs - fromUs : Number.POSITIVE_INFINITY;
}

function topLayer({ conditions }: Scope): number {
  return (conditions.media[0]?.layersBps?.length ?? 1) - 1;
}

function isMinimumKept({ flows, conditions, fromUs, toUs }: Scope): boolean {
  const { minBps } = conditions.config;
  return flows.every((flow) => {
    const targets = flow.targets.filter(({ atUs }) => atUs >= fromUs && atUs < toUs);
    const isFed = flow.receivedBits(fromUs, toUs) > 0;
    return isFed && targets.every(({ bps }) => bps >= minBps);
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
