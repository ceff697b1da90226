/** VP9 from RTP (RFC 9628): all spatial layers of a picture are one block. */
import { Bits } from './bits.js';
import { type BuiltFrame, type PictureFormat, sizeOf } from './format.js';
import { readVp9Descriptor, type Vp9Descriptor } from './vp9-descriptor.js';

/** A superframe has up to 8 (VP9 bitstream, Annex B). */
const MAX_FRAMES = 8;

export const vp9: PictureFormat = {
  beginsKeyFrame(payload) {
    const descriptor = readVp9Descriptor(payload);
    if (!descriptor || !beginsPicture(descriptor) || descriptor.isPredicted) return false;
    return isKeyFrame(payload.subarray(descriptor.size));
  },

  build(payloads): BuiltFrame | null {
    const frames: Uint8Array[][] = [];
    let first: Vp9Descriptor | null = null;
    for (const payload of payloads) {
      const descriptor = readVp9Descriptor(payload);
      if (!descriptor) return null;
      first ??= descriptor;
      if (descriptor.beginsFrame) frames.push([]);
      const frame = frames.at(-1);
      if (!frame) return null;
      frame.push(payload.subarray(descriptor.size));
    }
    const [lowest] = frames;
    if (!first || !lowest?.[0] || frames.length > MAX_FRAMES) return null;
    const parts = frames.flat();
    if (frames.length > 1) parts.push(superframeIndex(frames.map(sizeOf)));
    if (first.isPredicted || !isKeyFrame(lowest[0])) return { parts, isKey: false };
    const size = first.width ? { width: first.width, height: first.height } : keySize(lowest[0]);
    return { parts, isKey: true, ...size };
  },
};

function beginsPicture({ beginsFrame, spatial }: Vp9Descriptor): boolean {
  return beginsFrame && spatial === 0;
}

/** The uncompressed header (VP9 bitstream §6.2): marker, profile, show_existing_frame, frame_type. */
function headerAtType(frame: Uint8Array): Bits | null {
  const bits = new Bits(frame);
  if (bits.read(2) !== 2) return null;
  const profile = bits.bit() + bits.bit() * 2;
  if (profile === 3) bits.skip(1);
  return bits.bit() === 1 ? null : bits;
}

function isKeyFrame(frame: Uint8Array): boolean {
  return headerAtType(frame)?.bit() === 0;
}

/** Of profile 0, which is what browsers send by RTP; else not known. */
function keySize(frame: Uint8Array): { width?: number; height?: number } {
  const bits = headerAtType(frame);
  if (!bits || ((frame[0] ?? 0) & 0x30) !== 0) return {};
  bits.skip(3);
  if (bits.read(24) !== 0x498342) return {};
  const isSrgb = bits.read(3) === 7;
  if (isSrgb) return {};
  bits.skip(1);
  return { width: bits.read(16) + 1, height: bits.read(16) + 1 };
}

/** Annex B: marker, sizes, marker. */
function superframeIndex(sizes: readonly number[]): Uint8Array {
  const most = Math.max(...sizes);
  const width = most < 0x100 ? 1 : most < 0x1_0000 ? 2 : most < 0x100_0000 ? 3 : 4;
  const index = Buffer.alloc(2 + width * sizes.length);
  const marker = 0xc0 | ((width - 1) << 3) | (sizes.length - 1);
  index[0] = marker;
  index[index.length - 1] = marker;
  sizes.forEach((size, at) => {
    index.writeUIntLE(size, 1 + at * width, width);
  });
  return index;
}
