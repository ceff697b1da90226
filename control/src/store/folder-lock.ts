import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startOf } from './processes.js';

/**
 * Makes this process the one owner of a data folder, by a file with its pid and start time. A
 * file that a killed process left behind is replaced.
 * @returns the release, to be called last.
 * @throws Error while another process owns the folder.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'plenum.pid');
  const owner = ownerOf(folder);
  if (owner !== null && owner !== process.pid) {
    throw new Error(`process ${owner} already runs Plenum with the data folder ${folder}`);
  }
  rmSync(file, { force: true });
  const mine = `${process.pid} ${startOf(process.pid) ?? ''}\n`;
  writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** The living process that owns a data folder. */
export function ownerOf(folder: string): number | null {
  const owner = readOwner(join(folder, 'plenum.pid'));
  return owner !== null && owner.start === startOf(owner.pid) ? owner.pid : null;
}

function readOwner(file: string): { pid: number; start: string } | null {
  try {
    const [pid, start] = readFileSync(file, 'utf8').trim().split(' ');
    return pid !== undefined && start !== undefined ? { pid: Number(pid), start } : null;
  } catch {
    return null;
  }
}
