/** Elements of EBML (RFC 8794): an id, a size, and what is inside. */

/** Of an element that is written before its end is known (§6.2): 8 bytes, all ones. */
export const UNKNOWN_SIZE = Buffer.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

export function idBytes(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(id);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

/** A size in as few bytes as it takes, or in `length` of them (1 to 8). */
export function sizeBytes(size: number, length = shortest(size)): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size) | (1n << BigInt(7 * length)));
  return bytes.subarray(8 - length);
}

function shortest(size: number): number {
  let length = 1;
  // All ones mean an unknown size.
  while (length < 8 && size >= 2 ** (7 * length) - 1) length++;
  return length;
}

export function element(id: number, ...content: readonly Uint8Array[]): Buffer {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([idBytes(id), sizeBytes(size), ...content]);
}

export function unsigned(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  const from = bytes.findIndex((byte) => byte !== 0);
  return element(id, bytes.subarray(from < 0 ? 7 : from));
}

export function float(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(id, bytes);
}

export function text(id: number, value: string): Buffer {
  return element(id, Buffer.from(value, 'utf8'));
}

/** Room for something else: `size` bytes in all, 2 to 128. */
export function room(size: number): Buffer {
  return Buffer.concat([Buffer.from([0xec]), sizeBytes(size - 2, 1), Buffer.alloc(size - 2)]);
}

export interface ElementHead {
  id: number;
  /** Of id and size field. */
  headBytes: number;
  /** Of what is inside; null: unknown. */
  size: number | null;
}

/** Null: there is none at that place, or not all of its head. */
export function readElement(bytes: Uint8Array, at: number): ElementHead | null {
  const idLength = Math.clz32(bytes[at] ?? 0) - 23;
  if (idLength > 4) return null;
  const sizeAt = at + idLength;
  const sizeLength = Math.clz32(bytes[sizeAt] ?? 0) - 23;
  if (sizeLength > 8 || sizeAt + sizeLength > bytes.length) return null;
  let id = 0;
  for (let index = at; index < sizeAt; index++) id = id * 256 + (bytes[index] ?? 0);
  let size = (bytes[sizeAt] ?? 0) & (0xff >> sizeLength);
  let isUnknown = size === 0xff >> sizeLength;
  for (let index = 1; index < sizeLength; index++) {
    const byte = bytes[sizeAt + index] ?? 0;
    isUnknown &&= byte === 0xff;
    size = size * 256 + byte;
  }
  return { id, headBytes: idLength + sizeLength, size: isUnknown ? null : size };
}
