/** What is good of a file that ended without warning, and how it is completed. */
import { clusterSizeField, readCluster } from './clusters.js';
import { Cues } from './cues.js';
import * as ebml from './ebml.js';
import { completeHead, readHead } from './matroska-head.js';
import * as id from './matroska-ids.js';

export type ReadAt = (at: number, bytes: number) => Promise<Uint8Array>;

export interface ScannedFile {
  /** Whole blocks; 0: nothing of it is good. */
  frames: number;
  firstMs: number;
  lastMs: number;
  /** Of the last frame, ms: as long as the one before it was, or 20. */
  lastDurationMs: number;
  /** Where the good part ends. */
  end: number;
  /** To be written into it, in this order; then it is complete. */
  writes: { at: number; bytes: Uint8Array }[];
  /** The size of the complete file. */
  bytes: number;
}

const MAX_HEAD_BYTES = 65_536;
/** A cluster has what came in a second at most. */
const MAX_CLUSTER_BYTES = 64 * 1024 * 1024;

/** Null: nothing of it is good. @throws what `read` throws. */
export async function scanFile(read: ReadAt, bytes: number): Promise<ScannedFile | null> {
  const head = await read(0, Math.min(bytes, MAX_HEAD_BYTES));
  const layout = readHead(head);
  if (!layout) return null;
  const cues = new Cues();
  const found = { frames: 0, firstMs: 0, lastMs: 0, lastDurationMs: 20 };
  const writes: ScannedFile['writes'] = [];
  let at = layout.end;
  while (at < bytes) {
    const start = ebml.readElement(await read(at, Math.min(12, bytes - at)), 0);
    if (start?.id !== id.CLUSTER || start.size === null || start.size > MAX_CLUSTER_BYTES) break;
    const wanted = start.headBytes + start.size;
    const cluster = readCluster(await read(at, Math.min(wanted, bytes - at)));
    if (!cluster) break;
    const [first] = cluster.blocks;
    if (first?.isKey) cues.add(first.ms, at - layout.segmentAt);
    note(found, cluster.blocks);
    if (cluster.wholeBytes < wanted) {
      const field = clusterSizeField(cluster.wholeBytes);
      writes.push({ at: at + field.at, bytes: field.bytes });
    }
    at += cluster.wholeBytes;
    if (cluster.wholeBytes < wanted) break;
  }
  if (found.frames === 0) return null;
  const tail = cues.bytes();
  const size = at + tail.length;
  const durationMs = found.lastMs + found.lastDurationMs;
  writes.push({ at, bytes: tail });
  writes.push({ at: 0, bytes: completeHead(head, { bytes: size, cuesAt: at, durationMs }) });
  return { ...found, end: at, writes, bytes: size };
}

/** More than any cluster of 200 ms has. */
const TAIL_BYTES = 4 * 1024 * 1024;

/** Time of its last whole block, ms, without reading all of it; null: none was found. @throws what `read` throws. */
export async function lastTimeOf(read: ReadAt, bytes: number): Promise<number | null> {
  const from = Math.max(0, bytes - TAIL_BYTES);
  const tail = Buffer.from(await read(from, bytes - from));
  const mark = ebml.idBytes(id.CLUSTER);
  let at = tail.lastIndexOf(mark);
  while (at >= 0) {
    const last = readCluster(tail.subarray(at))?.blocks.at(-1);
    if (last) return last.ms;
    at = at === 0 ? -1 : tail.lastIndexOf(mark, at - 1);
  }
  return null;
}

type Found = Pick<ScannedFile, 'frames' | 'firstMs' | 'lastMs' | 'lastDurationMs'>;

function note(found: Found, blocks: readonly { ms: number }[]): void {
  for (const { ms } of blocks) {
    if (found.frames === 0) found.firstMs = ms;
    else found.lastDurationMs = Math.min(1000, Math.max(1, ms - found.lastMs));
    found.lastMs = ms;
    found.frames++;
  }
}
