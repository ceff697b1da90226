/**
 * AV1 from RTP (AV1 RTP payload format §4): OBU elements, in pieces over packets.
 *
 *  |Z|Y| W |N|-|-|-|   Z: goes on with the last element of the packet before; Y: its last one goes on;
 *                      W: how many elements (0: each with its length); N: a coded video sequence begins
 *
 * A block is a temporal unit in low-overhead form: each OBU with its size, no temporal delimiter.
 */
import { type Av1Sequence, readAv1Sequence } from './av1-sequence.js';
import { Bits } from './bits.js';
import { type BuiltFrame, MAX_UNITS, type PictureFormat, sizeOf } from './format.js';

const SEQUENCE_HEADER = 1;
const TEMPORAL_DELIMITER = 2;
const FRAME_HEADER = 3;
const FRAME = 6;
const TILE_LIST = 8;
const PADDING = 15;

interface Obu {
  type: number;
  /** Without size field. */
  header: number[];
  body: Uint8Array[];
}

export const av1: PictureFormat = {
  beginsKeyFrame: (payload) => ((payload[0] ?? 0) & 0x88) === 0x08,

  build(payloads): BuiltFrame | null {
    const elements = elementsOf(payloads);
    if (!elements) return null;
    const parts: Uint8Array[] = [];
    let sequence: (Av1Sequence & { obu: Uint8Array }) | null = null;
    let frameType = -1;
    for (const element of elements) {
      const obu = readObu(element);
      if (!obu) return null;
      if ([TEMPORAL_DELIMITER, TILE_LIST, PADDING].includes(obu.type)) continue;
      const sized = withSize(obu);
      parts.push(...sized);
      if (obu.type === SEQUENCE_HEADER) {
        const read = readAv1Sequence(Buffer.concat(obu.body));
        if (read) sequence = { ...read, obu: Buffer.concat(sized) };
      }
      const isFrame = obu.type === FRAME || obu.type === FRAME_HEADER;
      if (isFrame && frameType < 0) frameType = frameTypeOf(obu);
    }
    if (frameType < 0) return null;
    if (!sequence || frameType !== 0) return { parts, isKey: false };
    const { width, height, record, obu } = sequence;
    const codecPrivate = Buffer.concat([Uint8Array.from(record), obu]);
    return { parts, isKey: true, width, height, codecPrivate };
  },
};

/** 0: key frame, 1: inter, 2: intra only, 3: switch; a frame that is shown again counts as inter. */
function frameTypeOf({ body }: Obu): number {
  const first = body.find((part) => part.length > 0);
  if (!first) return 1;
  const bits = new Bits(first);
  return bits.bit() ? 1 : bits.read(2);
}

/** Each OBU as its pieces. */
function elementsOf(payloads: readonly Uint8Array[]): Uint8Array[][] | null {
  const elements: Uint8Array[][] = [];
  let isOpen = false;
  for (const payload of payloads) {
    const head = payload[0] ?? 0;
    if (((head & 0x80) !== 0) !== isOpen) return null;
    const pieces = piecesOf(payload);
    if (!pieces || pieces.length === 0) return null;
    for (const [index, piece] of pieces.entries()) {
      if (index === 0 && isOpen) elements.at(-1)?.push(piece);
      else elements.push([piece]);
    }
    if (elements.length > MAX_UNITS) return null;
    isOpen = (head & 0x40) !== 0;
  }
  return isOpen ? null : elements;
}

function piecesOf(payload: Uint8Array): Uint8Array[] | null {
  const count = ((payload[0] ?? 0) >> 4) & 3;
  const pieces: Uint8Array[] = [];
  let at = 1;
  while (at < payload.length) {
    let size = payload.length - at;
    if (count === 0 || pieces.length < count - 1) {
      const length = readLeb128(payload, at);
      if (!length) return null;
      at += length.bytes;
      size = length.value;
    }
    if (at + size > payload.length) return null;
    pieces.push(payload.subarray(at, at + size));
    at += size;
    if (count > 0 && pieces.length === count) break;
  }
  return pieces;
}

function readObu(pieces: Uint8Array[]): Obu | null {
  const first = pieces[0]?.length ? pieces : [Buffer.concat(pieces)];
  const head = first[0];
  const flags = head?.[0];
  if (!head || flags === undefined || (flags & 0x80) !== 0) return null;
  const hasExtension = (flags & 4) !== 0;
  const header = [flags | 2, ...(hasExtension ? [head[1] ?? 0] : [])];
  let at = header.length;
  if (flags & 2) {
    const whole = Buffer.concat(first);
    const length = readLeb128(whole, at);
    if (!length || at + length.bytes + length.value > whole.length) return null;
    at += length.bytes;
    return { type: (flags >> 3) & 15, header, body: [whole.subarray(at, at + length.value)] };
  }
  if (head.length < at) return null;
  return { type: (flags >> 3) & 15, header, body: [head.subarray(at), ...first.slice(1)] };
}

function withSize({ header, body }: Obu): Uint8Array[] {
  const head = [...header];
  let size = sizeOf(body);
  do {
    head.push((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
    size >>>= 7;
  } while (size > 0);
  return [Uint8Array.from(head), ...body.filter((part) => part.length > 0)];
}

function readLeb128(bytes: Uint8Array, at: number): { value: number; bytes: number } | null {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) return { value, bytes: index + 1 };
  }
  return null;
}
