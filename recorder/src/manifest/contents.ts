/** What a manifest says by now: which tracks and files there are, and how each stands. */
import type {
  DiskLine,
  FileEndLine,
  FileLine,
  ManifestLine,
  RecordingLine,
  TakeLine,
  TrackEndLine,
  TrackLine,
} from './lines.js';

export interface ManifestFile {
  line: FileLine;
  end: FileEndLine | null;
  /** Of a file that was not completed: the last time that was found in it, or that other lines say, ms. */
  foundMs?: number;
  /** In the object store. */
  key: string | null;
}

export interface ManifestTrack {
  line: TrackLine;
  /** Null: it is published, as far as is known. */
  end: TrackEndLine | null;
  /** Since when it is muted, ms; null: it is not. */
  mutedMs: number | null;
  /** What is missing of it before is named, ms. */
  namedMs: number;
  received: number;
  written: number;
  lost: number;
}

export class ManifestContents {
  recording: RecordingLine | null = null;
  take: TakeLine | null = null;
  readonly tracks = new Map<string, ManifestTrack>();
  readonly files = new Map<string, ManifestFile>();
  /** As it was said last. */
  disk: DiskLine['state'] = 'ok';
  isPaused = false;
  isStopped = false;
  /** The latest time that any line says, ms. */
  lastMs = 0;

  constructor(lines: readonly ManifestLine[] = []) {
    for (const line of lines) this.add(line);
  }

  add(line: ManifestLine): void {
    this.lastMs = Math.max(this.lastMs, timeOf(line));
    if (line.type === 'recording') this.recording = line;
    else if (line.type === 'take') this.take = line;
    else if (line.type === 'paused' || line.type === 'resumed')
      this.isPaused = line.type === 'paused';
    else if (line.type === 'disk') this.disk = line.state;
    else if (line.type === 'stopped') this.isStopped = true;
    else if ('track_id' in line) this.#addOfTrack(line);
    else if ('file_id' in line) this.#addOfFile(line);
  }

  /** Files of that track, in order. */
  filesOf(trackId: string): ManifestFile[] {
    return [...this.files.values()].filter(({ line }) => line.track_id === trackId);
  }

  /** By what other lines say a file lasted to there at least, ms. */
  leastEndOf({ line }: ManifestFile): number {
    const files = this.filesOf(line.track_id);
    const next = files[files.findIndex((file) => file.line === line) + 1];
    const track = this.tracks.get(line.track_id);
    return Math.max(line.t, next?.line.t ?? track?.end?.t ?? track?.namedMs ?? 0);
  }

  #addOfTrack(line: Extract<ManifestLine, { track_id: string }>): void {
    const track = this.tracks.get(line.track_id);
    if (line.type === 'track') {
      const { received = 0, written = 0, lost = 0, namedMs = 0 } = track ?? {};
      const counts = { received, written, lost };
      this.tracks.set(line.track_id, { line, end: null, mutedMs: null, namedMs, ...counts });
    } else if (line.type === 'file') {
      this.files.set(line.file_id, { line, end: null, key: null });
    } else if (track && line.type === 'track_end') track.end = line;
    else if (track && line.type === 'muted') {
      track.mutedMs = line.muted ? (track.mutedMs ?? line.t) : null;
    } else if (track && line.type === 'gap') track.namedMs = Math.max(track.namedMs, line.to);
    else if (track && line.type === 'counts') {
      track.received = line.frames_received;
      track.written = line.frames_written;
      track.lost = line.frames_lost ?? 0;
    }
  }

  #addOfFile(line: Extract<ManifestLine, { type: 'file_end' | 'uploaded' }>): void {
    const file = this.files.get(line.file_id);
    if (!file) return;
    if (line.type === 'file_end') file.end = line;
    else file.key = line.key;
  }
}

/** By its type: what else stands in a line was not looked at. */
function timeOf(line: ManifestLine): number {
  if (line.type === 'recording') return 0;
  return line.type === 'gap' ? line.to : line.t;
}
