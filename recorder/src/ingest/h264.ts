/**
 * H.264 from RTP (RFC 6184, packetization mode 1): single NAL units, STAP-A, FU-A. A block has them with
 * their lengths (4 bytes) before them, as ISO/IEC 14496-15 has it; parameter sets stay where they came, too.
 */
import { type BuiltFrame, MAX_UNITS, type PictureFormat, sizeOf } from './format.js';
import { readSps } from './h264-sps.js';

const SLICE = 1;
const IDR = 5;
const SEI = 6;
const SPS = 7;
const PPS = 8;
const AUD = 9;
const STAP_A = 24;
const FU_A = 28;

/** Parameter sets are some dozens of bytes: more is no stream that anybody decodes. */
const MAX_PARAMETER_SET_BYTES = 4096;

type Nal = Uint8Array[];

export class H264 implements PictureFormat {
  #sps: Uint8Array | null = null;
  readonly #pps = new Map<number, Uint8Array>();

  beginsKeyFrame(payload: Uint8Array): boolean {
    const type = (payload[0] ?? 0) & 0x1f;
    if (type === STAP_A) {
      const nals: Nal[] = [];
      splitInto(nals, payload);
      const first = nals.find(([nal]) => !comesBefore(nal?.[0] ?? 0))?.[0];
      return first ? this.#beginsWith(first[0] ?? 0, first[1] ?? 0) : nals.length > 0;
    }
    if (type === FU_A) {
      const header = payload[1] ?? 0;
      return (header & 0x80) !== 0 && this.#beginsWith(header, payload[2] ?? 0);
    }
    return this.#beginsWith(payload[0] ?? 0, payload[1] ?? 0);
  }

  /** An IDR slice is its first one when its first macroblock is 0: the bit 1. */
  #beginsWith(header: number, next: number): boolean {
    const type = header & 0x1f;
    if (type === SPS || comesBefore(header)) return true;
    return type === IDR && this.#sps !== null && (next & 0x80) !== 0;
  }

  build(payloads: readonly Uint8Array[]): BuiltFrame | null {
    const nals = nalsOf(payloads);
    if (!nals || nals.length === 0) return null;
    let isKey = false;
    let isPicture = false;
    for (const nal of nals) {
      const type = (nal[0]?.[0] ?? 0) & 0x1f;
      if (type === IDR) isKey = true;
      if (type >= SLICE && type <= IDR) isPicture = true;
      if (type !== SPS && type !== PPS) continue;
      if (sizeOf(nal) > MAX_PARAMETER_SET_BYTES) return null;
      this.#keep(type, joined(nal));
    }
    if (!isPicture) return null;
    const parts = nals.flatMap((nal) => [lengthOf(nal), ...nal]);
    if (!isKey) return { parts, isKey };
    const size = this.#sps ? readSps(this.#sps) : null;
    if (!this.#sps || !size || this.#pps.size === 0) return null;
    return { parts, isKey, ...size, codecPrivate: avcC(this.#sps, [...this.#pps.values()]) };
  }

  #keep(type: number, nal: Uint8Array): void {
    // A copy: a view would hold the whole batch of packets that it came with.
    const copy = Uint8Array.from(nal);
    if (type === PPS) this.#pps.set(nal[1] ?? 0, copy);
    else {
      if (this.#sps && Buffer.compare(this.#sps, copy) !== 0) this.#pps.clear();
      this.#sps = copy;
    }
    // Ids are up to 255, but nobody sends many: more would be somebody who fills memory.
    if (this.#pps.size > 16) this.#pps.clear();
  }
}

/** May stand before the parameter sets of a picture: what it is, is known when it is whole. */
function comesBefore(header: number): boolean {
  const type = header & 0x1f;
  return type === AUD || type === SEI;
}

function nalsOf(payloads: readonly Uint8Array[]): Nal[] | null {
  const nals: Nal[] = [];
  let fragments: Nal | null = null;
  for (const payload of payloads) {
    const header = payload[0] ?? 0;
    const type = header & 0x1f;
    if (type === FU_A) {
      const unit = payload[1] ?? 0;
      if (unit & 0x80) {
        fragments = [Uint8Array.of((header & 0xe0) | (unit & 0x1f))];
        nals.push(fragments);
      }
      if (!fragments || payload.length < 3) return null;
      fragments.push(payload.subarray(2));
      if (unit & 0x40) fragments = null;
    } else if (type === STAP_A) {
      if (!splitInto(nals, payload)) return null;
    } else if (type >= 1 && type <= 23) {
      nals.push([payload]);
    } else return null;
    if (nals.length > MAX_UNITS) return null;
  }
  return fragments ? null : nals;
}

function splitInto(nals: Nal[], payload: Uint8Array): boolean {
  let at = 1;
  while (at + 2 < payload.length) {
    const size = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    at += 2;
    if (size === 0 || at + size > payload.length) return false;
    nals.push([payload.subarray(at, at + size)]);
    at += size;
  }
  return at === payload.length;
}

function lengthOf(nal: Nal): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(sizeOf(nal));
  return length;
}

function joined(nal: Nal): Uint8Array {
  return nal.length === 1 ? (nal[0] ?? new Uint8Array()) : Buffer.concat(nal);
}

/** ISO/IEC 14496-15 §5.3.3.1. */
function avcC(sps: Uint8Array, ppss: readonly Uint8Array[]): Uint8Array {
  const sized = (nal: Uint8Array) => [Uint8Array.of(nal.length >> 8, nal.length & 0xff), nal];
  const profile = sps[1] ?? 0;
  const high = [100, 110, 122, 144].includes(profile) ? [0xfd, 0xf8, 0xf8, 0] : [];
  return Buffer.concat([
    Uint8Array.of(1, profile, sps[2] ?? 0, sps[3] ?? 0, 0xff, 0xe1),
    ...sized(sps),
    Uint8Array.of(ppss.length),
    ...ppss.flatMap(sized),
    Uint8Array.from(high),
  ]);
}
