import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ids, isId } from '../ids.js';

/** Of the recorder of a single machine: the same from start to start, by it recordings find what they have there. */
export function recorderIdIn(folder: string, ids: Ids): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'recorder-id');
  const known = read(file);
  if (known !== null && isId(known)) return known;
  const fresh = ids.next();
  writeFileSync(file, `${fresh}\n`, { mode: 0o600 });
  return fresh;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
