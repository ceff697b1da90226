/**
 * The files of one take: opened, written, completed, found again after a crash, and brought to the object store;
 * the manifest last, when it says everything.
 */
import { dirname, join } from 'node:path';
import type { RecordedFile } from '../contract.js';
import type { ManifestFile } from '../manifest/contents.js';
import type { FileLine } from '../manifest/lines.js';
import type { ManifestWriter } from '../manifest/writer.js';
import type { TrackFormat } from '../mux/matroska-head.js';
import { sha256Of } from '../sink/checksum.js';
import { TrackFile } from '../sink/track-file.js';
import { BackOff } from '../upload/back-off.js';
import { FileUpload } from '../upload/file-upload.js';
import { UploadJournal } from '../upload/journal.js';
import { type RecorderContext, takeKey } from './context.js';
import { FileRecovery } from './file-recovery.js';
import { findEnd } from './recover-file.js';

export interface TakeRef {
  recordingId: string;
  take: number;
}

export interface FileEvents {
  /** A file is stored, the store answers again, or does not: what is said of the recording may have changed. */
  changed(): void;
}

const MANIFEST = 'manifest.jsonl';
const STORED = 'stored.json';
/** Failures in a row, after which the store counts as down. */
const DOWN_AFTER = 2;

interface KeptFile {
  line: FileLine;
  /** While it is written to. */
  file: TrackFile | null;
  upload: FileUpload;
  bytes: number;
}

export class RecordingFiles {
  readonly folder: string;
  readonly #context: RecorderContext;
  readonly #key: string;
  readonly #manifest: ManifestWriter;
  readonly #events: FileEvents;
  readonly #journal: UploadJournal;
  readonly #kept = new Map<string, KeptFile>();
  readonly #closing = new Set<Promise<void>>();
  readonly #backOffs = new Set<BackOff>();
  readonly #recovery: FileRecovery;
  #failures = 0;
  #isClosed = false;
  #stored: RecordedFile[] | null = null;

