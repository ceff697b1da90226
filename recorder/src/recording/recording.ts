/** One take of a recording at this recorder: from the order, or from what a killed process left, until it is released. */
import type { RecordingOrder, RecordingStatus, RoomFact } from '../contract.js';
import type { DiskState } from '../disk/disk-watch.js';
import type { ManifestLine } from '../manifest/lines.js';
import type { ManifestWriter } from '../manifest/writer.js';
import { isNoSpace } from '../sink/file-layer.js';
import type { TappedRoom } from '../tapped.js';
import { RecordedTime } from '../timeline/recorded-time.js';
import type { RecordedTrack } from '../track/recorded-track.js';
import type { RecorderContext } from './context.js';
import { RecordingFiles, type TakeRef } from './recording-files.js';
import { RoomTracks } from './room-tracks.js';

/** What control does with a recording that it has begun. */
export interface Recording {
  readonly status: RecordingStatus;
  /**
   * Its manifest is written, or that takes long and it goes on. @throws Error when the disk refuses it: then it has failed,
   * and there is nothing of it.
   */
  readonly begun: Promise<void>;
  /** Nothing is written while it is paused, and recorded time stands still. */
  setPaused(paused: boolean): void;
  /** From now on; what somebody published before stays. null: everybody. */
  setAllowed(allowed: readonly string[] | null): void;
  tell(facts: readonly RoomFact[]): void;
  /** The room is another object from now on: its media came by another way. */
  roomReplaced(room: TappedRoom): void;
  /** Files are closed and stored; what becomes of it is in `status`. */
  stop(reason: string): void;
}

/** No packet of any microphone or camera for so long: the way to the node is cut. */
const SILENT_US = 5_000_000;
/** So long a disk may take for the first lines before anybody is kept waiting. */
const BEGIN_MS = 1000;
/** A manifest that is refused for so long, and not for want of space: whatever is on the disk, no more comes to it. */
const BROKEN_US = 10_000_000;
/** Between two syncs. */
const SYNC_US = 2_000_000;

export interface RecordingEvents {
  changed(): void;
  /** There is nothing of it. */
  failed(error: unknown): void;
}

export class LiveRecording implements Recording {
  begun: Promise<void> = Promise.resolve();
  readonly ref: TakeRef;
  readonly #context: RecorderContext;
  readonly #manifest: ManifestWriter;
  readonly #files: RecordingFiles;
  readonly #events: RecordingEvents;
  #time: RecordedTime;
  #tracks: RoomTracks | null = null;
  #isPaused: boolean;
  #isStopped: boolean;
  #isSilent = false;
  #isClosed = false;
  #syncedUs = 0;
  /** Since when its manifest is refused. */
  #brokenUs: number | null = null;

