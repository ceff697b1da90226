/** What must hold of everything that was recorded, whatever failed meanwhile. */
import { run } from '../../../bench/recorder/ffmpeg.js';
import { framesPerS, opusDelayMs, packetsPerS } from '../../../bench/recorder/media.js';
import type { Recorded } from '../../../bench/recorder/recorded.js';
import { unnamedFrames } from '../../../bench/recorder/rows/truth.js';
import type { FaultContext } from '../fault.js';
import type { Mark, RecordedMeeting } from './recorded-meeting.js';

const sources = ['microphone', 'camera'] as const;

/** How long it was recorded, beside how long it was shown to be. */
const toleranceMs = 1000;
/** Each track goes on to the end. */
const endMs = 1500;

export interface Track {
  source: (typeof sources)[number];
  /** Times of its frames, over all of its files. */
  times: number[];
  gaps: Recorded['gaps'];
}

export interface Judged {
  recorded: Recorded;
  tracks: readonly Track[];
}

/** Files are clean, all that is missing is named, and nothing of it is another take's or as long as it was not. */
export async function judge(
  context: FaultContext,
  meeting: RecordedMeeting,
  recorded: Recorded,
): Promise<Judged> {
  const { expect } = context;
  const [damage, tracks] = await Promise.all([
    recorded.damage(),
    tracksOf(context, meeting, recorded),
  ]);
  expect(damage.length === 0, `damaged: ${damage.join('; ')}`);
  const takes = new Set(recorded.lines.flatMap((line) => (line.type === 'take' ? line.take : [])));
  expect([...takes].join() === '1', `takes ${[...takes]}`);
  const lastedMs = meeting.stoppedMs - meeting.beganMs;
  const besideMs = recorded.recording.duration_ms - lastedMs;
  expect(Math.abs(besideMs) <= toleranceMs, `it lasts ${besideMs} ms longer than it was recorded`);
  for (const { source, times } of tracks) {
    const missingMs = recorded.recording.duration_ms - (times.at(-1) ?? 0);
    expect(missingMs < endMs, `a ${source} ends ${missingMs} ms before the recording does`);
  }
  await expectNamed(context, tracks);
  const mishaps = meeting.people.flatMap((person) => person.mishaps.map(({ what }) => what));
  expect(mishaps.length === 0, `somebody: ${mishaps.join('; ')}`);
  return { recorded, tracks };
}

/** Of each track: the longest time without a frame, ms. */
export function longestHolesMs({ tracks }: Judged): number[] {
  return tracks.map(({ times }) =>
    Math.max(...times.map((time, at) => time - (times[at - 1] ?? time))),
  );
}

/** The recorded time of a moment of the test's clock, by a mark before it. */
export function recordedMs({ lines }: Recorded, { body, atMs }: Mark, momentMs: number): number {
  const line = lines.find((one) => one.type === 'chat' && one.body === body);
  if (line?.type !== 'chat') throw new Error(`${body} is not in the manifest`);
  return line.t + momentMs - atMs;
}

async function tracksOf(
  { expect }: FaultContext,
  { attendees }: RecordedMeeting,
  recorded: Recorded,
): Promise<Track[]> {
  const tracks: Track[] = [];
  for (const attendee of attendees) {
    for (const source of sources) {
      const files = recorded.tracksOf(attendee, source);
      const times: number[] = [];
      for (const { path, file } of files) {
        const probed = await probe(path);
        expect(probed.complaints === '', `ffprobe of a ${source}: ${probed.complaints}`);
        expect(probed.times.length > 0, `a ${source} has nothing in ${file.file_id}`);
        // A player begins earlier by what the decoder is behind (CodecDelay); gaps are of packets.
        const behindMs = source === 'microphone' ? opusDelayMs : 0;
        times.push(...probed.times.map((ms) => ms + behindMs));
      }
      const ids = new Set(files.map(({ file }) => file.track_id));
      const gaps = recorded.gaps.filter(({ track_id }) => ids.has(track_id));
      tracks.push({ source, times: times.sort((a, b) => a - b), gaps });
    }
  }
  return tracks;
}

/** Times of all its packets, ms, and what ffprobe does not like. */
async function probe(path: string): Promise<{ times: number[]; complaints: string }> {
  const { stdout, stderr } = await run('ffprobe', [
    ...['-v', 'error', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path],
  ]);
  const lines = `${stdout}`.split('\n').filter(Boolean);
  return { times: lines.map((line) => Number.parseFloat(line) * 1000), complaints: stderr };
}

/** Of what a crowd that was late left out itself nobody can know. */
async function expectNamed(
  { crowd, expect }: FaultContext,
  tracks: readonly Track[],
): Promise<void> {
  if ((await crowd.played()).some(({ skipped }) => skipped > 0)) return;
  for (const { source, times, gaps } of tracks) {
    const intervalMs = 1000 / (source === 'camera' ? framesPerS : packetsPerS);
    const unnamed = unnamedFrames(times, intervalMs, gaps);
    expect(unnamed === 0, `${unnamed} frames of a ${source} are missing, and no gap says so`);
  }
}
