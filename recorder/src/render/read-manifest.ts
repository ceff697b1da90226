/** What composing needs of a manifest. Lines that are cut, strange or of no known type are passed over. */
import type { ManifestLine } from '../manifest/lines.js';

type Shape = Record<string, 'time' | 'text' | 'text or null' | 'flag' | 'flag or null'>;

/** The types of lines that composing reads, and what they must have. */
const shapes: Partial<Record<ManifestLine['type'], Shape>> = {
  recording: { title: 'text', consent: 'text' },
  take: { t: 'time', take: 'time' },
  joined: { t: 'time', participant_id: 'text', name: 'text' },
  left: { t: 'time', participant_id: 'text' },
  consent: { t: 'time', participant_id: 'text', accepted: 'flag or null' },
  track: { t: 'time', track_id: 'text', participant_id: 'text', kind: 'text', source: 'text' },
  track_end: { t: 'time', track_id: 'text' },
  muted: { t: 'time', track_id: 'text', muted: 'flag' },
  file: { t: 'time', file_id: 'text', track_id: 'text', codec: 'text' },
  file_end: { t: 'time', file_id: 'text', bytes: 'time', sha256: 'text' },
  gap: { track_id: 'text', from: 'time', to: 'time', reason: 'text' },
  speaker: { t: 'time', participant_id: 'text or null' },
  disk: { t: 'time', state: 'text' },
  stopped: { t: 'time' },
};

/** Longer ones are none of ours: the longest is a chat message. */
const maxLineChars = 65_536;
/** Against a number that is no time: 30 days. */
const maxMs = 30 * 86_400_000;

const isOf: Record<Shape[string], (value: unknown) => boolean> = {
  time: (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER,
  text: (value) => typeof value === 'string',
  'text or null': (value) => value === null || typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  'flag or null': (value) => value === null || typeof value === 'boolean',
};

function readLine(text: string): ManifestLine | null {
  if (text.length > maxLineChars) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Record<string, unknown>;
  const type = fields.type;
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return null;
  const shape = shapes[type as ManifestLine['type']] as Shape;
  const isWhole = Object.entries(shape).every(([name, kind]) => isOf[kind](fields[name]));
  const isInTime = ['t', 'from', 'to'].every((name) => !((fields[name] as number) > maxMs));
  return isWhole && isInTime ? (value as ManifestLine) : null;
}

export function readManifest(text: string): ManifestLine[] {
  return text
    .split('\n')
    .map(readLine)
    .filter((line) => line !== null);
}
