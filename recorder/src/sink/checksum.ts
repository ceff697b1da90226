import { createHash } from 'node:crypto';
import type { OpenFile } from './file-layer.js';

const PIECE_BYTES = 256 * 1024;

/** SHA-256 of its first `bytes`, hexadecimal; a piece at a time, so that media goes on meanwhile. */
export async function sha256Of(file: OpenFile, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    hash.update(await file.read(at, Math.min(PIECE_BYTES, bytes - at)));
  }
  return hash.digest('hex');
}
