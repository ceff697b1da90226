/**
 * A file that a track is being written to. Blocks gather in memory and are written each time `flush` is called,
 * one write at a time; nobody waits for a disk.
 */
import type { Block } from '../mux/clusters.js';
import type { TrackFormat } from '../mux/matroska-head.js';
import { TrackMuxer } from '../mux/track-muxer.js';
import { sha256Of } from './checksum.js';
import type { FileLayer, OpenFile } from './file-layer.js';

export interface CompleteFile {
  bytes: number;
  sha256: string;
  frames: number;
}

/** What waits to be written, of all tracks together. */
export class WriteMemory {
  bytes = 0;
  readonly mostBytes: number;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }
}

/** Some seconds of a picture: what a disk may stand still for. More costs memory for each track. */
export const MAX_PENDING_BYTES = 3 * 1024 * 1024;

/** Of what waits in all: the rest is for sound. */
const PICTURE_SHARE = 7 / 8;

/** What waited could not be written, and is gone: `frames` of it. The file is good up to there, and may go on. */
export type FailedWrite = (error: unknown, frames: number) => void;

export class TrackFile {
  readonly path: string;
  readonly #files: FileLayer;
  readonly #muxer: TrackMuxer;
  readonly #failed: FailedWrite;
  readonly #memory: WriteMemory;
  #file: OpenFile | null = null;
  #busy: Promise<void> | null = null;
  /** Of media, in memory; and what of it is being written. */
  #pendingBytes = 0;
  #writingBytes = 0;
  #isDirty = false;
  /** Only `finish` and `close` still do anything. */
  #isEnding = false;
  #wantsSync = false;
  #durableBytes = 0;

  constructor(
    files: FileLayer,
    path: string,
    format: TrackFormat,
    events: { failed: FailedWrite; memory: WriteMemory },
  ) {
    this.#files = files;
    this.path = path;
    this.#memory = events.memory;
    this.#muxer = new TrackMuxer(format);
    this.#failed = events.failed;
  }

  get format(): TrackFormat {
    return this.#muxer.format;
  }

  get frames(): number {
    return this.#muxer.frames;
  }

  /** Of the last frame, ms of recorded time; -1: none. */
  get lastMs(): number {
    return this.#muxer.lastMs;
  }

  /** What is written, or being written. */
  get bytes(): number {
    return this.#muxer.end;
  }

  /** So much of it outlives a power loss. */
  get durableBytes(): number {
    return this.#durableBytes;
  }

  /** More does not fit into memory: the disk does not keep up. */
  get isOverloaded(): boolean {
    const { bytes, mostBytes } = this.#memory;
    const share = this.format.codec === 'opus' ? 1 : PICTURE_SHARE;
    return this.#pendingBytes > MAX_PENDING_BYTES || bytes > mostBytes * share;
  }

  push(block: Block): number {
    this.#memory.bytes += block.bytes;
    this.#pendingBytes += block.bytes;
    return this.#muxer.push(block);
  }

  /** Writes what waits, unless a write is under way. Never rejects. */
  flush(): void {
    if (!this.#isEnding) this.#write();
  }

  #write(): void {
    if (this.#busy) return;
    const at = this.#muxer.end;
    const bytes = this.#muxer.take();
    if (!bytes) return;
    this.#writingBytes = this.#pendingBytes;
    this.#run(async (file) => {
      await file.write(bytes, at);
      this.#isDirty = true;
    }).catch(() => {});
  }

  /** Makes durable what is written, after what is under way. Never rejects. */
  sync(): void {
    if (this.#isEnding) return;
    if (this.#busy) {
      this.#wantsSync = true;
      return;
    }
    if (!this.#isDirty) return;
    const bytes = this.#muxer.end;
    this.#isDirty = false;
    this.#run(async (file) => {
      await file.sync();
      this.#durableBytes = bytes;
    }).catch(() => {
      this.#isDirty = true;
    });
  }

  /** Writes all that waits, the index and the length. @throws Error when the disk refuses: it may be tried again. */
  async finish(durationMs: number): Promise<CompleteFile> {
    this.#isEnding = true;
    await this.#idle();
    this.#write();
    await this.#idle();
    const { tail, head } = this.#muxer.complete(durationMs);
    const bytes = this.#muxer.end + tail.length;
    return this.#run(async (file) => {
      await file.write(tail, this.#muxer.end);
      await file.sync();
      await file.write(head, 0);
      await file.truncate(bytes);
      await file.sync();
      this.#durableBytes = bytes;
      return { bytes, sha256: await sha256Of(file, bytes), frames: this.#muxer.frames };
    });
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    await this.#idle();
    await this.#file?.close();
    this.#file = null;
  }

  async #idle(): Promise<void> {
    while (this.#busy) await this.#busy;
  }

  #run<T>(task: (file: OpenFile) => Promise<T>): Promise<T> {
    const running = this.#open().then(task);
    this.#busy = running.then(
      () => this.#ended(),
      (error) => this.#wasRefused(error),
    );
    return running;
  }

  async #open(): Promise<OpenFile> {
    this.#file ??= await this.#files.open(this.path);
    return this.#file;
  }

  #forget(bytes: number): void {
    this.#pendingBytes -= bytes;
    this.#memory.bytes -= bytes;
  }

  #ended(): void {
    this.#busy = null;
    this.#forget(this.#writingBytes);
    this.#writingBytes = 0;
    if (!this.#wantsSync) return;
    this.#wantsSync = false;
    this.sync();
  }

  async #wasRefused(error: unknown): Promise<void> {
    const wasWriting = this.#writingBytes > 0;
    const frames = wasWriting ? this.#muxer.undo() : 0;
    // What waited behind it is gone, too.
    if (wasWriting) this.#writingBytes = this.#pendingBytes;
    // At once: what comes meanwhile must not refer to what is gone.
    this.#failed(error, frames);
    // What a write left behind: half of a block. It is written over, or cut when the file is found again.
    await this.#file?.truncate(this.#muxer.end).catch(() => {});
    this.#ended();
  }
}
