import type { FastifyBaseLogger } from 'fastify';
import type {
  RecordedFile,
  RenderInput,
  RenderOrder,
  RenderStatus,
} from '../../../../recorder/src/index.js';
import type { Clock } from '../../clock.js';
import type { RecorderDescription } from '../../recorders/recorder-client.js';
import type { PlacedRecorder, Recorders } from '../../recorders/recorders.js';
import { type Database, isUnreachable } from '../../store/database.js';
import type { Objects } from '../../store/objects.js';
import { WorkLoop } from '../../work-loop.js';
import { countSize } from './keeping-repository.js';
import type { RenderRecord } from './renders-repository.js';
import * as repository from './renders-repository.js';
import {
  type FileRecord,
  filesOf,
  insertFiles,
  lockRecording,
  lookUpRecording,
} from './repository.js';

export interface RenderQueueContext {
  database: Database;
  objects: Objects;
  recorders: Recorders;
  clock: Clock;
  log: FastifyBaseLogger;
}

const idleMs = 1000;
const maxAttempts = 3;
const retryMs = 5000;
/** Of one job: each writing is a row in a table that many read. */
const progressEveryMs = 2000;
/** For a recorder to have heard of a job, or to come back. */
const graceMs = 15_000;
/** After a start: for recorders to dial in. */
const arrivalMs = 60_000;
/** For a job to fetch what it reads. */
const inputLifeMs = 3_600_000;

/**
 * Hands compositions to recorders and writes down what they say of them. What each recorder is given is
 * given by the process that speaks for it; a job that its recorder has lost is given to whoever is there.
 */
export class RenderQueue {
  private readonly loop: WorkLoop;
  /** When the progress of a job was written last. */
  private readonly writtenAt = new Map<string, number>();
  private readonly hearing = new Set<Promise<void>>();
  /** What each recorder tells again and again of jobs that have ended, and is written. */
  private readonly written = new Map<string, ReadonlySet<string>>();
  /** Recorders that were there. */
  private readonly lost = new Set<string>();
  private readonly startedAt: number;

  constructor(private readonly context: RenderQueueContext) {
    this.startedAt = context.clock.monotonic();
    this.loop = new WorkLoop({
      clock: context.clock,
      idleMs,
      turn: () => this.turn(),
      onFailure: (error) => this.report(error),
    });
  }

  start(): void {
    this.context.recorders.listen({
      event: (recorderId, event) => {
        if (event.type === 'render') this.begin(this.heard(recorderId, event.status));
      },
      lost: (recorderId) => {
        this.lost.add(recorderId);
        this.written.delete(recorderId);
        this.poke();
      },
      described: (recorder, description) => this.begin(this.described(recorder, description)),
    });
    this.loop.start();
  }

  poke(): void {
    this.loop.poke();
  }

  /** Resolves when nothing is at work here. */
  async settled(): Promise<void> {
    while (this.hearing.size > 0) await Promise.all(this.hearing);
    await this.loop.settled();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    await Promise.all(this.hearing);
  }

  private begin(work: Promise<void>): void {
    const hearing = work
      .catch((error) => this.report(error))
      .finally(() => this.hearing.delete(hearing));
    this.hearing.add(hearing);
  }

  private async turn(): Promise<void> {
    await this.takeFromLost();
    const { recorders } = this.context;
    const ours = recorders.all.filter(({ recorderId }) => recorders.speaksFor(recorderId));
    for (const recorder of ours) await this.fill(recorder);
  }

  /** Nobody reaches them any more; whoever comes back with such a job is told to drop it. */
  private async takeFromLost(): Promise<void> {
    const { database, recorders, clock } = this.context;
    const haveArrived = clock.monotonic() - this.startedAt >= arrivalMs;
    if (!haveArrived && this.lost.size === 0) return;
    const running = await repository.runningRenders(database, new Date(clock.now() + 1));
    for (const one of running) {
      const isLost = haveArrived || this.lost.has(one.recorderId);
      if (!isLost || recorders.find(one.recorderId) !== null) continue;
      // Others may reach it.
      if (!recorders.decidesFor(one.recorderId)) continue;
      await this.giveBack(one, 'the recorder was lost');
    }
  }

  private async fill({ recorderId, load, client }: PlacedRecorder): Promise<void> {
    const { database, clock } = this.context;
    const claimed = await repository.claimRenders(database, {
      ...{ recorderId, slots: load.renderSlots, now: new Date(clock.now()), retryMs },
    });
    for (const render of claimed) {
      try {
        const order = await this.orderOf(render);
        if (order !== null) await client.render(order);
      } catch (err) {
        this.context.log.warn({ err, render_id: render.renderId }, 'a job was not taken');
        await this.giveBack({ renderId: render.renderId, attempt: render.attempts }, String(err));
      }
    }
  }

  /** Null: its recording is deleted, and so is this soon. */
  private async orderOf(render: RenderRecord): Promise<RenderOrder | null> {
    const { database, clock } = this.context;
    const { recordingId, renderId, layout, attempts: attempt } = render;
    if ((await lookUpRecording(database, recordingId)) === null) {
      await repository.cancelRender(database, recordingId, renderId, new Date(clock.now()));
      return null;
    }
    const files = await filesOf(database, recordingId);
    const manifests = files.filter(({ kind }) => kind === 'manifest');
    manifests.sort((a, b) => (a.take ?? 0) - (b.take ?? 0));
    const tracks = files.filter(({ kind }) => kind === 'track');
    return {
      ...{ renderId, attempt, recordingId, layout },
      manifests: await this.inputs(manifests),
      files: await this.inputs(tracks),
    };
  }

