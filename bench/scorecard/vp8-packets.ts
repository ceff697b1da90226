/** One encoding of a publisher as RTP: frames whose content is nothing but a start (RFC 7741). */

export const PAYLOAD_TYPE = 96;
export const RTP_HEADER = 12;

/** A minimal descriptor that starts a partition, then a frame tag that tells key frames. */
const KEY_FRAME = Buffer.of(0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01);
const DELTA_FRAME = Buffer.of(0x10, 0x11, 0x02, 0x00);

/** Where in its frame a packet stands. */
export interface PacketPlace {
  /** Of its payload, at least 20. */
  readonly size: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Of the frame, in units of 1/90000 s. */
  readonly timestamp: number;
}

export class Vp8Packets {
  /** Asked for: the next frame is one. */
  isKeyFrameWanted = true;
  #sequence = 0;

  /** `layer`: the last byte of every packet. */
  constructor(
    readonly ssrc: number,
    private readonly layer: number,
  ) {}

  /** Writes the next packet, header and payload. */
  write(into: Buffer, at: number, { size, isFirst, isLast, timestamp }: PacketPlace): void {
    const marker = isLast ? 0x80 : 0;
    into.writeUInt16BE(0x8000 | marker | PAYLOAD_TYPE, at);
    into.writeUInt16BE(this.#sequence & 0xffff, at + 2);
    into.writeUInt32BE(timestamp, at + 4);
    into.writeUInt32BE(this.ssrc, at + 8);
    this.#sequence += 1;
    const payload = at + RTP_HEADER;
    into.fill(0, payload, payload + size);
    if (isFirst) into.set(this.isKeyFrameWanted ? KEY_FRAME : DELTA_FRAME, payload);
    into[payload + size - 1] = this.layer;
    if (isLast) this.isKeyFrameWanted = false;
  }
}

/** The SSRCs that a compound asks a key frame of (RFC 4585 §6.3.1, RFC 5104 §4.3.1). */
export function keyFrameRequests(compound: Uint8Array): number[] {
  const view = new DataView(compound.buffer, compound.byteOffset, compound.byteLength);
  const ssrcs: number[] = [];
  for (let at = 0; at + 12 <= compound.length; at += 4 * (view.getUint16(at + 2) + 1)) {
    if (view.getUint8(at + 1) !== 206) continue;
    const format = view.getUint8(at) & 31;
    if (format === 1) ssrcs.push(view.getUint32(at + 8));
    if (format === 4 && at + 16 <= compound.length) ssrcs.push(view.getUint32(at + 12));
  }
  return ssrcs;
}
