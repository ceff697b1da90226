/** What of an AV1 sequence header (AV1 bitstream §5.5) a file needs: `av1C` and the size of pictures. */
import { Bits } from './bits.js';

export interface Av1Sequence {
  width: number;
  height: number;
  /** AV1CodecConfigurationRecord without its OBUs: 4 bytes. */
  record: number[];
}

/** `payload`: of the OBU, without its header. Null: it makes no sense. */
export function readAv1Sequence(payload: Uint8Array): Av1Sequence | null {
  const bits = new Bits(payload);
  const profile = bits.read(3);
  bits.skip(1);
  const isReduced = bits.bit() === 1;
  const level = isReduced ? { index: bits.read(5), tier: 0 } : readOperatingPoints(bits);
  const widthBits = bits.read(4) + 1;
  const heightBits = bits.read(4) + 1;
  const width = bits.read(widthBits) + 1;
  const height = bits.read(heightBits) + 1;
  skipTools(bits, isReduced);
  const colour = readColour(bits, profile);
  if (bits.isPastEnd) return null;
  const record = [0x81, (profile << 5) | level.index, (level.tier << 7) | colour, 0];
  return { width, height, record };
}

/** Level and tier of the first operating point. */
function readOperatingPoints(bits: Bits): { index: number; tier: number } {
  let hasDecoderModel = false;
  let delayBits = 0;
  if (bits.bit()) {
    bits.skip(64);
    if (bits.bit()) bits.golomb();
    hasDecoderModel = bits.bit() === 1;
    if (hasDecoderModel) {
      delayBits = bits.read(5) + 1;
      bits.skip(32 + 5 + 5);
    }
  }
  const hasDelays = bits.bit() === 1;
  const points = bits.read(5) + 1;
  const first = { index: 0, tier: 0 };
  for (let point = 0; point < points; point++) {
    bits.skip(12);
    const index = bits.read(5);
    const tier = index > 7 ? bits.bit() : 0;
    if (point === 0) Object.assign(first, { index, tier });
    if (hasDecoderModel && bits.bit()) bits.skip(2 * delayBits + 1);
    if (hasDelays && bits.bit()) bits.skip(4);
  }
  return first;
}

function skipTools(bits: Bits, isReduced: boolean): void {
  if (!isReduced && bits.bit()) bits.skip(4 + 3);
  bits.skip(3);
  if (!isReduced) {
    bits.skip(4);
    const hasOrderHint = bits.bit() === 1;
    if (hasOrderHint) bits.skip(2);
    const screenTools = bits.bit() ? 2 : bits.bit();
    if (screenTools > 0 && !bits.bit()) bits.skip(1);
    if (hasOrderHint) bits.skip(3);
  }
  bits.skip(3);
}

/** Bits 6 to 0 of the record's third byte. */
function readColour(bits: Bits, profile: number): number {
  const isHigh = bits.bit();
  const isTwelve = profile === 2 && isHigh ? bits.bit() : 0;
  const isMono = profile === 1 ? 0 : bits.bit();
  let isSrgb = false;
  if (bits.bit()) isSrgb = bits.read(8) === 1 && bits.read(8) === 13 && bits.read(8) === 0;
  let [subX, subY, position] = [1, 1, 0];
  if (isMono) bits.skip(1);
  else if (isSrgb) [subX, subY] = [0, 0];
  else {
    bits.skip(1);
    if (profile === 1) [subX, subY] = [0, 0];
    else if (profile === 2) [subX, subY] = isTwelve ? chroma(bits) : [1, 0];
    if (subX && subY) position = bits.read(2);
  }
  return (isHigh << 6) | (isTwelve << 5) | (isMono << 4) | (subX << 3) | (subY << 2) | position;
}

function chroma(bits: Bits): [number, number] {
  const subX = bits.bit();
  return [subX, subX ? bits.bit() : 0];
}