  private inputs(files: readonly FileRecord[]): Promise<RenderInput[]> {
    const { objects } = this.context;
    return Promise.all(
      files.map(async ({ fileId, key }) => ({
        fileId,
        url: await objects.addressForJob(key, inputLifeMs),
      })),
    );
  }

  private async described(
    recorder: PlacedRecorder,
    { renders }: RecorderDescription,
  ): Promise<void> {
    const { recorderId } = recorder;
    this.lost.delete(recorderId);
    if (!this.context.recorders.speaksFor(recorderId)) return;
    await this.hearAll(recorderId, renders);
    await this.takeFromForgetful(recorderId, renders);
    this.poke();
  }

  private async hearAll(recorderId: string, renders: readonly RenderStatus[]): Promise<void> {
    const before = this.written.get(recorderId);
    const written = new Set<string>();
    for (const status of renders) {
      const { renderId, attempt, state } = status;
      const told = `${renderId} ${attempt} ${state}`;
      if (!before?.has(told)) await this.hear(recorderId, status);
      if (state !== 'running') written.add(told);
    }
    this.written.set(recorderId, written);
  }

  /** It was started anew, and knows nothing of what it was given. */
  private async takeFromForgetful(
    recorderId: string,
    renders: readonly RenderStatus[],
  ): Promise<void> {
    const { database, clock } = this.context;
    const known = new Set(renders.map(({ renderId, attempt }) => `${renderId} ${attempt}`));
    const running = await repository.runningRenders(database, new Date(clock.now() - graceMs));
    for (const one of running) {
      if (one.recorderId !== recorderId || known.has(`${one.renderId} ${one.attempt}`)) continue;
      await this.giveBack(one, 'the recorder knows nothing of it');
    }
  }

  private async heard(recorderId: string, status: RenderStatus): Promise<void> {
    if (!this.context.recorders.speaksFor(recorderId)) return;
    await this.hear(recorderId, status);
  }

  private async hear(recorderId: string, status: RenderStatus): Promise<void> {
    if (status.state === 'running') return this.advance(recorderId, status);
    this.writtenAt.delete(status.renderId);
    if (status.state === 'stored' && status.file !== null) await this.finish(status, status.file);
    else await this.giveBack(status, status.detail ?? 'it was canceled');
    this.poke();
  }

  private async advance(recorderId: string, status: RenderStatus): Promise<void> {
    const { database, clock, recorders } = this.context;
    const { renderId } = status;
    const now = clock.monotonic();
    if (now - (this.writtenAt.get(renderId) ?? Number.NEGATIVE_INFINITY) < progressEveryMs) return;
    this.writtenAt.set(renderId, now);
    if (await repository.writeProgress(database, status, status)) return;
    // It was canceled, or given to somebody else: nobody wants what comes of it.
    this.writtenAt.delete(renderId);
    await recorders.find(recorderId)?.client.cancelRender({ renderId });
  }

  private async finish(status: RenderStatus, file: RecordedFile): Promise<void> {
    const { database, clock, objects } = this.context;
    const at = new Date(clock.now());
    const [known] = await repository.findRenders(database, [status.renderId]);
    const of = known === undefined ? null : await lookUpRecording(database, known.recordingId);
    const isDone = await database.transaction(async (tx) => {
      const recording = of === null ? null : await lockRecording(tx, of);
      // Whoever takes the files of one that is deleted away has looked for them already, perhaps.
      if (recording === null || recording.deletedAt !== null) return false;
      const end = { fileId: file.fileId, cpuSeconds: status.cpuSeconds, at };
      const done = await repository.finishRender(tx, status, end);
      if (done === null) return false;
      await insertFiles(tx, done.recordingId, [compositeOf(file, done)], at);
      await countSize(tx, recording);
      return true;
    });
    if (isDone) return;
    // Told again, or of a try that nobody waits for any more: each has a file of its own.
    const [now] = await repository.findRenders(database, [status.renderId]);
    const isIts = now?.state === 'done' && now.attempts === status.attempt;
    if (!isIts) await objects.delete(file.key);
  }

  private async giveBack(one: repository.RenderTry, detail: string): Promise<void> {
    const { database, clock } = this.context;
    const { renderId, attempt } = one;
    const end = { detail: detail.slice(0, 500), maxAttempts, at: new Date(clock.now()) };
    await repository.giveBack(database, { renderId, attempt }, end);
  }

  private report(err: unknown): void {
    if (!isUnreachable(err)) this.context.log.error({ err }, 'failed to hand out compositions');
  }
}

function compositeOf(file: RecordedFile, { layout }: RenderRecord): FileRecord {
  const { fileId, key, contentType, bytes, sha256, startMs, endMs } = file;
  return {
    ...{ fileId, key, contentType, bytes, sha256, startMs, endMs },
    ...{ take: null, trackId: null, participantId: null, source: null },
    codec: file.codec ?? null,
    kind: layout === 'audio' ? 'audio' : 'composite',
    layout: layout === 'audio' ? null : layout,
  };
}
