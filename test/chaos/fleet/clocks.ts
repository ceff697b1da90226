/** A wall clock for each process, by Debian's libfaketime; the monotonic one stays the machine's. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const folders = ['x86_64-linux-gnu', 'aarch64-linux-gnu'];
/** The library looks for news as often. */
const readEachS = 1;

/** What a process is started with. */
export function clockOf(
  folder: string,
  name: string,
  { hasClocks }: { hasClocks?: boolean },
): Record<string, string> {
  if (!hasClocks) return {};
  const library = folders
    .map((one) => `/usr/lib/${one}/faketime/libfaketimeMT.so.1`)
    .find((path) => existsSync(path));
  if (library === undefined) throw new Error('no libfaketime');
  removeLeft();
  writeFileSync(join(folder, `${name}.clock`), '+0\n');
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: join(folder, `${name}.clock`),
    FAKETIME_CACHE_DURATION: String(readEachS),
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/**
 * What the library keeps for each process stays behind when that is killed, and the next process that gets its number
 * ends at once when it finds it.
 */
function removeLeft(): void {
  const folder = '/dev/shm';
  for (const name of readdirSync(folder)) {
    const [, pid] = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(name) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    try {
      rmSync(join(folder, name));
    } catch {
      // Another user's, or somebody else has removed it.
    }
  }
}

/** The process has it within `readEachS`. */
export async function setClock(folder: string, name: string, seconds: number): Promise<void> {
  const file = join(folder, `${name}.clock`);
  // The library never reads half a line.
  await writeFile(`${file}.partial`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  await rename(`${file}.partial`, file);
}
