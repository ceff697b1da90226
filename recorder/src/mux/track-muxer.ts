/**
 * One track in one file, append-only: what `take` gives is written behind what is there; when it is complete, an index
 * is appended and the head written again. A file that ends anywhere before is good up to its last whole block.
 */
import { type Block, clusterBytes, MAX_CLUSTER_MS, writeCluster } from './clusters.js';
import { Cues } from './cues.js';
import { completeHead, headOf, readHead, type TrackFormat } from './matroska-head.js';

export class TrackMuxer {
  readonly format: TrackFormat;
  readonly #head: Buffer;
  readonly #segmentAt: number;
  readonly #cues = new Cues();
  #isHeadWritten = false;
  #blocks: Block[] = [];
  /** Of the file, as it is when everything that was taken is written. */
  #end = 0;
  #lastMs = -1;
  /** How it stood before the last `take`. */
  #taken = { frames: 0, end: 0, cues: 0 };
  /** In the file, and those that wait. */
  frames = 0;

  constructor(format: TrackFormat) {
    this.format = format;
    this.#head = headOf(format);
    this.#segmentAt = readHead(this.#head)?.segmentAt ?? 0;
  }

  /** Where the next write goes. */
  get end(): number {
    return this.#end;
  }

  /** Of the last block, ms; -1: there is none. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** `ms` is moved on where it is not after the block before. Returns what it became. */
  push(block: Block): number {
    const ms = Math.max(Math.round(block.ms), this.#lastMs + 1);
    this.#blocks.push({ ...block, ms });
    this.#lastMs = ms;
    this.frames++;
    return ms;
  }

  /** What waits to be written, in one piece; null: nothing. */
  take(): Buffer | null {
    if (this.#blocks.length === 0) return null;
    const frames = this.frames - this.#blocks.length;
    this.#taken = { frames, end: this.#end, cues: this.#cues.length };
    const clusters = clustersOf(this.#blocks);
    const headBytes = this.#isHeadWritten ? 0 : this.#head.length;
    const size = clusters.reduce((sum, blocks) => sum + clusterBytes(blocks), headBytes);
    const out = Buffer.allocUnsafe(size);
    if (headBytes > 0) this.#head.copy(out);
    let at = headBytes;
    for (const blocks of clusters) {
      const [first] = blocks;
      if (first?.isKey) this.#cues.add(first.ms, this.#end + at - this.#segmentAt);
      at = writeCluster(blocks, out, at);
    }
    this.#isHeadWritten = true;
    this.#blocks = [];
    this.#end += size;
    return out;
  }

  /** What the last `take` gave was not written, and what waits behind it will not be. Returns how many frames. */
  undo(): number {
    const dropped = this.frames - this.#taken.frames;
    this.frames = this.#taken.frames;
    this.#end = this.#taken.end;
    this.#isHeadWritten = this.#taken.end > 0;
    this.#cues.keep(this.#taken.cues);
    this.#blocks = [];
    return dropped;
  }

  /** The index, to be appended, and then the head, to be written over the first bytes. */
  complete(durationMs: number): { tail: Buffer; head: Buffer } {
    const tail = this.#cues.bytes();
    const file = { bytes: this.#end + tail.length, cuesAt: this.#end, durationMs };
    return { tail, head: completeHead(this.#head, file) };
  }
}

function clustersOf(blocks: readonly Block[]): Block[][] {
  const clusters: Block[][] = [];
  let startMs = 0;
  let isVideo = false;
  for (const block of blocks) {
    // In sound each block is a key: they are no reason for a new cluster.
    isVideo ||= !block.isKey;
    const current = clusters.at(-1);
    const isKeyAfterOthers = block.isKey && isVideo;
    if (!current || isKeyAfterOthers || block.ms - startMs > MAX_CLUSTER_MS) {
      clusters.push([block]);
      startMs = block.ms;
    } else current.push(block);
  }
  return clusters;
}
