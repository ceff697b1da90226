/**
 * VP8 in RTP (RFC 7741 §4.2): a descriptor, then a piece of a partition.
 *
 *  |X|R|N|S|R| PID |   S: begins a partition; PID 0: the first one
 *  |I|L|T|K| RSV   |   (if X)  picture id, TL0PICIDX, TID, KEYIDX: 1 or 2 (I), 1 (L), 1 (T or K) bytes
 */
import type { BuiltFrame, PictureFormat } from './format.js';

const SYNC_CODE = [0x9d, 0x01, 0x2a];

/** -1: the payload is shorter than it says. */
function descriptorSize(payload: Uint8Array): number {
  let size = 1;
  if (((payload[0] ?? 0) & 0x80) !== 0) {
    const flags = payload[1] ?? 0;
    size = 2;
    if (flags & 0x80) size += (payload[2] ?? 0) & 0x80 ? 2 : 1;
    if (flags & 0x40) size++;
    if (flags & 0x30) size++;
  }
  return size < payload.length ? size : -1;
}

export const vp8: PictureFormat = {
  beginsKeyFrame(payload) {
    const size = descriptorSize(payload);
    const beginsPicture = ((payload[0] ?? 0) & 0x17) === 0x10;
    return size > 0 && beginsPicture && ((payload[size] ?? 1) & 1) === 0;
  },

  build(payloads): BuiltFrame | null {
    const parts: Uint8Array[] = [];
    for (const payload of payloads) {
      const size = descriptorSize(payload);
      if (size < 0) return null;
      parts.push(payload.subarray(size));
    }
    const [first] = parts;
    if (!first || ((payloads[0]?.[0] ?? 0) & 0x17) !== 0x10) return null;
    if (((first[0] ?? 1) & 1) === 1) return { parts, isKey: false };
    return { parts, isKey: true, ...pictureSize(first) };
  },
};

/** Of a key frame's header (RFC 6386 §9.1): 3 bytes, the sync code, 14 bits each. */
function pictureSize(frame: Uint8Array): { width?: number; height?: number } {
  if (frame.length < 10 || SYNC_CODE.some((byte, at) => frame[3 + at] !== byte)) return {};
  const width = (frame[6] ?? 0) | (((frame[7] ?? 0) & 0x3f) << 8);
  const height = (frame[8] ?? 0) | (((frame[9] ?? 0) & 0x3f) << 8);
  return width && height ? { width, height } : {};
}
