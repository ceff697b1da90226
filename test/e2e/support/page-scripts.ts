/**
 * Functions that run inside the page. They are sent as source text, so each stands alone.
 * `recordConnections` runs before the client's own script and keeps what the tests look at: every
 * RTCPeerConnection and WebSocket that the client makes. The product needs no hook for tests.
 */

interface Recorded extends Window {
  recordedConnections: RTCPeerConnection[];
  recordedSockets: WebSocket[];
}

/** One received RTP stream as the browser counts it. */
export interface ReceivedStream {
  ssrc: number;
  mid: string;
  kind: string;
  framesDecoded: number;
  frameWidth: number;
  frameHeight: number;
  totalAudioEnergy: number;
  totalSamplesDuration: number;
  packetsReceived: number;
  packetsLost: number;
  bytesReceived: number;
  freezeCount: number;
  codec: string;
  /** Of the MediaStreamTrack in the page. */
  trackId: string;
  timestampMs: number;
}

export function recordConnections(): void {
  const page = window as unknown as Recorded & typeof globalThis;
  page.recordedConnections = [];
  page.recordedSockets = [];
  page.RTCPeerConnection = new Proxy(page.RTCPeerConnection, {
    construct(target, parameters) {
      const connection = Reflect.construct(target, parameters) as RTCPeerConnection;
      page.recordedConnections.push(connection);
      return connection;
    },
  });
  page.WebSocket = new Proxy(page.WebSocket, {
    construct(target, parameters) {
      const socket = Reflect.construct(target, parameters) as WebSocket;
      page.recordedSockets.push(socket);
      return socket;
    },
  });
}

export async function receivedStreams(): Promise<ReceivedStream[]> {
  const streams: ReceivedStream[] = [];
  for (const connection of (window as unknown as Recorded).recordedConnections) {
    if (connection.connectionState === 'closed') continue;
    const report = await connection.getStats();
    for (const entry of report.values()) {
      if (entry.type !== 'inbound-rtp') continue;
      streams.push({
        ssrc: entry.ssrc,
        mid: String(entry.mid ?? ''),
        kind: entry.kind,
        framesDecoded: entry.framesDecoded ?? 0,
        frameWidth: entry.frameWidth ?? 0,
        frameHeight: entry.frameHeight ?? 0,
        totalAudioEnergy: entry.totalAudioEnergy ?? 0,
        totalSamplesDuration: entry.totalSamplesDuration ?? 0,
        packetsReceived: entry.packetsReceived ?? 0,
        packetsLost: entry.packetsLost ?? 0,
        bytesReceived: entry.bytesReceived ?? 0,
        freezeCount: entry.freezeCount ?? 0,
        codec: String(report.get(entry.codecId)?.mimeType ?? ''),
        trackId: String(entry.trackIdentifier ?? ''),
        timestampMs: entry.timestamp,
      });
    }
  }
  return streams;
}

/** Frames of the encoding that is sent most: in simulcast each picture is encoded several times. */
export async function sentFrames(): Promise<{ framesEncoded: number; timestampMs: number }> {
  let framesEncoded = 0;
  let timestampMs = 0;
  for (const connection of (window as unknown as Recorded).recordedConnections) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type !== 'outbound-rtp' || entry.kind !== 'video') continue;
      framesEncoded = Math.max(framesEncoded, entry.framesEncoded ?? 0);
      timestampMs = entry.timestamp;
    }
  }
  return { framesEncoded, timestampMs };
}

/** What the camera gives that is sent; null: none is. */
export function sentCamera(): { width: number; height: number; frameRate: number } | null {
  for (const connection of (window as unknown as Recorded).recordedConnections) {
    for (const { track } of connection.getSenders()) {
      if (track?.kind !== 'video' || track.readyState !== 'live') continue;
      const { width = 0, height = 0, frameRate = 0 } = track.getSettings();
      return { width, height, frameRate };
    }
  }
  return null;
}

/** Cuts the signaling socket the way a network does, as far as a page can. */
export function cutSocket(): number {
  const sockets = (window as unknown as Recorded).recordedSockets;
  const open = sockets.filter((socket) => socket.readyState === WebSocket.OPEN);
  for (const socket of open) socket.close();
  return sockets.length;
}

export function openSockets(): number {
  const sockets = (window as unknown as Recorded).recordedSockets;
  return sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length;
}

/** How many RTCPeerConnections the page has made so far. */
export function madeConnections(): number {
  return (window as unknown as Recorded).recordedConnections.length;
}

/** What each of them has shown: text of the tile → frames of its picture. */
export function framesShown(): Record<string, number> {
  const found: Record<string, number> = {};
  for (const tile of document.querySelectorAll<HTMLElement>('[data-participant-id]')) {
    const frames = tile.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames;
    found[tile.textContent?.trim() ?? ''] = frames ?? 0;
  }
  return found;
}

/** The tiles of the gallery that stand for people: id → name. */
export function tiles(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const tile of document.querySelectorAll<HTMLElement>('[data-participant-id]')) {
    found[tile.dataset.participantId ?? ''] = tile.textContent?.trim() ?? '';
  }
  return found;
}

export function bodyText(): string {
  return document.body.innerText;
}

/** Whether `second` stands after `first` in the page's text. */
export function textInOrder(parts: string[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = document.body.innerText.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
