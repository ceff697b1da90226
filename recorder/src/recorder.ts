/** A recorder: the recordings that it has, what it finds of them when it starts, and how busy it is. */
import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import type { RecorderClock } from './clock.js';
import type { RecorderLoad, RecordingOrder, RecordingStatus } from './contract.js';
import { DEFAULT_RESERVE, type DiskState, DiskWatch, type ReserveRule } from './disk/disk-watch.js';
import { ManifestContents } from './manifest/contents.js';
import { readManifest } from './manifest/reader.js';
import { ManifestWriter } from './manifest/writer.js';
import type { RecorderContext, RecorderCounters, RecorderLog } from './recording/context.js';
import { LiveRecording, type Recording } from './recording/recording.js';
import { RecordingFiles, type TakeRef } from './recording/recording-files.js';
import type { RenderCounts, Renderer } from './render/renderer.js';
import { diskFiles, type FileLayer } from './sink/file-layer.js';
import { WriteMemory } from './sink/track-file.js';
import type { RecordingStore } from './store.js';
import type { TappedRoom } from './tapped.js';
import type { RecordedTrack } from './track/recorded-track.js';
import { MIN_PART_BYTES } from './upload/file-upload.js';
import { Places } from './upload/places.js';

export interface RecorderOptions {
  recorderId: string;
  /** Its own, made when it is not there: files of recordings lie in `recordings/` in it. */
  folder: string;
  store: RecordingStore;
  clock: RecorderClock;
  /** The clock of the engine that packets come from, µs (`node.now()`). */
  nowUs: () => number;
  log: RecorderLog;
  /** New ids of files, as control makes its own. Default: random UUIDs. */
  newId?: () => string;
  /** What of the disk is kept free. Default: 1 GiB or 2 %, whatever is more. */
  reserve?: ReserveRule;
  /** What composes: the recorder says how busy it is, and ends it. */
  renderer?: Pick<Renderer, 'slots' | 'running' | 'counts' | 'close'>;
  /** More are not recorded. Default 400. */
  maxTracks?: number;
  /** Uploads at a time. Default 4. */
  uploads?: number;
  /** Of all parts of an upload but the last, 5 MiB or more. Default 5 MiB. */
  partBytes?: number;
  /** Of media that waits for a disk, all tracks together. Default 256 MiB. */
  maxPendingBytes?: number;
  /** For tests: other disks. */
  files?: FileLayer;
}

export interface Recorder {
  /** A recording and take that it has already goes on with this room. @throws Error when that take is stopped. */
  begin(room: TappedRoom, order: RecordingOrder, epoch?: number): Recording;
  /** Null: it has none such that goes on. */
  find(recordingId: string): Recording | null;
  statuses(): RecordingStatus[];
  /** One listener: whenever the state, the trouble or the files of a recording change. */
  onStatus(listener: (status: RecordingStatus) => void): void;
  /**
   * The local copy of a stored take goes, but for files that could not be read while it is not deleted; of a failed one
   * nothing more is said. Unknown ones, and ones that are not stored, are passed over.
   */
  release(recordingId: string, take: number, isDeleted?: boolean): Promise<void>;
  /** Of a take that nobody holds: as `Recording.stop`. Unknown ones are passed over. */
  finish(recordingId: string, take: number, reason: string): void;
  load(): RecorderLoad;
  /** Counters, by name and label (`recorder_gap_seconds_total{reason="loss"}`). */
  stats(): Record<string, number>;
  /** Files are completed, uploads stop where they are: the next start goes on. */
  close(): Promise<void>;
}

const TICK_MS = 200;
/** Other folders are none of control's. */
const RECORDING_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DEFAULT_MAX_TRACKS = 400;
const DEFAULT_MAX_PENDING_BYTES = 256 * 1024 * 1024;

/** @throws Error when its folder cannot be read or written. */
export async function createRecorder(options: RecorderOptions): Promise<Recorder> {
  const recorder = new LiveRecorder(options);
  await recorder.start();
  return recorder;
}

class LiveRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #context: RecorderContext;
  readonly #disk: DiskWatch;
  readonly #files: FileLayer;
  readonly #recordings = new Map<string, LiveRecording>();
  /** Of which there is nothing, or nothing that can be read; until they are released. */
  readonly #failed = new Map<string, RecordingStatus>();
  /** Released, and what could not be read of them is still there. */
  readonly #remains = new Map<string, LiveRecording>();
  /** There is something of them, and this process does not know what. */
  readonly #unreadable = new Map<string, RecordingStatus>();
  readonly #told = new Map<string, string>();
  readonly #counters: RecorderCounters = {
    ...{ packets: 0, framesWritten: 0, framesReceived: 0 },
    gapMs: { loss: 0, silence: 0, node: 0, recorder: 0, disk: 0, overload: 0, key_frame: 0 },
    ...{ uploadedBytes: 0, uploadFailures: 0, writeFailures: 0, packetFailures: 0 },
    ...{ recovered: 0, filesGivenUp: 0 },
  };
  #listener: (status: RecordingStatus) => void = () => {};
  #stopTicking = () => {};
  #isClosed = false;

  constructor(options: RecorderOptions) {
    const { folder, clock, reserve = DEFAULT_RESERVE } = options;
    this.#options = options;
    this.#files = options.files ?? diskFiles;
    const changed = (state: DiskState) => this.#diskChanged(state);
    this.#disk = new DiskWatch({ files: this.#files, folder, clock, reserve, changed });
    this.#context = {
      recorderId: options.recorderId,
      ...{ folder, clock, files: this.#files, disk: this.#disk, counters: this.#counters },
      ...{ store: options.store, nowUs: options.nowUs, log: options.log },
      newId: options.newId ?? randomUUID,
      places: new Places(options.uploads ?? 4),
      partBytes: options.partBytes ?? MIN_PART_BYTES,
      memory: new WriteMemory(options.maxPendingBytes ?? DEFAULT_MAX_PENDING_BYTES),
      hasTrackRoom: () => this.#trackCount < (options.maxTracks ?? DEFAULT_MAX_TRACKS),
    };
  }

  async start(): Promise<void> {
    await this.#disk.start();
    const root = join(this.#options.folder, 'recordings');
    for (const recordingId of await this.#files.list(root)) {
      for (const take of await this.#takesIn(join(root, recordingId))) {
        await this.#tryToRecover({ recordingId, take });
      }
    }
    this.#tick();
  }

  async #takesIn(folder: string): Promise<number[]> {
    try {
      return (await this.#files.list(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
    } catch (error) {
      this.#options.log('error', 'a folder cannot be read', { folder, error: String(error) });
      return [];
    }
  }

  /** What cannot be read stays as it is, and keeps nobody from recording: the next start may read it. */
  async #tryToRecover(ref: TakeRef): Promise<void> {
    try {
      await this.#recover(ref);
    } catch (error) {
      this.#recordings.delete(keyOf(ref));
      if (RECORDING_ID.test(ref.recordingId)) this.#unreadable.set(keyOf(ref), unreadStatus(ref));
      const facts = { key: keyOf(ref), error: String(error) };
      this.#options.log('error', 'a take that was left cannot be read', facts);
    }
  }

  begin(room: TappedRoom, order: RecordingOrder, epoch = 0): Recording {
    const { recordingId, take } = order;
    if (this.#isClosed) throw new Error('the recorder is closed');
    const known = this.#recordings.get(keyOf(order));
    if (known?.isStopped) throw new Error('this take of the recording is stopped');
    if (this.#unreadable.has(keyOf(order))) throw new Error('this take cannot be read');
    if (this.#failed.has(keyOf(order))) throw new Error('this take of the recording has failed');
    // An earlier take of it was left when another recorder went on: it is complete as it is.
    for (const other of this.#recordings.values()) {
      if (other.ref.recordingId === recordingId && other.ref.take !== take)
        other.stop('superseded');
    }
    if (known?.isBegun) {
      known.roomReplaced(room);
      known.setPaused(order.isPaused);
      known.setAllowed(order.allowed);
      return known;
    }
    const recording = known ?? this.#create({ recordingId, take });
    recording.begin(room, order, epoch);
    return recording;
  }

  find(recordingId: string): Recording | null {
    const all = [...this.#recordings.values()];
    return all.find(({ ref, isStopped }) => ref.recordingId === recordingId && !isStopped) ?? null;
  }

  statuses(): RecordingStatus[] {
    const statuses = [...this.#recordings.values()].map(({ status }) => status);
    const remains = [...this.#remains.values()].map(({ status }) => status);
    return [...statuses, ...remains, ...this.#failed.values(), ...this.#unreadable.values()];
  }

  onStatus(listener: (status: RecordingStatus) => void): void {
    this.#listener = listener;
  }

  async release(recordingId: string, take: number, isDeleted = false): Promise<void> {
    const key = keyOf({ recordingId, take });
    // What lies there of it may be of use to somebody.
    this.#failed.delete(key);
    if (isDeleted) await this.#remains.get(key)?.remove(true);
    if (isDeleted) this.#remains.delete(key);
    const recording = this.#recordings.get(key);
    if (recording?.status.state !== 'stored') return;
    this.#recordings.delete(key);
    this.#told.delete(key);
    if (!(await recording.remove(isDeleted))) this.#remains.set(key, recording);
  }

  finish(recordingId: string, take: number, reason: string): void {
    this.#recordings.get(keyOf({ recordingId, take }))?.stop(reason);
  }

  load(): RecorderLoad {
    const { maxTracks = DEFAULT_MAX_TRACKS, renderer } = this.#options;
    const tracks = this.#trackCount;
    const stress = Math.min(1, tracks / maxTracks);
    const live = [...this.#recordings.values()].filter(({ isStopped }) => !isStopped);
    return {
      stress,
      isFull: tracks >= maxTracks || this.#disk.state !== 'ok',
      recordings: live.length,
      tracks,
      renders: renderer?.running ?? 0,
      renderSlots: renderer?.slots ?? 0,
      diskFreeBytes: this.#disk.freeBytes,
      diskState: this.#disk.state,
    };
  }

  stats(): Record<string, number> {
    const all = [...this.#recordings.values()];
    const writers = all.flatMap(({ tracks }) => tracks);
    const counters = this.#counters;
    return {
      recorder_recordings: all.filter(({ isStopped }) => !isStopped).length,
      recorder_tracks: writers.length,
      recorder_packets_total: counters.packets + sum(writers.map(({ packets }) => packets)),
      recorder_frames_received_total:
        counters.framesReceived + sum(writers.map(({ writer }) => writer.own.received)),
      recorder_frames_written_total:
        counters.framesWritten + sum(writers.map(({ writer }) => writer.own.written)),
      ...gapSeconds(counters),
      recorder_upload_backlog_bytes: sum(all.map(({ status }) => status.backlogBytes)),
      recorder_upload_failures_total: counters.uploadFailures,
      recorder_write_failures_total: counters.writeFailures,
      recorder_packet_failures_total: counters.packetFailures,
      recorder_recovering: all.filter(({ isRecovering }) => isRecovering).length,
      recorder_recovered_total: counters.recovered,
      recorder_files_given_up_total: counters.filesGivenUp,
      recorder_disk_free_bytes: this.#disk.freeBytes,
      recorder_store_up: all.some(({ isStoreDown }) => isStoreDown) ? 0 : 1,
      recorder_av_offset_seconds: this.#offsetUs() / 1e6,
      ...renderCounters(this.#options.renderer?.counts),
    };
  }

  /** The largest of all people. */
  #offsetUs(): number {
    const nowUs = this.#options.nowUs();
    const offsets = [...this.#recordings.values()].map(({ tracks }) => offsetUs(tracks, nowUs));
    return Math.max(0, ...offsets);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopTicking();
    this.#disk.close();
    const closing = [...this.#recordings.values()].map((recording) => recording.close());
    for (const closed of await Promise.allSettled(closing)) {
      if (closed.status === 'fulfilled') continue;
      const facts = { error: String(closed.reason) };
      this.#options.log('error', 'a recording could not be closed', facts);
    }
    await this.#options.renderer?.close();
  }

  get #trackCount(): number {
    let tracks = 0;
    for (const recording of this.#recordings.values()) tracks += recording.tracks.length;
    return tracks;
  }

  #create(ref: TakeRef, manifest?: ManifestWriter): LiveRecording {
    const key = keyOf(ref);
    const folder = join(this.#options.folder, 'recordings', key);
    const path = RecordingFiles.manifestPath(folder);
    const recording: LiveRecording = new LiveRecording(
      this.#context,
      ref,
      manifest ?? new ManifestWriter(this.#files, path),
      {
        changed: () => this.#tell(recording.status),
        failed: (error) => this.#fail(recording, error),
      },
    );
    this.#recordings.set(key, recording);
    return recording;
  }

  async #recover(ref: TakeRef): Promise<void> {
    const folder = join(this.#options.folder, 'recordings', keyOf(ref));
    const path = RecordingFiles.manifestPath(folder);
    const text = await this.#files.readText(path);
    const whole = text?.slice(0, text.lastIndexOf('\n') + 1) ?? '';
    const contents = new ManifestContents(readManifest(whole));
    if (!contents.recording) {
      const names = await this.#files.list(folder);
      // Nothing was written to it when the process ended.
      this.#passOver(
        ref,
        folder,
        text === '' ? names.filter((name) => name !== basename(path)) : names,
      );
      return;
    }
    const before = { contents, bytes: Buffer.byteLength(whole) };
    const recording = this.#create(ref, new ManifestWriter(this.#files, path, before));
    await recording.find();
  }

  /** It was created, or released, when the process ended; or its manifest is damaged. */
  #passOver(ref: TakeRef, folder: string, names: readonly string[]): void {
    if (names.length > 0) {
      const facts = { key: keyOf(ref), files: names.length };
      this.#options.log('error', 'a take that was left has no readable manifest', facts);
      if (RECORDING_ID.test(ref.recordingId)) this.#failed.set(keyOf(ref), failedStatus(ref));
      return;
    }
    this.#files.removeEmpty(folder).catch(() => {});
  }

  #tick(): void {
    const nowUs = this.#options.nowUs();
    for (const recording of this.#recordings.values()) recording.tick(nowUs);
    if (this.#isClosed) return;
    this.#stopTicking = this.#options.clock.after(TICK_MS, () => this.#tick());
  }

  #diskChanged(state: DiskState): void {
    this.#options.log('warn', 'the space for recordings changed', { state });
    for (const recording of this.#recordings.values()) recording.diskChanged(state);
  }

  #fail(recording: LiveRecording, error: unknown): void {
    const { ref, status } = recording;
    const facts = { key: keyOf(ref), error: String(error) };
    this.#options.log('error', 'a recording cannot be written', facts);
    const failed = { ...failedStatus(ref), meetingId: status.meetingId };
    this.#recordings.delete(keyOf(ref));
    this.#failed.set(keyOf(ref), failed);
    this.#tell(failed);
    recording.close().catch(() => {});
  }

  #tell(status: RecordingStatus): void {
    const key = keyOf(status);
    const said = `${status.state} ${status.trouble} ${status.files.length}`;
    if (this.#isClosed || this.#told.get(key) === said) return;
    this.#told.set(key, said);
    this.#listener(status);
  }
}

function gapSeconds({ gapMs }: RecorderCounters): Record<string, number> {
  return Object.fromEntries(
    Object.entries(gapMs).map(([reason, ms]) => [
      `recorder_gap_seconds_total{reason="${reason}"}`,
      ms / 1000,
    ]),
  );
}

/** How far tracks of one participant are apart by what their reports say, at most. */
function offsetUs(tracks: readonly RecordedTrack[], nowUs: number): number {
  const early = new Map<string, number[]>();
  for (const track of tracks) {
    const us = track.earlyUs(nowUs);
    if (us === null) continue;
    early.set(track.participantId, [...(early.get(track.participantId) ?? []), us]);
  }
  return Math.max(0, ...[...early.values()].map((all) => Math.max(...all) - Math.min(...all)));
}

function renderCounters(counts: RenderCounts | undefined): Record<string, number> {
  if (!counts) return {};
  const { cpuSeconds, ...ended } = counts;
  const jobs = Object.entries(ended).map(([result, count]) => {
    return [`render_jobs_total{result="${result}"}`, count] as const;
  });
  return { render_cpu_seconds_total: cpuSeconds, ...Object.fromEntries(jobs) };
}

/** Of what cannot be read nobody knows whose it is. */
const nameless = { meetingId: '', trouble: null, recordedMs: 0, backlogBytes: 0, files: [] };

function failedStatus(ref: TakeRef): RecordingStatus {
  return { ...ref, ...nameless, state: 'failed' };
}

/** It is waited for. */
function unreadStatus(ref: TakeRef): RecordingStatus {
  return { ...ref, ...nameless, state: 'finishing' };
}

function keyOf({ recordingId, take }: TakeRef): string {
  return `${recordingId}/${take}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
