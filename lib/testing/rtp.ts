/** Just enough RTP and RTCP to feed a plaintext transport and to read what it sends. For tests. */

export interface RtpPacket {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** One-byte header extension elements (RFC 8285 §4.2) by id. */
  extensions: Map<number, Buffer>;
  payload: Buffer;
}

export function writeRtp(
  packet: Partial<RtpPacket> & Pick<RtpPacket, 'ssrc' | 'sequence'>,
): Buffer {
  const { payloadType = 96, marker = true, timestamp = 0, payload = VP8_DELTA_FRAME } = packet;
  const extensions = packet.extensions ?? new Map<number, Buffer>();
  const header = Buffer.alloc(12);
  header[0] = 0x80 | (extensions.size > 0 ? 0x10 : 0);
  header[1] = (marker ? 0x80 : 0) | payloadType;
  header.writeUInt16BE(packet.sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(packet.ssrc, 8);
  return Buffer.concat([header, writeExtensions(extensions), payload]);
}

function writeExtensions(extensions: ReadonlyMap<number, Buffer>): Buffer {
  if (extensions.size === 0) return Buffer.alloc(0);
  const elements = Buffer.concat(
    [...extensions].map(([id, value]) =>
      Buffer.concat([Buffer.of((id << 4) | (value.length - 1)), value]),
    ),
  );
  const words = Math.ceil(elements.length / 4);
  const block = Buffer.alloc(4 + 4 * words);
  block.writeUInt16BE(0xbede, 0);
  block.writeUInt16BE(words, 2);
  elements.copy(block, 4);
  return block;
}

export function readRtp(bytes: Uint8Array): RtpPacket {
  const packet = Buffer.from(bytes);
  const first = packet.readUInt8(0);
  const second = packet.readUInt8(1);
  const hasExtensions = (first & 0x10) !== 0;
  const size = hasExtensions ? 4 + 4 * packet.readUInt16BE(14) : 0;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    extensions: hasExtensions ? readExtensions(packet.subarray(16, 12 + size)) : new Map(),
    payload: packet.subarray(12 + size, packet.length - paddingOf(packet)),
  };
}

/** RFC 3550 §5.1: the last byte counts. */
function paddingOf(packet: Buffer): number {
  return packet.readUInt8(0) & 0x20 ? packet.readUInt8(packet.length - 1) : 0;
}

function readExtensions(elements: Buffer): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>();
  for (let at = 0; at < elements.length; ) {
    const head = elements.readUInt8(at);
    const size = (head & 15) + 1;
    if (head !== 0) extensions.set(head >> 4, elements.subarray(at + 1, at + 1 + size));
    at += head === 0 ? 1 : 1 + size;
  }
  return extensions;
}

/** RFC 5761 §4. */
export function isRtcp(bytes: Uint8Array): boolean {
  return (bytes[1] ?? 0) >= 192 && (bytes[1] ?? 0) <= 223;
}

/** The packets of a compound as `[type, count or format, body]`. */
export function readRtcp(bytes: Uint8Array): [type: number, format: number, body: Buffer][] {
  const packets: [number, number, Buffer][] = [];
  for (let rest = Buffer.from(bytes); rest.length >= 4; ) {
    const size = 4 * (rest.readUInt16BE(2) + 1);
    packets.push([rest.readUInt8(1), rest.readUInt8(0) & 31, rest.subarray(4, size)]);
    rest = rest.subarray(size);
  }
  return packets;
}

/** RFC 4585 §6.2.1: one lost packet. */
export function writeNack(mediaSsrc: number, sequence: number): Buffer {
  const packet = Buffer.alloc(16);
  packet[0] = 0x81;
  packet[1] = 205;
  packet.writeUInt16BE(3, 2);
  packet.writeUInt32BE(1, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  packet.writeUInt16BE(sequence, 12);
  return packet;
}

/** RFC 7741: a descriptor that starts a partition, then a frame tag with P = 0, 640 × 360. */
export const VP8_KEY_FRAME = Buffer.of(
  ...[0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01, 0xaa, 0xbb],
);
/** The same with P = 1. */
export const VP8_DELTA_FRAME = Buffer.of(0x10, 0x11, 0x02, 0x00, 0xcc, 0xdd);
