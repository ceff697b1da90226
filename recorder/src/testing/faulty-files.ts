/** Disks that fill, and disks that lose power. For tests. */
import type { DiskSpace, FileLayer, OpenFile } from '../sink/file-layer.js';

/** A disk with so many bytes: what does not fit is written in part, and refused with ENOSPC. */
export class SmallDisk implements FileLayer {
  totalBytes: number;
  readonly #files: FileLayer;
  readonly #sizes = new Map<string, number>();

  constructor(files: FileLayer, totalBytes: number) {
    this.#files = files;
    this.totalBytes = totalBytes;
  }

  get usedBytes(): number {
    let used = 0;
    for (const size of this.#sizes.values()) used += size;
    return used;
  }

  async open(path: string): Promise<OpenFile> {
    const file = await this.#files.open(path);
    this.#sizes.set(path, await file.size());
    return {
      ...methodsOf(file),
      write: async (bytes, at) => {
        const size = this.#sizes.get(path) ?? 0;
        const more = Math.max(0, at + bytes.length - size);
        const free = Math.max(0, this.totalBytes - this.usedBytes);
        const fitting = bytes.length - Math.max(0, more - free);
        if (fitting > 0) await file.write(bytes.subarray(0, fitting), at);
        this.#sizes.set(path, Math.max(size, at + fitting));
        if (fitting < bytes.length) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      },
      truncate: async (bytes) => {
        await file.truncate(bytes);
        this.#sizes.set(path, bytes);
      },
    };
  }

  async space(): Promise<DiskSpace> {
    const freeBytes = Math.max(0, this.totalBytes - this.usedBytes);
    return { freeBytes, totalBytes: this.totalBytes };
  }

  readText = (path: string) => this.#files.readText(path);
  writeText = (path: string, text: string) => this.#files.writeText(path, text);
  list = (folder: string) => this.#files.list(folder);
  remove = (path: string) => this.#files.remove(path);
  removeEmpty = (folder: string) => this.#files.removeEmpty(folder);
}

/** A disk that stands still: writes wait for as long as `hang` says. */
export class HangingDisk implements FileLayer {
  #gate: Promise<void> = Promise.resolve();
  readonly #files: FileLayer;

  constructor(files: FileLayer) {
    this.#files = files;
  }

  /** From now on; the returned function ends it. */
  hang(): () => void {
    let end = () => {};
    this.#gate = new Promise((resolve) => {
      end = resolve;
    });
    return end;
  }

  async open(path: string): Promise<OpenFile> {
    const file = await this.#files.open(path);
    return {
      ...methodsOf(file),
      write: async (bytes, at) => {
        await this.#gate;
        await file.write(bytes, at);
      },
    };
  }

  readText = (path: string) => this.#files.readText(path);
  writeText = (path: string, text: string) => this.#files.writeText(path, text);
  list = (folder: string) => this.#files.list(folder);
  remove = (path: string) => this.#files.remove(path);
  removeEmpty = (folder: string) => this.#files.removeEmpty(folder);
  space = (folder: string) => this.#files.space(folder);
}

type Act = { atMs: number } & (
  | { path: string; type: 'write'; at: number; bytes: Uint8Array }
  | { path: string; type: 'truncate'; bytes: number }
  | { path: string; type: 'synced'; ofAct: number }
);

/** Notes everything that is written, so that a power loss can be replayed at any moment. */
export class NotedDisk implements FileLayer {
  readonly acts: Act[] = [];
  readonly #files: FileLayer;
  readonly #nowMs: () => number;

  constructor(files: FileLayer, nowMs: () => number) {
    this.#files = files;
    this.#nowMs = nowMs;
  }

  async open(path: string): Promise<OpenFile> {
    const file = await this.#files.open(path);
    return {
      ...methodsOf(file),
      write: (bytes, at) => {
        this.acts.push({ ...this.#when, path, type: 'write', at, bytes: Uint8Array.from(bytes) });
        return file.write(bytes, at);
      },
      truncate: (bytes) => {
        this.acts.push({ ...this.#when, path, type: 'truncate', bytes });
        return file.truncate(bytes);
      },
      sync: async () => {
        const ofAct = this.acts.length;
        await file.sync();
        this.acts.push({ ...this.#when, path, type: 'synced', ofAct });
      },
    };
  }

  get #when(): { atMs: number } {
    return { atMs: this.#nowMs() };
  }

  /** What is left when the power goes after so many acts: what was synced, and of the rest what `survives` says. */
  leftAfter(count: number, survives: () => boolean): Map<string, Buffer> {
    const acts = this.acts.slice(0, count);
    const syncedTo = new Map<string, number>();
    for (const act of acts) if (act.type === 'synced') syncedTo.set(act.path, act.ofAct);
    const left = new Map<string, Buffer>();
    const torn = new Set<string>();
    acts.forEach((act, index) => {
      if (act.type === 'synced') return;
      const isSafe = index < (syncedTo.get(act.path) ?? 0);
      if (!isSafe && (torn.has(act.path) || !survives())) {
        torn.add(act.path);
        return;
      }
      left.set(act.path, applied(left.get(act.path) ?? Buffer.alloc(0), act));
    });
    return left;
  }

  readText = (path: string) => this.#files.readText(path);
  writeText = (path: string, text: string) => this.#files.writeText(path, text);
  list = (folder: string) => this.#files.list(folder);
  remove = (path: string) => this.#files.remove(path);
  removeEmpty = (folder: string) => this.#files.removeEmpty(folder);
  space = (folder: string) => this.#files.space(folder);
}

function applied(before: Buffer, act: Act): Buffer {
  if (act.type === 'truncate') {
    const after = Buffer.alloc(act.bytes);
    before.copy(after);
    return after;
  }
  if (act.type === 'synced') return before;
  const after = Buffer.alloc(Math.max(before.length, act.at + act.bytes.length));
  before.copy(after);
  after.set(act.bytes, act.at);
  return after;
}

function methodsOf(file: OpenFile): OpenFile {
  return {
    write: (bytes, at) => file.write(bytes, at),
    read: (at, bytes) => file.read(at, bytes),
    sync: () => file.sync(),
    truncate: (bytes) => file.truncate(bytes),
    size: () => file.size(),
    close: () => file.close(),
  };
}
