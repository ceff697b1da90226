/** One encoding of a publisher: frames from a source, put into the engine's batch as RTP packets. */
import type { Handle } from '../../lib/engine/handle.js';
import type { EngineWire } from './engine-wire.js';
import type { VideoSource } from './video-source.js';
import { PAYLOAD_TYPE, RTP_HEADER, Vp8Packets } from './vp8-packets.js';

/** RTP header and transport-wide number (RFC 8285, one-byte form). */
const PACKET_OVERHEAD = RTP_HEADER + 8;

export class RtpFeed {
  readonly source: VideoSource;
  readonly packets: Vp8Packets;
  readonly #wire: EngineWire;
  readonly #publisher: Handle;

  constructor(
    wire: EngineWire,
    publisher: Handle,
    encoding: { source: VideoSource; ssrc: number; layer: number },
  ) {
    this.#wire = wire;
    this.#publisher = publisher;
    this.source = encoding.source;
    this.packets = new Vp8Packets(encoding.ssrc, encoding.layer);
  }

  /** Puts the next frame into the engine's batch, which stands at its time. */
  sendFrame(isPaused: boolean): void {
    const timestamp = Math.round(0.09 * this.source.nextFrameUs) >>> 0;
    const sizes = this.source.nextFrame(PACKET_OVERHEAD);
    if (isPaused) return;
    for (const [packet, size] of sizes.entries()) {
      const [isFirst, isLast] = [packet === 0, packet === sizes.length - 1];
      this.#wire.packetIn(this.#publisher, RTP_HEADER + size, (into, at) =>
        this.packets.write(into, at, { size, isFirst, isLast, timestamp }),
      );
    }
  }
}

/** The layer that a media packet at the far end carries; undefined: a retransmission or padding. */
export function layerOf(packet: Uint8Array): number | undefined {
  const isMedia = ((packet[1] ?? 0) & 0x7f) === PAYLOAD_TYPE;
  return isMedia ? packet[packet.length - 1] : undefined;
}
