import { type FileHandle, open } from 'node:fs/promises';

interface Waiting {
  bytes: Buffer;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Appends to one file; what comes while the disk is busy shares its next flush. Made when it is needed. */
export class AppendFile {
  private file: FileHandle | null = null;
  private waiting: Waiting[] = [];
  private isToClear = false;
  private running: Promise<void> | null = null;
  /** So many were appended, and are not cleared. */
  bytes = 0;

  constructor(
    readonly path: string,
    private readonly maxBytes: number,
  ) {}

  /**
   * Resolves when the disk has it.
   * @throws Error when it would grow beyond its limit, or the disk refuses: then it does not count, but
   *   may be there.
   */
  append(bytes: Buffer): Promise<void> {
    if (this.bytes + bytes.length > this.maxBytes) {
      return Promise.reject(new Error(`${this.path} is full`));
    }
    this.bytes += bytes.length;
    this.isToClear = false;
    return new Promise((resolve, reject) => {
      this.waiting.push({ bytes, resolve, reject });
      this.wake();
    });
  }

  /** Empties it, unless something is appended before that is done: then it holds all it held. */
  clear(): void {
    this.isToClear = true;
    this.wake();
  }

  /** Everything that was asked is done; what was appended stays. */
  async close(): Promise<void> {
    await this.running;
    const { file } = this;
    this.file = null;
    await file?.close();
  }

  private wake(): void {
    this.running ??= this.drain().finally(() => {
      this.running = null;
    });
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0 || this.isToClear) {
      if (this.waiting.length === 0) await this.truncate();
      else await this.write(this.waiting.splice(0));
    }
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    try {
      this.file ??= await open(this.path, 'a', 0o600);
      await this.file.appendFile(Buffer.concat(batch.map(({ bytes }) => bytes)));
      await this.file.datasync();
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  private async truncate(): Promise<void> {
    this.isToClear = false;
    const { bytes } = this;
    await this.file?.truncate().then(
      () => {
        this.bytes -= bytes;
      },
      () => {}, // what it holds is written once more at worst
    );
  }
}
