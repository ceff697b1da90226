/**
 * Appends to a manifest. Lines gather in memory and are written with each `flush`; what a disk refuses is
 * tried again with the next one.
 */
import type { FileLayer, OpenFile } from '../sink/file-layer.js';
import { ManifestContents } from './contents.js';
import type { ManifestLine } from './lines.js';

/** Lines that wait while there is no space. What is said again and again is passed over at a half of it. */
const MAX_PENDING = 100_000;
const REPEATED: readonly ManifestLine['type'][] = ['counts', 'clock', 'speaker'];

export class ManifestWriter {
  readonly contents: ManifestContents;
  readonly path: string;
  /** What the disk said to the last write; null: it was written. */
  refusal: unknown = null;
  readonly #files: FileLayer;
  #file: OpenFile | null = null;
  #end: number;
  #pending: string[] = [];
  #busy: Promise<void> | null = null;
  #isDirty = false;
  #wantsSync = false;

  /** `before`: what there is already; `bytes`: of it that is whole lines. */
  constructor(
    files: FileLayer,
    path: string,
    before: { contents: ManifestContents; bytes: number } | null = null,
  ) {
    this.#files = files;
    this.path = path;
    this.contents = before?.contents ?? new ManifestContents();
    this.#end = before?.bytes ?? 0;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0 || this.#busy !== null;
  }

  get bytes(): number {
    return this.#end;
  }

  append(line: ManifestLine): void {
    const most = REPEATED.includes(line.type) ? MAX_PENDING / 2 : MAX_PENDING;
    if (this.#pending.length >= most) return;
    this.contents.add(line);
    this.#pending.push(`${JSON.stringify(line, shortNumbers)}\n`);
  }

  /** Writes what waits, unless a write is under way. Never rejects. */
  flush(): void {
    this.write().catch(() => {});
  }

  /** As `flush`. @throws Error when the disk refuses. */
  async write(): Promise<void> {
    if (!this.#busy) await this.#write();
  }

  /** Makes durable what is written, after what is under way. Never rejects. */
  sync(): void {
    if (this.#busy) {
      this.#wantsSync = true;
      return;
    }
    if (this.#isDirty) this.#sync().catch(() => {});
  }

  /**
   * All that was appended so far is written, and outlives a power loss; what is appended meanwhile may be.
   * @throws Error when the disk refuses: it may be tried again.
   */
  async settle(): Promise<void> {
    await this.written();
    while (this.#busy) await this.#busy;
    await this.#sync();
  }

  /** All that was appended so far is written. @throws Error when the disk refuses: it may be tried again. */
  async written(): Promise<void> {
    while (this.#busy) await this.#busy;
    await this.#write();
  }

  async close(): Promise<void> {
    while (this.#busy) await this.#busy;
    await this.#file?.close();
    this.#file = null;
  }

  /** Nothing is under way. */
  async #sync(): Promise<void> {
    this.#isDirty = false;
    try {
      await this.#run((file) => file.sync());
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }

  /** Nothing is under way. */
  async #write(): Promise<void> {
    if (this.#pending.length === 0) return;
    const lines = this.#pending;
    this.#pending = [];
    const bytes = Buffer.from(lines.join(''));
    try {
      await this.#run(async (file) => {
        await file.write(bytes, this.#end);
        this.#end += bytes.length;
        this.#isDirty = true;
      });
      this.refusal = null;
    } catch (cause) {
      this.refusal = cause;
      this.#pending = [...lines, ...this.#pending];
      const reason = (cause as Error).message;
      throw new Error(`the manifest could not be written: ${reason}`, { cause });
    }
  }

  #run(task: (file: OpenFile) => Promise<void>): Promise<void> {
    const running = this.#open().then(task);
    const ended = () => {
      this.#busy = null;
      if (!this.#wantsSync) return;
      this.#wantsSync = false;
      this.sync();
    };
    this.#busy = running.then(ended, ended);
    return running;
  }

  async #open(): Promise<OpenFile> {
    if (this.#file) return this.#file;
    const file = await this.#files.open(this.path);
    // A line that was cut by a crash goes.
    await file.truncate(this.#end);
    this.#file = file;
    return file;
  }
}

/** Three decimals are a microsecond. */
function shortNumbers(_name: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}
