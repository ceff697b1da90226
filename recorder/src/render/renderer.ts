/** The composing jobs of a recorder: so many at once, each in a process group of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordedFile, RenderOrder, RenderStatus } from '../contract.js';
import type { ReserveRule } from '../disk/disk-watch.js';
import { diskFiles } from '../sink/file-layer.js';
import type { RecordingStore } from '../store.js';
import type { JobWord } from './compose-main.js';
import type { JobOrder, JobResult } from './job.js';
import type { ProgramPaths } from './programs.js';
import { RenderSpace } from './space.js';

export interface RendererOptions {
  /** For work in progress, of this renderer alone: what an earlier process left there is removed. */
  folder: string;
  store: Pick<RecordingStore, 'putFile' | 'delete'>;
  /** Jobs at once. */
  slots: number;
  /** Of the disk that recordings are written to: what is kept free for them. */
  reserve: ReserveRule;
  /** Threads of each part of a job. */
  coresPerJob: number;
  onStatus(status: RenderStatus): void;
  programs?: ProgramPaths;
  /** A job that gets no further for so long is ended. Default: 10 minutes. */
  hangsAfterMs?: number;
}

/** Of jobs that are over, so many are remembered: who missed the word finds it in the description. */
const remembered = 64;
/** The machine may be busy: jobs have the lowest priority. */
const defaultHangsAfterMs = 10 * 60_000;
/** Between asking to end and ending. */
const graceMs = 5_000;

/** Since it began: processor time of jobs, and how they ended. */
export interface RenderCounts {
  cpuSeconds: number;
  stored: number;
  failed: number;
  canceled: number;
}

export class Renderer {
  readonly counts: RenderCounts = { cpuSeconds: 0, stored: 0, failed: 0, canceled: 0 };
  private readonly jobs = new Map<string, RenderJob>();
  private ready: Promise<void> | null = null;
  private readonly space: RenderSpace;

  constructor(private readonly options: RendererOptions) {
    this.space = new RenderSpace(options.reserve, (folder) => diskFiles.space(folder));
    // Who records must not end by it: the first job tries again.
    this.prepared().catch(() => {});
  }

  get slots(): number {
    return this.options.slots;
  }

  /** Jobs that run now. */
  get running(): number {
    return [...this.jobs.values()].filter((job) => job.isRunning).length;
  }

  /** The running ones, and those that ended of late. */
  get statuses(): RenderStatus[] {
    return [...this.jobs.values()].map((job) => job.status);
  }

  /**
   * Begins a job; an older attempt of it ends. What is known already is no error.
   * @throws Error with code `no_capacity`: all slots are taken.
   */
  async render(order: RenderOrder): Promise<void> {
    const known = this.jobs.get(order.renderId);
    if (known && known.status.attempt >= order.attempt) return;
    if (known?.isRunning) await known.end();
    if (this.running >= this.slots) {
      throw Object.assign(new Error('all composing slots are taken'), { code: 'no_capacity' });
    }
    const job = new RenderJob(
      order,
      { ...this.options, counts: this.counts, space: this.space },
      this.prepared(),
    );
    this.jobs.delete(order.renderId);
    this.jobs.set(order.renderId, job);
    this.forget();
  }

  /** Resolves when nothing of it is left. Unknown ones are no error. */
  async cancelRender({ renderId }: { renderId: string }): Promise<void> {
    await this.jobs.get(renderId)?.cancel();
  }

  /** Jobs end where they are, and nothing is said of them: others will do them again. */
  async close(): Promise<void> {
    await Promise.all([...this.jobs.values()].map((job) => job.end()));
  }

  /** What was left is gone, once. @throws Error of the disk; then it is tried again. */
  private prepared(): Promise<void> {
    this.ready ??= this.clean().catch((error) => {
      this.ready = null;
      throw error;
    });
    return this.ready;
  }

  private async clean(): Promise<void> {
    await rm(this.options.folder, { recursive: true, force: true });
    await mkdir(this.options.folder, { recursive: true, mode: 0o700 });
  }

  private forget(): void {
    const over = [...this.jobs].filter(([, job]) => !job.isRunning);
    for (const [renderId] of over.slice(0, -remembered)) this.jobs.delete(renderId);
  }
}

class RenderJob {
  status: RenderStatus;
  private child: ChildProcess | null = null;
  private isWanted = true;
  private isQuiet = false;
  /** Why it ends before it began. */
  private refusal: Error | null = null;
  private readonly done: Promise<void>;

  constructor(
    private readonly order: RenderOrder,
    private readonly options: RendererOptions & { counts: RenderCounts; space: RenderSpace },
    ready: Promise<void>,
  ) {
    const { renderId, attempt } = order;
    const nothingYet = { progress: 0, cpuSeconds: 0, file: null, detail: null };
    this.status = { renderId, attempt, state: 'running', ...nothingYet };
    this.done = this.run(ready);
  }

