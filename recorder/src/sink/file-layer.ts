/** The files of a recorder, as far as it needs any: so tests have disks that fill and lose power. */
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  statfs,
} from 'node:fs/promises';
import { dirname } from 'node:path';

export interface OpenFile {
  /** All of it, or it rejects: then some of it may be there. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** As much as there is. */
  read(at: number, bytes: number): Promise<Uint8Array>;
  /** What was written before outlives a power loss. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface DiskSpace {
  freeBytes: number;
  totalBytes: number;
}

export interface FileLayer {
  /** To read and write; made with its folders when it is not there: nobody else may read it. */
  open(path: string): Promise<OpenFile>;
  /** Null: there is none. */
  readText(path: string): Promise<string | null>;
  /** Replaces it at once: it is the former or this one, also after a power loss. */
  writeText(path: string, text: string): Promise<void>;
  /** Names; none where there is no folder, or something else. */
  list(folder: string): Promise<string[]>;
  /** A file, or a folder with all that is in it. */
  remove(path: string): Promise<void>;
  /** Nothing happens when there is something in it. */
  removeEmpty(folder: string): Promise<void>;
  space(folder: string): Promise<DiskSpace>;
}

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export const diskFiles: FileLayer = {
  async open(path) {
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    // 'r+' fails where there is none, 'w+' cuts what there is, 'a+' ignores places.
    const handle = await open(path, 'r+', FILE_MODE).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return open(path, 'wx+', FILE_MODE);
    });
    return new DiskFile(handle);
  },

  readText: (path) =>
    readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    }),

  async writeText(path, text) {
    const fresh = `${path}.new`;
    const handle = await open(fresh, 'w', FILE_MODE);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, path);
    await syncFolder(dirname(path));
  },

  list: (folder) =>
    readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw error;
    }),

  remove: (path) => rm(path, { recursive: true, force: true }),

  removeEmpty: (folder) =>
    rmdir(folder).catch((error: NodeJS.ErrnoException) => {
      const isLeft = ['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '');
      if (!isLeft) throw error;
    }),

  async space(folder) {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

class DiskFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const left = bytes.length - written;
      const { bytesWritten } = await this.#handle.write(bytes, written, left, at + written);
      written += bytesWritten;
    }
  }

  async read(at: number, bytes: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(bytes);
    let read = 0;
    while (read < bytes) {
      const { bytesRead } = await this.#handle.read(buffer, read, bytes - read, at + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return buffer.subarray(0, read);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(bytes: number): Promise<void> {
    return this.#handle.truncate(bytes);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

export function isNoSpace(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}
