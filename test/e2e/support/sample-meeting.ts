/** A recorded meeting in which everything happens that a page of it can show. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { run } from '../../../bench/recorder/ffmpeg.js';
import type { ManifestLine, RecordedCodec, TrackSource } from '../../../recorder/src/index.js';
import { makeSampleFile, type SampleFile } from '../../../recorder/src/render/sample.js';
import type { KeptFile } from './kept-recordings.js';

export const sampleMs = 12_000;

const people = [
  { id: randomUUID(), name: 'Ada Lovelace', colour: 'darkred', hz: 300 },
  { id: randomUUID(), name: 'ليلى الفاسي', colour: 'darkgreen', hz: 500 },
  // As long as a name may be.
  {
    id: randomUUID(),
    name: 'Wolfeschlegelsteinhausenbergerdorff, Hubert B. of Philadelphia',
    hz: 700,
  },
];

/** Three people, of whom one has no camera, and a screen from the middle on. */
export async function sampleTracks(folder: string): Promise<KeptFile[]> {
  const [first, second] = people;
  const tracks = [
    ...people.map(({ id, hz }) => sample(id, 'microphone', `sine=${hz}`)),
    ...[first, second].map((one) =>
      sample(one?.id ?? '', 'camera', `color=${one?.colour}:s=320x180:r=10`),
    ),
    sample(second?.id ?? '', 'screen', 'testsrc=s=640x360:r=5', sampleMs / 2),
  ];
  return Promise.all(
    tracks.map(async (track) => ({ track, path: await makeSampleFile(folder, track) })),
  );
}

function sample(participantId: string, source: TrackSource, drawing: string, from = 0): SampleFile {
  const codec: RecordedCodec = source === 'microphone' ? 'opus' : 'vp8';
  const spans = [{ from, to: sampleMs }];
  return { fileId: randomUUID(), participantId, source, codec, spans, drawing };
}

/** What a composition of it could be. */
export async function sampleFilm(folder: string): Promise<KeptFile> {
  const path = join(folder, 'film.mp4');
  const drawing = ['-f', 'lavfi', '-i', `testsrc2=s=640x360:r=10:d=${sampleMs / 1000}`];
  const sound = ['-f', 'lavfi', '-i', `sine=400:d=${sampleMs / 1000}`];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  const argv = [...drawing, ...sound, ...codecs, '-movflags', '+faststart'];
  await run('ffmpeg', ['-v', 'error', '-y', ...argv, path]);
  return { path, layout: 'gallery', toMs: sampleMs };
}

const words = [
  'Good morning!',
  'صباح الخير',
  'https://example.org/a/very/long/address/without/a/single/place/to/break/it/anywhere?at=all',
  'One line\nand another one',
];

/** Who was there, spoke, wrote; what is missing. */
export function sampleLines([voice]: readonly KeptFile[]): ManifestLine[] {
  const ids = people.map(({ id }) => id);
  const trackId = voice && 'track' in voice ? `track-${voice.track.fileId}` : '';
  return [
    ...people.map(({ id, name }): ManifestLine => {
      return { type: 'joined', t: 0, participant_id: id, name };
    }),
    ...ids.map(
      (id, turn): ManifestLine => ({ type: 'speaker', t: 3000 * turn, participant_id: id }),
    ),
    ...words.map((body, turn): ManifestLine => {
      const { id, name } = people[turn % people.length] as (typeof people)[0];
      const said = { participant_id: id, name, body, message_id: randomUUID() };
      return { type: 'chat', t: 2500 * turn, ...said };
    }),
    { type: 'gap', track_id: trackId, from: 1000, to: 2500, reason: 'silence' },
    { type: 'disk', t: 9000, state: 'full', free_bytes: 0 },
    { type: 'disk', t: 10_000, state: 'ok', free_bytes: 1 },
    { type: 'stopped', t: sampleMs, reason: 'host' },
  ];
}
