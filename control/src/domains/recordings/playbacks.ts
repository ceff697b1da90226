import type { Clock } from '../../clock.js';
import { manifestsOf, type ReadLine } from './manifests.js';
import { PlaybackReading, type Told } from './playback.js';
import type { FileRecord } from './repository.js';

export interface PlaybacksContext {
  clock: Clock;
  /** Of the manifests of these, piece by piece. */
  lines: (manifests: readonly FileRecord[]) => AsyncIterable<ReadLine[]>;
  /** Of what is kept, as far as it is counted. More: fewer manifests are read again. */
  maxBytes?: number;
}

interface Kept {
  told: Told;
  bytes: number;
  /** When it was asked for last. */
  at: number;
}

const maxBytes = 32 * 1024 * 1024;
/** As long as a page is looked at and asks again. */
const lifeMs = 600_000;

/**
 * What manifests say, read once for all who ask: by recording, take and what was stored, which never changes. It is no
 * answer to who may see what: whoever asks has looked at the database first.
 */
export class Playbacks {
  /** The one first that nobody has asked for for longest. */
  private readonly kept = new Map<string, Kept>();
  private readonly reading = new Map<string, Promise<Told>>();
  private bytes = 0;

  constructor(private readonly context: PlaybacksContext) {}

  /** @param files of a recording. @throws as `lines` does. */
  async of(files: readonly FileRecord[]): Promise<Told> {
    const manifests = manifestsOf(files);
    const key = manifests.map((one) => `${one.key} ${one.sha256}`).join();
    const kept = this.find(key);
    if (kept !== null) return kept;
    const begun = this.reading.get(key) ?? this.begin(key, manifests);
    return begun;
  }

  private begin(key: string, manifests: readonly FileRecord[]): Promise<Told> {
    const reading = this.read(manifests)
      .then((told) => {
        this.keep(key, told);
        return told;
      })
      .finally(() => this.reading.delete(key));
    this.reading.set(key, reading);
    return reading;
  }

  private async read(manifests: readonly FileRecord[]): Promise<Told> {
    const reading = new PlaybackReading();
    for await (const lines of this.context.lines(manifests)) {
      for (const { line } of lines) reading.read(line);
    }
    return reading.end();
  }

  private find(key: string): Told | null {
    const now = this.context.clock.monotonic();
    for (const [old, { at }] of this.kept) {
      if (now - at < lifeMs) break;
      this.drop(old);
    }
    const found = this.kept.get(key);
    if (found === undefined) return null;
    this.kept.delete(key);
    this.kept.set(key, { ...found, at: now });
    return found.told;
  }

  private keep(key: string, told: Told): void {
    const bytes = bytesOf(told);
    this.kept.set(key, { told, bytes, at: this.context.clock.monotonic() });
    this.bytes += bytes;
    for (const old of this.kept.keys()) {
      if (this.bytes <= (this.context.maxBytes ?? maxBytes)) break;
      this.drop(old);
    }
  }

  private drop(key: string): void {
    this.bytes -= this.kept.get(key)?.bytes ?? 0;
    this.kept.delete(key);
  }
}

/** About: an object of a few numbers and ids that others have as well, and what people wrote. */
function bytesOf({ participants, chapters, messages, gaps }: Told): number {
  const spans = participants.reduce((sum, one) => sum + one.spans.length + 4, 0);
  const bodies = messages.reduce((sum, { body }) => sum + 2 * body.length + 400, 0);
  return 120 * (spans + chapters.length + gaps.length) + bodies;
}
