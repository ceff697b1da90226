/**
 * Blocks in clusters. What came between two writes is one cluster, whole, with its size; a key frame
 * begins one. A block is id, size, track, time from its cluster (16 bits), flags, frame (RFC 9559 §10.2).
 */
import * as ebml from './ebml.js';
import * as id from './matroska-ids.js';

export interface Block {
  /** Of recorded time, whole, each more than the one before. */
  ms: number;
  parts: readonly Uint8Array[];
  bytes: number;
  isKey: boolean;
}

/** For each block, with sizes of 4 bytes. */
const BLOCK_HEAD_BYTES = 1 + 4 + 4;
const CLUSTER_HEAD_BYTES = 4 + 4;
/** Of the time field, always 8 bytes long. */
const TIME_BYTES = 1 + 1 + 8;
/** A block's time has 16 bits; and what is in one cluster is lost together. */
export const MAX_CLUSTER_MS = 1000;

/** What a cluster of these blocks takes. */
export function clusterBytes(blocks: readonly Block[]): number {
  let bytes = CLUSTER_HEAD_BYTES + TIME_BYTES;
  for (const block of blocks) bytes += BLOCK_HEAD_BYTES + block.bytes;
  return bytes;
}

/** Not empty; within `MAX_CLUSTER_MS`. The only copy of the media that is made. */
export function writeCluster(blocks: readonly Block[], out: Buffer, from: number): number {
  const startMs = blocks[0]?.ms ?? 0;
  let at = from;
  at = out.writeUInt32BE(id.CLUSTER, at);
  at = out.writeUInt32BE(0x1000_0000 + clusterBytes(blocks) - CLUSTER_HEAD_BYTES, at);
  out[at++] = id.TIMESTAMP;
  out[at++] = 0x88;
  at = out.writeBigUInt64BE(BigInt(startMs), at);
  for (const block of blocks) {
    out[at++] = id.SIMPLE_BLOCK;
    at = out.writeUInt32BE(0x1000_0000 + block.bytes + 4, at);
    out[at++] = 0x81;
    at = out.writeInt16BE(block.ms - startMs, at);
    out[at++] = block.isKey ? 0x80 : 0;
    for (const part of block.parts) {
      out.set(part, at);
      at += part.length;
    }
  }
  return at;
}

export interface ReadBlock {
  ms: number;
  isKey: boolean;
  frame: Uint8Array;
}

export interface ReadCluster {
  startMs: number;
  blocks: ReadBlock[];
  /** What of it is whole blocks, head included. */
  wholeBytes: number;
}

/** `bytes`: from the head of a cluster on, all of it or what there is. Null: not even one whole block. */
export function readCluster(bytes: Uint8Array): ReadCluster | null {
  const head = ebml.readElement(bytes, 0);
  if (head?.id !== id.CLUSTER || head.size === null) return null;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = Math.min(bytes.length, head.headBytes + head.size);
  let at = head.headBytes;
  if (view[at] !== id.TIMESTAMP || at + TIME_BYTES > end) return null;
  const startMs = Number(view.readBigUInt64BE(at + 2));
  at += TIME_BYTES;
  const blocks: ReadBlock[] = [];
  while (at < end) {
    const block = ebml.readElement(bytes, at);
    if (block?.id !== id.SIMPLE_BLOCK || block.size === null || block.size < 4) break;
    const from = at + block.headBytes;
    if (from + block.size > end) break;
    const ms = startMs + view.readInt16BE(from + 1);
    const isKey = ((view[from + 3] ?? 0) & 0x80) !== 0;
    blocks.push({ ms, isKey, frame: view.subarray(from + 4, from + block.size) });
    at = from + block.size;
  }
  return blocks.length > 0 ? { startMs, blocks, wholeBytes: at } : null;
}

/** The size field of a cluster of which only so much is left. */
export function clusterSizeField(wholeBytes: number): { at: number; bytes: Buffer } {
  return { at: 4, bytes: ebml.sizeBytes(wholeBytes - CLUSTER_HEAD_BYTES, 4) };
}
