/** Space that compositions take: what a disk keeps free for recordings that go on is none of theirs. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ReserveRule, spareOf } from '../disk/disk-watch.js';
import type { DiskSpace } from '../sink/file-layer.js';

export class RenderSpace {
  /** Of each job's folder: all that it will hold. */
  readonly #needed = new Map<string, number>();
  readonly #reserve: ReserveRule;
  readonly #space: (folder: string) => Promise<DiskSpace>;
  #last: Promise<void> = Promise.resolve();

  constructor(reserve: ReserveRule, space: (folder: string) => Promise<DiskSpace>) {
    this.#reserve = reserve;
    this.#space = space;
  }

  /** For a job, until `release`. @throws Error in words for operators: there is not so much. */
  take(folder: string, bytes: number): Promise<void> {
    // One after the other: two that look at once would both take the last of it.
    const taking = this.#last.then(() => this.#take(folder, bytes));
    this.#last = taking.catch(() => {});
    return taking;
  }

  release(folder: string): void {
    this.#needed.delete(folder);
  }

  async #take(folder: string, bytes: number): Promise<void> {
    let freeBytes = spareOf(this.#reserve, await this.#space(folder));
    for (const [other, needed] of this.#needed) {
      if (other !== folder) freeBytes -= Math.max(0, needed - (await sizeOf(other)));
    }
    if (freeBytes < bytes) {
      const [needs, free] = [Math.ceil(bytes / MIB), Math.floor(Math.max(0, freeBytes) / MIB)];
      throw new Error(
        `no space to compose: ${needs} MiB are needed, ${free} are free beside what recordings and other compositions need`,
      );
    }
    this.#needed.set(folder, bytes);
  }
}

const MIB = 1024 ** 2;

/** Of the files in it; those that go meanwhile are none. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    bytes += (await stat(join(folder, name)).catch(() => null))?.size ?? 0;
  }
  return bytes;
}
