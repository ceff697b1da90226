import { mkdirSync } from 'node:fs';
import { copyFile, readdir, readFile, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { ControlError } from '../../control-error.js';
import { AppendFile } from '../../store/append-file.js';
import type { Database } from '../../store/database.js';
import { decodeRecords, encodeRecord } from '../../store/record-file.js';
import type { JournalWriter } from './journal-writer.js';
import type { Keep } from './keep.js';
import { type KeptRecord, KeptWriter, mergedRecords } from './kept-writer.js';

/** Another process that has a copy of what this one keeps. */
export interface SecondKeep {
  /**
   * @param all what was kept before as well, for one that has none of it.
   * @returns whether it is durable there; false: there is no second process.
   */
  add(bytes: Buffer, all: () => Promise<Buffer>): Promise<boolean>;
  /** Everything is in the database: no copy is needed. */
  clear(): void;
  /**
   * Whoever has a copy of what that process kept writes it.
   * @returns whether all have that can be heard.
   */
  settle(controlId: string): Promise<boolean>;
}

export interface FileKeepContext {
  /** Of the data folder; made when it is not there. */
  folder: string;
  controlId: string;
  database: Pick<Database, 'transaction'>;
  writer: JournalWriter;
  second: SecondKeep;
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>;
}

/** There is none. */
export const noSecond: SecondKeep = {
  add: async () => false,
  clear: () => {},
  settle: async () => true,
};

/** Of each process: raising it costs disk and memory while the database is away, and time at its return. */
const maxBytes = 256 * 1024 * 1024;
const extension = '.log';
/** What could not be written, and is for people to look at. */
const asideName = 'aside.records';

/**
 * What the rooms of this process have said while the database is away: a file, which is on the disk
 * before anybody is answered, and a copy of it at another process. Files are named after the process
 * that kept what they hold, and whoever has one may write it: twice is as once.
 */
export class FileKeep implements Keep {
  private readonly own: AppendFile;
  private readonly aside: AppendFile;
  /** By process. */
  private readonly copies = new Map<string, AppendFile>();
  /** Copies that are being written, by process. */
  private readonly settling = new Map<string, Promise<void>>();
  /** So many records, by meeting. */
  private readonly unsettled = new Map<string, number>();
  private readonly writer: KeptWriter;
  private isAlone = false;

  constructor(private readonly context: FileKeepContext) {
    mkdirSync(context.folder, { recursive: true, mode: 0o700 });
    this.own = this.fileOf(context.controlId);
    this.aside = new AppendFile(join(context.folder, asideName), maxBytes);
    this.writer = new KeptWriter({
      ...context,
      report: (err, { meetingId, epoch }) =>
        context.log.error({ err, meeting: meetingId, epoch }, 'kept, and refused by the database'),
      putAside: (record) => this.aside.append(encodeRecord(record)),
    });
  }

  /** Records that wait for the database. */
  get size(): number {
    return [...this.unsettled.values()].reduce((sum, count) => sum + count, 0);
  }

  async add(record: KeptRecord): Promise<void> {
    this.count(record, 1);
    const bytes = encodeRecord(record);
    try {
      await this.own.append(bytes);
    } catch (error) {
      this.count(record, -1);
      this.context.log.error({ err: error }, 'nothing can be kept');
      throw error;
    }
    this.noteAlone(!(await this.context.second.add(bytes, () => readFile(this.own.path))));
  }

  write(record: KeptRecord): Promise<boolean> {
    return this.writer.write(this.context.controlId, record);
  }

  done(record: KeptRecord): void {
    this.count(record, -1);
    if (this.unsettled.size > 0) return;
    this.own.clear();
    this.context.second.clear();
  }

  async settled(room: { meetingId: string; controlId: string | null }): Promise<void> {
    if (this.unsettled.has(room.meetingId)) throw beingWritten();
    const { controlId } = room;
    if (controlId === null || controlId === this.context.controlId) return;
    await this.settleCopy(controlId);
    if (!(await this.context.second.settle(controlId))) throw beingWritten();
  }

  /** A copy of what another process keeps. Resolves when it is on the disk. */
  async accept(controlId: string, bytes: Buffer): Promise<void> {
    const copy = this.copies.get(controlId) ?? this.fileOf(controlId);
    this.copies.set(controlId, copy);
    await copy.append(bytes);
  }

  /** That one has written it. */
  async forget(controlId: string): Promise<void> {
    const copy = this.copies.get(controlId);
    if (copy === undefined) return;
    this.copies.delete(controlId);
    await copy.close();
    await unlink(copy.path).catch(() => {}); // nothing was written
  }

  /** Writes what another process has left here: once, however many ask. */
  async settleCopy(controlId: string): Promise<void> {
    while (this.settling.has(controlId)) await this.settling.get(controlId)?.catch(() => {});
    const copy = this.copies.get(controlId);
    if (copy === undefined) return;
    const writing = this.writeCopy(controlId, copy).finally(() => this.settling.delete(controlId));
    this.settling.set(controlId, writing);
    await writing;
  }

  /** At a start: what earlier processes of this folder have kept, of their own or of others. */
  async recover(): Promise<void> {
    const names = (await readdir(this.context.folder)).filter((name) => name.endsWith(extension));
    for (const name of names.sort()) {
      const path = join(this.context.folder, name);
      if (path === this.own.path) continue;
      await this.replay(path);
      await unlink(path);
    }
  }

  /** What was added stays. */
  async close(): Promise<void> {
    const all = [this.own, this.aside, ...this.copies.values()];
    await Promise.all(all.map((file) => file.close()));
  }

  private async writeCopy(controlId: string, copy: AppendFile): Promise<void> {
    const { bytes } = copy;
    await this.replay(copy.path);
    // What came meanwhile is for the next.
    if (copy.bytes === bytes) await this.forget(controlId);
  }

  private async replay(path: string): Promise<void> {
    const controlId = basename(path, extension);
    const { log } = this.context;
    const { records, tornBytes, damagedBytes } = decodeRecords(await readFile(path));
    if (tornBytes > 0) log.warn({ path, bytes: tornBytes }, 'a record was never finished');
    if (damagedBytes > 0) {
      const damaged = `${path}.damaged`;
      await copyFile(path, damaged);
      log.error({ path: damaged, bytes: damagedBytes }, 'what was kept is damaged');
    }
    for (const { record } of mergedRecords(records as KeptRecord[])) {
      await this.writer.write(controlId, record);
    }
    if (records.length > 0) log.info({ path, records: records.length }, 'wrote what was kept');
  }

  private fileOf(controlId: string): AppendFile {
    return new AppendFile(join(this.context.folder, `${controlId}${extension}`), maxBytes);
  }

  private count({ meetingId }: KeptRecord, change: number): void {
    const count = (this.unsettled.get(meetingId) ?? 0) + change;
    if (count > 0) this.unsettled.set(meetingId, count);
    else this.unsettled.delete(meetingId);
  }

  private noteAlone(isAlone: boolean): void {
    if (isAlone && !this.isAlone) this.context.log.warn('no second process has what is kept');
    this.isAlone = isAlone;
  }
}

function beingWritten(): ControlError {
  const extras = { retryAfterMs: 1000 };
  return new ControlError('dependency_down', 'What was said is being written.', extras);
}
