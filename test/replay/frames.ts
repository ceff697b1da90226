/**
 * From RTP back to what a decoder eats: the packets of one SSRC in the order of their numbers become
 * pictures (VP8, VP9: RFC 7741, RFC 9628; H.264: RFC 6184, packetization mode 1; AV1: the AV1 RTP
 * payload format). Nothing is repaired: what is missing is missing, and the decoder says so.
 */
import type { RtpPacket } from '../../lib/testing/rtp.js';
import type { ReplayCodec } from './recording.js';

export interface Frame {
  /** RTP timestamp. */
  timestamp: number;
  bytes: Buffer;
}

type Depacketizer = (packets: readonly RtpPacket[]) => Buffer;

const DEPACKETIZERS: Partial<Record<ReplayCodec, Depacketizer>> = {
  vp8: (packets) => joined(packets, vp8DescriptorSize),
  vp9: (packets) => joined(packets, vp9DescriptorSize),
  h264: annexB,
  av1: temporalUnit,
};

/** One picture per timestamp; packets without payload are none. */
export function framesOf(codec: ReplayCodec, packets: readonly RtpPacket[]): Frame[] {
  const depacketize = DEPACKETIZERS[codec];
  if (!depacketize) throw new Error(`${codec} has no pictures`);
  const pictures: RtpPacket[][] = [];
  for (const packet of packets) {
    if (packet.payload.length === 0) continue;
    const current = pictures.at(-1);
    if (current?.[0]?.timestamp === packet.timestamp) current.push(packet);
    else pictures.push([packet]);
  }
  return pictures.map((picture) => ({
    timestamp: picture[0]?.timestamp ?? 0,
    bytes: depacketize(picture),
  }));
}

function joined(packets: readonly RtpPacket[], sizeOf: (payload: Buffer) => number): Buffer {
  return Buffer.concat(packets.map(({ payload }) => payload.subarray(sizeOf(payload))));
}

/** RFC 7741 §4.2. */
export function vp8DescriptorSize(payload: Buffer): number {
  const first = payload.readUInt8(0);
  if ((first & 0x80) === 0) return 1;
  const flags = payload.readUInt8(1);
  let size = 2;
  if (flags & 0x80) size += payload.readUInt8(size) & 0x80 ? 2 : 1;
  if (flags & 0x40) size += 1;
  if (flags & 0x30) size += 1;
  return size;
}

/** The fields of a VP9 descriptor that a replay looks at, and its size (RFC 9628 §4.2). */
export interface Vp9Layers {
  size: number;
  spatial: number;
  temporal: number;
  isInterPicture: boolean;
}

export function vp9Layers(payload: Buffer): Vp9Layers {
  const first = payload.readUInt8(0);
  const has = (bit: number) => (first & bit) !== 0;
  const isFlexible = has(0x10);
  let size = 1;
  if (has(0x80)) size += payload.readUInt8(size) & 0x80 ? 2 : 1;
  let spatial = 0;
  let temporal = 0;
  if (has(0x20)) {
    const layer = payload.readUInt8(size);
    spatial = (layer >> 1) & 7;
    temporal = layer >> 5;
    size += isFlexible ? 1 : 2;
  }
  if (isFlexible && has(0x40)) {
    while (payload.readUInt8(size++) & 1);
  }
  if (has(0x02)) size += scalabilitySize(payload, size);
  return { size, spatial, temporal, isInterPicture: has(0x40) };
}

function vp9DescriptorSize(payload: Buffer): number {
  return vp9Layers(payload).size;
}

/** RFC 9628 §4.2.1. */
function scalabilitySize(payload: Buffer, start: number): number {
  const head = payload.readUInt8(start);
  let size = 1;
  if (head & 0x10) size += 4 * ((head >> 5) + 1);
  if ((head & 0x08) === 0) return size;
  for (let pictures = payload.readUInt8(start + size++); pictures > 0; pictures--) {
    size += 1 + ((payload.readUInt8(start + size) >> 2) & 3);
  }
  return size;
}

const START_CODE = Buffer.of(0, 0, 0, 1);

