/** What a viewer's browser says of the one video that it receives, ten times a second. */
import type { BrowserPage } from '../../test/e2e/support/browsers.js';

/** A layer that is lost again within it was not reached. */
const lastingMs = 5_000;

export interface Sample {
  /** Since the recording began, ms. */
  atMs: number;
  height: number;
  framesDecoded: number;
  freezeCount: number;
  totalFreezesSeconds: number;
  bytesReceived: number;
}

/** Begins to record in the page, where the clock shows `sinceMs`; `samplesOf` gives what was seen. */
export async function startSampling(page: BrowserPage, sinceMs: number): Promise<void> {
  await page.evaluate(record, sinceMs);
}

export function samplesOf(page: BrowserPage): Promise<Sample[]> {
  return page.evaluate(
    () => (window as unknown as { adaptationSamples: Sample[] }).adaptationSamples,
    undefined,
  );
}

/** Runs in the page. */
function record(sinceMs: number): void {
  const page = window as unknown as {
    recordedConnections: RTCPeerConnection[];
    adaptationSamples: Sample[];
  };
  page.adaptationSamples = [];
  const began = performance.now() - sinceMs;
  setInterval(async () => {
    for (const connection of page.recordedConnections) {
      if (connection.connectionState === 'closed') continue;
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type !== 'inbound-rtp' || entry.kind !== 'video' || !entry.framesDecoded)
          continue;
        page.adaptationSamples.push({
          atMs: performance.now() - began,
          height: entry.frameHeight ?? 0,
          framesDecoded: entry.framesDecoded,
          freezeCount: entry.freezeCount ?? 0,
          totalFreezesSeconds: entry.totalFreezesDuration ?? 0,
          bytesReceived: entry.bytesReceived ?? 0,
        });
      }
    }
  }, 100);
}

/** Bit/s over the last second before each sample. */
export function receivedBps(samples: readonly Sample[]): { atMs: number; bps: number }[] {
  return samples.map((sample, index) => {
    const before = samples.slice(0, index).findLast(({ atMs }) => sample.atMs - atMs >= 1000);
    if (!before) return { atMs: sample.atMs, bps: 0 };
    const bits = 8 * Math.max(0, sample.bytesReceived - before.bytesReceived);
    return { atMs: sample.atMs, bps: (1000 * bits) / (sample.atMs - before.atMs) };
  });
}

/** The longest of the freezes that ended between two moments, s. */
export function longestFreezeSeconds(
  samples: readonly Sample[],
  fromMs: number,
  toMs: number,
): number {
  const within = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const added = within.slice(1).map((sample, index) => {
    const before = within[index] as Sample;
    return sample.totalFreezesSeconds - before.totalFreezesSeconds;
  });
  return Math.max(0, ...added);
}

/** The longest freeze within a second of one of these moments, s. */
export function freezeAroundSeconds(
  samples: readonly Sample[],
  momentsMs: readonly number[],
): number {
  const around = momentsMs.map((atMs) => longestFreezeSeconds(samples, atMs - 1000, atMs + 1000));
  return Math.max(0, ...around);
}

/** Since when the height was at least `height`, for 5 s, after `fromMs`; undefined: never. */
export function reachedMs(
  samples: readonly Sample[],
  fromMs: number,
  height: number,
): number | undefined {
  const after = samples.filter(({ atMs }) => atMs >= fromMs);
  const stays = (since: number) =>
    after.every((it) => it.atMs < since || it.atMs > since + lastingMs || it.height >= height);
  return after.find(({ atMs }) => stays(atMs))?.atMs;
}