  get isRunning(): boolean {
    return this.status.state === 'running';
  }

  async cancel(): Promise<void> {
    if (!this.isRunning) return;
    this.stop();
    await this.done;
  }

  /** As `cancel`, and nobody is told. */
  async end(): Promise<void> {
    this.isQuiet = true;
    await this.cancel();
  }

  private async run(ready: Promise<void>): Promise<void> {
    const folder = join(this.options.folder, `${this.order.renderId}-${this.order.attempt}`);
    let end: Partial<RenderStatus> & { state: 'stored' | 'failed' | 'canceled' };
    try {
      await ready;
      await mkdir(folder, { mode: 0o700 });
      const file = await this.stored(await this.compose(folder));
      end = { state: 'stored', progress: 1, file };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      end = this.isWanted ? { state: 'failed', detail } : { state: 'canceled' };
    }
    this.options.counts[end.state]++;
    // Nothing is left when it is told.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    this.options.space.release(folder);
    this.tell(end);
  }

  /** The file in the folder. @throws Error: why there is none. */
  private async compose(folder: string): Promise<JobResult> {
    if (!this.isWanted) throw new Error('canceled');
    const { programs, coresPerJob, hangsAfterMs = defaultHangsAfterMs } = this.options;
    const job: JobOrder = {
      order: this.order,
      folder,
      programs: programs ?? { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe' },
      cores: coresPerJob,
    };
    const child = fork(new URL('./compose-main.js', import.meta.url), {
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.child = child;
    const hanging = setTimeout(() => this.kill('SIGKILL'), hangsAfterMs).unref();
    let last: JobWord | null = null;
    child.on('message', (word: JobWord) => {
      if (this.isFurther(word, last)) hanging.refresh();
      last = word;
      this.hear(word);
      if (word.type === 'needs') void this.takeSpace(folder, word.bytes);
    });
    child.send(job, () => {});
    try {
      // Its last word may come after its end.
      await Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
    } finally {
      clearTimeout(hanging);
      // What it started may outlive it.
      this.kill('SIGKILL');
      this.child = null;
    }
    if (this.refusal) throw this.refusal;
    return resultOf(last);
  }

  private async takeSpace(folder: string, bytes: number): Promise<void> {
    try {
      await this.options.space.take(folder, bytes);
      // It may have ended meanwhile.
      if (this.child === null) this.options.space.release(folder);
      else this.child.send(true, () => {});
    } catch (error) {
      this.refusal = error as Error;
      this.kill('SIGKILL');
    }
  }

  private isFurther(word: JobWord, last: JobWord | null): boolean {
    if (word.type !== 'progress' || word.progress > this.status.progress) return true;
    return word.broughtBytes > (last?.type === 'progress' ? last.broughtBytes : 0);
  }

  private hear(word: JobWord): void {
    this.options.counts.cpuSeconds += word.cpuSeconds - this.status.cpuSeconds;
    this.status = { ...this.status, cpuSeconds: word.cpuSeconds };
    if (word.type === 'progress' && this.isWanted) this.tell({ progress: word.progress });
  }

  private async stored({ path, bytes, sha256, durationMs }: JobResult): Promise<RecordedFile> {
    const { recordingId, renderId, attempt, layout } = this.order;
    const isSound = layout === 'audio';
    const contentType = isSound ? 'audio/mp4' : 'video/mp4';
    // A try that was given up elsewhere, and comes late, is none of the later one's.
    const key = `recordings/${recordingId}/${renderId}-${attempt}.${isSound ? 'm4a' : 'mp4'}`;
    await this.options.store.putFile(key, { path, bytes, sha256, contentType });
    if (!this.isWanted) {
      if (!this.isQuiet) await this.options.store.delete(key);
      throw new Error('canceled');
    }
    const kind = isSound ? 'audio' : 'composite';
    const times = { startMs: 0, endMs: durationMs };
    return { fileId: renderId, key, kind, contentType, bytes, sha256, ...times };
  }

  private stop(): void {
    this.isWanted = false;
    this.kill('SIGTERM');
    setTimeout(() => this.kill('SIGKILL'), graceMs).unref();
  }

  /** The whole group, which has the number of its first process. */
  private kill(signal: NodeJS.Signals): void {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nothing of it is left.
    }
  }

  private tell(change: Partial<RenderStatus>): void {
    this.status = { ...this.status, ...change };
    if (!this.isQuiet) this.options.onStatus(this.status);
  }
}

function resultOf(last: JobWord | null): JobResult {
  if (last?.type === 'done') return last.result;
  throw new Error(last?.type === 'failed' ? last.detail : 'the composing process ended');
}
