/** Files that a killed process left: completed one after the other, refused ones in turn; given up at last. */
import { join } from 'node:path';
import type { ManifestFile } from '../manifest/contents.js';
import type { ManifestWriter } from '../manifest/writer.js';
import { isNoSpace } from '../sink/file-layer.js';
import { MIN_GAP_MS } from '../track/gaps.js';
import { BackOff } from '../upload/back-off.js';
import type { RecorderContext } from './context.js';
import { recoverFile } from './recover-file.js';

export interface RecoveryOptions {
  context: RecorderContext;
  folder: string;
  manifest: ManifestWriter;
  /** It has its end: it may be stored. */
  completed: (file: ManifestFile) => void;
  /** The disk refused one; it is tried again. */
  refused: (error: unknown) => void;
}

interface WaitingFile {
  file: ManifestFile;
  tries: number;
}

/** Over five minutes: a disk that refuses a file for so long, and takes others, refuses it for good. */
const MAX_TRIES = 26;

export class FileRecovery {
  readonly #options: RecoveryOptions;
  readonly #backOff: BackOff;
  #isClosed = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#backOff = new BackOff(options.context.clock);
  }

  /** Until each has its end, or it is closed. Never rejects. */
  async run(files: readonly ManifestFile[]): Promise<void> {
    let waiting: WaitingFile[] = files.map((file) => ({ file, tries: 0 }));
    for (;;) {
      waiting = await this.#turn(waiting);
      if (waiting.length === 0 || this.#isClosed) return;
      await this.#backOff.wait();
      if (this.#isClosed) return;
    }
  }

  /** What is refused by then is left to the next start. */
  close(): void {
    this.#isClosed = true;
    this.#backOff.cut();
  }

  /** Each once; answers those that are tried again. */
  async #turn(waiting: readonly WaitingFile[]): Promise<WaitingFile[]> {
    const refused: WaitingFile[] = [];
    for (const each of waiting) {
      try {
        if (!each.file.end) await this.#complete(each.file);
        this.#options.completed(each.file);
      } catch (error) {
        if (await this.#isHopeless(each, error)) this.#giveUp(each.file, error);
        else {
          this.#options.refused(error);
          refused.push(each);
        }
      }
    }
    return refused;
  }

  /** A disk that is full may have space again, and one that takes nothing at all may be there again. */
  async #isHopeless(waiting: WaitingFile, error: unknown): Promise<boolean> {
    if (!isNoSpace(error)) waiting.tries++;
    if (waiting.tries < MAX_TRIES) return false;
    return this.#options.manifest.settle().then(
      () => true,
      () => false,
    );
  }

  async #complete({ line }: ManifestFile): Promise<void> {
    const { context, folder, manifest } = this.#options;
    const { endMs, ...found } = await recoverFile(context.files, join(folder, line.name));
    const ended = { t: Math.max(line.t, endMs), file_id: line.file_id };
    manifest.append({ type: 'file_end', ...ended, ...found });
  }

  /** All of it is missing; it stays where it is. */
  #giveUp({ line, foundMs = line.t }: ManifestFile, error: unknown): void {
    const { context, manifest } = this.#options;
    const { t, file_id, track_id, name } = line;
    context.counters.filesGivenUp++;
    const facts = { file: name, error: String(error) };
    context.log('error', 'a file of a recording cannot be read and is given up', facts);
    if (foundMs - t >= MIN_GAP_MS) {
      context.counters.gapMs.disk += foundMs - t;
      manifest.append({ type: 'gap', track_id, from: t, to: foundMs, reason: 'disk' });
    }
    const nothing = { bytes: 0, sha256: '', frames: 0, unread: true } as const;
    manifest.append({ type: 'file_end', t, file_id, ...nothing });
  }
}
