/**
 * What the two transports measure, as rows to be read by a person: a pure function of two looks at
 * the browser's own statistics (W3C webrtc-stats) and of the time between them. Only named fields
 * are taken, so that no address, credential or device name can get into what is copied.
 */

/** One entry of an RTCStatsReport; which fields it has depends on the browser. */
type Entry = Readonly<Record<string, unknown>>;
type Report = { values(): Iterable<unknown> };

/** One look; a transport that is not there has an empty report. */
export interface Look {
  readonly atMs: number;
  readonly publish: Report;
  readonly subscribe: Report;
}

export interface StreamRow {
  readonly direction: 'sent' | 'received';
  readonly kind: 'audio' | 'video';
  /** RID of a simulcast encoding, else the m-line. */
  readonly label: string;
  readonly mid: string;
  readonly codec: string;
  readonly bitrateBps: number;
  readonly packetsPerSecond: number;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  /** Lost in all, received streams only. */
  readonly packetsLost?: number;
  readonly jitterMs?: number;
  readonly freezes?: number;
  /** Why less is sent than could be: `bandwidth`, `cpu`. */
  readonly limitation?: string;
  /** `L3T3_KEY` and the like. */
  readonly scalability?: string;
}

export interface TransportRow {
  readonly direction: 'publish' | 'subscribe';
  /** `udp` or `tcp`; empty before there is a path. */
  readonly protocol: string;
  readonly rttMs?: number;
  /** What the browser's own controller believes it may send. */
  readonly availableBps?: number;
}

export interface Statistics {
  readonly transports: readonly TransportRow[];
  readonly streams: readonly StreamRow[];
}

export function statisticsOf(look: Look, before: Look | undefined): Statistics {
  const seconds = before ? Math.max(0.001, (look.atMs - before.atMs) / 1000) : undefined;
  const streams = [
    ...streamsOf('sent', look.publish, before?.publish, seconds),
    ...streamsOf('received', look.subscribe, before?.subscribe, seconds),
  ];
  const transports = [
    ...transportsOf('publish', look.publish),
    ...transportsOf('subscribe', look.subscribe),
  ];
  return { transports, streams: streams.toSorted(inOrder) };
}

/** What is sent before what is received, sound before pictures, small pictures before large ones. */
function inOrder(a: StreamRow, b: StreamRow): number {
  return (
    b.direction.localeCompare(a.direction) ||
    a.kind.localeCompare(b.kind) ||
    a.mid.localeCompare(b.mid, undefined, { numeric: true }) ||
    (a.height ?? 0) - (b.height ?? 0)
  );
}

function streamsOf(
  direction: StreamRow['direction'],
  report: Report,
  before: Report | undefined,
  seconds: number | undefined,
): StreamRow[] {
  const type = direction === 'sent' ? 'outbound-rtp' : 'inbound-rtp';
  const known = byId(before);
  const all = byId(report);
  return [...all.values()]
    .filter((entry) => entry.type === type)
    .map((entry) => {
      const earlier = known.get(text(entry.id));
      const perSecond = (field: string) =>
        seconds && earlier
          ? Math.max(0, number(entry[field]) - number(earlier[field])) / seconds
          : 0;
      const [bytes, packets] =
        direction === 'sent' ? ['bytesSent', 'packetsSent'] : ['bytesReceived', 'packetsReceived'];
      const codec = all.get(text(entry.codecId));
      const mid = text(entry.mid);
      return {
        direction,
        kind: entry.kind === 'audio' ? ('audio' as const) : ('video' as const),
        label: text(entry.rid) || mid,
        mid,
        codec: text(codec?.mimeType).replace(/^(audio|video)\//, ''),
        bitrateBps: Math.round(8 * perSecond(bytes as string)),
        packetsPerSecond: Math.round(perSecond(packets as string)),
        ...defined({
          width: numberOf(entry.frameWidth),
          height: numberOf(entry.frameHeight),
          framesPerSecond: numberOf(entry.framesPerSecond),
          packetsLost: direction === 'received' ? numberOf(entry.packetsLost) : undefined,
          jitterMs: milliseconds(entry.jitter),
          freezes: numberOf(entry.freezeCount),
          limitation: limitation(entry.qualityLimitationReason),
          scalability: text(entry.scalabilityMode) || undefined,
        }),
      };
    });
}

/** The path in use; none before ICE has found one. */
function transportsOf(direction: TransportRow['direction'], report: Report): TransportRow[] {
  const all = byId(report);
  const transport = [...all.values()].find((entry) => entry.type === 'transport');
  const pair =
    all.get(text(transport?.selectedCandidatePairId)) ??
    [...all.values()].find((entry) => entry.type === 'candidate-pair' && entry.nominated === true);
  if (!pair) return [];
  const remote = all.get(text(pair.remoteCandidateId));
  return [
    {
      direction,
      protocol: text(remote?.protocol),
      ...defined({
        rttMs: milliseconds(pair.currentRoundTripTime),
        availableBps: direction === 'publish' ? numberOf(pair.availableOutgoingBitrate) : undefined,
      }),
    },
  ];
}

/** To be sent to whoever helps: what the overlay shows and the browser's name, nothing else. */
export function diagnosticsText(statistics: Statistics, browser: string, at: Date): string {
  return JSON.stringify({ at: at.toISOString(), browser, ...statistics }, null, 2);
}

function byId(report: Report | undefined): Map<string, Entry> {
  const entries = [...(report?.values() ?? [])] as Entry[];
  return new Map(entries.map((entry) => [text(entry.id), entry]));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function number(value: unknown): number {
  return numberOf(value) ?? 0;
}

function milliseconds(seconds: unknown): number | undefined {
  const value = numberOf(seconds);
  return value === undefined ? undefined : Math.round(value * 1000);
}

function limitation(value: unknown): string | undefined {
  return value === 'bandwidth' || value === 'cpu' ? value : undefined;
}

function defined<Fields extends object>(
  fields: Fields,
): {
  [K in keyof Fields]?: NonNullable<Fields[K]>;
} {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof Fields]?: NonNullable<Fields[K]>;
  };
}
