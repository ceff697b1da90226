/**
 * What a page counts of its own received media: the longest time in which no frame was decoded, and in which no
 * sound came. These functions run inside the page and are sent as source text, so each stands alone; they read
 * the connections that test/e2e/support/page-scripts.ts records.
 */

export interface Gaps {
  /** From one look to the next, which are 50 ms apart. */
  videoMs: number;
  /** Packets of a synthetic microphone, which speaks twice a second. */
  audioMs: number;
}

interface Watched extends Window {
  recordedConnections: RTCPeerConnection[];
  gapWatch?: { timer: number; gaps: Gaps };
}

/** Begins anew. */
export function watchGaps(): void {
  const page = window as unknown as Watched;
  clearInterval(page.gapWatch?.timer);
  const began = performance.now();
  const gaps = { videoMs: 0, audioMs: 0 };
  const counted = new Map<string, number>();
  const last = { video: began, audio: began };
  const look = async () => {
    const grown = { video: false, audio: false };
    const open = page.recordedConnections.filter((one) => one.connectionState !== 'closed');
    const reports = await Promise.all(open.map((connection) => connection.getStats()));
    for (const [index, report] of reports.entries()) {
      for (const entry of report.values()) {
        if (entry.type !== 'inbound-rtp') continue;
        const key = `${page.recordedConnections.indexOf(open[index] as RTCPeerConnection)} ${entry.id}`;
        const count = entry.kind === 'video' ? entry.framesDecoded : entry.packetsReceived;
        const isGrown = (count ?? 0) > (counted.get(key) ?? 0);
        counted.set(key, count ?? 0);
        if (isGrown) grown[entry.kind as 'video' | 'audio'] = true;
      }
    }
    const now = performance.now();
    gaps.videoMs = Math.max(gaps.videoMs, now - last.video);
    gaps.audioMs = Math.max(gaps.audioMs, now - last.audio);
    if (grown.video) last.video = now;
    if (grown.audio) last.audio = now;
  };
  page.gapWatch = { timer: window.setInterval(() => void look(), 50), gaps };
}

export function readGaps(): Gaps {
  const page = window as unknown as Watched;
  clearInterval(page.gapWatch?.timer);
  return page.gapWatch?.gaps ?? { videoMs: Number.NaN, audioMs: Number.NaN };
}
