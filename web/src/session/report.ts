/**
 * What this client measures, for the server's operator (api §4 `stats.report`): rows of W3C webrtc-stats,
 * flat and few. Only named fields are taken: no address, credential or device name gets into it.
 */
import type { ClientPayloads } from '../../../client/src/index.js';
import type { MediaGap } from './interruption.js';
import type { Look } from './statistics.js';

export type StatsReport = ClientPayloads['stats.report'];
type Row = StatsReport['inbound'][number];
type Entry = Readonly<Record<string, unknown>>;

/** The server refuses more than 16 KiB, envelope and all. */
const maxBytes = 15_000;

const common = ['id', 'type', 'kind', 'mid', 'rid'];
const fieldsOf = {
  transports: [
    ...['id', 'type', 'currentRoundTripTime', 'availableOutgoingBitrate'],
    ...['bytesSent', 'bytesReceived', 'packetsSent', 'packetsReceived'],
  ],
  inbound: [
    ...common,
    ...['bytesReceived', 'packetsReceived', 'packetsLost', 'jitter', 'nackCount', 'pliCount'],
    ...['framesDecoded', 'framesDropped', 'framesPerSecond', 'freezeCount', 'totalFreezesDuration'],
    ...['frameWidth', 'frameHeight', 'concealedSamples', 'jitterBufferDelay'],
  ],
  outbound: [
    ...common,
    ...['bytesSent', 'packetsSent', 'nackCount', 'pliCount', 'framesEncoded', 'framesPerSecond'],
    ...['frameWidth', 'frameHeight', 'qualityLimitationReason', 'retransmittedBytesSent'],
  ],
} as const;

/** What happened since the last report. */
export interface Happened {
  firstFrameMs: number | undefined;
  gaps: readonly MediaGap[];
}

export function reportOf(
  look: Look,
  intervalMs: number,
  { firstFrameMs, gaps }: Happened,
): StatsReport {
  const own = entriesOf(look.publish);
  const others = entriesOf(look.subscribe);
  const rows = {
    transports: rowsOf([...own, ...others], 'transports', isPathInUse),
    // Pictures first: of a large meeting not all rows fit.
    inbound: rowsOf(others, 'inbound', ({ type }) => type === 'inbound-rtp').toSorted(byKind),
    outbound: rowsOf(own, 'outbound', ({ type }) => type === 'outbound-rtp').toSorted(byKind),
  };
  const report = {
    interval_ms: Math.min(3_600_000, Math.max(100, Math.round(intervalMs))),
    ...(firstFrameMs === undefined ? {} : { first_frame_ms: Math.round(firstFrameMs) }),
    ...(gaps.length === 0 ? {} : { media_gaps: [...gaps] }),
    ...rows,
  };
  while (JSON.stringify(report).length > maxBytes && report.inbound.length > 0) {
    report.inbound = report.inbound.slice(0, Math.floor(report.inbound.length * 0.8));
  }
  return report;
}

function entriesOf(report: Look['publish']): Entry[] {
  return [...report.values()] as Entry[];
}

function isPathInUse({ type, nominated }: Entry): boolean {
  return type === 'candidate-pair' && nominated === true;
}

function rowsOf(
  entries: readonly Entry[],
  part: keyof typeof fieldsOf,
  isMeant: (entry: Entry) => boolean,
): Row[] {
  return entries
    .filter(isMeant)
    .slice(0, 64)
    .map((entry) => {
      const values = fieldsOf[part].map((field) => [field, entry[field]] as const);
      return Object.fromEntries(values.filter(([, value]) => isPlain(value))) as Row;
    });
}

function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'boolean' || (typeof value === 'string' && value.length <= 128);
}

function byKind(a: Row, b: Row): number {
  return Number(a.kind === 'audio') - Number(b.kind === 'audio');
}
