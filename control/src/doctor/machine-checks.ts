import { existsSync } from 'node:fs';
import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isPublic } from '../config/hosts.js';
import { fewFiles, judgeStart, type Lack, smallBuffers } from '../config/public-start.js';
import { type Check, type Finding, failed, ok, warning } from './finding.js';

const gibibyte = 2 ** 30;
/** The database, and recordings of a few hours. */
const leastFreeBytes = gibibyte;
/** Pages, sockets of a small meeting, the database. */
const leastFilesAtHome = 1024;

/** Can the data folder be written, and is there room? */
export const disk: Check = async ({ data }, { freeBytes }) => {
  const ground = existingPart(data.folder);
  const error = await writeError(data.folder);
  if (error !== null) {
    return failed(
      `${data.folder} cannot be written: ${error}`,
      'give the folder to the user who runs Plenum (chown), or say another data.folder',
    );
  }
  const free = await freeBytes(ground);
  const text = `${(free / gibibyte).toFixed(1)} GiB are free for ${data.folder}`;
  return free >= leastFreeBytes
    ? ok(text)
    : failed(`${text}, 1 GiB is the least`, 'make room (du -x), or say another data.folder');
};

function existingPart(folder: string): string {
  let part = folder;
  while (!existsSync(part) && part !== dirname(part)) part = dirname(part);
  return part;
}

/** Writes a file there and leaves nothing behind. */
async function writeError(folder: string): Promise<string | null> {
  const wasThere = existsSync(folder);
  try {
    await mkdir(folder, { recursive: true });
    const file = join(folder, `.doctor-${process.pid}`);
    await writeFile(file, 'x');
    await rm(file);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    // Somebody else may keep something there by now.
    if (!wasThere) await rmdir(folder).catch(() => {});
  }
}

export const files: Check = (config, { machine }) => {
  const [lack] = fewFiles(machine);
  if (lack === undefined) return ok(`${machine.openFiles ?? 'unknown how many'} may be open`);
  const isEnough = (machine.openFiles ?? 0) >= leastFilesAtHome && !isPublic(config);
  return isEnough
    ? ok(`${machine.openFiles} may be open, enough for a trial`)
    : found([lack], true);
};

export const buffers: Check = (config, { machine }) => {
  const lacks = smallBuffers(config, machine);
  return found(lacks, isPublic(config), 'UDP sockets get what the node wants');
};

/** What a start would refuse besides. */
export const configuration: Check = (config) => {
  const unknown = { openFiles: null, receiveBufferBytes: null, sendBufferBytes: null };
  const { refused, passed } = judgeStart(config, unknown);
  if (refused.length === 0 && passed.length > 0) return found(passed, false);
  return found(refused, true, 'a start has nothing against it');
};

function found(lacks: Lack[], isFailure: boolean, otherwise = ''): Finding {
  if (lacks.length === 0) return ok(otherwise);
  const detail = lacks.map(({ what }) => what).join('; ');
  const fix = lacks.map(({ fix }) => fix).join('; ');
  return isFailure ? failed(detail, fix) : warning(detail, fix);
}
