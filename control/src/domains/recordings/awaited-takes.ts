/** Takes of recordings that have ended whose files are still to come: from whom, and whether anything comes at all. */
import type { Clock } from '../../clock.js';
import type { RecorderDescription } from '../../recorders/recorder-client.js';
import type { PlacedRecorder, Recorders } from '../../recorders/recorders.js';
import type { Database } from '../../store/database.js';
import { removedRecorders, type UnsettledRecording } from './keeping-repository.js';

export interface AwaitedTake {
  take: number;
  /** Null: nobody knows. */
  recorderId: string | null;
}

export interface AwaitedTakesContext {
  database: Database;
  recorders: Recorders;
  clock: Clock;
}

export class AwaitedTakes {
  /** What the recorders that are here have, by what they said last. */
  private readonly held = new Map<string, { at: number; takes: ReadonlySet<string> }>();

  constructor(private readonly context: AwaitedTakesContext) {}

  described({ recorderId }: PlacedRecorder, { recordings }: RecorderDescription): void {
    const takes = new Set(recordings.map(keyOf));
    this.held.set(recorderId, { at: this.context.clock.now(), takes });
  }

  lost(recorderId: string): void {
    this.held.delete(recorderId);
  }

  /**
   * Those of which nothing comes: their recorder was removed, or has said, `graceMs` after the end, that it has
   * nothing of it. A recorder keeps what it has until it is written that it is stored.
   */
  async goneOf(one: UnsettledRecording, graceMs: number): Promise<AwaitedTake[]> {
    const { database, recorders } = this.context;
    const awaited = awaitedOf(one);
    const ids = awaited.flatMap(({ recorderId }) => recorderId ?? []);
    const removed = await removedRecorders(database, ids);
    const since = (one.stoppedAt?.getTime() ?? 0) + graceMs;
    return awaited.filter(({ take, recorderId }) => {
      if (recorderId === null) return false;
      if (removed.has(recorderId)) return true;
      const said = recorders.speaksFor(recorderId) ? this.held.get(recorderId) : undefined;
      const hasSaid = said !== undefined && said.at > since;
      return hasSaid && !said.takes.has(keyOf({ ...one, take }));
    });
  }

  /**
   * Whether files are where nobody reaches them; null: another process says it. For several recorders several
   * decide: whoever does for the last one says it.
   */
  isLost(one: UnsettledRecording): boolean | null {
    const { recorders } = this.context;
    const ids = awaitedOf(one).map(({ recorderId }) => recorderId);
    const last = ids.at(-1) ?? null;
    if (last !== null && !recorders.decidesFor(last)) return null;
    return !ids.every((id) => id !== null && recorders.find(id) !== null);
  }
}

/** Those that are not stored. */
function awaitedOf({ take, storedTakes, takeRecorders }: UnsettledRecording): AwaitedTake[] {
  const all = Array.from({ length: take }, (_, index) => index + 1);
  return all
    .filter((one) => !storedTakes.includes(one))
    .map((one) => ({ take: one, recorderId: takeRecorders[one - 1] ?? null }));
}

const keyOf = ({ recordingId, take }: { recordingId: string; take: number }) =>
  `${recordingId}/${take}`;
