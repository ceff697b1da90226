/** A recording that is ready, with its files on disk: what was found in it of each person. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording, RecordingFile } from '../../control/src/schemas/http/recordings.js';
import type { ManifestLine } from '../../recorder/src/index.js';
import { decodeErrors, run } from './ffmpeg.js';
import { findFlashes } from './flashes.js';
import type { Attendee } from './meeting.js';
import type { Recordings } from './recordings.js';
import { findTones } from './tones.js';

type GapLine = Extract<ManifestLine, { type: 'gap' }>;
type Source = 'camera' | 'microphone';

export interface TrackFile {
  file: RecordingFile;
  path: string;
}

export interface Counts {
  received: number;
  written: number;
}

export class Recorded {
  private constructor(
    readonly recording: Recording,
    readonly lines: readonly ManifestLine[],
    readonly tracks: readonly TrackFile[],
    readonly folder: string,
  ) {}

  static async fetch(recordings: Recordings, recording: Recording): Promise<Recorded> {
    const folder = await mkdtemp(join(tmpdir(), 'plenum-recorded-'));
    const { recording_id: id } = recording;
    const tracks: TrackFile[] = [];
    for (const file of recording.files.filter(({ kind }) => kind === 'track')) {
      const path = await recordings.download(id, file, join(folder, `${file.file_id}.media`));
      tracks.push({ file, path });
    }
    return new Recorded(recording, await recordings.manifest(id), tracks, folder);
  }

  async forget(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Of one person, in the order of time; there are several when the recorder began anew. */
  tracksOf({ person }: Attendee, source: Source): TrackFile[] {
    const own = this.tracks.filter(
      ({ file }) => file.participant_id === person.seat.id && file.source === source,
    );
    if (own.length === 0) throw new Error(`person ${person.index} has no ${source} in it`);
    return own.sort((one, other) => one.file.start_ms - other.file.start_ms);
  }

  async flashesOf(attendee: Attendee): Promise<number[]> {
    const files = this.tracksOf(attendee, 'camera');
    return (await Promise.all(files.map(({ path }) => findFlashes(path)))).flat();
  }

  async tonesOf(attendee: Attendee): Promise<number[]> {
    const files = this.tracksOf(attendee, 'microphone');
    const { toneHz } = attendee.film;
    return (await Promise.all(files.map(({ path }) => findTones(path, toneHz)))).flat();
  }

  /** What decoders complain of, by file; it is printed too. */
  async damage(): Promise<string[]> {
    const said: string[] = [];
    for (const { path, file } of this.tracks) {
      const errors = await decodeErrors(path);
      if (errors !== '') said.push(`${file.source} ${file.file_id}: ${errors.split('\n')[0]}`);
    }
    for (const one of said) console.error(`damaged: ${one}`);
    return said;
  }

  /** Of all tracks together, by the last line of each. */
  get counts(): Counts {
    const last = new Map<string, Counts>();
    for (const line of this.lines) {
      if (line.type !== 'counts') continue;
      last.set(line.track_id, { received: line.frames_received, written: line.frames_written });
    }
    const sum = (name: keyof Counts) => [...last.values()].reduce((all, one) => all + one[name], 0);
    return { received: sum('received'), written: sum('written') };
  }

  /** Where recorded time ended, ms. */
  get endMs(): number {
    return this.lines.findLast((line) => line.type === 'stopped')?.t ?? Number.NaN;
  }

  get gaps(): GapLine[] {
    return this.lines.filter((line) => line.type === 'gap');
  }

  /** Times of all frames of a file, ms. */
  async framesOf({ path }: TrackFile): Promise<number[]> {
    const show = ['-v', 'error', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path];
    const { stdout } = await run('ffprobe', show);
    const times = stdout.toString().split('\n').filter(Boolean);
    return times.map((time) => Number.parseFloat(time) * 1000).sort((one, other) => one - other);
  }
}