  constructor(
    context: RecorderContext,
    ref: TakeRef,
    manifest: ManifestWriter,
    events: FileEvents,
  ) {
    this.#context = context;
    this.#key = takeKey(ref.recordingId, ref.take);
    this.folder = join(context.folder, this.#key);
    this.#manifest = manifest;
    this.#events = events;
    this.#journal = new UploadJournal(context.files, join(this.folder, 'uploads.jsonl'));
    this.#recovery = new FileRecovery({
      ...{ context, manifest, folder: this.folder },
      completed: (file) => this.#storeRecovered(file),
      refused: (error) => this.#waits(error),
    });
  }

  static manifestPath(folder: string): string {
    return join(folder, MANIFEST);
  }

  static storedPath(folder: string): string {
    return join(folder, STORED);
  }

  isRecovering = false;

  get isStoreDown(): boolean {
    return this.#failures >= DOWN_AFTER;
  }

  /** Everything is stored: `stored` is complete. */
  get isStored(): boolean {
    return this.#stored !== null;
  }

  get backlogBytes(): number {
    if (this.#stored) return 0;
    let bytes = this.#manifest.bytes;
    for (const { file, bytes: whole, upload } of this.#kept.values()) {
      bytes += Math.max(0, (file?.bytes ?? whole) - upload.storedBytes);
    }
    return bytes;
  }

  get stored(): readonly RecordedFile[] {
    if (this.#stored) return this.#stored;
    const files: RecordedFile[] = [];
    for (const { line, end, key } of this.#manifest.contents.files.values()) {
      if (end && key) files.push(this.#described(line.file_id));
    }
    return files;
  }

  open(line: Omit<FileLine, 'type' | 'name' | 'file_id'>, format: TrackFormat, failed: FileFailed) {
    const fileId = this.#context.newId();
    const name = `${fileId}.${format.codec === 'h264' ? 'mkv' : 'webm'}`;
    const full: FileLine = { type: 'file', ...line, file_id: fileId, name };
    const path = join(this.folder, name);
    const file: TrackFile = new TrackFile(this.#context.files, path, format, {
      memory: this.#context.memory,
      failed: (error, frames) => failed(file, error, frames),
    });
    this.#manifest.append(full);
    this.#kept.set(fileId, { line: full, file, upload: this.#uploadOf(full), bytes: 0 });
    return file;
  }

  /** Nothing is pushed to it any more. */
  complete(file: TrackFile, endMs: number): void {
    const kept = [...this.#kept.values()].find((each) => each.file === file);
    if (!kept) return;
    const closing = this.#complete(kept, file, endMs).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  flush(): void {
    this.#manifest.flush();
    for (const { file } of this.#kept.values()) file?.flush();
  }

  sync(): void {
    this.#manifest.sync();
    for (const { file, upload } of this.#kept.values()) {
      if (!file) continue;
      file.sync();
      upload.advance(file.durableBytes);
    }
  }

  /** What a killed process left is looked for, quickly: where each file ends. */
  async find(): Promise<void> {
    this.#stored = await this.#readStored();
    if (this.#stored) return;
    const { contents } = this.#manifest;
    for (const file of contents.files.values()) {
      if (file.end) continue;
      const path = join(this.folder, file.line.name);
      const foundMs = await findEnd(this.#context.files, path).catch((error) => {
        this.#waits(error);
        return null;
      });
      file.foundMs = foundMs ?? contents.leastEndOf(file);
      contents.lastMs = Math.max(contents.lastMs, file.foundMs);
    }
  }

  /** Null: it is not all stored, or nobody knows: then it is stored again. */
  async #readStored(): Promise<RecordedFile[] | null> {
    const text = await this.#context.files.readText(RecordingFiles.storedPath(this.folder));
    try {
      return text ? (JSON.parse(text) as RecordedFile[]) : null;
    } catch {
      return null;
    }
  }

  /**
   * Files that were not completed are, and all go on to the store. `found`: so many frames of a track are in them that
   * no line counts.
   */
  recover(found: (trackId: string, frames: number) => void): void {
    const { files, tracks } = this.#manifest.contents;
    const written = new Map([...tracks].map(([id, track]) => [id, track.written]));
    const left = [...files.values()];
    const recovering = this.#recovery
      .run(left)
      .then(() => {
        for (const [id, counted] of written) {
          const own = left.filter(({ line }) => line.track_id === id);
          const frames = own.reduce((sum, { end }) => sum + (end?.frames ?? 0), 0);
          if (frames > counted) found(id, frames - counted);
        }
      })
      .finally(() => {
        this.isRecovering = false;
        this.#closing.delete(recovering);
      });
    this.isRecovering = true;
    this.#closing.add(recovering);
  }

  #storeRecovered({ line, end, key }: ManifestFile): void {
    if (key || !end || end.frames === 0) return;
    const upload = this.#uploadOf(line);
    this.#kept.set(line.file_id, { line, file: null, upload, bytes: end.bytes });
    upload.complete(end);
    if (this.#isClosed) upload.close();
  }

  /** All files are complete; the manifest is written. Rejects only while the disk refuses it. */
  async settle(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all(this.#closing);
    await this.#manifest.settle();
  }

  /** Stores what is left, the manifest last. Answers whether all is stored; else it was closed before. */
  async store(endMs: number): Promise<boolean> {
    await this.#persist(() => this.settle());
    const uploads = [...this.#kept.values()].map(({ upload }) => upload.done);
    if ((await Promise.all(uploads)).includes(false) || this.#isClosed) return false;
    const fileId = this.#context.newId();
    const isStored = await this.#persist(async () => {
      await this.#manifest.settle();
      const manifest = await this.#putManifest(fileId, endMs);
      const stored = [...this.stored, manifest];
      await this.#context.files.writeText(join(this.folder, STORED), JSON.stringify(stored));
      this.#stored = stored;
    });
    if (isStored) await this.#manifest.close();
    return isStored;
  }

  /** Uploads stop where they are. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { upload } of this.#kept.values()) upload.close();
    for (const backOff of this.#backOffs) backOff.cut();
    this.#recovery.close();
    await Promise.all([...this.#closing]);
    await this.#manifest.settle().catch(() => {});
    await this.#manifest.close();
    await Promise.all([...this.#kept.values()].map(({ file }) => file?.close()));
  }

  /**
   * But for files that were given up, while it is not deleted: they are nowhere else, and the manifest says whose they are.
   * @returns whether nothing is left.
   */
  async remove(isDeleted: boolean): Promise<boolean> {
    await this.close();
    const { files } = this.#context;
    const all = [...this.#manifest.contents.files.values()];
    const unread = all.filter(({ end }) => end?.unread && !isDeleted);
    const kept = unread.map(({ line }) => line.name);
    // The manifest says what the others are: it goes last.
    const last = [STORED, MANIFEST];
    const first = (await files.list(this.folder)).filter(
      (name) => ![...last, ...kept].includes(name),
    );
    const removed = kept.length > 0 ? first : [...first, ...last];
    for (const name of removed) await files.remove(join(this.folder, name));
    await files.removeEmpty(this.folder);
    await files.removeEmpty(dirname(this.folder));
    return kept.length === 0;
  }

  async #complete(kept: KeptFile, file: TrackFile, endMs: number): Promise<void> {
    const ended = { t: endMs, file_id: kept.line.file_id };
    let complete = () => {};
    await this.#persist(async () => {
      const whole = await file.finish(endMs);
      await file.close();
      kept.file = null;
      kept.bytes = whole.bytes;
      this.#manifest.append({ type: 'file_end', ...ended, ...whole });
      if (whole.frames > 0) complete = () => kept.upload.complete(whole);
      else {
        this.#kept.delete(kept.line.file_id);
        kept.upload.close();
        await this.#context.files.remove(file.path);
      }
    });
    // What is stored may be this very file (a link): the next start must know that it is complete, and leave it alone.
    if (await this.#persist(() => this.#manifest.written())) complete();
  }

  /** Until it goes well, or all is closed. Answers which. */
  async #persist(task: () => Promise<void>): Promise<boolean> {
    const backOff = new BackOff(this.#context.clock);
    this.#backOffs.add(backOff);
    try {
      for (;;) {
        try {
          await task();
          return true;
        } catch (error) {
          this.#waits(error);
          if (this.#isClosed) return false;
          await backOff.wait();
          if (this.#isClosed) return false;
        }
      }
    } finally {
      this.#backOffs.delete(backOff);
    }
  }

  #waits(error: unknown): void {
    const facts = { key: this.#key, error: String(error) };
    this.#context.log('warn', 'a recording waits for disk or store', facts);
  }

  #uploadOf(line: FileLine): FileUpload {
    const { store, files, places, partBytes, clock } = this.#context;
    const key = `${this.#key}/${line.name}`;
    const upload = new FileUpload({
      ...{ store, files, places, partBytes, journal: this.#journal, key },
      backOff: new BackOff(clock),
      path: join(this.folder, line.name),
      contentType: contentTypeOf(line),
      tried: (error) => this.#tried(error),
    });
    upload.done.then((isStored) => {
      if (!isStored) return;
      const end = this.#manifest.contents.files.get(line.file_id)?.end;
      this.#context.counters.uploadedBytes += end?.bytes ?? 0;
      const t = this.#manifest.contents.lastMs;
      this.#manifest.append({ type: 'uploaded', t, file_id: line.file_id, key });
      this.#events.changed();
    });
    return upload;
  }

  #tried(error: unknown): void {
    const wasDown = this.isStoreDown;
    this.#failures = error ? this.#failures + 1 : 0;
    if (error) {
      this.#context.counters.uploadFailures++;
      if (this.#failures === DOWN_AFTER) {
        const facts = { key: this.#key, error: String(error) };
        this.#context.log('warn', 'the object store refuses parts of recordings', facts);
      }
    }
    if (wasDown !== this.isStoreDown) this.#events.changed();
  }

  async #putManifest(fileId: string, endMs: number): Promise<RecordedFile> {
    const { store, files } = this.#context;
    const { path, bytes } = this.#manifest;
    const file = await files.open(path);
    const sha256 = await sha256Of(file, bytes).finally(() => file.close());
    const key = `${this.#key}/${MANIFEST}`;
    const contentType = 'application/x-ndjson';
    try {
      await store.putFile(key, { path, bytes, sha256, contentType });
    } catch (error) {
      this.#tried(error);
      throw error;
    }
    this.#tried(null);
    const kind = 'manifest';
    return { fileId, key, kind, contentType, bytes, sha256, startMs: 0, endMs };
  }

  #described(fileId: string): RecordedFile {
    const { files, tracks } = this.#manifest.contents;
    const file = files.get(fileId);
    if (!file?.end || !file.key) throw new Error(`${fileId} is not stored`);
    const track = tracks.get(file.line.track_id)?.line;
    return {
      fileId,
      key: file.key,
      kind: 'track',
      trackId: file.line.track_id,
      ...(track ? { participantId: track.participant_id, source: track.source } : {}),
      codec: file.line.codec,
      contentType: contentTypeOf(file.line),
      bytes: file.end.bytes,
      sha256: file.end.sha256,
      startMs: file.line.t,
      endMs: file.end.t,
    };
  }
}

export type FileFailed = (file: TrackFile, error: unknown, frames: number) => void;

function contentTypeOf({ codec }: FileLine): string {
  if (codec === 'opus') return 'audio/webm';
  return codec === 'h264' ? 'video/x-matroska' : 'video/webm';
}
