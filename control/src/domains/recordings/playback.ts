import type { ManifestLine } from '../../../../recorder/src/index.js';
import type { Playback } from '../../schemas/http.js';
import { type Span, Spans } from './spans.js';

/** What stands in the manifests of a recording, for a page that plays it. */
export type Told = Omit<Playback, 'recording'>;

/** Who comes back so soon after another recorder has gone on was there all the time. */
const returnMs = 5000;
/** A word in between makes no chapter of its own, and ends nobody's. */
const leastChapterMs = 2000;
const pauseMs = 3000;
/** Between two takes: less is no gap that anybody would hear. */
const leastGapMs = 500;

/**
 * Reads the lines of all takes, in their order. What is open at the end lasts until the last time that any
 * line names. Lines of other types, and of other shapes, say nothing here.
 */
export function playbackOf(lines: readonly ManifestLine[]): Told {
  const reader = new Reader();
  for (const line of lines) reader.read(line);
  return reader.end();
}

class Reader {
  private readonly names = new Map<string, string>();
  private readonly presence = new Spans<string>(0);
  private readonly speaking = new Spans<string>(pauseMs);
  private readonly sharing = new Spans<string>(0);
  private readonly sharers = new Map<string, string>();
  private messages: Told['messages'] = [];
  private readonly gaps: Told['gaps'] = [];
  private speaker: string | null = null;
  private take = 0;
  private fullSince: number | null = null;
  /** The last time that was named. */
  private last = 0;

  read(line: ManifestLine): void {
    const at = timeIn(line);
    if (line.type === 'take') this.begin(line.take, at);
    if (at !== null) this.last = Math.max(this.last, at);
    this.people(line);
    this.tracks(line);
    this.chat(line);
  }

  /** Another recorder goes on: it says anew who is there, who speaks and what is shared. */
  private begin(take: number, at: number | null): void {
    if (take === this.take || at === null) return;
    const isFirst = this.take === 0;
    this.take = take;
    if (isFirst) return;
    this.closeDisk(this.last);
    if (at - this.last >= leastGapMs) {
      this.gaps.push({ track_id: null, from_ms: this.last, to_ms: at, reason: 'recorder' });
    }
    const until = Math.max(at, this.last) + returnMs;
    for (const spans of [this.presence, this.speaking, this.sharing]) {
      spans.suspend(this.last, until);
    }
    this.speaker = null;
  }

  private people(line: ManifestLine): void {
    if (line.type === 'joined') {
      this.names.set(line.participant_id, line.name);
      this.presence.open(line.participant_id, line.t);
    } else if (line.type === 'left') {
      this.presence.close(line.participant_id, line.t);
    } else if (line.type === 'speaker') {
      if (this.speaker !== null) this.speaking.close(this.speaker, line.t);
      this.speaker = line.participant_id;
      if (line.participant_id !== null) this.speaking.open(line.participant_id, line.t);
    }
  }

  private tracks(line: ManifestLine): void {
    if (line.type === 'track' && line.source === 'screen') {
      this.sharers.set(line.track_id, line.participant_id);
      this.sharing.open(line.track_id, line.t);
    } else if (line.type === 'track_end') {
      this.sharing.close(line.track_id, line.t);
    } else if (line.type === 'gap') {
      const { track_id, from, to, reason } = line;
      this.gaps.push({ track_id, from_ms: from, to_ms: to, reason });
    } else if (line.type === 'disk') {
      if (line.state === 'full') this.fullSince ??= line.t;
      else this.closeDisk(line.t);
    }
  }

  private closeDisk(at: number): void {
    if (this.fullSince === null) return;
    this.gaps.push({ track_id: null, from_ms: this.fullSince, to_ms: at, reason: 'disk' });
    this.fullSince = null;
  }

  private chat(line: ManifestLine): void {
    if (line.type === 'chat') {
      const { message_id, participant_id, name, body, t } = line;
      // A later take may tell of it again.
      if (this.messages.some((one) => one.message_id === message_id)) return;
      this.messages.push({ message_id, participant_id, name, at_ms: t, body });
    } else if (line.type === 'chat_deleted') {
      const { message_id: gone } = line;
      this.messages =
        gone === null ? [] : this.messages.filter(({ message_id }) => message_id !== gone);
    }
  }

  end(): Told {
    this.closeDisk(this.last);
    const participants = this.presence.end(this.last);
    const speaking = this.speaking.end(this.last);
    const sharing = this.sharing.end(this.last);
    return {
      participants: [...participants].map(([id, spans]) => ({
        participant_id: id,
        name: this.names.get(id) ?? '',
        spans: spans.map(presentSpan),
      })),
      chapters: [
        ...chapters('speaker', speaking, (id) => id, leastChapterMs),
        ...chapters('screen', sharing, (track) => this.sharers.get(track) ?? '', 0),
      ].sort(byTime),
      messages: this.messages,
      gaps: this.gaps.sort(byTime),
    };
  }
}

function chapters(
  kind: 'speaker' | 'screen',
  all: ReadonlyMap<string, readonly Span[]>,
  whose: (key: string) => string,
  leastMs: number,
): Told['chapters'] {
  return [...all].flatMap(([key, spans]) =>
    spans
      .filter(({ from, to }) => to - from >= leastMs)
      .map((span) => ({ kind, participant_id: whose(key), ...presentSpan(span) })),
  );
}

function presentSpan({ from, to }: Span): { from_ms: number; to_ms: number } {
  return { from_ms: from, to_ms: to };
}

function byTime(a: { from_ms: number }, b: { from_ms: number }): number {
  return a.from_ms - b.from_ms;
}

/** The latest that it names. */
function timeIn(line: ManifestLine): number | null {
  const times = [(line as { t?: unknown }).t, (line as { to?: unknown }).to];
  const found = times.filter((time) => typeof time === 'number' && Number.isFinite(time));
  return found.length === 0 ? null : Math.max(...(found as number[]));
}
