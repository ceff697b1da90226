/**
 * One file on its way to the object store. While it grows, its parts go up as soon as they are durable; the first
 * part goes last, for the head of a file is written again when it is complete. It is tried for as long as it takes.
 */
import type { FileLayer, OpenFile } from '../sink/file-layer.js';
import type { PartStore, RecordingStore, StoredPart, UploadRef } from '../store.js';
import type { BackOff } from './back-off.js';
import type { UploadJournal } from './journal.js';
import type { Places } from './places.js';

export interface UploadOptions {
  store: RecordingStore;
  files: FileLayer;
  journal: UploadJournal;
  places: Places;
  backOff: BackOff;
  path: string;
  key: string;
  contentType: string;
  /** Of all parts but the last. */
  partBytes: number;
  /** A try failed, or went well. */
  tried: (error: unknown) => void;
}

/** S3 wants no fewer in a part. */
export const MIN_PART_BYTES = 5 * 1024 * 1024;

export class FileUpload {
  readonly #options: UploadOptions;
  #durableBytes = 0;
  #whole: { bytes: number; sha256: string } | null = null;
  #storedBytes = 0;
  #upload: UploadRef | null = null;
  #parts: Map<number, StoredPart> | null = null;
  #wake = () => {};
  #isClosed = false;
  #resolveDone: (isStored: boolean) => void = () => {};
  /** Whether it is in the store, whole; false: it was closed before. */
  readonly done: Promise<boolean>;

  constructor(options: UploadOptions) {
    this.#options = options;
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve;
    });
    this.#run().then(this.#resolveDone, () => this.#resolveDone(false));
  }

  /** Of it that is in the store. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** So much of it will not change any more, but for its first part. */
  advance(durableBytes: number): void {
    this.#durableBytes = Math.max(this.#durableBytes, durableBytes);
    this.#wake();
  }

  complete(file: { bytes: number; sha256: string }): void {
    this.#whole = file;
    this.#durableBytes = file.bytes;
    this.#wake();
  }

  /** Stops where it is: the next start goes on. */
  close(): void {
    this.#isClosed = true;
    this.#options.backOff.cut();
    this.#wake();
  }

  async #run(): Promise<boolean> {
    while (!this.#isClosed) {
      const step = this.#nextStep();
      if (!step) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      try {
        const isDone = await this.#options.places.with(step);
        this.#options.backOff.succeeded();
        this.#options.tried(null);
        if (isDone) return true;
      } catch (error) {
        if (this.#isClosed) break;
        this.#options.tried(error);
        await this.#options.backOff.wait();
      }
    }
    return false;
  }

  /** Answers whether the file is stored. Null: there is nothing to do yet. */
  #nextStep(): (() => Promise<boolean>) | null {
    const { inParts } = this.#options.store;
    const whole = this.#whole;
    if (!inParts || (whole && whole.bytes <= this.#options.partBytes)) {
      return whole && (() => this.#putWhole(whole));
    }
    const number = this.#nextPart();
    if (number !== null) return () => this.#putPart(inParts, number);
    return whole && (() => this.#finish(inParts, whole));
  }

  /** From 2 on; those that are whole, and of a complete file all. */
  #nextPart(): number | null {
    const { partBytes } = this.#options;
    const whole = this.#whole;
    const last = whole
      ? Math.ceil(whole.bytes / partBytes)
      : Math.floor(this.#durableBytes / partBytes);
    for (let number = 2; number <= last; number++) {
      if (!this.#parts?.has(number)) return number;
    }
    return null;
  }

  async #putWhole({ bytes, sha256 }: { bytes: number; sha256: string }): Promise<boolean> {
    const { store, path, key, contentType } = this.#options;
    await store.putFile(key, { path, bytes, sha256, contentType });
    await this.#verify(bytes);
    return true;
  }

  async #putPart(store: PartStore, number: number): Promise<boolean> {
    const upload = await this.#begun(store);
    if (this.#parts?.has(number)) return false;
    const bytes = await this.#bytesOf(number);
    const part = await store.putPart(upload, number, bytes);
    this.#parts?.set(number, part);
    this.#storedBytes += bytes.length;
    return false;
  }

  async #finish(store: PartStore, whole: { bytes: number }): Promise<boolean> {
    const { journal, key } = this.#options;
    const upload = await this.#begun(store);
    const first = await store.putPart(upload, 1, await this.#bytesOf(1));
    const parts = [...(this.#parts ?? new Map<number, StoredPart>()), [1, first] as const];
    const inOrder = parts.sort(([a], [b]) => a - b).map(([, part]) => part);
    try {
      await store.complete(upload, inOrder);
      await this.#verify(whole.bytes);
    } catch (error) {
      await this.#doubt(store);
      throw error;
    }
    await journal.forget(key);
    return true;
  }

  /** What the store has of it is asked anew before the next try. */
  async #doubt(store: PartStore): Promise<void> {
    const upload = this.#upload;
    this.#upload = null;
    this.#parts = null;
    this.#storedBytes = 0;
    if (upload && (await store.parts(upload).catch(() => [])) === null) {
      await this.#options.journal.forget(this.#options.key).catch(() => {});
    }
  }

  async #begun(store: PartStore): Promise<UploadRef> {
    if (this.#upload) return this.#upload;
    const { journal, key } = this.#options;
    const before = await journal.find(key);
    const stored = before ? await store.parts(before) : null;
    if (before && stored) {
      this.#upload = before;
      this.#parts = new Map(stored.filter((part) => this.#isAsItShouldBe(part)).map(byNumber));
    } else {
      this.#upload = await this.#begin(store);
      this.#parts = new Map();
    }
    this.#storedBytes = [...this.#parts.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    return this.#upload;
  }

  /** One that no journal knows would lie in the store for ever: it is begun and noted, or not begun. */
  async #begin(store: PartStore): Promise<UploadRef> {
    const { journal, key, contentType } = this.#options;
    const upload = await store.begin(key, contentType);
    try {
      await journal.note(upload);
    } catch (error) {
      await store.abort(upload).catch(() => {});
      await journal.forget(key).catch(() => {});
      throw error;
    }
    return upload;
  }

  /** The first part is sent anew in any case, and the last one of a file that was not complete. */
  #isAsItShouldBe({ number, bytes }: StoredPart): boolean {
    const { partBytes } = this.#options;
    const from = (number - 1) * partBytes;
    const size = this.#whole ? Math.min(partBytes, this.#whole.bytes - from) : partBytes;
    return number > 1 && bytes === size;
  }

  async #bytesOf(number: number): Promise<Uint8Array> {
    const { files, path, partBytes } = this.#options;
    const from = (number - 1) * partBytes;
    const size = Math.min(partBytes, this.#durableBytes - from);
    const file: OpenFile = await files.open(path);
    try {
      return await file.read(from, size);
    } finally {
      await file.close();
    }
  }

  async #verify(bytes: number): Promise<void> {
    const { store, key } = this.#options;
    const found = await store.sizeOf(key);
    if (found !== bytes) throw new Error(`${key} has ${found} bytes in the store, not ${bytes}`);
    this.#storedBytes = bytes;
  }
}

function byNumber(part: StoredPart): [number, StoredPart] {
  return [part.number, part];
}
