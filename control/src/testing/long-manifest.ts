import type { ManifestLine } from '../../../recorder/src/index.js';

/** How often a recorder writes what it counts, and how clocks stand; ms. */
const every = { counts: 30_000, clock: 60_000, speaker: 3_000, chat: 15_000, mute: 120_000 };
/** Of each track: a loss now and then. */
const lossMs = 90_000;

/** The manifest of a meeting of which everybody has a microphone and a camera, as a recorder writes it. */
export function longManifest({ minutes, people }: { minutes: number; people: number }): string {
  const endMs = minutes * 60_000;
  const ids = Array.from({ length: people }, (_, n) => idOf(1, n));
  const lines: ManifestLine[] = [
    {
      ...{ type: 'recording', version: 1, recording_id: idOf(0, 0), meeting_id: idOf(0, 1) },
      ...{ room_id: idOf(0, 2), title: 'A long one', started_at: '2026-01-01T00:00:00Z' },
      consent: 'inform',
    },
    { type: 'take', t: 0, take: 1, epoch: 1, recorder_id: idOf(0, 3) },
    ...ids.flatMap((id, n) => beginOf(id, n)),
  ];
  for (let t = 1000; t < endMs; t += 1000) lines.push(...linesAt(t, ids));
  lines.push({ type: 'stopped', t: endMs, reason: 'host' });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function beginOf(id: string, n: number): ManifestLine[] {
  return [
    { type: 'joined', t: n, participant_id: id, name: `Person ${n}` },
    ...(['audio', 'video'] as const).flatMap((kind): ManifestLine[] => {
      const source = kind === 'audio' ? 'microphone' : 'camera';
      const codec = kind === 'audio' ? 'opus' : 'vp8';
      const track_id = trackOf(id, kind);
      const file_id = `${track_id}f`;
      return [
        { type: 'track', t: n, track_id, participant_id: id, kind, source },
        { type: 'file', t: n, file_id, track_id, name: `${file_id}.webm`, codec },
      ];
    }),
  ];
}

function linesAt(t: number, ids: readonly string[]): ManifestLine[] {
  const isDue = (period: number, n: number) => (t + n * 1000) % period === 0;
  const turn = Math.floor(t / every.speaker);
  const one = ids[(turn * 7) % ids.length] as string;
  return [
    ...(isDue(every.speaker, 0) ? [{ type: 'speaker', t, participant_id: one } as const] : []),
    ...(isDue(every.chat, 0) ? [chatAt(t, one)] : []),
    ...ids.flatMap((id, n) => (isDue(every.mute, n) ? [muteAt(t, id)] : [])),
    ...ids.flatMap((id, n) =>
      (['audio', 'video'] as const).flatMap((kind) => {
        const track_id = trackOf(id, kind);
        return [
          ...(isDue(every.counts, n) ? [countsAt(t, track_id)] : []),
          ...(isDue(every.clock, n) ? [clockAt(t, track_id)] : []),
          ...(isDue(lossMs, n) ? [lossAt(t, track_id)] : []),
        ];
      }),
    ),
  ];
}

const chatAt = (t: number, participant_id: string): ManifestLine => ({
  ...{ type: 'chat', t, message_id: idOf(2, t), participant_id, name: 'Somebody' },
  body: `what was said after ${t} milliseconds, as long as such a message is`,
});

const muteAt = (t: number, id: string): ManifestLine => ({
  ...{ type: 'muted', t, track_id: trackOf(id, 'audio'), muted: (t / 1000) % 2 === 0 },
});

const countsAt = (t: number, track_id: string): ManifestLine => ({
  ...{ type: 'counts', t, track_id, frames_received: t, frames_written: t, frames_lost: 0 },
});

const clockAt = (t: number, track_id: string): ManifestLine => ({
  ...{ type: 'clock', t, track_id, rtp: t * 90, skew_ppm: 12.345 },
});

const lossAt = (t: number, track_id: string): ManifestLine => ({
  ...{ type: 'gap', track_id, from: t - 100.123, to: t - 60.456, reason: 'loss' },
});

function trackOf(id: string, kind: 'audio' | 'video'): string {
  return `${id.slice(0, -1)}${kind === 'audio' ? 'a' : 'b'}`;
}

/** As long as ids are; a UUIDv7 of another kind, and one of many. */
function idOf(kind: number, n: number): string {
  const number = n.toString(16).padStart(11, '0');
  return `0198c0de-000${kind}-7000-8000-${number}0`;
}
