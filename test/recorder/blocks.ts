import { readFile } from 'node:fs/promises';
import { readCluster } from '../../recorder/src/mux/clusters.js';
import { readElement } from '../../recorder/src/mux/ebml.js';
import { readHead } from '../../recorder/src/mux/matroska-head.js';

/** Times of the blocks of a recorded file, ms. */
export async function blocksOf(path: string): Promise<number[]> {
  const bytes = await readFile(path);
  const times: number[] = [];
  let at = readHead(bytes)?.end ?? 0;
  for (;;) {
    const cluster = readCluster(bytes.subarray(at));
    if (!cluster) return times;
    times.push(...cluster.blocks.map(({ ms }) => ms));
    at += (readElement(bytes, at)?.headBytes ?? 0) + (readElement(bytes, at)?.size ?? 0);
  }
}
