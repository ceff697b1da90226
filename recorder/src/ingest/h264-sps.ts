/** What of a sequence parameter set (H.264 §7.3.2.1.1) says how large pictures are. */
import { Bits } from './bits.js';

const HIGH_PROFILES = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/** `sps`: with its NAL header. Null: it makes no sense. */
export function readSps(sps: Uint8Array): { width: number; height: number } | null {
  const bits = new Bits(withoutEmulation(sps), 8);
  const profile = bits.read(8);
  bits.skip(16);
  bits.golomb();
  const chroma = HIGH_PROFILES.includes(profile) ? readHighProfile(bits) : 1;
  bits.golomb();
  const orderType = bits.golomb();
  if (orderType === 0) bits.golomb();
  else if (orderType === 1) skipOrder(bits);
  bits.golomb();
  bits.skip(1);
  const columns = bits.golomb() + 1;
  const rows = bits.golomb() + 1;
  const isFramesOnly = bits.bit();
  if (!isFramesOnly) bits.skip(1);
  bits.skip(1);
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * (2 - isFramesOnly);
  const crop = bits.bit() ? [0, 0, 0, 0].map(() => bits.golomb()) : [0, 0, 0, 0];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const width = columns * 16 - (left + right) * unitX;
  const height = rows * 16 * (2 - isFramesOnly) - (top + bottom) * unitY;
  const isSound = !bits.isPastEnd && width > 0 && height > 0 && width < 65536 && height < 65536;
  return isSound ? { width, height } : null;
}

/** Returns chroma_format_idc. */
function readHighProfile(bits: Bits): number {
  const chroma = bits.golomb();
  if (chroma === 3) bits.skip(1);
  bits.golomb();
  bits.golomb();
  bits.skip(1);
  if (bits.bit()) {
    for (let list = 0; list < (chroma === 3 ? 12 : 8); list++) {
      if (bits.bit()) skipScaling(bits, list < 6 ? 16 : 64);
    }
  }
  return chroma;
}

function skipScaling(bits: Bits, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size; index++) {
    if (next !== 0) next = (last + bits.signedGolomb() + 256) % 256;
    if (next !== 0) last = next;
  }
}

function skipOrder(bits: Bits): void {
  bits.skip(1);
  bits.golomb();
  bits.golomb();
  for (let count = Math.min(bits.golomb(), 255); count > 0; count--) bits.golomb();
}

/** §7.4.1.1: 00 00 03 stands for 00 00. */
function withoutEmulation(nal: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
