/** Which publications of a room are recorded, and by which tap: all of those who may be. */
import type { RoomFact } from '../contract.js';
import type { ManifestContents } from '../manifest/contents.js';
import type { ManifestLine } from '../manifest/lines.js';
import { isNoSpace } from '../sink/file-layer.js';
import type { TappedPublication, TappedRoom } from '../tapped.js';
import type { RecordedTime } from '../timeline/recorded-time.js';
import { RecordedTrack } from '../track/recorded-track.js';
import {
  beforeOf,
  countsOf,
  missingOf,
  NOTHING_BEFORE,
  type TrackBefore,
} from '../track/track-before.js';
import { FRAME_MS, type TrackSink } from '../track/track-writer.js';
import type { RecorderContext } from './context.js';
import type { RecordingFiles } from './recording-files.js';

export interface TracksOptions {
  context: RecorderContext;
  files: RecordingFiles;
  time: RecordedTime;
  contents: ManifestContents;
  /** Up to there the recorder was there before, ms: no later line is known. */
  leftMs: number;
  /** Who may be recorded; null: everybody. */
  allowed: readonly string[] | null;
  append: (line: ManifestLine) => void;
}

/** How long a track may be away and still be the same: its room moves, or its link is mended. */
const RETURN_US = 15_000_000;
/** What was on its way when it ended still comes. */
const REST_US = 1_200_000;
const SILENCE_MS = 2000;
type PublishedFact = Extract<RoomFact, { type: 'published' }>;

/** What is told so soon holds from the beginning on. */
const SOON_MS = 5000;

/** A track of before that comes again. */
interface Return {
  before: TrackBefore;
  /** Up to there it was recorded, ms. */
  leftMs: number;
  /** Why it was not since. */
  reason: 'recorder' | 'node';
}

interface Leaving {
  track: RecordedTrack;
  untilUs: number;
  ms: number;
  reason: string;
}

export class RoomTracks {
  readonly #options: TracksOptions;
  readonly #tracks = new Map<string, RecordedTrack>();
  readonly #leaving = new Map<string, Leaving>();
  /** Those of before a restart, which may come again. */
  readonly #before = new Map<string, TrackBefore>();
  /** What is published and has not come yet, as control knows it. */
  readonly #told = new Map<string, PublishedFact & { ms: number }>();
  /** For room: there are more than can be recorded. */
  readonly #waiting = new Set<string>();
  /** Their packets could not be dealt with: so that it is said once. */
  readonly #failed = new Set<string>();
  #room: TappedRoom | null = null;
  #allowed: ReadonlySet<string> | null;
  /** Since when those may be recorded who might not before, µs. */
  readonly #allowedUs = new Map<string, number>();
  #disconnect = () => {};
  /** Where it begins, or goes on. */
  readonly #beganMs: number;

  constructor(options: TracksOptions) {
    this.#options = options;
    this.#beganMs = this.#nowMs;
    const { contents, leftMs, allowed } = options;
    this.#allowed = allowed && new Set(allowed);
    for (const [id, track] of contents.tracks) {
      if (!track.end) this.#before.set(id, beforeOf(contents, track));
    }
    // They took their yes back while nobody was there.
    this.#endRefused(leftMs);
  }

  /** Those that are recorded: of others there are too many. */
  get all(): readonly RecordedTrack[] {
    return [...this.#tracks.values()].filter(({ id }) => !this.#waiting.has(id));
  }

  /** In place of the room before, if there was one. */
  attach(room: TappedRoom): void {
    this.detach();
    this.#room = room;
    const added = (publication: TappedPublication) => this.#add(publication);
    const updated = (publication: TappedPublication) => this.#update(publication);
    const removed = ({ id }: TappedPublication, reason: string) => this.#leave(id, reason);
    room.on('publicationAdded', added);
    room.on('publicationUpdated', updated);
    room.on('publicationRemoved', removed);
    this.#disconnect = () => {
      room.off('publicationAdded', added);
      room.off('publicationUpdated', updated);
      room.off('publicationRemoved', removed);
    };
    for (const publication of room.publications.values()) this.#add(publication, true);
  }