  constructor(
    context: RecorderContext,
    ref: TakeRef,
    manifest: ManifestWriter,
    events: RecordingEvents,
  ) {
    this.#context = context;
    this.ref = ref;
    this.#manifest = manifest;
    this.#events = events;
    this.#files = new RecordingFiles(context, ref, manifest, {
      changed: () => events.changed(),
    });
    const { contents } = manifest;
    this.#time = new RecordedTime(contents.lastMs);
    this.#isPaused = contents.isPaused;
    this.#isStopped = contents.isStopped;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** A room is attached to it. */
  get isBegun(): boolean {
    return this.#tracks !== null;
  }

  /** Files of before a restart are being completed. */
  get isRecovering(): boolean {
    return this.#files.isRecovering;
  }

  get isStoreDown(): boolean {
    return this.#files.isStoreDown;
  }

  get tracks(): readonly RecordedTrack[] {
    return this.#tracks?.all ?? [];
  }

  get status(): RecordingStatus {
    const trouble = this.#trouble;
    return {
      ...this.ref,
      meetingId: this.#manifest.contents.recording?.meeting_id ?? '',
      state: this.#stateFor(trouble),
      trouble,
      recordedMs: Math.round(this.#time.nowMs(this.#context.nowUs())),
      backlogBytes: this.#files.backlogBytes,
      files: this.#files.stored,
    };
  }

  /** What a killed process left of it is found, and completed while it may already go on. */
  async find(): Promise<void> {
    await this.#files.find();
    if (this.#files.isStored) return;
    this.#time = new RecordedTime(this.#manifest.contents.lastMs);
    this.#context.counters.recovered++;
    this.#files.recover((trackId, frames) => this.#addBefore(trackId, frames));
    if (this.#isStopped) this.#store();
  }

  begin(room: TappedRoom, order: RecordingOrder, epoch: number): void {
    const nowUs = this.#context.nowUs();
    const { contents } = this.#manifest;
    const leftMs = contents.lastMs;
    const baseMs = Math.max(order.recordedMs, leftMs);
    this.#time = new RecordedTime(baseMs);
    this.#writeBeginning(room, order, { t: baseMs, epoch });
    this.#tracks = this.#newTracks(leftMs, order.allowed);
    this.#isPaused = false;
    if (order.isPaused) this.#pause();
    else this.#time.run(nowUs);
    this.#tracks.attach(room);
    const { state } = this.#context.disk;
    if (state !== 'ok' || contents.disk !== 'ok') this.diskChanged(state);
    this.begun = this.#written();
    this.begun.catch(() => {});
    this.#changed();
  }

  roomReplaced(room: TappedRoom): void {
    if (this.#isStopped) return;
    this.#tracks?.markMoved();
    this.#tracks?.attach(room);
  }

  setPaused(paused: boolean): void {
    if (this.#isStopped || paused === this.#isPaused) return;
    if (paused) this.#pause();
    else {
      this.#isPaused = false;
      this.#append({ type: 'resumed', t: this.#nowMs, at: this.#wallTime });
      this.#time.run(this.#context.nowUs());
      this.#tracks?.refresh();
    }
    this.#changed();
  }

  setAllowed(allowed: readonly string[] | null): void {
    if (!this.#isStopped) this.#tracks?.setAllowed(allowed);
  }

  tell(facts: readonly RoomFact[]): void {
    if (this.#isStopped) return;
    for (const fact of facts) {
      // Of what is said while it stands still nothing is written, as of sound and pictures.
      if (fact.type === 'chat' && this.#isPaused) continue;
      if (fact.type === 'published') {
        this.#tracks?.tellPublished(fact);
        continue;
      }
      this.#append(lineOf(fact, this.#nowMs));
      if (fact.type === 'node') this.#tracks?.markMoved();
    }
  }

  stop(reason: string): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#time.pause(this.#context.nowUs());
    this.#endTracks(reason, false);
    this.#append({ type: 'stopped', t: this.#nowMs, reason });
    this.#store();
    this.#changed();
  }

  /** Each 200 ms or so. */
  tick(nowUs: number): void {
    this.#tracks?.tick(nowUs);
    this.#files.flush();
    this.#lookAtDisk(nowUs);
    if (nowUs - this.#syncedUs >= SYNC_US) {
      this.#syncedUs = nowUs;
      this.#files.sync();
      this.#lookForSilence(nowUs);
    }
  }

  diskChanged(state: DiskState): void {
    if (this.#isStopped) return;
    const { freeBytes } = this.#context.disk;
    this.#append({ type: 'disk', t: this.#nowMs, state, free_bytes: freeBytes });
    if (state === 'ok') this.#tracks?.refresh();
    this.#changed();
  }

  /** The process ends: files are complete, and the next start goes on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isStopped) this.#endTracks('', true);
    await this.#files.close();
  }

  /** @returns whether nothing of it is left: what could not be read stays, unless it is deleted. */
  async remove(isDeleted: boolean): Promise<boolean> {
    this.#isClosed = true;
    return this.#files.remove(isDeleted);
  }

  #changed(): void {
    this.#events.changed();
  }

  async #written(): Promise<void> {
    let stop = () => {};
    const late = new Promise<void>((resolve) => {
      stop = this.#context.clock.after(BEGIN_MS, resolve);
    });
    const writing = this.#manifest.write().catch((error) => {
      if (this.#manifest.bytes > 0) return;
      this.#fail(error);
      throw error;
    });
    await Promise.race([writing, late]).finally(stop);
  }

  /** Of a disk that is full it is known that it may have space again. */
  #lookAtDisk(nowUs: number): void {
    const { refusal } = this.#manifest;
    if (this.#isStopped || refusal === null || isNoSpace(refusal)) {
      this.#brokenUs = null;
      return;
    }
    this.#brokenUs ??= nowUs;
    if (nowUs - this.#brokenUs < BROKEN_US) return;
    if (this.#manifest.bytes === 0) this.#fail(refusal);
    else this.stop('disk_failed');
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    this.#endTracks('', true);
    this.#isStopped = true;
    this.#events.failed(error);
  }

  get #nowMs(): number {
    return this.#time.nowMs(this.#context.nowUs());
  }

  get #wallTime(): string {
    return new Date(this.#context.clock.now()).toISOString();
  }

  get #trouble(): RecordingStatus['trouble'] {
    const { state } = this.#context.disk;
    if (!this.#isStopped) {
      if (state !== 'ok') return state === 'full' ? 'disk_full' : 'disk_low';
      if (this.#isSilent || !this.#tracks) return 'node_silent';
    }
    return this.#files.isStoreDown ? 'store_down' : null;
  }

  #stateFor(trouble: RecordingStatus['trouble']): RecordingStatus['state'] {
    if (this.#isStopped) return this.#files.isStored ? 'stored' : 'finishing';
    if (this.#isPaused) return 'paused';
    return trouble === null || trouble === 'store_down' ? 'recording' : 'degraded';
  }

  #append(line: ManifestLine): void {
    if (line.type === 'gap') this.#context.counters.gapMs[line.reason] += line.to - line.from;
    this.#manifest.append(line);
  }

  #writeBeginning(room: TappedRoom, order: RecordingOrder, at: { t: number; epoch: number }): void {
    if (!this.#manifest.contents.recording) {
      this.#append({
        type: 'recording',
        version: 1,
        recording_id: order.recordingId,
        meeting_id: order.meetingId,
        room_id: room.id,
        title: order.title,
        started_at: order.startedAt,
        consent: order.consent,
      });
    }
    const { recorderId } = this.#context;
    this.#append({ type: 'take', ...at, take: order.take, recorder_id: recorderId });
    if (this.#manifest.contents.isPaused) {
      this.#append({ type: 'resumed', t: at.t, at: this.#wallTime });
    }
  }

  #pause(): void {
    this.#isPaused = true;
    this.#time.pause(this.#context.nowUs());
    this.#append({ type: 'paused', t: this.#nowMs, at: this.#wallTime });
  }

  #addBefore(trackId: string, frames: number): void {
    if (this.#tracks?.addBefore(trackId, frames)) return;
    const {
      received = 0,
      written = 0,
      lost = 0,
    } = this.#manifest.contents.tracks.get(trackId) ?? {};
    this.#append({
      type: 'counts',
      t: this.#manifest.contents.lastMs,
      track_id: trackId,
      frames_received: received + frames,
      frames_written: written + frames,
      frames_lost: lost,
    });
  }

  #endTracks(reason: string, isKept: boolean): void {
    this.#tracks ??= this.#newTracks(this.#manifest.contents.lastMs, null);
    this.#tracks.end(reason, isKept);
    this.#tracks = null;
  }

  /** `leftMs`: up to there somebody recorded. */
  #newTracks(leftMs: number, allowed: readonly string[] | null): RoomTracks {
    return new RoomTracks({
      context: this.#context,
      files: this.#files,
      time: this.#time,
      contents: this.#manifest.contents,
      ...{ leftMs, allowed },
      append: (line) => this.#append(line),
    });
  }

  #lookForSilence(nowUs: number): void {
    const speaking = this.tracks.filter(
      ({ isMuted, source }) => !isMuted && (source === 'microphone' || source === 'camera'),
    );
    const isSilent =
      speaking.length > 0 && speaking.every(({ heardUs }) => nowUs - heardUs > SILENT_US);
    if (isSilent === this.#isSilent) return;
    this.#isSilent = isSilent;
    this.#changed();
  }

  #store(): void {
    this.#files.store(this.#nowMs).then(
      (isStored) => {
        if (isStored && !this.#isClosed) this.#changed();
      },
      (error) => {
        this.#context.log('error', 'a recording cannot be stored', { error: String(error) });
      },
    );
  }
}

function lineOf(fact: Exclude<RoomFact, { type: 'published' }>, t: number): ManifestLine {
  switch (fact.type) {
    case 'joined':
      return { type: 'joined', t, participant_id: fact.participantId, name: fact.name };
    case 'left':
      return { type: 'left', t, participant_id: fact.participantId };
    case 'consent': {
      const { accepted, textVersion, participantId } = fact;
      const answer = { accepted, text_version: textVersion };
      return { type: 'consent', t, participant_id: participantId, ...answer };
    }
    case 'speaker':
      return { type: 'speaker', t, participant_id: fact.participantId };
    case 'chat': {
      const who = { participant_id: fact.participantId, name: fact.name };
      return { type: 'chat', t, message_id: fact.messageId, ...who, body: fact.body };
    }
    case 'chat_deleted':
      return { type: 'chat_deleted', t, message_id: fact.messageId };
    case 'node': {
      const { nodeId, epoch, reason } = fact;
      return { type: 'node', t, node_id: nodeId, epoch, reason };
    }
  }
}
