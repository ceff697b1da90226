/**
 * Where the frames of a track go: into the file that is open, or nowhere, for a reason that is named. A picture
 * is written only when all that it refers to was.
 */

import { sizeOf } from '../ingest/format.js';
import type { GapReason, ManifestLine, RecordedCodec } from '../manifest/lines.js';
import type { TrackFormat } from '../mux/matroska-head.js';
import type { TrackFile } from '../sink/track-file.js';
import type { RecordedTime } from '../timeline/recorded-time.js';
import type { SourceEvent } from './frame-source.js';
import { Gaps, MIN_GAP_MS } from './gaps.js';
import { Mutes } from './mutes.js';
import { mutedFrom, type TrackBefore } from './track-before.js';
import { formatOf } from './track-format.js';

export interface TrackSink {
  readonly time: RecordedTime;
  /** Of this track; `type` and the rest of a line. */
  append(line: ManifestLine): void;
  /** Whether there is space for its kind. */
  mayWrite(): boolean;
  /** A file begins at `ms`. */
  openFile(format: TrackFormat, ms: number): TrackFile;
  /** It is complete but for its end; `endMs`: of its last frame. */
  closeFile(file: TrackFile, endMs: number): void;
  /** What packets said could not be dealt with: what was gathered of them is gone. */
  failed(error: unknown): void;
  /** Longer without media is a gap; null: its source says nothing for as long as nothing changes. */
  readonly silenceMs: number | null;
}

export interface WrittenTrack {
  readonly trackId: string;
  readonly kind: 'audio' | 'video';
}

/** Longer than between two pictures of a slow source, shorter than a second by which it could be its duration. */
const MAX_PICTURE_MS = 500;

/** Times of frames are of one grid, but for the jitter of a clock fit: one that is missing makes it two. */
const MORE_THAN_ONE = 1.5;

/** A track whose codec changes more often is recorded in part: each file costs memory, and a place in the store. */
const MIN_FILE_MS = 2000;

/** Until two frames tell. */
export const FRAME_MS = { audio: 20, video: 33 };

type Frame = Extract<SourceEvent, { type: 'frame' }>;

export class TrackWriter {
  /** Whole ones that can be decoded. */
  received: number;
  /** Others: what never came, came in part, or refers to what is missing. Each lies in a gap. */
  lost: number;
  /** In files that are closed. */
  #written: number;
  /** Of another process, or of an earlier time of the track. */
  readonly #before: { received: number; written: number };
  /**
   * Since the last frame: the node changed, the recorder was not there, or there were too many tracks; it was published, and has
   * not come yet.
   */
  moved: 'node' | 'recorder' | 'overload' | 'begun' | null = null;
  /** Of the last one that was written. */
  keyFrameMs = 0;
  /** Packets of it were dropped in this process: the next ones that are missing are these. */
  wasTooSlow = false;
  /** What was captured before is not recorded: its owner had not said yes. A node keeps the last key frame. */
  notBeforeUs = 0;
  readonly #track: WrittenTrack;
  readonly #sink: TrackSink;
  readonly #gaps: Gaps;
  readonly #mutes = new Mutes();
  #file: TrackFile | null = null;
  #codec: RecordedCodec | null = null;
  /** Where the newest file begins, ms. */
  #fileMs = Number.NEGATIVE_INFINITY;
  /** What comes refers to pictures that were not written. */
  #isChainBroken = false;
  /** End of the last frame that was written, ms; null: there is none. */
  #endMs: number | null;
  #frameMs: number;
  #lost = 0;
  #hasHole = false;
  #lastSeenMs: number | null = null;
  /** Between the last two that were seen: a voice that is silent (DTX) comes seldom. */
  #stepMs = 0;