function annexB(packets: readonly RtpPacket[]): Buffer {
  const parts: Buffer[] = [];
  for (const { payload } of packets) {
    const type = payload.readUInt8(0) & 31;
    if (type === 24) {
      for (let at = 1; at + 2 <= payload.length; at += 2 + payload.readUInt16BE(at)) {
        parts.push(START_CODE, payload.subarray(at + 2, at + 2 + payload.readUInt16BE(at)));
      }
    } else if (type === 28) {
      const fragment = payload.readUInt8(1);
      const header = (payload.readUInt8(0) & 0xe0) | (fragment & 31);
      if (fragment & 0x80) parts.push(START_CODE, Buffer.of(header));
      parts.push(payload.subarray(2));
    } else {
      parts.push(START_CODE, payload);
    }
  }
  return Buffer.concat(parts);
}

const TEMPORAL_DELIMITER = Buffer.of(0x12, 0x00);

/** The same temporal units without what lies above a spatial layer (OBU extension header, §5.3.3). */
export function av1UpTo(spatial: number, frames: readonly Frame[]): Frame[] {
  return frames.map(({ timestamp, bytes }) => ({
    timestamp,
    bytes: Buffer.concat(obusOf(bytes).filter((obu) => spatialIdOf(obu) <= spatial)),
  }));
}

function spatialIdOf(obu: Buffer): number {
  return obu.readUInt8(0) & 4 ? (obu.readUInt8(1) >> 3) & 3 : 0;
}

/** OBUs with their sizes, one after the other. */
function obusOf(unit: Buffer): Buffer[] {
  const obus: Buffer[] = [];
  for (let at = 0; at < unit.length; ) {
    const headerSize = unit.readUInt8(at) & 4 ? 2 : 1;
    const [size, bytes] = readLeb128(unit, at + headerSize);
    const end = at + headerSize + bytes + size;
    obus.push(unit.subarray(at, end));
    at = end;
  }
  return obus;
}

/** OBU elements put together across packets, each with its size again. */
function temporalUnit(packets: readonly RtpPacket[]): Buffer {
  const obus: Buffer[] = [];
  for (const { payload } of packets) {
    const aggregation = payload.readUInt8(0);
    const elements = obuElements(payload);
    elements.forEach((element, index) => {
      const continues = index === 0 && (aggregation & 0x80) !== 0;
      const last = obus.pop();
      if (continues && last) obus.push(Buffer.concat([last, element]));
      else obus.push(...(last ? [last] : []), element);
    });
  }
  return Buffer.concat([TEMPORAL_DELIMITER, ...obus.filter(({ length }) => length > 0).map(sized)]);
}

function obuElements(payload: Buffer): Buffer[] {
  const count = (payload.readUInt8(0) >> 4) & 3;
  const elements: Buffer[] = [];
  let at = 1;
  while (at < payload.length) {
    const isUnsized = count > 0 && elements.length === count - 1;
    const [size, bytes] = isUnsized ? [payload.length - at, 0] : readLeb128(payload, at);
    at += bytes;
    elements.push(payload.subarray(at, at + size));
    at += size;
  }
  return elements;
}

function readLeb128(bytes: Buffer, start: number): [value: number, size: number] {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = bytes.readUInt8(start + index);
    value += (byte & 127) * 2 ** (7 * index);
    if ((byte & 128) === 0) return [value, index + 1];
  }
  throw new RangeError('leb128 of more than 8 bytes');
}

/** The same OBU with obu_has_size_field set (AV1 specification §5.3). */
function sized(obu: Buffer): Buffer {
  const header = obu.readUInt8(0);
  if (header & 2) return obu;
  const headerSize = header & 4 ? 2 : 1;
  const size: number[] = [];
  for (let rest = obu.length - headerSize; ; rest >>>= 7) {
    size.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  const head = Buffer.from(obu.subarray(0, headerSize));
  head.writeUInt8(header | 2, 0);
  return Buffer.concat([head, Buffer.from(size), obu.subarray(headerSize)]);
}
