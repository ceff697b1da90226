/** A track file whose writer was killed: its half block is cut off, and it is completed in place. */
import { lastTimeOf, scanFile } from '../mux/file-scan.js';
import { sha256Of } from '../sink/checksum.js';
import type { FileLayer } from '../sink/file-layer.js';

export interface RecoveredFile {
  bytes: number;
  sha256: string;
  /** 0: nothing of it is good. */
  frames: number;
  /** End of its last frame, ms of recorded time. */
  endMs: number;
}

const NOTHING: RecoveredFile = { bytes: 0, sha256: '', frames: 0, endMs: 0 };

/** Where its media ends, ms, found at once; null: there is none. @throws Error of the disk. */
export async function findEnd(files: FileLayer, path: string): Promise<number | null> {
  const file = await files.open(path);
  try {
    return await lastTimeOf((at, bytes) => file.read(at, bytes), await file.size());
  } finally {
    await file.close();
  }
}

/** May be done again when it was itself interrupted. @throws Error of the disk. */
export async function recoverFile(files: FileLayer, path: string): Promise<RecoveredFile> {
  const file = await files.open(path);
  try {
    const found = await scanFile((at, bytes) => file.read(at, bytes), await file.size());
    if (!found) return NOTHING;
    await file.truncate(found.end);
    for (const { at, bytes } of found.writes) await file.write(bytes, at);
    await file.sync();
    return {
      bytes: found.bytes,
      sha256: await sha256Of(file, found.bytes),
      frames: found.frames,
      endMs: found.lastMs + found.lastDurationMs,
    };
  } finally {
    await file.close();
  }
}
