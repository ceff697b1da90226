/** Which uploads were begun: `uploads.jsonl` beside the files, so that a recorder that was killed goes on with them. */
import type { FileLayer } from '../sink/file-layer.js';
import type { UploadRef } from '../store.js';

export class UploadJournal {
  readonly #files: FileLayer;
  readonly #path: string;
  #uploads: Map<string, UploadRef> | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(files: FileLayer, path: string) {
    this.#files = files;
    this.#path = path;
  }

  async find(key: string): Promise<UploadRef | null> {
    return (await this.#load()).get(key) ?? null;
  }

  async note(upload: UploadRef): Promise<void> {
    (await this.#load()).set(upload.key, upload);
    await this.#write();
  }

  async forget(key: string): Promise<void> {
    if ((await this.#load()).delete(key)) await this.#write();
  }

  /** One after the other: each writes all that is known then. */
  #write(): Promise<void> {
    const text = () => [...(this.#uploads?.values() ?? [])].map((upload) => JSON.stringify(upload));
    const writing = this.#writing.then(() =>
      this.#files.writeText(this.#path, `${text().join('\n')}\n`),
    );
    this.#writing = writing.catch(() => {});
    return writing;
  }

  async #load(): Promise<Map<string, UploadRef>> {
    if (this.#uploads) return this.#uploads;
    const found = new Map<string, UploadRef>();
    for (const line of ((await this.#files.readText(this.#path)) ?? '').split('\n')) {
      const upload = readUpload(line);
      if (upload) found.set(upload.key, upload);
    }
    this.#uploads ??= found;
    return this.#uploads;
  }
}

function readUpload(line: string): UploadRef | null {
  try {
    const { key, uploadId } = JSON.parse(line) as Partial<UploadRef>;
    return typeof key === 'string' && typeof uploadId === 'string' ? { key, uploadId } : null;
  } catch {
    return null;
  }
}
