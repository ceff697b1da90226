/** A store in a folder, in parts or whole, and one on top of it that fails as it is told. For tests. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PartStore, RecordingStore, StoredPart, UploadRef } from '../store.js';

export class FileStore implements RecordingStore {
  readonly inParts: PartStore | null;
  readonly #folder: string;

  constructor(folder: string, isInParts = true, minPartBytes = 5 * 1024 * 1024) {
    this.#folder = folder;
    const uploads = join(folder, 'uploads');
    this.inParts = isInParts ? new FolderParts(uploads, this, minPartBytes) : null;
  }

  pathOf(key: string): string {
    return join(this.#folder, 'objects', key);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await mkdir(dirname(this.pathOf(key)), { recursive: true });
    await writeFile(this.pathOf(key), bytes);
  }

  async putFile(
    key: string,
    file: { path: string; bytes: number; sha256: string; contentType: string },
  ): Promise<void> {
    const bytes = await readFile(file.path);
    if (bytes.length !== file.bytes || sha256(bytes) !== file.sha256) {
      throw new Error(`${key} is not what it is said to be`);
    }
    await this.put(key, bytes);
  }

  async sizeOf(key: string): Promise<number | null> {
    const found = await stat(this.pathOf(key)).catch(() => null);
    return found?.size ?? null;
  }

  delete(key: string): Promise<void> {
    return rm(this.pathOf(key), { force: true });
  }
}

class FolderParts implements PartStore {
  readonly #folder: string;
  readonly #store: FileStore;
  readonly #minPartBytes: number;
  #count = 0;

  constructor(folder: string, store: FileStore, minPartBytes: number) {
    this.#folder = folder;
    this.#store = store;
    this.#minPartBytes = minPartBytes;
  }

  async begin(key: string): Promise<UploadRef> {
    const uploadId = `${process.pid}-${Date.now()}-${this.#count++}`;
    await mkdir(join(this.#folder, uploadId), { recursive: true });
    return { key, uploadId };
  }

  async putPart(upload: UploadRef, number: number, bytes: Uint8Array): Promise<StoredPart> {
    await writeFile(join(this.#folder, upload.uploadId, `${number}`), bytes);
    return { number, etag: sha256(bytes), bytes: bytes.length };
  }

  async parts(upload: UploadRef): Promise<StoredPart[] | null> {
    const folder = join(this.#folder, upload.uploadId);
    const names = await readdir(folder).catch(() => null);
    if (!names) return null;
    const parts = names.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      return { number: Number(name), etag: sha256(bytes), bytes: bytes.length };
    });
    return Promise.all(parts);
  }

  async complete(upload: UploadRef, parts: readonly StoredPart[]): Promise<void> {
    const stored = new Map((await this.parts(upload))?.map((part) => [part.number, part]));
    const pieces: Buffer[] = [];
    for (const [index, part] of parts.entries()) {
      const found = stored.get(part.number);
      const isLast = index === parts.length - 1;
      if (part.number !== index + 1 || found?.etag !== part.etag) throw new Error('other parts');
      if (!isLast && part.bytes < this.#minPartBytes) throw new Error('too small a part');
      pieces.push(await readFile(join(this.#folder, upload.uploadId, `${part.number}`)));
    }
    await this.#store.put(upload.key, Buffer.concat(pieces));
    await this.abort(upload);
  }

  abort(upload: UploadRef): Promise<void> {
    return rm(join(this.#folder, upload.uploadId), { recursive: true, force: true });
  }
}

/** `fault` may reject, or wait, before each call; `calls`: all that were made. */
export function faultyStore(
  store: RecordingStore,
  fault: (call: string) => Promise<void>,
): RecordingStore & { calls: string[] } {
  const calls: string[] = [];
  const faulty = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(object, name) {
        const value = Reflect.get(object, name, object) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          calls.push(String(name));
          await fault(String(name));
          return Reflect.apply(value, object, args);
        };
      },
    });
  const inParts = store.inParts && faulty(store.inParts);
  const whole = faulty(store);
  return {
    calls,
    inParts,
    putFile: (key, file) => whole.putFile(key, file),
    sizeOf: (key) => whole.sizeOf(key),
    delete: (key) => whole.delete(key),
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