  constructor(track: WrittenTrack, sink: TrackSink, before: TrackBefore) {
    this.#track = track;
    this.#sink = sink;
    this.#frameMs = FRAME_MS[track.kind];
    this.#endMs = before.endMs;
    this.received = before.received;
    this.lost = before.lost;
    this.#written = before.written;
    this.#before = { received: before.received, written: before.written };
    const mutedMs = mutedFrom(before);
    if (mutedMs !== null) this.#mutes.begin(mutedMs);
    const trackId = track.trackId;
    this.#gaps = new Gaps(({ reason, ...gap }) => {
      // Nothing is missing while it is muted.
      for (const part of this.#mutes.without(gap)) {
        if (part.to - part.from < MIN_GAP_MS) continue;
        sink.append({ type: 'gap', track_id: trackId, ...part, reason });
      }
    });
  }

  get written(): number {
    return this.#written + (this.#file?.frames ?? 0);
  }

  /** Since it was begun here. */
  get own(): { received: number; written: number } {
    const { received, written } = this.#before;
    return { received: this.received - received, written: this.written - written };
  }

  setMuted(isMuted: boolean, ms: number): void {
    if (isMuted) this.#mutes.begin(ms);
    else this.#mutes.end(ms);
  }

  /** Where nothing of it could come ends at `ms`; what comes then is missing for another reason, or not at all. */
  wasAwayUntil(ms: number): void {
    const reason = this.moved;
    if (this.#endMs !== null && (reason === 'recorder' || reason === 'node')) {
      this.#gaps.open(reason, this.#endMs);
      this.#gaps.close(ms);
    }
    this.#endMs = Math.max(this.#endMs ?? ms, ms);
    this.#lastSeenMs = this.#endMs;
    this.moved = null;
  }

  /** In files of before a restart, and not counted yet. */
  addBefore(frames: number): void {
    this.received += frames;
    this.#written += frames;
    this.#before.received += frames;
    this.#before.written += frames;
  }

  get file(): TrackFile | null {
    return this.#file;
  }

  get endMs(): number | null {
    return this.#endMs;
  }

  /** Pictures come that are not written for want of a key frame. */
  get needsKeyFrame(): boolean {
    return this.#isChainBroken && this.#sink.mayWrite();
  }

  handle(event: SourceEvent, us: number | null, codec: RecordedCodec): void {
    if (event.type === 'hole') {
      this.#lost += event.frames ?? 0;
      this.#hasHole ||= event.frames === null;
      return;
    }
    const ms = us === null || us < this.notBeforeUs ? null : this.#sink.time.at(us);
    if (ms === null) {
      this.#pass();
      return;
    }
    this.#nameSilence(ms);
    this.#countLost(ms);
    if (event.type === 'frame') this.#place(event, ms, codec);
    else {
      this.lost++;
      const fromMs = Math.min(this.#endMs ?? ms, ms);
      this.#gaps.open(event.type === 'broken' ? this.#whyLost() : 'key_frame', fromMs, ms);
      // A file of another codec, or of a later time, begins with a key frame anyhow.
      this.#isChainBroken = this.#track.kind === 'video';
    }
    this.#stepMs = ms - (this.#lastSeenMs ?? ms);
    this.#lastSeenMs = ms;
  }

  /** Not recorded: of a pause, or before the beginning. */
  #pass(): void {
    this.#lost = 0;
    this.#hasHole = false;
    this.wasTooSlow = false;
    this.#lastSeenMs = null;
    this.#isChainBroken = this.#track.kind === 'video';
  }

  #countLost(ms: number): void {
    let lost = this.#lost;
    // Of the beginning: that has a name already.
    if (this.#hasHole && this.#lastSeenMs === null) this.wasTooSlow = false;
    if (this.#hasHole && this.#lastSeenMs !== null) {
      const missingMs = this.#mutes.missing({ from: this.#lastSeenMs, to: ms });
      lost += Math.max(1, Math.round(missingMs / this.#frameMs) - 1);
    }
    if (lost > 0) {
      this.lost += lost;
      // The frame before may have been shorter than the one before that.
      const beforeMs = this.#lastSeenMs ?? ms;
      const fromMs = Math.min(this.#endMs ?? ms, beforeMs + (ms - beforeMs) / (lost + 1));
      this.#gaps.open(this.#whyLost(), fromMs, ms);
    }
    this.#lost = 0;
    this.#hasHole = false;
  }

  #whyLost(): GapReason {
    const reason = this.wasTooSlow ? 'overload' : 'loss';
    this.wasTooSlow = false;
    return reason;
  }

  #place(event: Frame, ms: number, codec: RecordedCodec): void {
    const reason = this.#whyNot(event, ms, codec);
    if (reason === 'key_frame') this.lost++;
    else this.received++;
    if (reason) {
      this.#isChainBroken = this.#track.kind === 'video';
      this.#gaps.open(reason, Math.min(this.#endMs ?? ms, ms), ms);
      return;
    }
    this.#gaps.close(ms);
    this.#write(event, ms, codec);
  }

  #whyNot({ frame }: Frame, ms: number, codec: RecordedCodec): GapReason | null {
    if (!this.#sink.mayWrite()) return 'disk';
    const changes = this.#codec !== null && this.#codec !== codec;
    if (changes && ms - this.#fileMs < MIN_FILE_MS) return 'overload';
    if (this.#file?.isOverloaded) return 'overload';
    return this.#isChainBroken && !frame.isKey ? 'key_frame' : null;
  }

  #nameSilence(ms: number): void {
    const fromMs = this.#lastSeenMs ?? this.#endMs;
    if (fromMs !== null && this.#gaps.reason === null) {
      const reason = this.#reasonOf(this.#mutes.longest({ from: fromMs, to: ms }));
      if (reason) this.#gaps.open(reason, Math.max(fromMs, this.#endMs ?? 0));
      else this.#mutes.forget(Math.min(fromMs, this.#endMs ?? fromMs));
    }
    this.moved = null;
  }

  /** Of nothing for so long. */
  #reasonOf(missingMs: number): GapReason | null {
    const { silenceMs } = this.#sink;
    const { moved } = this;
    if (moved === 'recorder' || moved === 'overload') return moved;
    if (moved === 'node' && missingMs > this.#patienceMs) return 'node';
    if (silenceMs !== null && missingMs > silenceMs) return 'silence';
    if (moved !== 'begun' || missingMs <= this.#frameMs) return null;
    // Pictures begin with a key frame that had to be asked for; sound as soon as the way from its node is open.
    return this.#track.kind === 'video' ? 'key_frame' : 'silence';
  }

  /** After a change of node: what is longer than the distances before it is none of these. */
  get #patienceMs(): number {
    if (this.#sink.silenceMs === null) return MAX_PICTURE_MS;
    return Math.min(MAX_PICTURE_MS, MORE_THAN_ONE * Math.max(this.#frameMs, this.#stepMs));
  }

  #write({ frame, durationMs }: Frame, ms: number, codec: RecordedCodec): void {
    if (this.#codec !== codec) this.closeFile();
    if (!this.#file) {
      if (!frame.isKey) {
        this.#isChainBroken = true;
        this.#gaps.open('key_frame', this.#endMs ?? ms, ms);
        return;
      }
      this.#codec = codec;
      this.#fileMs = ms;
      this.#file = this.#sink.openFile(formatOf(codec, frame), Math.round(ms));
    }
    this.#isChainBroken = false;
    const { parts, isKey } = frame;
    if (isKey) this.keyFrameMs = ms;
    const before = this.#file.lastMs;
    const at = this.#file.push({ ms, parts, bytes: sizeOf(parts), isKey });
    if (this.#track.kind === 'audio') this.#frameMs = durationMs;
    else if (before >= 0 && at - before < MAX_PICTURE_MS) this.#frameMs = at - before;
    this.#endMs = at + this.#frameMs;
  }

  /** So many frames that waited could not be written: the disk refused them. */
  refused(frames: number): void {
    if (frames === 0) return;
    const file = this.#file;
    const toMs = file?.lastMs ?? this.#endMs ?? 0;
    this.#isChainBroken = this.#track.kind === 'video';
    this.#gaps.widen('disk', Math.max(0, toMs - frames * this.#frameMs));
  }

  /** What follows goes into another file. */
  closeFile(): void {
    const file = this.#file;
    if (!file) return;
    this.#file = null;
    this.#codec = null;
    this.#written += file.frames;
    this.#sink.closeFile(file, this.#endMs ?? file.lastMs);
  }

  /** Nothing comes any more: `nowMs` is where it ended. */
  end(nowMs: number): void {
    if (this.#endMs !== null) this.#nameSilence(nowMs);
    this.#gaps.close(nowMs);
    this.closeFile();
  }
}
