/** Manifests → who was there, whose pictures and sound there are, who spoke: in recorded time. */
import type { ManifestLine, RecordedCodec, TrackSource } from '../manifest/lines.js';
import { bridged, common, joined, type Span, without } from './spans.js';
import type { Turn } from './speakers.js';
import { Spells } from './spells.js';

export interface Person {
  participantId: string;
  /** As it was last. */
  name: string;
  present: Span[];
}

/** What one file holds. */
export interface Piece {
  fileId: string;
  trackId: string;
  participantId: string;
  source: TrackSource;
  codec: RecordedCodec;
  /** Of its first frame. */
  startMs: number;
  /** When a picture of it is to be seen; of sound: all of it. */
  shown: Span[];
  /** Null: the file was not closed, and may be cut. */
  whole: { bytes: number; sha256: string } | null;
}

export interface Timeline {
  title: string;
  durationMs: number;
  /** In the order in which they came. */
  people: Person[];
  /** In the order in which they begin. */
  pieces: Piece[];
  turns: Turn[];
  /** When nothing was recorded: while the disk was full, and while no recorder was there. */
  unrecorded: Span[];
  diskFull: Span[];
  recorderAway: Span[];
}

/** A picture that stands still for so long is none any more. */
const longGapMs = 2_000;
/** A recorder that was away for less was not. */
const nearMs = 1_000;
/** Who is still there is told as soon as a recorder is back; who is told of later has come again. */
const toldMs = 5_000;

type LineOf<T extends ManifestLine['type']> = Extract<ManifestLine, { type: T }>;

interface TrackFile {
  line: LineOf<'file'>;
  end: LineOf<'file_end'> | null;
}

/** Reads the lines of all takes one by one, in their order; `timeline()` says what they came to. */
export class TimelineReading {
  private title = '';
  private asksConsent = false;
  private lastMs = 0;
  private hasBegun = false;
  private readonly names = new Map<string, string>();
  private readonly presence = new Spells();
  private readonly refused = new Spells();
  private readonly muted = new Spells();
  private readonly full = new Spells();
  private readonly tracks = new Map<string, LineOf<'track'>>();
  private readonly trackEnds = new Map<string, number>();
  private readonly files = new Map<string, TrackFile>();
  private readonly gaps = new Map<string, Span[]>();
  /** A recorder went on here; `left`: files that were open when the one before ended. */
  private readonly returns: { lastMs: number; t: number; left: string[] }[] = [];
  /** Who was there when a recorder went on `at`, and has not been named since. */
  private doubted: { at: number; ids: Set<string> } = { at: 0, ids: new Set() };
  private readonly speakers: Turn[] = [];

  read(line: ManifestLine): void {
    if (line.type === 'take') this.readReturn(line.t);
    this.readNames(line);
    if ('t' in line) this.lastMs = Math.max(this.lastMs, line.t);
    if (line.type === 'recording') {
      this.title = line.title;
      this.asksConsent = line.consent !== 'inform';
    } else if (line.type === 'speaker') {
      this.speakers.push({ participantId: line.participant_id, from: line.t, to: line.t });
    } else if (line.type === 'disk') {
      if (line.state === 'full') this.full.begin('', line.t);
      else this.full.end('', line.t);
    }
    this.readPerson(line);
    this.readTrack(line);
  }

  /** Mutes and the disk are told anew. */
  private readReturn(t: number): void {
    const isFirst = !this.hasBegun;
    this.hasBegun = true;
    if (isFirst) return;
    for (const spells of [this.muted, this.full]) {
      for (const key of spells.open) spells.end(key, t);
    }
    const left = [...this.files].filter(([, { end }]) => !end).map(([fileId]) => fileId);
    this.returns.push({ lastMs: this.lastMs, t, left });
    this.settleDoubts();
    this.doubted = { at: t, ids: new Set(this.presence.open) };
  }

  /** Who is named soon after a recorder has gone on was there all the time. */
  private readNames(line: ManifestLine): void {
    const id = this.namedIn(line);
    if (id === null || !('t' in line) || !this.doubted.ids.delete(id)) return;
    const { at } = this.doubted;
    if (line.type === 'left' || line.t > at + toldMs) this.presence.end(id, at);
  }

  private namedIn(line: ManifestLine): string | null {
    if (line.type === 'joined' || line.type === 'left' || line.type === 'track') {
      return line.participant_id;
    }
    return line.type === 'file' ? (this.tracks.get(line.track_id)?.participant_id ?? null) : null;
  }

  /** Whoever was not named has left meanwhile. */
  private settleDoubts(): void {
    for (const id of this.doubted.ids) this.presence.end(id, this.doubted.at);
    this.doubted.ids.clear();
  }

  private readPerson(line: ManifestLine): void {
    if (line.type === 'joined') {
      this.names.set(line.participant_id, line.name);
      this.presence.begin(line.participant_id, line.t);
    } else if (line.type === 'left') {
      this.presence.end(line.participant_id, line.t);
      if (this.speakers.at(-1)?.participantId === line.participant_id) {
        this.speakers.push({ participantId: null, from: line.t, to: line.t });
      }
    } else if (line.type === 'consent') {
      if (line.accepted === true) this.refused.end(line.participant_id, line.t);
      else this.refused.begin(line.participant_id, line.t);
    }
  }

