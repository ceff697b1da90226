/** What of a recording is to be heard and seen at which moment: pure, in recorded time (ms). */
import type { Playback, RecordingFile } from '../../../../client/src/index.js';

/** One file of a lane: it begins and ends in the middle of the recording. */
export interface Piece {
  readonly fileId: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** What one media element plays: a track, piece by piece, or a whole composite. */
export interface Lane {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly participantId?: string | undefined;
  readonly source?: RecordingFile['source'];
  /** In order, without overlap. */
  readonly pieces: readonly Piece[];
}

export type Layout = NonNullable<RecordingFile['layout']>;
export type Chapter = Playback['chapters'][number];
export type Gap = Playback['gaps'][number];
export type Message = Playback['messages'][number];

function pieceOf({ file_id, start_ms, end_ms }: RecordingFile): Piece {
  return { fileId: file_id, startMs: start_ms, endMs: end_ms };
}

function isSound({ source, content_type }: RecordingFile): boolean {
  if (source === undefined) return content_type.startsWith('audio/');
  return source === 'microphone' || source === 'screen_audio';
}

/** A lane for each track, in the order of their first files. */
export function lanesOf(files: readonly RecordingFile[]): readonly Lane[] {
  const tracks = new Map<string, RecordingFile[]>();
  for (const file of files) {
    if (file.kind !== 'track' || file.end_ms <= file.start_ms) continue;
    const id = file.track_id ?? file.file_id;
    tracks.set(id, [...(tracks.get(id) ?? []), file]);
  }
  const lanes = [...tracks].flatMap(([id, all]): Lane[] => {
    const [first] = all;
    if (!first) return [];
    const { participant_id: participantId, source } = first;
    const pieces = all.map(pieceOf).sort((a, b) => a.startMs - b.startMs);
    return [{ id, kind: isSound(first) ? 'audio' : 'video', participantId, source, pieces }];
  });
  return lanes.sort((a, b) => startOf(a) - startOf(b));
}

const startOf = ({ pieces }: Lane) => pieces[0]?.startMs ?? 0;

/** The newest composite of a layout; `audio`: the sound of all. */
export function wholeFile(
  files: readonly RecordingFile[],
  layout: Layout | 'audio',
): RecordingFile | undefined {
  const isIt = (file: RecordingFile) =>
    layout === 'audio' ? file.kind === 'audio' : isComposite(file) && file.layout === layout;
  return files.findLast(isIt);
}

export function isComposite({ kind }: RecordingFile): boolean {
  return kind === 'composite';
}

/** Which composites there are, best first. */
export function wholeLayouts(files: readonly RecordingFile[]): readonly Layout[] {
  const order = ['gallery', 'speaker', 'screen_first'] as const;
  return order.filter((layout) => wholeFile(files, layout) !== undefined);
}

/** A file that holds everything, as the one lane. */
export function wholeLane(file: RecordingFile): Lane {
  return { id: file.file_id, kind: isSound(file) ? 'audio' : 'video', pieces: [pieceOf(file)] };
}

/** The piece that covers the moment. */
export function pieceAt({ pieces }: Lane, ms: number): Piece | undefined {
  return pieces.findLast(({ startMs, endMs }) => startMs <= ms && ms < endMs);
}

/** The next one after the moment. */
export function pieceAfter({ pieces }: Lane, ms: number): Piece | undefined {
  return pieces.find(({ startMs }) => startMs > ms);
}

type Person = Playback['participants'][number];

/** Who was in the meeting then. */
export function peopleAt(people: readonly Person[], ms: number): readonly Person[] {
  return people.filter(({ spans }) => spans.some((span) => span.from_ms <= ms && ms < span.to_ms));
}

/** Of everything, when `laneId` is not given; of that lane alone otherwise. */
export function gapAt(gaps: readonly Gap[], ms: number, laneId?: string): Gap | undefined {
  return gaps.find(
    ({ track_id, from_ms, to_ms }) => track_id === (laneId ?? null) && from_ms <= ms && ms < to_ms,
  );
}

/** What is marked on the bar: what nobody can hear or see. Of a single track a tile tells it. */
export function wholeGaps(gaps: readonly Gap[]): readonly Gap[] {
  return gaps.filter(({ track_id }) => track_id === null);
}

/** Who speaks, or shares, then; the one that began last. */
export function chapterAt(chapters: readonly Chapter[], ms: number): Chapter | undefined {
  return chapters.findLast(({ from_ms, to_ms }) => from_ms <= ms && ms < to_ms);
}

/** How many of the messages have been written by then: they are in order of time. */
export function messagesUntil(messages: readonly Message[], ms: number): number {
  const later = messages.findIndex(({ at_ms }) => at_ms > ms);
  return later < 0 ? messages.length : later;
}

/**
 * The pictures that are played: of many, all screens and who spoke last. What is left out is heard.
 */
export function shownLanes(
  lanes: readonly Lane[],
  { chapters, limit, ms }: { chapters: readonly Chapter[]; limit: number; ms: number },
): readonly Lane[] {
  const pictures = lanes.filter((lane) => lane.kind === 'video' && pieceAt(lane, ms));
  if (pictures.length <= limit) return pictures;
  const spokeMs = (lane: Lane) =>
    lane.source === 'screen'
      ? Number.POSITIVE_INFINITY
      : (chapters.findLast(
          ({ kind, participant_id, from_ms }) =>
            kind === 'speaker' && participant_id === lane.participantId && from_ms <= ms,
        )?.to_ms ?? -1);
  const best = new Set(pictures.toSorted((a, b) => spokeMs(b) - spokeMs(a)).slice(0, limit));
  return pictures.filter((lane) => best.has(lane));
}
