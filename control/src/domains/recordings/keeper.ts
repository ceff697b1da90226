import type { FastifyBaseLogger } from 'fastify';
import type { RecordedFile, RecordingStatus } from '../../../../recorder/src/index.js';
import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { RecorderDescription } from '../../recorders/recorder-client.js';
import type { PlacedRecorder, Recorders } from '../../recorders/recorders.js';
import type { RenderLayout } from '../../schemas/http.js';
import { type Database, isUnreachable, type Queryable } from '../../store/database.js';
import type { Objects } from '../../store/objects.js';
import { WorkLoop } from '../../work-loop.js';
import { type AwaitedTake, AwaitedTakes } from './awaited-takes.js';
import * as keeping from './keeping-repository.js';
import type { RecordingLog, Say } from './recording-log.js';
import { insertRenders } from './renders-repository.js';
import type { FileRecord, HeldRecording, RecordingKey } from './repository.js';
import { findHeld, insertFiles, lockRecording } from './repository.js';

export interface KeeperContext {
  database: Database;
  objects: Objects;
  recorders: Recorders;
  recordingLog: RecordingLog;
  clock: Clock;
  ids: Ids;
  log: FastifyBaseLogger;
  /** Composed without anybody asking. */
  layouts: readonly RenderLayout[];
  /** Null: for ever. */
  keptDays: number | null;
  onQueued: () => void;
}

const idleMs = 1000;
const dayMs = 86_400_000;
/** What a room says is written a moment later, and much later while the database was away. */
const unknownGraceMs = 600_000;
/** Whoever had the room writes what becomes of its recording; this is for when nobody did. */
const closedGraceMs = 30_000;
/** For a recorder that was lost to come back before anybody is told. */
const lostGraceMs = 60_000;

const finished: readonly string[] = ['processing', 'ready', 'failed'];

/**
 * Writes down what recorders have stored, and makes recordings of it that can be seen. A status may come
 * any number of times, to any process: those of a recorder are worked on by the one that speaks for it.
 */
export class RecordingKeeper {
  private readonly loop: WorkLoop;
  /** Since when there are recordings at recorders of which the database knows nothing. */
  private readonly unknownSince = new Map<string, number>();
  /** What is at work, by recording: one status after the other. */
  private readonly turns = new Map<string, Promise<void>>();
  /** Descriptions that are being looked at. */
  private readonly looking = new Set<Promise<void>>();
  private readonly awaited: AwaitedTakes;

  constructor(private readonly context: KeeperContext) {
    this.awaited = new AwaitedTakes(context);
    this.loop = new WorkLoop({
      clock: context.clock,
      idleMs,
      turn: () => this.sweep(),
      onFailure: (error) => this.report(error),
    });
  }

  start(): void {
    this.context.recorders.listen({
      event: (recorderId, event) => {
        if (event.type !== 'recording' || !isOver(event.status)) return;
        const recorder = this.context.recorders.find(recorderId);
        if (recorder !== null) this.take(recorder, event.status);
      },
      lost: (recorderId) => this.awaited.lost(recorderId),
      described: (recorder, description) => {
        this.awaited.described(recorder, description);
        const work = this.described(recorder, description)
          .catch((error) => this.report(error))
          .finally(() => this.looking.delete(work));
        this.looking.add(work);
      },
    });
    this.loop.start();
  }

  poke(): void {
    this.loop.poke();
  }

  /** Resolves when nothing is at work here. */
  async settled(): Promise<void> {
    while (this.looking.size + this.turns.size > 0) {
      await Promise.all([...this.looking, ...this.turns.values()]);
    }
    await this.loop.settled();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    await Promise.all([...this.looking, ...this.turns.values()]);
  }

  private async described(
    recorder: PlacedRecorder,
    { recordings }: RecorderDescription,
  ): Promise<void> {
    const { database, recorders } = this.context;
    if (!recorders.speaksFor(recorder.recorderId) || recordings.length === 0) return;
    const held = await findHeld(database, recordings);
    const known = new Map(held.map((one) => [one.recordingId, one]));
    for (const status of recordings) {
      const recording = known.get(status.recordingId);
      if (isOver(status)) this.take(recorder, status);
      else if (this.isUnwanted(status, recording)) await this.end(recorder, status, recording);
      else await this.sayTrouble(status, recording);
    }
  }