  private readTrack(line: ManifestLine): void {
    if (line.type === 'track') {
      this.tracks.set(line.track_id, line);
      this.trackEnds.delete(line.track_id);
      // One that comes again tells anew.
      this.muted.end(line.track_id, line.t);
    } else if (line.type === 'track_end') this.trackEnds.set(line.track_id, line.t);
    else if (line.type === 'muted') {
      if (line.muted) this.muted.begin(line.track_id, line.t);
      else this.muted.end(line.track_id, line.t);
    } else if (line.type === 'file') this.files.set(line.file_id, { line, end: null });
    else if (line.type === 'file_end') {
      const file = this.files.get(line.file_id);
      if (file) file.end = line;
    } else if (line.type === 'gap') this.readGap(line);
  }

  private readGap(line: LineOf<'gap'>): void {
    const span = { from: line.from, to: line.to };
    if (line.to - line.from < longGapMs) return;
    const gaps = this.gaps.get(line.track_id) ?? [];
    gaps.push(span);
    this.gaps.set(line.track_id, gaps);
  }

  timeline(): Timeline {
    this.settleDoubts();
    const durationMs = this.lastMs;
    const [diskFull, recorderAway] = [this.full.of('', durationMs), this.away()];
    const unrecorded = joined([...diskFull, ...recorderAway]);
    const people = this.people(durationMs);
    const presence = new Map(people.map((one) => [one.participantId, one.present]));
    const pieces = this.pieces();
    for (const piece of pieces) {
      const present = presence.get(piece.participantId) ?? [];
      piece.shown = without(common(piece.shown, present), unrecorded);
    }
    const turns = this.turns();
    return {
      title: this.title,
      durationMs,
      people,
      pieces,
      turns,
      unrecorded,
      diskFull,
      recorderAway,
    };
  }

  /** From what was written last, or is in files, to where a recorder went on. */
  private away(): Span[] {
    return this.returns
      .map(({ lastMs, t, left }) => {
        const ends = left.map((fileId) => this.files.get(fileId)?.end?.t ?? 0);
        return { from: Math.max(lastMs, ...ends.filter((end) => end <= t)), to: t };
      })
      .filter(({ from, to }) => to - from >= nearMs);
  }

  private people(endMs: number): Person[] {
    return [...this.names]
      .map(([participantId, name]) => {
        const here = this.presence.of(participantId, endMs);
        const hidden = this.asksConsent ? this.refused.of(participantId, endMs) : [];
        return { participantId, name, present: without(here, hidden) };
      })
      .filter((person) => person.present.length > 0)
      .sort((a, b) => (a.present[0] as Span).from - (b.present[0] as Span).from);
  }

  private pieces(): Piece[] {
    return [...this.filesByTrack()]
      .flatMap(([trackId, files]) => {
        const track = this.tracks.get(trackId);
        return track ? files.map((file) => this.piece(track, file, files)) : [];
      })
      .sort((a, b) => a.startMs - b.startMs);
  }

  private filesByTrack(): Map<string, TrackFile[]> {
    const byTrack = new Map<string, TrackFile[]>();
    for (const file of this.files.values()) {
      const files = byTrack.get(file.line.track_id);
      if (files) files.push(file);
      else byTrack.set(file.line.track_id, [file]);
    }
    return byTrack;
  }

  private piece(track: LineOf<'track'>, file: TrackFile, all: readonly TrackFile[]): Piece {
    const { line, end } = file;
    const next = all.filter((one) => one.line.t > line.t).map((one) => one.line.t);
    const trackEnd = this.trackEnds.get(line.track_id) ?? this.lastMs;
    // A track that ended and came back: what is known of its end is older than the file.
    const lastMs = trackEnd > line.t ? trackEnd : this.lastMs;
    const to = Math.min(...next, end?.t ?? lastMs);
    const hidden =
      track.kind === 'audio'
        ? []
        : [...this.muted.of(line.track_id, this.lastMs), ...(this.gaps.get(line.track_id) ?? [])];
    return {
      fileId: line.file_id,
      trackId: line.track_id,
      participantId: track.participant_id,
      source: track.source,
      codec: line.codec,
      startMs: line.t,
      shown: without([{ from: line.t, to }], hidden),
      whole: end && { bytes: end.bytes, sha256: end.sha256 },
    };
  }

  private turns(): Turn[] {
    const first = { participantId: null, from: 0, to: 0 };
    const sorted = [first, ...this.speakers].sort((a, b) => a.from - b.from);
    return sorted.map((turn, index) => ({
      ...turn,
      to: sorted[index + 1]?.from ?? this.lastMs,
    }));
  }
}

/**
 * When each of them spoke, as chapters say it. Of whoever was there: facts tell of those, too, who refused, and who spoke as a
 * recorder was lost may have left meanwhile. A pause of less than `pauseMs` is none.
 */
export function spokenBy(
  { people, turns }: { people: readonly Person[]; turns: readonly Turn[] },
  pauseMs: number,
): { person: Person; spans: Span[] }[] {
  const own = new Map<string | null, Turn[]>(people.map((one) => [one.participantId, []]));
  for (const turn of turns) own.get(turn.participantId)?.push(turn);
  return people.map((person) => {
    const spans = bridged(own.get(person.participantId) ?? [], pauseMs);
    return { person, spans: common(spans, person.present) };
  });
}

/** @param takes the lines of each take's manifest, in order. */
export function timelineOf(takes: readonly (readonly ManifestLine[])[]): Timeline {
  const reading = new TimelineReading();
  for (const lines of takes) for (const line of lines) reading.read(line);
  return reading.timeline();
}
