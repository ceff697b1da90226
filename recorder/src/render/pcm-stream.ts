/**
 * Reads what a decoder writes: 16-bit samples in Matroska, which alone says when each of them is to be heard. Only what ffmpeg's
 * muxer makes has to be understood.
 */

const headId = 0x1a45dfa3;
const segmentId = 0x18538067;
const clusterId = 0x1f43b675;
const clusterTimeId = 0xe7;
const simpleBlockId = 0xa3;
const blockGroupId = 0xa0;
const blockId = 0xa1;

export interface Sound {
  /** From 1 on. */
  track: number;
  /** In ms of recorded time. */
  t: number;
  /** Interleaved. */
  samples: Int16Array;
}

interface Element {
  id: number;
  /** Where its content begins. */
  at: number;
  /** Null: unknown. */
  bytes: number | null;
}

/** Larger elements are none of a decoder's. */
const mostBytes = 1 << 24;

export class PcmStream {
  private rest: Buffer = Buffer.alloc(0);
  /** Bytes that are still to be passed over. */
  private toSkip = 0;
  private clusterMs = 0;
  private hasBegun = false;
  /** For all samples of one `push`: an array of its own for each sound costs more than the sound. */
  private room = new Int16Array(0);

  /** Takes the next bytes, and gives the sounds that are whole. @throws Error when it is no Matroska. */
  push(bytes: Buffer): Sound[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    this.room = new Int16Array(this.rest.length >> 1);
    const sounds: Sound[] = [];
    let at = 0;
    for (;;) {
      const skipped = Math.min(this.toSkip, this.rest.length - at);
      this.toSkip -= skipped;
      at += skipped;
      const element = this.elementAt(at);
      if (!element) break;
      const next = this.take(element, sounds);
      if (next === null) break;
      at = next;
    }
    this.rest = this.rest.subarray(at);
    return sounds;
  }

  /** Where to go on; null: more bytes are needed. */
  private take(element: Element, sounds: Sound[]): number | null {
    const { id, at, bytes } = element;
    if (!this.hasBegun && id !== headId) throw new Error('no Matroska');
    this.hasBegun = true;
    if (id === segmentId || id === clusterId || id === blockGroupId) return at;
    if (bytes === null || bytes > mostBytes) throw new Error('no samples in Matroska');
    const isRead = id === clusterTimeId || id === simpleBlockId || id === blockId;
    if (!isRead) {
      this.toSkip = bytes;
      return at;
    }
    if (this.rest.length < at + bytes) return null;
    const content = this.rest.subarray(at, at + bytes);
    if (id === clusterTimeId) this.clusterMs = content.readUIntBE(0, Math.min(6, content.length));
    else if (content.length > 4) sounds.push(this.soundOf(content));
    return at + bytes;
  }

  /** One byte of track number (there are fewer than 127), a time of 16 bits, flags. */
  private soundOf(block: Buffer): Sound {
    const pcm = block.subarray(4);
    const samples = this.room.subarray(0, pcm.length >> 1);
    this.room = this.room.subarray(samples.length);
    Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).set(
      pcm.subarray(0, samples.byteLength),
    );
    const track = (block[0] as number) & 0x7f;
    return { track, t: this.clusterMs + block.readInt16BE(1), samples };
  }

  private elementAt(at: number): Element | null {
    const idBytes = lengthOf(this.rest[at]);
    const sizeBytes = lengthOf(this.rest[at + idBytes]);
    if (idBytes === 0 || sizeBytes === 0) return null;
    if (this.rest.length < at + idBytes + sizeBytes) return null;
    if (idBytes > 4) throw new Error('no Matroska');
    const id = this.rest.readUIntBE(at, idBytes);
    let bytes = (this.rest[at + idBytes] as number) & (0xff >> sizeBytes);
    let isUnknown = bytes === 0xff >> sizeBytes;
    for (let i = 1; i < sizeBytes; i++) {
      const byte = this.rest[at + idBytes + i] as number;
      isUnknown &&= byte === 0xff;
      bytes = bytes * 256 + byte;
    }
    return { id, at: at + idBytes + sizeBytes, bytes: isUnknown ? null : bytes };
  }
}

/** How many bytes a number of variable length has; 0: that is not there yet. */
const lengthOf = (first: number | undefined) => (first === undefined ? 0 : Math.clz32(first) - 23);
