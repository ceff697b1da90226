/**
 * The lines of a manifest, as far as they can be read: the last one may be cut, and others damaged, or of a later version.
 * Recovering and composing read by it.
 */
import type { ManifestLine } from './lines.js';

type Field = 'time' | 'count' | 'number' | 'text' | 'text or null' | 'flag' | 'flag or null';
type Shape = Readonly<Record<string, Field>>;

/** What each type must have. */
const SHAPES: Readonly<Record<ManifestLine['type'], Shape>> = {
  recording: { recording_id: 'text', meeting_id: 'text', started_at: 'text' },
  take: { t: 'time', take: 'count' },
  joined: { t: 'time', participant_id: 'text', name: 'text' },
  left: { t: 'time', participant_id: 'text' },
  consent: { t: 'time', participant_id: 'text', accepted: 'flag or null' },
  track: { t: 'time', track_id: 'text', participant_id: 'text', kind: 'text', source: 'text' },
  track_end: { t: 'time', track_id: 'text' },
  muted: { t: 'time', track_id: 'text', muted: 'flag' },
  file: { t: 'time', file_id: 'text', track_id: 'text', name: 'text', codec: 'text' },
  file_end: { t: 'time', file_id: 'text', bytes: 'count', sha256: 'text', frames: 'count' },
  clock: { t: 'time', track_id: 'text', rtp: 'number', skew_ppm: 'number' },
  gap: { track_id: 'text', from: 'time', to: 'time', reason: 'text' },
  speaker: { t: 'time', participant_id: 'text or null' },
  chat: { t: 'time', message_id: 'text', participant_id: 'text', name: 'text', body: 'text' },
  chat_deleted: { t: 'time', message_id: 'text or null' },
  paused: { t: 'time', at: 'text' },
  resumed: { t: 'time', at: 'text' },
  node: { t: 'time', node_id: 'text' },
  disk: { t: 'time', state: 'text' },
  uploaded: { t: 'time', file_id: 'text', key: 'text' },
  counts: { t: 'time', track_id: 'text', frames_received: 'count', frames_written: 'count' },
  stopped: { t: 'time', reason: 'text' },
};

/** Longer ones are none of ours: the longest is a chat message. */
const MAX_LINE_CHARS = 65_536;
/** A number beyond is no recorded time: 30 days. */
const MAX_MS = 30 * 86_400_000;

const IS: Readonly<Record<Field, (value: unknown) => boolean>> = {
  time: (value) => typeof value === 'number' && value >= 0 && value <= MAX_MS,
  count: (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER,
  number: (value) => Number.isFinite(value),
  text: (value) => typeof value === 'string',
  'text or null': (value) => value === null || typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  'flag or null': (value) => value === null || typeof value === 'boolean',
};

/** In their order. Never throws. */
export function readManifest(text: string): ManifestLine[] {
  const lines: ManifestLine[] = [];
  for (const line of text.split('\n')) {
    const read = readManifestLine(line);
    if (read) lines.push(read);
  }
  return lines;
}

/** Null: it is none. Never throws. */
export function readManifestLine(text: string): ManifestLine | null {
  if (!text.startsWith('{') || text.length > MAX_LINE_CHARS) return null;
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    return isSound(value) ? (value as unknown as ManifestLine) : null;
  } catch {
    return null;
  }
}

function isSound(value: Record<string, unknown>): boolean {
  const { type } = value;
  if (typeof type !== 'string' || !Object.hasOwn(SHAPES, type)) return false;
  const shape = SHAPES[type as ManifestLine['type']];
  return Object.entries(shape).every(([name, field]) => IS[field](value[name]));
}
