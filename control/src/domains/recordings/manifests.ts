import type { Readable } from 'node:stream';
import { type ManifestLine, readManifestLine } from '../../../../recorder/src/index.js';
import { ControlError } from '../../control-error.js';
import type { LoopTurns } from '../../loop-turns.js';
import type { Objects } from '../../store/objects.js';
import type { FileRecord } from './repository.js';

/** A line of a manifest, and as it stands there. */
export interface ReadLine {
  line: ManifestLine;
  text: string;
}

/** Longer ones are none of a manifest: more of them is not kept. */
const longestLine = 65_536;
/** Characters of an id, a name, a reason: as in the schema of what is shown. */
const longestShown = 64;

/** The manifests of those takes that are stored, in their order. */
export function manifestsOf(files: readonly FileRecord[]): FileRecord[] {
  return files
    .filter(({ kind }) => kind === 'manifest')
    .sort((a, b) => (a.take ?? 0) - (b.take ?? 0));
}

/**
 * Lines of manifests, one after the other, as many at a time as come at a time: each time in a turn of its own, since a
 * manifest may have ten megabytes and others wait.
 * @throws ControlError `dependency_down`.
 */
export async function* linesOf(
  manifests: readonly FileRecord[],
  { objects, turns }: { objects: Pick<Objects, 'read'>; turns: LoopTurns },
  report: (error: unknown) => void,
): AsyncGenerator<ReadLine[]> {
  for (const { key } of manifests) {
    try {
      const stream = await objects.read(key);
      if (stream === null) continue;
      for await (const lines of linesIn(stream)) {
        yield lines;
        await turns.next();
      }
    } catch (error) {
      report(error);
      const detail = 'The store of files cannot be reached.';
      throw new ControlError('dependency_down', detail, { retryAfterMs: 5000 });
    }
  }
}

/** What can be read. A line that was cut short, by a kill, is none. */
export async function* linesIn(stream: Readable): AsyncGenerator<ReadLine[]> {
  let rest = '';
  for await (const piece of stream.setEncoding('utf8')) {
    const texts = `${rest}${piece}`.split('\n');
    rest = (texts.pop() ?? '').slice(0, longestLine + 1);
    yield texts.flatMap(readLine);
  }
  yield readLine(rest);
}

function readLine(text: string): ReadLine[] {
  const line = readManifestLine(text);
  return line !== null && isShowable(line) ? [{ line, text }] : [];
}

/** Ids and names are never empty; what people write may be anything. */
function isShowable(line: ManifestLine): boolean {
  const { type, participant_id, track_id, message_id, name, reason } = line as ManifestLine &
    Record<string, unknown>;
  const shown = [participant_id, track_id, message_id, name, type === 'gap' ? reason : null];
  return shown.every((one) => typeof one !== 'string' || isShort(one));
}

function isShort(text: string): boolean {
  return text.length >= 1 && [...text].length <= longestShown;
}
