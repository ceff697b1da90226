import type { ManifestLine } from '../../../../recorder/src/index.js';
import { ControlError } from '../../control-error.js';
import type { Objects } from '../../store/objects.js';
import type { FileRecord } from './repository.js';

/**
 * Lines of the manifests of those takes that are stored, one after the other.
 * @throws ControlError `dependency_down`.
 */
export async function linesOf(
  objects: Objects,
  files: readonly FileRecord[],
  report: (error: unknown) => void,
): Promise<ManifestLine[]> {
  const manifests = files
    .filter(({ kind }) => kind === 'manifest')
    .sort((a, b) => (a.take ?? 0) - (b.take ?? 0));
  const texts = await Promise.all(manifests.map(({ key }) => objects.get(key))).catch((error) => {
    report(error);
    const detail = 'The store of files cannot be reached.';
    throw new ControlError('dependency_down', detail, { retryAfterMs: 5000 });
  });
  return texts.flatMap((bytes) => (bytes === null ? [] : readLines(Buffer.from(bytes).toString())));
}

/** What can be read. A line that was cut short, by a kill, is none. */
export function readLines(text: string): ManifestLine[] {
  return text.split('\n').flatMap((line) => {
    const read = parsed(line);
    return read === null ? [] : [read];
  });
}

function parsed(line: string): ManifestLine | null {
  if (line === '') return null;
  try {
    const value = JSON.parse(line) as Record<string, unknown> | null;
    return value !== null && isWellFormed(value) ? (value as unknown as ManifestLine) : null;
  } catch {
    return null;
  }
}

/** Of lines that are read here: texts that must be there. A `?` is null as well. */
const texts: Partial<Record<ManifestLine['type'], string[]>> = {
  joined: ['participant_id', 'name'],
  left: ['participant_id'],
  speaker: ['participant_id?'],
  track: ['track_id', 'participant_id', 'source'],
  track_end: ['track_id'],
  gap: ['track_id', 'reason'],
  chat: ['message_id', 'participant_id', 'name', 'body'],
  chat_deleted: ['message_id?'],
};

/** Characters of an id, a name, a reason: as in the schema of what is shown. */
const longest = 64;

/** Has it what lines of its type have, and times that are some? Of other types nothing is known. */
function isWellFormed(line: Record<string, unknown>): boolean {
  const { type } = line;
  if (typeof type !== 'string') return false;
  const times = type === 'recording' ? [] : type === 'gap' ? ['from', 'to'] : ['t'];
  const areTimes = times.every((name) => Number.isFinite(line[name]));
  const wanted = Object.hasOwn(texts, type) ? texts[type as ManifestLine['type']] : undefined;
  return areTimes && (wanted ?? []).every((name) => isText(line, name));
}

function isText(line: Record<string, unknown>, name: string): boolean {
  const value = line[name.replace('?', '')];
  if (value === null) return name.endsWith('?');
  // Ids and names are never empty; what people write may be anything.
  return typeof value === 'string' && (name === 'body' || isShort(value));
}

function isShort(text: string): boolean {
  return text.length >= 1 && text.length <= longest;
}

/** One manifest of all takes: it says once whose it is, and nothing of what was deleted from the chat. */
export function merged(lines: readonly ManifestLine[]): string {
  const gone = new Set<string>();
  const said: string[] = [];
  for (const line of lines) {
    if (line.type === 'chat') said.push(line.message_id);
    if (line.type !== 'chat_deleted') continue;
    for (const id of line.message_id === null ? said : [line.message_id]) gone.add(id);
  }
  const [first] = lines;
  const kept = lines.filter((line) => {
    if (line.type === 'recording') return line === first;
    return line.type !== 'chat' || !gone.has(line.message_id);
  });
  return kept.map((line) => `${JSON.stringify(line)}\n`).join('');
}
