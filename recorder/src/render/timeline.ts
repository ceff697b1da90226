/** Manifests → who was there, whose pictures and sound there are, who spoke: in recorded time. */
import type { ManifestLine, RecordedCodec, TrackSource } from '../manifest/lines.js';
import { common, joined, type Span, without } from './spans.js';
import type { Turn } from './speakers.js';

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
  /** When nothing was recorded. */
  unrecorded: Span[];
}

/** A picture that stands still for so long is none any more. */
const longGapMs = 2_000;
/** A recorder that was away for less was not. */
const nearMs = 1_000;
/** Who is still there is told as soon as a recorder is back; who is told of later has come again. */
const toldMs = 5_000;

type LineOf<T extends ManifestLine['type']> = Extract<ManifestLine, { type: T }>;

/** Things that begin and end by lines: presence, mutes. */
class Spells {
  private readonly byKey = new Map<string, { since: number | null; spans: Span[] }>();

  begin(key: string, t: number): void {
    const spell = this.byKey.get(key) ?? { since: null, spans: [] };
    spell.since ??= t;
    this.byKey.set(key, spell);
  }

  end(key: string, t: number): void {
    const spell = this.byKey.get(key);
    if (!spell || spell.since === null) return;
    spell.spans.push({ from: spell.since, to: t });
    spell.since = null;
  }

  get open(): string[] {
    return [...this.byKey].filter(([, spell]) => spell.since !== null).map(([key]) => key);
  }

  /** What is still open lasts until the end. */
  of(key: string, endMs: number): Span[] {
    const spell = this.byKey.get(key);
    if (!spell) return [];
    const rest = spell.since === null ? [] : [{ from: spell.since, to: endMs }];
    return joined([...spell.spans, ...rest]);
  }
}

/** Reads lines one by one; `timeline()` says what they came to. */
class Reading {
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
  private readonly files = new Map<
    string,
    { line: LineOf<'file'>; end: LineOf<'file_end'> | null }
  >();
  private readonly gaps = new Map<string, Span[]>();
  /** A recorder went on here; `left`: files that were open when the one before ended. */
  private readonly returns: { lastMs: number; t: number; left: string[] }[] = [];
  private readonly speakers: Turn[] = [];

  /** One take's lines: of one recorder process, or of several, one after the other. */
  readTake(lines: readonly ManifestLine[]): void {
    for (const [index, line] of lines.entries()) {
      if (line.type === 'take') this.readReturn(line.t, lines.slice(index + 1));
      this.read(line);
    }
  }

  /** Who was there before, and is not said to be now, has left meanwhile; mutes and the disk are told anew. */
  private readReturn(t: number, after: readonly ManifestLine[]): void {
    const isFirst = !this.hasBegun;
    this.hasBegun = true;
    if (isFirst) return;
    for (const spells of [this.muted, this.full]) {
      for (const key of spells.open) spells.end(key, t);
    }
    const left = [...this.files].filter(([, { end }]) => !end).map(([fileId]) => fileId);
    this.returns.push({ lastMs: this.lastMs, t, left });
    const here = this.namedBy(after, t + toldMs);
    for (const id of this.presence.open) if (!here.has(id)) this.presence.end(id, t);
  }

  /** By lines of one recorder process, until then. */
  private namedBy(lines: readonly ManifestLine[], untilMs: number): Set<string> {
    const named = new Set<string>();
    for (const line of lines) {
      if (line.type === 'take') break;
      if (!('t' in line) || line.t > untilMs) continue;
      if (line.type === 'joined' || line.type === 'track') named.add(line.participant_id);
      const track = line.type === 'file' ? this.tracks.get(line.track_id) : undefined;
      if (track) named.add(track.participant_id);
    }
    return named;
  }

  private read(line: ManifestLine): void {
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
    const durationMs = this.lastMs;
    const unrecorded = joined([...this.full.of('', durationMs), ...this.away()]);
    const people = this.people(durationMs);
    const pieces = [...this.files.values()]
      .map(({ line, end }) => this.piece(line, end))
      .filter((piece) => piece !== null)
      .sort((a, b) => a.startMs - b.startMs);
    for (const piece of pieces) {
      const person = people.find(({ participantId }) => participantId === piece.participantId);
      piece.shown = without(common(piece.shown, person?.present ?? []), unrecorded);
    }
    return { title: this.title, durationMs, people, pieces, turns: this.turns(), unrecorded };
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

  private piece(line: LineOf<'file'>, end: LineOf<'file_end'> | null): Piece | null {
    const track = this.tracks.get(line.track_id);
    if (!track) return null;
    const next = [...this.files.values()]
      .filter((file) => file.line.track_id === line.track_id && file.line.t > line.t)
      .map((file) => file.line.t);
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

/** @param takes the lines of each take's manifest, in order. */
export function timelineOf(takes: readonly (readonly ManifestLine[])[]): Timeline {
  const reading = new Reading();
  for (const lines of takes) reading.readTake(lines);
  return reading.timeline();
}
