/** Files of which it is known how much is under way: so that virtual time does not run away from a disk. For tests. */
import type { FileLayer, OpenFile } from '../sink/file-layer.js';

export class WatchedFiles implements FileLayer {
  /** Calls that have not come back. */
  busy = 0;
  readonly #files: FileLayer;

  constructor(files: FileLayer) {
    this.#files = files;
  }

  async open(path: string): Promise<OpenFile> {
    const file = await this.#during(this.#files.open(path));
    return {
      write: (bytes, at) => this.#during(file.write(bytes, at)),
      read: (at, bytes) => this.#during(file.read(at, bytes)),
      sync: () => this.#during(file.sync()),
      truncate: (bytes) => this.#during(file.truncate(bytes)),
      size: () => this.#during(file.size()),
      close: () => this.#during(file.close()),
    };
  }

  readText = (path: string) => this.#during(this.#files.readText(path));
  writeText = (path: string, text: string) => this.#during(this.#files.writeText(path, text));
  list = (folder: string) => this.#during(this.#files.list(folder));
  remove = (path: string) => this.#during(this.#files.remove(path));
  removeEmpty = (folder: string) => this.#during(this.#files.removeEmpty(folder));
  space = (folder: string) => this.#during(this.#files.space(folder));

  #during<T>(task: Promise<T>): Promise<T> {
    this.busy++;
    return task.finally(() => {
      this.busy--;
    });
  }
}
