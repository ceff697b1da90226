import { seriesHelp } from './series-help.js';

/**
 * The counters of a node in Prometheus' text format. Names and labels are those of the API
 * contract §9; a node reports each series under the name it has here.
 */

/** Sums of the engine's shard counters under the names that operators see. */
export function toSeries(shards: readonly Record<string, number>[]): Record<string, number> {
  const total = (name: string) => shards.reduce((sum, shard) => sum + (shard[name] ?? 0), 0);
  const series: Record<string, number> = {};
  for (const [name, counters] of Object.entries(seriesOf)) {
    series[name] = counters.reduce((sum, counter) => sum + total(counter), 0);
  }
  for (const [bound, counter] of Object.entries(pacerDelayBuckets)) {
    series[`plenum_sfu_pacer_delay_seconds_bucket{le="${bound}"}`] = total(counter);
  }
  series.plenum_sfu_pacer_delay_seconds_sum = total('pacerDelayUs') / 1e6;
  series.plenum_sfu_pacer_delay_seconds_count = total('pacerPackets');
  for (const { shard = 0, cpuUs = 0 } of shards) {
    series[`plenum_sfu_shard_cpu_seconds_total{shard="${shard}"}`] = cpuUs / 1e6;
  }
  for (const counter of Object.keys(shards[0] ?? {})) {
    const [, name] = /^dropped([A-Z].*)$/.exec(counter) ?? [];
    if (name === undefined) continue;
    const reason = name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();
    series[`plenum_sfu_dropped_total{reason="${reason}"}`] = total(counter);
  }
  return series;
}

interface LoadRatios {
  stressRatio: number;
  headroomPacketsPerSecond: number;
  packetsPerCpuSecond: number;
  isFull: boolean;
  shards: readonly { shard: number; busyRatio: number; overloadDrops: number }[];
}

/** How busy the node is, what still fits, and whether it refuses. */
export function loadSeries(load: LoadRatios): Record<string, number> {
  const series: Record<string, number> = {
    plenum_node_stress_ratio: load.stressRatio,
    plenum_node_headroom_packets_per_second: load.headroomPacketsPerSecond,
    plenum_node_packets_per_cpu_second: load.packetsPerCpuSecond,
    plenum_node_full: load.isFull ? 1 : 0,
  };
  for (const { shard, busyRatio, overloadDrops } of load.shards) {
    series[`plenum_sfu_shard_busy_ratio{shard="${shard}"}`] = busyRatio;
    series[`plenum_sfu_shard_overload_drops_total{shard="${shard}"}`] = overloadDrops;
  }
  return series;
}

/** How many associations are in which state, and what the ways to clients are thought to carry. */
export function transportSeries(
  transports: readonly { state: string; availableOutgoingBitrate: number }[],
): Record<string, number> {
  const series: Record<string, number> = {};
  for (const { state } of transports) {
    const name = `plenum_node_transports{state="${state}"}`;
    series[name] = (series[name] ?? 0) + 1;
  }
  const estimates = transports
    .filter(({ state, availableOutgoingBitrate }) => {
      return state === 'connected' && availableOutgoingBitrate > 0;
    })
    .map(({ availableOutgoingBitrate }) => availableOutgoingBitrate)
    .sort((a, b) => a - b);
  for (const quantile of [0.05, 0.5, 0.95]) {
    const estimate = estimates[Math.ceil(quantile * estimates.length) - 1];
    if (estimate !== undefined)
      series[`plenum_sfu_estimate_bps{quantile="${quantile}"}`] = estimate;
  }
  return series;
}

// What is counted as at most so many seconds. Prometheus wants a bucket for all.
const pacerDelayBuckets: Record<string, string> = {
  '0.001': 'pacerDelayLe1ms',
  '0.005': 'pacerDelayLe5ms',
  '0.02': 'pacerDelayLe20ms',
  '0.04': 'pacerDelayLe40ms',
  '0.15': 'pacerDelayLe150ms',
  '0.5': 'pacerDelayLe500ms',
  '2': 'pacerDelayLe2000ms',
  '+Inf': 'pacerPackets',
};

const seriesOf: Record<string, readonly string[]> = {
  'plenum_sfu_packets_total{direction="in",kind="rtp"}': ['rtpReceived'],
  'plenum_sfu_packets_total{direction="in",kind="rtcp"}': ['rtcpReceived'],
  'plenum_sfu_packets_total{direction="in",kind="stun"}': ['stunReceived'],
  'plenum_sfu_packets_total{direction="in",kind="dtls"}': ['dtlsReceived'],
  'plenum_sfu_packets_total{direction="out",kind="all"}': ['packetsSent'],
  'plenum_sfu_packets_total{direction="out",kind="rtp"}': ['rtpForwarded'],
  'plenum_sfu_packets_total{direction="out",kind="rtx"}': ['rtxSent'],
  'plenum_sfu_bytes_total{direction="in",kind="all"}': ['bytesReceived'],
  'plenum_sfu_bytes_total{direction="out",kind="all"}': ['bytesSent'],
  'plenum_sfu_relayed_total{direction="in"}': ['relayedIn'],
  'plenum_sfu_relayed_total{direction="out"}': ['relayedOut'],
  plenum_sfu_send_calls_total: ['sendCalls'],
  plenum_sfu_send_messages_total: ['sendMessages'],
  plenum_sfu_send_runs_refused_total: ['sendRunsRefused'],
  plenum_sfu_receive_calls_total: ['receiveCalls'],
  plenum_sfu_receive_messages_total: ['receiveMessages'],
  plenum_sfu_kernel_drops_total: ['kernelDrops'],
  plenum_sfu_packet_blocks: ['blocksInUse'],
  plenum_sfu_pool_shortages_total: ['poolShortages'],
  plenum_sfu_tcp_connections: ['tcpConnections'],
  'plenum_sfu_tcp_connections_total{outcome="accepted"}': ['tcpAccepted'],
  'plenum_sfu_tcp_connections_total{outcome="refused"}': ['tcpRefused'],
  'plenum_sfu_nack_total{direction="in"}': ['nackReceived'],
  'plenum_sfu_nack_total{direction="out"}': ['nackSent'],
  'plenum_sfu_pli_total{direction="in"}': ['pliReceived', 'firReceived'],
  'plenum_sfu_pli_total{direction="out"}': ['pliSent'],
  'plenum_sfu_unauthenticated_total{kind="stun"}': [
    'droppedStunUnauthenticated',
    'droppedStunUnknownUfrag',
  ],
  'plenum_sfu_unauthenticated_total{kind="dtls"}': ['droppedDtlsUnvalidated'],
  'plenum_sfu_unauthenticated_total{kind="srtp"}': ['droppedSrtpAuth'],
};

function typeOf(key: string, name: string): string {
  if (name.endsWith('_total')) return 'counter';
  return key.startsWith(`${name}_`) ? 'histogram' : 'gauge';
}

/** Writes series out, those of one name together under its help and type. */
export function exposeSeries(series: Record<string, number>): string {
  const lines: string[] = [];
  let last = '';
  for (const key of Object.keys(series).sort()) {
    const name = key.replace(/\{.*/, '').replace(/_seconds_(bucket|sum|count)$/, '_seconds');
    if (name !== last) {
      lines.push(`# HELP ${name} ${seriesHelp[name] ?? name}`);
      lines.push(`# TYPE ${name} ${typeOf(key, name)}`);
    }
    last = name;
    lines.push(`${key} ${series[key]}`);
  }
  return `${lines.join('\n')}\n`;
}
