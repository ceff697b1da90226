import {
  bridged,
  type ManifestLine,
  type Span,
  spokenBy,
  type Timeline,
  TimelineReading,
} from '../../../../recorder/src/index.js';
import type { Playback } from '../../schemas/http.js';

/** What stands in the manifests of a recording, for a page that plays it. The chat: all that was ever said. */
export type Told = Omit<Playback, 'recording'>;

/** A word in between makes no chapter of its own, and ends nobody's. */
const leastChapterMs = 2000;
const pauseMs = 3000;
/** Of a track nobody sees less, and of a long meeting there are thousands: they stand in the manifest alone. */
const leastGapMs = 500;

/**
 * Reads the lines of all takes, in their order. Who was there, whose screen was to be seen and what was not recorded
 * is what compositions go by.
 */
export class PlaybackReading {
  private readonly timeline = new TimelineReading();
  private readonly messages = new Map<string, Told['messages'][number]>();
  private readonly gaps: Told['gaps'] = [];

  read(line: ManifestLine): void {
    this.timeline.read(line);
    if (line.type === 'chat') {
      const { message_id, participant_id, name, body, t } = line;
      const message = { message_id, participant_id, name, at_ms: t, body };
      if (!this.messages.has(message_id)) this.messages.set(message_id, message);
    } else if (line.type === 'gap' && line.to - line.from >= leastGapMs) {
      const { track_id, from, to, reason } = line;
      this.gaps.push({ track_id, from_ms: from, to_ms: to, reason });
    }
  }

  /** What is open lasts until the last time that any line names. */
  end(): Told {
    const timeline = this.timeline.timeline();
    const chapters = [...speakerChapters(timeline), ...screenChapters(timeline)];
    return {
      participants: timeline.people.map(({ participantId, name, present }) => ({
        participant_id: participantId,
        name,
        spans: present.map(shown),
      })),
      chapters: chapters.sort(byTime),
      messages: [...this.messages.values()],
      gaps: [
        ...this.gaps,
        ...timeline.diskFull.map((span) => wholeGap(span, 'disk')),
        ...timeline.recorderAway.map((span) => wholeGap(span, 'recorder')),
      ].sort(byTime),
    };
  }
}

function speakerChapters(timeline: Timeline): Told['chapters'] {
  return spokenBy(timeline, pauseMs).flatMap(({ person, spans }) => {
    const longEnough = spans.filter(({ from, to }) => to - from >= leastChapterMs);
    return chapters('speaker', person.participantId, longEnough);
  });
}

/** A screen may be in several files. */
function screenChapters({ pieces }: Timeline): Told['chapters'] {
  const screens = pieces.filter(({ source }) => source === 'screen');
  const byTrack = new Map(screens.map(({ trackId, participantId }) => [trackId, participantId]));
  return [...byTrack].flatMap(([track, participantId]) => {
    const files = screens.filter(({ trackId }) => trackId === track);
    const spans = files.flatMap((piece) => piece.shown);
    return chapters('screen', participantId, bridged(spans, pauseMs));
  });
}

function chapters(
  kind: 'speaker' | 'screen',
  participantId: string,
  spans: readonly Span[],
): Told['chapters'] {
  return spans.map((span) => ({ kind, participant_id: participantId, ...shown(span) }));
}

function wholeGap(span: Span, reason: 'disk' | 'recorder'): Told['gaps'][number] {
  return { track_id: null, ...shown(span), reason };
}

function shown({ from, to }: Span): { from_ms: number; to_ms: number } {
  return { from_ms: from, to_ms: to };
}

function byTime(a: { from_ms: number }, b: { from_ms: number }): number {
  return a.from_ms - b.from_ms;
}
