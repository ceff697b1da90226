/** The lines of a manifest, as far as they can be read: the last one may be cut, and others be of a later version. */
import type { ManifestLine } from './lines.js';

const NUMBERS: readonly string[] = ['t', 'from', 'to', 'bytes', 'frames', 'take', 'epoch', 'rtp'];
const TEXTS: readonly string[] = [
  'track_id',
  'file_id',
  'name',
  'codec',
  'reason',
  'key',
  'sha256',
];

/** In their order. Never throws. */
export function readManifest(text: string): ManifestLine[] {
  const lines: ManifestLine[] = [];
  for (const line of text.split('\n')) {
    const read = readLine(line);
    if (read) lines.push(read);
  }
  return lines;
}

/** Null: it is none. */
export function readLine(line: string): ManifestLine | null {
  if (!line.startsWith('{')) return null;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return isSound(value) ? (value as unknown as ManifestLine) : null;
  } catch {
    return null;
  }
}

/** Each type must have these; what else a line has must be what it is called. */
const REQUIRED: Record<ManifestLine['type'], readonly string[]> = {
  recording: ['recording_id', 'meeting_id', 'started_at'],
  take: ['t', 'take'],
  joined: ['t', 'participant_id', 'name'],
  left: ['t', 'participant_id'],
  consent: ['t', 'participant_id', 'accepted'],
  track: ['t', 'track_id', 'participant_id', 'kind', 'source'],
  track_end: ['t', 'track_id'],
  muted: ['t', 'track_id', 'muted'],
  file: ['t', 'file_id', 'track_id', 'name', 'codec'],
  file_end: ['t', 'file_id', 'bytes', 'sha256', 'frames'],
  clock: ['t', 'track_id', 'rtp', 'skew_ppm'],
  gap: ['track_id', 'from', 'to', 'reason'],
  speaker: ['t', 'participant_id'],
  chat: ['t', 'message_id', 'participant_id', 'name', 'body'],
  chat_deleted: ['t', 'message_id'],
  paused: ['t', 'at'],
  resumed: ['t', 'at'],
  node: ['t', 'node_id'],
  disk: ['t', 'state'],
  uploaded: ['t', 'file_id', 'key'],
  counts: ['t', 'track_id', 'frames_received', 'frames_written'],
  stopped: ['t', 'reason'],
};

function isSound(value: Record<string, unknown>): boolean {
  const { type } = value;
  if (typeof type !== 'string' || !Object.hasOwn(REQUIRED, type)) return false;
  const required = REQUIRED[type as ManifestLine['type']];
  return (
    required.every((name) => Object.hasOwn(value, name)) &&
    NUMBERS.every((name) => !Object.hasOwn(value, name) || Number.isFinite(value[name])) &&
    TEXTS.every((name) => !Object.hasOwn(value, name) || typeof value[name] === 'string')
  );
}
