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
  for (const counter of Object.keys(shards[0] ?? {})) {
    if (!counter.startsWith('dropped_')) continue;
    const reason = counter.slice('dropped_'.length);
    series[`plenum_sfu_dropped_total{reason="${reason}"}`] = total(counter);
  }
  return series;
}

const seriesOf: Record<string, readonly string[]> = {
  'plenum_sfu_packets_total{direction="in",kind="rtp"}': ['rtp_received'],
  'plenum_sfu_packets_total{direction="in",kind="rtcp"}': ['rtcp_received'],
  'plenum_sfu_packets_total{direction="in",kind="stun"}': ['stun_received'],
  'plenum_sfu_packets_total{direction="in",kind="dtls"}': ['dtls_received'],
  'plenum_sfu_packets_total{direction="out",kind="all"}': ['packets_sent'],
  'plenum_sfu_packets_total{direction="out",kind="rtp"}': ['rtp_forwarded'],
  'plenum_sfu_packets_total{direction="out",kind="rtx"}': ['rtx_sent'],
  'plenum_sfu_bytes_total{direction="in",kind="all"}': ['bytes_received'],
  'plenum_sfu_bytes_total{direction="out",kind="all"}': ['bytes_sent'],
  plenum_sfu_kernel_drops_total: ['kernel_drops'],
  'plenum_sfu_nack_total{direction="in"}': ['nack_received'],
  'plenum_sfu_nack_total{direction="out"}': ['nack_sent'],
  'plenum_sfu_pli_total{direction="in"}': ['pli_received', 'fir_received'],
  'plenum_sfu_pli_total{direction="out"}': ['pli_sent'],
  'plenum_sfu_unauthenticated_total{kind="stun"}': [
    'dropped_stun_unauthenticated',
    'dropped_stun_unknown_ufrag',
  ],
  'plenum_sfu_unauthenticated_total{kind="dtls"}': ['dropped_dtls_unvalidated'],
  'plenum_sfu_unauthenticated_total{kind="srtp"}': ['dropped_srtp_auth'],
};

/** Writes series out, those of one name together under its type. */
export function exposeSeries(series: Record<string, number>): string {
  const lines: string[] = [];
  let last = '';
  for (const key of Object.keys(series).sort()) {
    const name = key.replace(/\{.*/, '');
    if (name !== last)
      lines.push(`# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`);
    last = name;
    lines.push(`${key} ${series[key]}`);
  }
  return `${lines.join('\n')}\n`;
}
