/**
 * What a connection has received, read from the browser's statistics (W3C webrtc-stats): by path, to
 * see silence, and by publication, to see what comes. Which fields there are depends on the browser.
 */

type Entry = Readonly<Record<string, unknown>>;
export type Report = { values(): Iterable<unknown> };

export interface PathCounters {
  /** What came by each path, checks of ICE included: any that grows is a sign of life. */
  readonly received: ReadonlyMap<string, number>;
  /** Checks sent by all paths; 0 where the browser does not tell. */
  readonly requests: number;
}

export function pathCounters(report: Report): PathCounters {
  const received = new Map<string, number>();
  let requests = 0;
  for (const entry of entriesOf(report)) {
    if (entry.type !== 'transport' && entry.type !== 'candidate-pair') continue;
    const fields = [entry.packetsReceived, entry.bytesReceived, entry.responsesReceived];
    received.set(
      String(entry.id),
      fields.reduce<number>((sum, field) => sum + number(field), 0),
    );
    requests += number(entry.requestsSent);
  }
  return { received, requests };
}

/** One received m-line. */
export interface LineCounter {
  readonly mid: string | undefined;
  readonly trackId: string | undefined;
  /** Pictures that can be shown, or packets of sound. */
  readonly count: number;
  /** From so many on it can be shown or heard without a stop soon after. */
  readonly enough: number;
}

/** 60 ms; of somebody silent these take a second. */
const packetsForSound = 3;

export function lineCounters(report: Report): LineCounter[] {
  return entriesOf(report)
    .filter(({ type }) => type === 'inbound-rtp')
    .map((entry) => {
      const isPicture = entry.kind === 'video';
      return {
        mid: text(entry.mid),
        trackId: text(entry.trackIdentifier),
        count: number(isPicture ? entry.framesDecoded : entry.packetsReceived),
        enough: isPicture ? 1 : packetsForSound,
      };
    });
}

function entriesOf(report: Report): Entry[] {
  return [...report.values()] as Entry[];
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
