/** Signed addresses of files: each good for a few minutes, then asked for anew. */
import type { FileUrl } from '../../../../client/src/index.js';

/** Of the five minutes that one is good for at most: what is shorter is found out by trying. */
const freshForMs = 240_000;

interface Known {
  url: Promise<string>;
  untilMs: number;
}

export class FileUrls {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly ask: (fileId: string) => Promise<FileUrl>,
    private readonly now: () => number,
  ) {}

  /** One that is good for a while; rejects with ProtocolError. */
  of(fileId: string): Promise<string> {
    const known = this.known.get(fileId);
    if (known && this.isFresh(fileId)) return known.url;
    const url = this.ask(fileId).then((answer) => answer.url);
    const made = { url, untilMs: this.now() + freshForMs };
    this.known.set(fileId, made);
    url.catch(() => {
      if (this.known.get(fileId) === made) this.known.delete(fileId);
    });
    return url;
  }

  isFresh(fileId: string): boolean {
    return this.now() < (this.known.get(fileId)?.untilMs ?? Number.NEGATIVE_INFINITY);
  }

  /** It was refused: the next one is a new one. */
  forget(fileId: string): void {
    this.known.delete(fileId);
  }
}
