import { randomFillSync } from 'node:crypto';

const partsInBlock = 256;

/** Random bytes, so many each time: drawn by the block, since to ask for each part costs 2 µs. */
export function randomParts(bytes: number): () => Buffer {
  const block = Buffer.alloc(bytes * partsInBlock);
  let used = block.length;
  return () => {
    if (used === block.length) {
      randomFillSync(block);
      used = 0;
    }
    used += bytes;
    return block.subarray(used - bytes, used);
  };
}