  /** The room is gone; its tracks may come again with another one. */
  detach(): void {
    this.#disconnect();
    this.#disconnect = () => {};
    this.#room = null;
    for (const track of this.#tracks.values()) this.#leave(track.id, 'room_closed');
  }

  setAllowed(allowed: readonly string[] | null): void {
    const before = this.#allowed;
    this.#allowed = allowed && new Set(allowed);
    const nowUs = this.#options.context.nowUs();
    for (const id of before ?? []) if (!this.#mayBe(id)) this.#allowedUs.delete(id);
    if (before) for (const id of allowed ?? []) if (!before.has(id)) this.#allowedUs.set(id, nowUs);
    for (const track of [...this.#tracks.values()]) {
      if (!this.#mayBe(track.participantId)) this.#end(track, 'not_allowed');
    }
    this.#endRefused(this.#beganMs);
    for (const publication of this.#room?.publications.values() ?? []) {
      this.#add(publication, true);
    }
  }

  /** The node by which media comes is another one. */
  markMoved(): void {
    for (const { writer } of this.#tracks.values()) writer.moved ??= 'node';
  }

  /** Of one that has not come yet. */
  tellPublished(fact: PublishedFact): void {
    if (this.#tracks.has(fact.trackId)) return;
    const nowMs = this.#nowMs;
    const ms = nowMs - this.#beganMs < SOON_MS ? this.#beganMs : nowMs;
    this.#told.set(fact.trackId, { ...fact, ms });
  }

  /** Key frames are wanted of all pictures. */
  refresh(): void {
    const nowUs = this.#options.context.nowUs();
    for (const track of this.#tracks.values()) track.refresh(nowUs);
  }

  tick(nowUs: number): void {
    for (const track of this.#tracks.values()) track.tick(nowUs);
    for (const { track, untilUs, ms, reason } of this.#leaving.values()) {
      if (nowUs >= untilUs) this.#end(track, reason, ms);
    }
    for (const publication of this.#room?.publications.values() ?? []) {
      if (!this.#tracks.get(publication.id)?.isTapped) this.#add(publication);
    }
  }

  /** So many frames of before a restart were found in its files, and not counted. False: it has no such track. */
  addBefore(trackId: string, frames: number): boolean {
    const track = this.#tracks.get(trackId);
    const before = this.#before.get(trackId);
    if (track) track.writer.addBefore(frames);
    else if (before) {
      before.received += frames;
      before.written += frames;
    }
    return Boolean(track ?? before);
  }

  /** The recording is over, or the process ends (`isKept`: it may go on). */
  end(reason: string, isKept: boolean): void {
    this.#disconnect();
    this.#room = null;
    const nowMs = this.#nowMs;
    for (const track of [...this.#tracks.values()]) {
      const leaving = this.#leaving.get(track.id);
      if (isKept) this.#close(track, nowMs);
      else this.#end(track, leaving?.reason ?? reason, leaving?.ms ?? nowMs);
    }
    if (isKept) return;
    for (const id of this.#before.keys()) this.#endBefore(id, reason, this.#beganMs);
  }

  get #nowMs(): number {
    return this.#options.time.nowMs(this.#options.context.nowUs());
  }

  #mayBe(participantId: string): boolean {
    return this.#allowed === null || this.#allowed.has(participantId);
  }

  /** `wasThere`: published before it could be recorded. */
  #add(publication: TappedPublication, wasThere = this.#told.has(publication.id)): void {
    if (!this.#room || !this.#mayBe(publication.participant.id)) return;
    const known = this.#tracks.get(publication.id);
    if (known?.isTapped && !this.#leaving.has(known.id)) return;
    const track = known ?? this.#begin(publication, wasThere);
    if (this.#leaving.delete(track.id)) track.writer.moved ??= 'node';
    if (this.#hasRoomFor(track)) this.#tap(track, this.#room);
    this.#update(publication);
  }

  #tap(track: RecordedTrack, room: TappedRoom): void {
    const { context } = this.#options;
    try {
      track.attach(room.tap(track.id), context.nowUs());
    } catch (error) {
      // It ended in this moment, or the engine refuses: it is tried again with the next tick.
      const facts = { track: track.id, error: String(error) };
      context.log('warn', 'a publication could not be tapped', facts);
    }
  }

  /** It is recorded as soon as there is room. */
  #hasRoomFor({ id, writer }: RecordedTrack): boolean {
    const { context } = this.#options;
    if (!this.#waiting.has(id)) return true;
    if (context.hasTrackRoom()) {
      this.#waiting.delete(id);
      return true;
    }
    if (writer.moved !== 'overload') {
      context.log('error', 'there are more tracks than can be recorded', { track: id });
      writer.wasAwayUntil(this.#nowMs);
      writer.moved = 'overload';
    }
    return false;
  }

  #begin(publication: TappedPublication, wasThere: boolean): RecordedTrack {
    const { id, kind, source, participant, muted } = publication;
    const t = this.#nowMs;
    const known = this.#options.contents.tracks.get(id);
    const again = this.#returnOf(publication);
    const before = again?.before ?? this.#freshOf(publication, wasThere);
    const track = new RecordedTrack(publication, this.#sinkOf(publication), before);
    track.writer.notBeforeUs = this.#allowedUs.get(participant.id) ?? 0;
    this.#tracks.set(id, track);
    this.#waiting.add(id);
    if (!known || known.end) {
      const who = { track_id: id, participant_id: participant.id };
      this.#options.append({ type: 'track', t, ...who, kind, source });
    }
    if (!again) {
      if (before.endMs !== null) track.writer.moved = 'begun';
      if (muted) track.writer.setMuted(true, t);
    }
    const since = again ? this.#comesAgain(track, again, muted) : t;
    if (muted || known) this.#options.append({ type: 'muted', t: since, track_id: id, muted });
    this.#told.delete(id);
    return track;
  }

  /** Null: it is a new one, or it was taken back. */
  #returnOf({ id, participant }: TappedPublication): Return | null {
    const { contents, leftMs, time } = this.#options;
    const open = this.#before.get(id);
    this.#before.delete(id);
    if (open) return { before: open, leftMs, reason: 'recorder' };
    const track = contents.tracks.get(id);
    if (!track?.end || !mayReturn(track.end.reason)) return null;
    const allowedUs = this.#allowedUs.get(participant.id);
    const allowedMs = allowedUs === undefined ? 0 : time.nowMs(allowedUs);
    const endMs = Math.max(track.end.t, allowedMs);
    return { before: { ...beforeOf(contents, track), endMs }, leftMs: endMs, reason: 'node' };
  }

  #freshOf(publication: TappedPublication, wasThere: boolean): TrackBefore {
    const ended = this.#options.contents.tracks.get(publication.id);
    const endMs = wasThere && !publication.muted ? this.#missingSince(publication) : null;
    return { ...NOTHING_BEFORE, ...(ended ? countsOf(ended) : {}), endMs };
  }

  /** Of what was published all the while, ms. */
  #missingSince({ id, participant }: TappedPublication): number {
    const { time } = this.#options;
    const toldMs = this.#told.get(id)?.ms ?? this.#nowMs;
    const allowedUs = this.#allowedUs.get(participant.id);
    return allowedUs === undefined ? toldMs : Math.max(toldMs, time.nowMs(allowedUs));
  }

  /** Answers since when its mute is as it is, ms: it may have changed while nothing of it came. */
  #comesAgain({ id, writer }: RecordedTrack, again: Return, muted: boolean): number {
    const { before, leftMs, reason } = again;
    const told = this.#told.get(id);
    const toldMs = told?.muted === muted ? told.sinceMs : null;
    const unknownMs = muted ? (before.mutedMs ?? this.#nowMs) : leftMs;
    const ms = Math.min(this.#nowMs, Math.max(toldMs ?? unknownMs, before.endMs ?? 0));
    // In between it was not.
    if (muted && ms > leftMs) writer.setMuted(false, leftMs);
    writer.setMuted(muted, ms);
    writer.moved = reason;
    if (muted) writer.wasAwayUntil(ms);
    return ms;
  }

  #update({ id, muted }: TappedPublication): void {
    const track = this.#tracks.get(id);
    const t = this.#nowMs;
    if (track?.setMuted(muted, t)) this.#options.append({ type: 'muted', t, track_id: id, muted });
  }

  #leave(id: string, reason: string): void {
    const track = this.#tracks.get(id);
    if (!track || this.#leaving.has(id)) return;
    const untilUs = this.#options.context.nowUs() + (mayReturn(reason) ? RETURN_US : REST_US);
    this.#leaving.set(id, { track, untilUs, ms: this.#nowMs, reason });
  }

  #end(track: RecordedTrack, reason: string, ms = this.#nowMs): void {
    this.#leaving.delete(track.id);
    this.#waiting.delete(track.id);
    this.#tracks.delete(track.id);
    this.#close(track, ms);
    this.#options.append({ type: 'track_end', t: ms, track_id: track.id, reason });
  }

  /** What it counted stays. */
  #close(track: RecordedTrack, ms: number): void {
    track.end(ms);
    const { counters } = this.#options.context;
    const { received, written } = track.writer.own;
    counters.framesReceived += received;
    counters.framesWritten += written;
    counters.packets += track.packets;
  }

  /** Of those that have not come again: `ms` is up to where they might be recorded. */
  #endRefused(ms: number): void {
    const { contents } = this.#options;
    for (const id of this.#before.keys()) {
      const owner = contents.tracks.get(id)?.line.participant_id ?? '';
      if (!this.#mayBe(owner)) this.#endBefore(id, 'not_allowed', ms);
    }
  }

  /** It did not come again: it ended while no recorder was there. */
  #endBefore(id: string, reason: string, ms: number): void {
    const { append } = this.#options;
    const before = this.#before.get(id);
    this.#before.delete(id);
    const missing = before ? missingOf(before, ms) : null;
    if (missing) append({ type: 'gap', track_id: id, ...missing, reason: 'recorder' });
    append({ type: 'track_end', t: ms, track_id: id, reason });
  }

  #packetsFailed(id: string, error: unknown): void {
    const { context } = this.#options;
    context.counters.packetFailures++;
    if (this.#failed.has(id)) return;
    this.#failed.add(id);
    const facts = { track: id, error: String(error) };
    context.log('error', 'packets of a track could not be dealt with', facts);
  }

  #sinkOf({ id, kind, source }: TappedPublication): TrackSink {
    const { context, files, time, append } = this.#options;
    const { disk } = context;
    const isScreen = source === 'screen' || source === 'screen_audio';
    return {
      time,
      append,
      silenceMs: isScreen ? null : SILENCE_MS,
      mayWrite: () => disk.mayWrite(kind),
      failed: (error) => this.#packetsFailed(id, error),
      openFile: (format, ms) => {
        const { codec, width, height } = format;
        const size = width && height ? { width, height } : {};
        const line = { t: ms, track_id: id, codec, ...size };
        return files.open(line, format, (file, error, frames) => {
          context.counters.writeFailures++;
          if (frames > 0 || isNoSpace(error)) disk.refused(kind);
          context.log('warn', 'a write was refused', { track: id, error: String(error), frames });
          const writer = this.#tracks.get(id)?.writer;
          if (writer?.file === file) writer.refused(frames);
          else if (frames > 0) append(lastGap(id, file.lastMs, frames * FRAME_MS[kind]));
        });
      },
      closeFile: (file, endMs) => files.complete(file, endMs),
    };
  }
}

/** It may be its connection alone that ended: what was published goes on, and comes again under its id. */
function mayReturn(reason: string): boolean {
  return reason === 'ended' || reason === 'room_closed';
}

/** The last frames of a file that was being completed. */
function lastGap(id: string, toMs: number, lengthMs: number): ManifestLine {
  const from = Math.max(0, toMs - lengthMs);
  return { type: 'gap', track_id: id, from, to: toMs, reason: 'disk' };
}
