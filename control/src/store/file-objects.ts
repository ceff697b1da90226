import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  constants,
  copyFile,
  link,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import {
  type ByteRange,
  checkedKey,
  checkedPrefix,
  notAsSaid,
  type Objects,
  type WholeFile,
} from './objects.js';

/** Objects as files of a folder that only its user can read. */
export class FileObjects implements Objects {
  /** A file is stored when it is complete: by a link, where recorder and store share a disk. */
  readonly inParts = null;

  constructor(private readonly folder: string) {}

  /** There whole or not at all, also after a crash. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    const file = this.fileOf(key);
    await this.replace(file, async (partial) => {
      const handle = await open(partial, 'w', 0o600);
      try {
        await handle.writeFile(bytes);
      } finally {
        await handle.close();
      }
    });
  }

  async putFile(key: string, whole: WholeFile): Promise<void> {
    const file = this.fileOf(key);
    await this.replace(file, async (partial) => {
      await (mayGrow(key) ? copy(whole.path, partial) : linkOrCopy(whole.path, partial));
      const handle = await open(partial, 'r+');
      await handle.chmod(0o600).finally(() => handle.close());
      if (!(await isAsSaid(partial, whole))) throw notAsSaid(key);
    });
  }

  async get(key: string): Promise<Uint8Array | null> {
    return unlessMissing(readFile(this.fileOf(key)));
  }

  async sizeOf(key: string): Promise<number | null> {
    return (await unlessMissing(stat(this.fileOf(key))))?.size ?? null;
  }

  async read(key: string, range?: ByteRange): Promise<Readable | null> {
    const handle = await unlessMissing(open(this.fileOf(key), 'r'));
    if (handle === null) return null;
    return handle.createReadStream(range && { start: range.first, end: range.last });
  }

  async delete(key: string): Promise<void> {
    await rm(this.fileOf(key), { force: true });
  }

  async deleteAll(prefix: string): Promise<void> {
    await rm(join(this.folder, checkedPrefix(prefix)), { recursive: true, force: true });
  }

  async addressFor(): Promise<null> {
    return null;
  }

  async addressForJob(key: string): Promise<string> {
    return pathToFileURL(this.fileOf(key)).href;
  }

  /** By a file beside it, which takes its place when it is on the disk. */
  private async replace(file: string, write: (partial: string) => Promise<void>): Promise<void> {
    const folder = dirname(file);
    await makeFolder(folder);
    const partial = `${file}.partial`;
    await rm(partial, { force: true });
    try {
      await write(partial);
      await sync(partial);
      await rename(partial, file);
      // Of two names of one file nothing is renamed (POSIX): it is stored already, by a link.
      await rm(partial, { force: true });
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    await sync(folder);
  }

  private fileOf(key: string): string {
    return join(this.folder, checkedKey(key));
  }
}

/** A manifest is appended to: what is stored must not grow along with it. */
function mayGrow(key: string): boolean {
  return key.endsWith('.jsonl');
}

/** Of another disk nothing can be linked; some file systems have no links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(code)) throw error;
    await copy(from, to);
  }
}

/** As a clone, where the file system knows those. */
function copy(from: string, to: string): Promise<void> {
  return copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
}

async function isAsSaid(path: string, { bytes, sha256 }: WholeFile): Promise<boolean> {
  if ((await stat(path)).size !== bytes) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex') === sha256;
}

/** With the folders above it, all of whose names are on the disk then. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const last = dirname(first);
  for (let above = dirname(folder); above.length >= last.length; above = dirname(above)) {
    await sync(above);
    if (above === dirname(above)) return;
  }
}

/** A file, or the names in a folder, on the disk. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

async function unlessMissing<Result>(asked: Promise<Result>): Promise<Result | null> {
  try {
    return await asked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
