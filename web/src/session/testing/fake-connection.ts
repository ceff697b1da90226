/**
 * A browser's RTCPeerConnection that connects, and receives, when the test says so. It takes any
 * description: an offer's m-lines are `m=` and `a=mid` in it.
 */

interface FakeTransceiver {
  mid: string;
  direction: string;
  sender: { track: unknown; replaceTrack(track: unknown): Promise<void> };
  receiver: { track: { id: string; kind: string } };
}

let made = 0;

export class FakeConnection extends EventTarget {
  /** Of this test, the oldest first. */
  static all: FakeConnection[] = [];
  readonly serial = ++made;
  connectionState = 'new';
  iceConnectionState = 'new';
  signalingState = 'stable';
  localDescription: { sdp: string } | null = null;
  readonly transceivers: FakeTransceiver[] = [];
  /** Pictures or packets, by m-line. */
  private readonly counts = new Map<string, number>();
  private packets = 0;
  checks = 0;
  /** `closed` when the node takes leave. */
  dtlsState = 'connected';

  constructor() {
    super();
    FakeConnection.all.push(this);
  }

  static install(): void {
    FakeConnection.all = [];
    Object.assign(globalThis, {
      RTCPeerConnection: FakeConnection,
      RTCRtpSender: { getCapabilities: () => ({ codecs: [] }) },
    });
  }

  /** That are not closed. */
  static get open(): FakeConnection[] {
    return FakeConnection.all.filter(({ connectionState }) => connectionState !== 'closed');
  }

  connect(): void {
    this.connectionState = 'connected';
    this.packets += 1;
  }

  /** ICE gives the path up. */
  fail(): void {
    this.iceConnectionState = 'failed';
    this.dispatchEvent(new Event('iceconnectionstatechange'));
  }

  restartIce(): void {}

  /** Something comes: by an m-line, or (without one) a report of RTCP. */
  receive(mid?: string): void {
    this.packets += 1;
    if (mid !== undefined) this.counts.set(mid, (this.counts.get(mid) ?? 0) + 1);
  }

  addTransceiver(track: unknown, { direction }: { direction: string }): FakeTransceiver {
    const transceiver = this.line(String(this.transceivers.length), direction);
    transceiver.sender.track = track;
    return transceiver;
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers;
  }

  getSenders(): { transport: { state: string } }[] {
    return this.transceivers.map(() => ({ transport: { state: this.dtlsState } }));
  }

  getReceivers(): { getStats(): Promise<Map<string, object>> }[] {
    return this.transceivers.map(() => ({ getStats: () => this.getStats() }));
  }

  createOffer(): Promise<{ sdp: string }> {
    const lines = this.transceivers.map(
      ({ mid, direction }) => `m=audio 9 X 111\r\na=mid:${mid}\r\na=${direction}\r\n`,
    );
    return Promise.resolve({ sdp: lines.join('') });
  }

  createAnswer(): Promise<{ sdp: string }> {
    return Promise.resolve({ sdp: 'answer' });
  }

  setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description;
    return Promise.resolve();
  }

  setRemoteDescription({ type, sdp }: { type: string; sdp: string }): Promise<void> {
    const known = new Set(this.transceivers.map(({ mid }) => mid));
    if (type !== 'offer') return Promise.resolve();
    for (const [, kind, mid = ''] of sdp.matchAll(/m=(\w+)\r\na=mid:(\S+)/g)) {
      if (!known.has(mid)) this.line(mid, 'recvonly').receiver.track.kind = kind ?? '';
    }
    return Promise.resolve();
  }

  getStats(): Promise<Map<string, object>> {
    const streams = this.transceivers.map(({ mid, receiver }) => {
      const count = this.counts.get(mid) ?? 0;
      const row = { type: 'inbound-rtp', id: `in-${mid}`, mid, trackIdentifier: receiver.track.id };
      return { ...row, kind: receiver.track.kind, packetsReceived: count, framesDecoded: count };
    });
    const [bytesReceived, requestsSent] = [100 * this.packets, this.checks];
    const path = { type: 'candidate-pair', id: 'pair', bytesReceived, requestsSent };
    return Promise.resolve(new Map([...streams, path].map((row) => [row.id, row])));
  }

  close(): void {
    this.connectionState = 'closed';
  }

  private line(mid: string, direction: string): FakeTransceiver {
    const sender = {
      track: null as unknown,
      replaceTrack: (track: unknown) => {
        sender.track = track;
        return Promise.resolve();
      },
    };
    const receiver = { track: { id: `${this.serial}/${mid}`, kind: 'audio' } };
    const transceiver = { mid, direction, sender, receiver };
    this.transceivers.push(transceiver);
    return transceiver;
  }
}
