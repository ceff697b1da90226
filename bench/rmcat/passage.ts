/** What the relays at both ends of the link note of each media packet that comes from the node. */

export interface Passage {
  /** When it reached this end. */
  readonly atUs: number;
  readonly ssrc: number;
  readonly sequence: number;
  /** Of the UDP payload. */
  readonly bytes: number;
  /** At the far end: when it is handed on, delay and jitter later. */
  readonly releasedUs: number;
}

/** Where a relay listens, and the one it hands on to. */
export interface RelayOrder {
  readonly end: 'near' | 'far';
  readonly listen: string;
  readonly delayUs: number;
  readonly jitter: { readonly sigmaUs: number; readonly halfWidthUs: number };
}

export type ToRelay =
  | { readonly type: 'target'; readonly address: string; readonly port: number }
  | { readonly type: 'collect' };

export type FromRelay =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'passages'; readonly passages: readonly Passage[] };

/** RTP from the node, retransmissions and probes too; undefined: STUN, DTLS, RTCP (RFC 7983). */
export function mediaOf(datagram: Buffer): { ssrc: number; sequence: number } | undefined {
  const [first = 0, second = 0] = datagram;
  const isRtp = first >= 128 && first <= 191 && !(second >= 192 && second <= 223);
  if (!isRtp || datagram.length < 12) return undefined;
  return { ssrc: datagram.readUInt32BE(8), sequence: datagram.readUInt16BE(2) };
}