  /** Is it recorded for nobody any more? */
  private isUnwanted(status: RecordingStatus, recording: HeldRecording | undefined): boolean {
    if (recording === undefined) return this.isUnknownForLong(status.recordingId);
    if (status.state === 'finishing') return false;
    const { deletedAt, status: state, take } = recording;
    return deletedAt !== null || finished.includes(state) || status.take < take;
  }

  private async end(
    { client }: PlacedRecorder,
    { recordingId, take, state }: RecordingStatus,
    recording: HeldRecording | undefined,
  ): Promise<void> {
    if (state === 'finishing') return;
    const reason = recording === undefined ? 'unknown' : 'over';
    await client.finish({ recordingId, take, reason });
  }

  /** Why files are long in coming. */
  private async sayTrouble(
    { trouble }: RecordingStatus,
    recording: HeldRecording | undefined,
  ): Promise<void> {
    if (recording?.status !== 'processing' || recording.reason === trouble) return;
    // Another take of it is at one that is away: the sweep says so, and when it is no more.
    if (recording.reason === 'recorder_lost') return;
    await keeping.sayReason(this.context.database, recording, trouble);
  }

  private isUnknownForLong(recordingId: string): boolean {
    const now = this.context.clock.monotonic();
    const since = this.unknownSince.get(recordingId) ?? now;
    this.unknownSince.set(recordingId, since);
    return now - since >= unknownGraceMs;
  }

  /** Behind what is at work for that recording. */
  private take(recorder: PlacedRecorder, status: RecordingStatus): void {
    if (!this.context.recorders.speaksFor(recorder.recorderId)) return;
    const { recordingId } = status;
    const before = this.turns.get(recordingId) ?? Promise.resolve();
    const turn = before
      .then(() => this.keep(recorder, status))
      .catch((error) => this.report(error))
      .finally(() => {
        if (this.turns.get(recordingId) === turn) this.turns.delete(recordingId);
      });
    this.turns.set(recordingId, turn);
  }

  private async keep({ client }: PlacedRecorder, status: RecordingStatus): Promise<void> {
    const { recordingId, take } = status;
    const [recording] = await findHeld(this.context.database, [status]);
    if (recording === undefined && !this.isUnknownForLong(recordingId)) return;
    this.unknownSince.delete(recordingId);
    const isDeleted = recording === undefined || recording.deletedAt !== null;
    if (isDeleted) {
      await this.context.objects.deleteAll(`recordings/${recordingId}/`);
    } else if (await this.isNews(recording, status)) await this.write(recording, status);
    await client.release({ recordingId, take, isDeleted });
  }

  /** Nothing was waited for any more, and it is there after all: that is news too. */
  private async isNews({ storedTakes }: HeldRecording, status: RecordingStatus): Promise<boolean> {
    const { recordingId, take, files } = status;
    if (!storedTakes.includes(take)) return true;
    return files.length > 0 && !(await keeping.hasTake(this.context.database, recordingId, take));
  }

  private async write(room: HeldRecording, status: RecordingStatus): Promise<void> {
    const { recordingLog, clock } = this.context;
    const isReady = await recordingLog.transaction(room, async (tx, say) => {
      const recording = await lockRecording(tx, room);
      if (recording === null || recording.deletedAt !== null) return false;
      const files = status.files.map((file) => fileOf(file, status.take));
      await insertFiles(tx, status.recordingId, files, new Date(clock.now()));
      if (files.some(({ kind }) => kind === 'track')) await keeping.reopen(tx, room);
      await keeping.addStoredTake(tx, room, status);
      return this.settle(tx, room, { say, trouble: status.trouble });
    });
    if (isReady) this.context.onQueued();
  }

