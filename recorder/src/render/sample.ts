/** Recordings that nobody made: pictures and tones that ffmpeg draws, with a manifest. For tests and measurements. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RenderInput } from '../contract.js';
import type { ManifestLine, RecordedCodec, TrackSource } from '../manifest/lines.js';
import type { Span } from './spans.js';

export interface SampleFile {
  fileId: string;
  participantId: string;
  source: TrackSource;
  codec: RecordedCodec;
  /** When there is something in it, in ms of recorded time. */
  spans: readonly Span[];
  /** A source of lavfi: `color=red:s=640x360:r=10`, `sine=300`. */
  drawing: string;
  bitrate?: string;
}

const encoders: Record<RecordedCodec, readonly string[]> = {
  opus: ['libopus', '-application', 'voip'],
  vp8: ['libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-noise-sensitivity', '4'],
  vp9: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'],
  av1: ['libsvtav1', '-preset', '12'],
  h264: ['libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'],
};

/** As rare as in a recording of whom nobody joins. */
const keyFrames = ['-g', '99999', '-force_key_frames', 'expr:gte(t,n_forced*30)'];

/** Writes `<fileId>.webm` (or `.mkv`) into `folder`; its blocks have recorded time. @returns its path. */
export async function makeSampleFile(folder: string, file: SampleFile): Promise<string> {
  const isWebm = file.codec !== 'h264';
  const path = join(folder, `${file.fileId}.${isWebm ? 'webm' : 'mkv'}`);
  const begin = (file.spans[0] as Span).from;
  const end = (file.spans.at(-1) as Span).to;
  const isSound = file.codec === 'opus';
  // Of sound, packets are left out, as when nothing is sent; an encoder would close the hole.
  const time = isSound ? '(n*0.02)' : 't';
  const kept = file.spans
    .map(
      ({ from, to }) => `gte(${time},${(from - begin) / 1000})*lt(${time},${(to - begin) / 1000})`,
    )
    .join('+');
  const video = ['-vf', `select='${kept}',format=yuv420p`, ...keyFrames, '-threads', '1'];
  const argv = [
    ...['-hide_banner', '-nostdin', '-v', 'error', '-y', '-t', String((end - begin) / 1000)],
    ...['-f', 'lavfi', '-i', file.drawing, '-vsync', 'passthrough', '-c', ...encoders[file.codec]],
    ...(isSound ? ['-bsf:a', `noise=drop='not(${kept})'`] : video),
    ...['-b', file.bitrate ?? (isSound ? '32k' : '300k')],
    ...['-output_ts_offset', String(begin / 1000), '-f', isWebm ? 'webm' : 'matroska', path],
  ];
  const child = spawn('ffmpeg', argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`ffmpeg made no ${file.fileId}`);
  return path;
}

/** Lines of tracks and files, as a recorder would write them. */
export function linesOf(file: SampleFile): ManifestLine[] {
  const { fileId, participantId, source, codec, spans } = file;
  const kind = codec === 'opus' ? 'audio' : 'video';
  const begin = (spans[0] as Span).from;
  const end = (spans.at(-1) as Span).to;
  const track = {
    track_id: `track-${fileId}`,
    participant_id: participantId,
    kind,
    source,
  } as const;
  const name = `${fileId}.${codec === 'h264' ? 'mkv' : 'webm'}`;
  const mutes = spans.slice(1).flatMap((span, index): ManifestLine[] => {
    const muted = { type: 'muted', track_id: track.track_id } as const;
    return [
      { ...muted, t: (spans[index] as Span).to, muted: true },
      { ...muted, t: span.from, muted: false },
    ];
  });
  const last = { bytes: 0, sha256: '', frames: 0 };
  return [
    { type: 'track', t: begin, ...track },
    { type: 'file', t: begin, file_id: fileId, track_id: track.track_id, name, codec },
    ...mutes,
    { type: 'file_end', t: end, file_id: fileId, ...last },
    { type: 'track_end', t: end, track_id: track.track_id, reason: 'unpublished' },
  ];
}

/** The first lines of a manifest. */
const beginning: ManifestLine[] = [
  {
    type: 'recording',
    version: 1,
    recording_id: 'sample',
    meeting_id: 'sample',
    room_id: 'sample',
    title: 'A sample',
    started_at: '2026-01-01T00:00:00Z',
    consent: 'inform',
  },
  { type: 'take', t: 0, take: 1, epoch: 1, recorder_id: 'sample' },
];

export interface Sample {
  manifests: RenderInput[];
  files: RenderInput[];
}

export async function makeSample(
  folder: string,
  files: readonly SampleFile[],
  more: readonly ManifestLine[],
): Promise<Sample> {
  const inputs: RenderInput[] = [];
  for (const file of files) {
    const url = pathToFileURL(await makeSampleFile(folder, file)).href;
    inputs.push({ fileId: file.fileId, url });
  }
  const manifest = await writeManifest(folder, [...more, ...files.flatMap(linesOf)]);
  return { manifests: [manifest], files: inputs };
}

/** With its first lines, in order of time. */
export async function writeManifest(
  folder: string,
  lines: readonly ManifestLine[],
): Promise<RenderInput> {
  const time = (line: ManifestLine) => ('t' in line ? line.t : line.type === 'gap' ? line.to : 0);
  const sorted = [...lines].sort((a, b) => time(a) - time(b));
  const path = join(folder, 'manifest.jsonl');
  const text = [...beginning, ...sorted].map((line) => `${JSON.stringify(line)}\n`);
  await writeFile(path, text.join(''));
  return { fileId: 'manifest', url: pathToFileURL(path).href };
}
