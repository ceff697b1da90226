import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../clock.js';
import { type Database, isUnreachable } from '../../store/database.js';
import type { Objects } from '../../store/objects.js';
import { WorkLoop } from '../../work-loop.js';
import * as keeping from './keeping-repository.js';
import type { RecordingLog } from './recording-log.js';

export interface RemoverContext {
  database: Database;
  objects: Objects;
  recordingLog: RecordingLog;
  clock: Clock;
  log: FastifyBaseLogger;
}

const idleMs = 5000;
/** Recordings to a turn. */
const batch = 50;
/** After a failure, doubled with each: the store may be away. */
const firstRetryMs = 5000;
const lastRetryMs = 600_000;

/**
 * Takes away what was deleted, or whose time is over: objects first, then the rows that name them. Any
 * number of processes may; what is done twice is as done once.
 */
export class RecordingRemover {
  private readonly loop: WorkLoop;
  /** Those that failed here: when they are tried again. */
  private readonly retries = new Map<string, { at: number; waitMs: number }>();

  constructor(private readonly context: RemoverContext) {
    this.loop = new WorkLoop({
      clock: context.clock,
      idleMs,
      turn: () => this.turn(),
      onFailure: (error) => this.report(error),
    });
  }

  start(): void {
    this.loop.start();
  }

  /** Something was deleted. */
  poke(): void {
    this.loop.poke();
  }

  settled(): Promise<void> {
    return this.loop.settled();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async turn(): Promise<void> {
    const { database, clock } = this.context;
    await keeping.markExpired(database, new Date(clock.now()));
    // Those that wait for another try hide no others.
    const found = await keeping.leaving(database, batch + this.retries.size);
    const now = clock.monotonic();
    for (const one of found) {
      if ((this.retries.get(one.recordingId)?.at ?? now) > now) continue;
      await this.remove(one).catch((error) => this.retryLater(one.recordingId, error));
    }
  }

  private async remove(one: keeping.LeavingRecording): Promise<void> {
    const { objects, recordingLog, clock } = this.context;
    await objects.deleteAll(`recordings/${one.recordingId}/`);
    await recordingLog.transaction(one, async (tx, say) => {
      if (!(await keeping.markRemoved(tx, one, new Date(clock.now())))) return;
      say('recording.deleted', { recording_id: one.recordingId });
    });
    this.retries.delete(one.recordingId);
  }

  private retryLater(recordingId: string, error: unknown): void {
    const before = this.retries.get(recordingId);
    const waitMs = Math.min(before === undefined ? firstRetryMs : before.waitMs * 2, lastRetryMs);
    this.retries.set(recordingId, { at: this.context.clock.monotonic() + waitMs, waitMs });
    this.report(error);
  }

  private report(err: unknown): void {
    if (!isUnreachable(err)) this.context.log.error({ err }, 'a recording cannot be taken away');
  }
}