  /** @returns whether it is ready with this: it has ended, and every take of it is stored. */
  private async settle(
    tx: Queryable,
    key: RecordingKey,
    { say, trouble }: { say: Say; trouble: string | null },
  ): Promise<boolean> {
    const { recordingId } = key;
    const recording = await lockRecording(tx, key);
    if (recording === null || !isComplete(recording)) return false;
    const { clock, keptDays } = this.context;
    const endedAt = recording.stoppedAt?.getTime() ?? clock.now();
    const expiresAt = keptDays === null ? null : new Date(endedAt + keptDays * dayMs);
    const facts = { recording_id: recordingId, duration_ms: recording.recordedMs };
    if (!(await keeping.hasTracks(tx, recordingId))) {
      const reason = trouble ?? 'nothing_recorded';
      await keeping.settle(tx, key, { status: 'failed', reason, expiresAt });
      say('recording.failed', { ...facts, reason });
      return false;
    }
    await keeping.settle(tx, key, { status: 'ready', reason: null, expiresAt });
    await this.queueDefaults(tx, recordingId);
    say('recording.ready', { ...facts, size_bytes: recording.sizeBytes });
    return true;
  }

  private async queueDefaults(tx: Queryable, recordingId: string): Promise<void> {
    const { layouts, ids, clock } = this.context;
    const renders = layouts.map((layout) => ({ recordingId, renderId: ids.next(), layout }));
    await insertRenders(tx, renders, new Date(clock.now()));
  }

  /** What nobody told: rooms that are over, recordings that were complete before they ended. */
  private async sweep(): Promise<void> {
    const { database, clock, recordingLog, onQueued } = this.context;
    await keeping.endOfClosedRooms(database, new Date(clock.now() - closedGraceMs));
    for (const one of await keeping.unsettled(database)) {
      if (isComplete({ ...one, status: 'processing', deletedAt: null })) {
        const isReady = await recordingLog.transaction(one, (tx, say) =>
          this.settle(tx, one, { say, trouble: null }),
        );
        if (isReady) onQueued();
      } else if (clock.now() - (one.stoppedAt?.getTime() ?? 0) >= lostGraceMs) {
        await this.lookFor(one);
      }
    }
  }

  /** Files that are long in coming: where they are, and whether any come. */
  private async lookFor(one: keeping.UnsettledRecording): Promise<void> {
    const gone = await this.awaited.goneOf(one, lostGraceMs);
    const isLost = this.awaited.isLost(one);
    if (gone.length > 0) await this.giveUp(one, gone);
    else if (isLost !== null) await this.sayLost(one, isLost);
  }

  private async giveUp(
    one: keeping.UnsettledRecording,
    gone: readonly AwaitedTake[],
  ): Promise<void> {
    const { log, recordingLog, onQueued } = this.context;
    log.warn(
      { recordingId: one.recordingId, takes: gone },
      'nobody has anything of these takes of a recording',
    );
    const isReady = await recordingLog.transaction(one, async (tx, say) => {
      if ((await lockRecording(tx, one)) === null) return false;
      const takes = gone.map(({ take }) => take);
      await keeping.giveUpTakes(tx, one, takes);
      return this.settle(tx, one, { say, trouble: 'recorder_lost' });
    });
    if (isReady) onQueued();
  }

  /** Files are where nobody reaches them: it stays as it is, and says so. */
  private async sayLost(one: keeping.UnsettledRecording, isLost: boolean): Promise<void> {
    if (isLost === (one.reason === 'recorder_lost')) return;
    await keeping.sayReason(this.context.database, one, isLost ? 'recorder_lost' : null);
  }

  private report(err: unknown): void {
    if (!isUnreachable(err)) this.context.log.error({ err }, 'failed to keep a recording');
  }
}

/** Of a take: nothing more comes. */
function isOver({ state }: RecordingStatus): boolean {
  return state === 'stored' || state === 'failed';
}

function isComplete({
  status,
  take,
  storedTakes,
  deletedAt,
}: Pick<HeldRecording, 'status' | 'take' | 'storedTakes' | 'deletedAt'>): boolean {
  if (status !== 'processing' || deletedAt !== null) return false;
  return Array.from({ length: take }, (_, index) => index + 1).every((one) =>
    storedTakes.includes(one),
  );
}

function fileOf(file: RecordedFile, take: number): FileRecord {
  const { fileId, key, kind, contentType, bytes, sha256, startMs, endMs } = file;
  return {
    ...{ fileId, key, kind, contentType, bytes, sha256, startMs, endMs, take, layout: null },
    trackId: file.trackId ?? null,
    participantId: file.participantId ?? null,
    source: file.source ?? null,
    codec: file.codec ?? null,
  };
}
