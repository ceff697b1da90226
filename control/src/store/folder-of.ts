import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of a `file:` URL; without a path in it, one of this name in the data folder. */
export function folderOf(url: string, dataFolder: string, name: string): string {
  return url === 'file:' ? join(dataFolder, name) : fileURLToPath(url);
}
