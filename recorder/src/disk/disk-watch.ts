/**
 * How much space is left. Pictures are given up first, then sound, so that the manifest, which says what is
 * missing, is written to the end.
 */
import type { RecorderClock } from '../clock.js';
import type { DiskSpace, FileLayer } from '../sink/file-layer.js';

export type DiskState = 'ok' | 'low' | 'full';

export interface ReserveRule {
  /** What is kept free: this, or that share of the disk, whatever is more. */
  minBytes: number;
  share: number;
}

export const DEFAULT_RESERVE: ReserveRule = { minBytes: 1024 ** 3, share: 0.02 };

const LOOK_MS = 1000;
/** Of the reserve that may be used for sound. */
const FULL_SHARE = 0.125;
/** Only with so much more than the reserve is it well again: else it would change each second. */
const MARGIN = 1.1;
/** What a refused write says counts for so long, whatever a look says: it may be a quota, which looks do not see. */
const REFUSAL_MS = 3000;

function reserveOf({ minBytes, share }: ReserveRule, totalBytes: number): number {
  return Math.max(minBytes, share * totalBytes);
}

/** What may be taken of it for something else, and recordings go on as before; below 0: nothing. */
export function spareOf(rule: ReserveRule, { freeBytes, totalBytes }: DiskSpace): number {
  return freeBytes - MARGIN * reserveOf(rule, totalBytes);
}

export class DiskWatch {
  state: DiskState = 'ok';
  freeBytes = 0;
  readonly #files: FileLayer;
  readonly #folder: string;
  readonly #clock: RecorderClock;
  readonly #reserve: ReserveRule;
  readonly #changed: (state: DiskState) => void;
  #stopLooking = () => {};
  #isClosed = false;
  #refusedMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    files: FileLayer;
    folder: string;
    clock: RecorderClock;
    reserve: ReserveRule;
    changed: (state: DiskState) => void;
  }) {
    this.#files = options.files;
    this.#folder = options.folder;
    this.#clock = options.clock;
    this.#reserve = options.reserve;
    this.#changed = options.changed;
  }

  /** Looks now, and each second from now on. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#isClosed) return;
    this.#stopLooking = this.#clock.after(LOOK_MS, () => {
      this.start().catch(() => {});
    });
  }

  /** A write was refused for lack of space, whatever was seen a second ago. */
  refused(kind: 'audio' | 'video'): void {
    this.#refusedMs = this.#clock.monotonic();
    if (kind === 'audio') this.#set('full');
    else if (this.state === 'ok') this.#set('low');
  }

  mayWrite(kind: 'audio' | 'video'): boolean {
    return this.state === 'ok' || (this.state === 'low' && kind === 'audio');
  }

  close(): void {
    this.#isClosed = true;
    this.#stopLooking();
  }

  async #look(): Promise<void> {
    try {
      const space = await this.#files.space(this.#folder);
      this.freeBytes = space.freeBytes;
      if (this.#clock.monotonic() - this.#refusedMs >= REFUSAL_MS) this.#set(this.#judge(space));
    } catch {
      // Whether it can be written to is then found out by writing.
    }
  }

  #judge({ freeBytes, totalBytes }: DiskSpace): DiskState {
    const reserve = reserveOf(this.#reserve, totalBytes);
    const full = reserve * FULL_SHARE;
    if (freeBytes < (this.state === 'full' ? 2 * full : full)) return 'full';
    return freeBytes < (this.state === 'ok' ? reserve : reserve * MARGIN) ? 'low' : 'ok';
  }

  #set(state: DiskState): void {
    if (state === this.state || this.#isClosed) return;
    this.state = state;
    this.#changed(state);
  }
}
