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
    const value = JSON.parse(line) as { type?: unknown } | null;
    return typeof value?.type === 'string' ? (value as ManifestLine) : null;
  } catch {
    return null;
  }
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
