import { presentCause } from '../../cause.js';
import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { type Database, isUnreachable, type Queryable } from '../../store/database.js';
import { traceparentOf } from '../../trace.js';
import { type EntryToWrite, type JournalWriter, RoomLost } from './journal-writer.js';
import type { Keep, KeptRecord } from './keep.js';
import { type Merged, mergedRecords } from './kept-writer.js';

export type { JournalEvent } from './journal-writer.js';

export interface JournalEntry extends Omit<EntryToWrite, 'traceparent'> {
  /**
   * What only the database can say, first in the same transaction. A refusal thrown here undoes this
   * entry alone. Whoever asks it waits for the database.
   */
  within?: (tx: Queryable) => Promise<void>;
  /** The epoch that the room has once this is written; an effect raises it. Once at a time. */
  raisesTo?: number;
  /** Once it is durable nothing comes behind it: what was appended since is refused. */
  isLast?: boolean;
  /**
   * Called when the entry is durable, in the order of the log, before the promise resolves; not for a
   * command that was on record: what it did was told then.
   */
  committed?: () => void;
}

export interface RoomKey {
  meetingId: string;
  roomId: string;
  /** Raised by who holds the room, when it is durable. */
  epoch: number;
}

export interface JournalListener {
  /** The room is another's now: called once. */
  lost: () => void;
  /** Something is durable: the relay finds it in the outbox. */
  written: () => void;
}

export interface JournalContext {
  database: Pick<Database, 'transaction' | 'isAway' | 'onBack'>;
  clock: Clock;
  writer: JournalWriter;
  /** Where entries are durable while the database is away. */
  keep: Keep;
}

interface Waiting extends JournalEntry, EntryToWrite {
  /** A try to write it ended, and nobody knows how. */
  isUncertain: boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Entries per transaction: more delays the first of them, fewer wastes flushes to disk. */
const maxBatch = 64;
/** Entries waiting while nothing can be written anywhere; more would only hide that. */
const maxWaiting = 10_000;
const retryMs = 250;

/**
 * The ordered, durable log of one room. Entries are written in the order of `append`, several to a
 * transaction when they come fast, each with its gap-free number from the room's row, its effects and
 * its outbox row. While the database is away they are kept as they are, and count; when it is back
 * those come first. An outcome that got lost with the connection is looked up, so that nothing is
 * written twice. What only the database can say waits for it.
 */
export class RoomJournal {
  private readonly waiting: Waiting[] = [];
  private inFlight: Waiting[] = [];
  /** Durable, and not in the database yet. */
  private readonly kept: KeptRecord[] = [];
  /** For the database: behind what is kept. */
  private held: Waiting[] = [];
  private running: Promise<void> | null = null;
  private writing: Promise<void> | null = null;
  /** While positive, entries go one by one: one of the last batch was refused. */
  private oneByOne = 0;
  private isOver = false;
  private stopHearing: (() => void) | null = null;

  constructor(
    private readonly context: JournalContext,
    private readonly key: RoomKey,
    private readonly listener: JournalListener,
  ) {}

  /**
   * @returns when the entry is durable.
   * @throws ControlError what `within` or an effect threw, `stale_epoch` (RoomLost),
   *   `dependency_down` when too many wait.
   */
  append(entry: JournalEntry): Promise<void> {
    if (this.isOver) return Promise.reject(new RoomLost());
    if (this.waiting.length + this.held.length >= maxWaiting) {
      return Promise.reject(new ControlError('dependency_down', 'The database is away.'));
    }
    const cause = presentCause();
    return new Promise((resolve, reject) => {
      const traceparent = cause && traceparentOf(cause.trace);
      this.waiting.push({ ...entry, traceparent, isUncertain: false, resolve, reject });
      this.wake();
    });
  }

  /** Resolves when everything appended so far is durable or refused, or waits for the database. */
  async settled(): Promise<void> {
    while (this.running ?? this.writing) await (this.running ?? this.writing);
  }

  private wake(): void {
    if (this.takeBatch()) this.running ??= this.drain();
  }

  private async drain(): Promise<void> {
    try {
      while (this.takeBatch()) {
        if (this.isBehind) await this.keepBatch();
        else await this.writeBatch();
      }
    } finally {
      // In the turn of the last look: whoever waited for an entry may append the next at once.
      this.running = null;
      this.hearOfReturn();
    }
  }

  /** Nothing overtakes what is kept. */
  private get isBehind(): boolean {
    return this.context.database.isAway || this.kept.length > 0;
  }

  /** While something is left to be written. */
  private hearOfReturn(): void {
    const isNeeded = this.kept.length > 0 || this.held.length > 0;
    if (isNeeded) this.stopHearing ??= this.context.database.onBack(() => this.goOn());
    else {
      this.stopHearing?.();
      this.stopHearing = null;
    }
  }

  private goOn(): void {
    if (this.kept.length === 0) {
      this.wake();
      return;
    }
    this.writing ??= this.writeKept().then(() => {
      this.writing = null;
      this.hearOfReturn();
      this.wake();
    });
  }

  private takeBatch(): boolean {
    if (this.inFlight.length > 0) return true;
    if (!this.isBehind) this.waiting.unshift(...this.held.splice(0));
    const most = this.oneByOne > 0 ? 1 : maxBatch;
    if (this.oneByOne > 0) this.oneByOne -= 1;
    const last = this.waiting.slice(0, most).findIndex(({ isLast }) => isLast);
    this.inFlight = this.waiting.splice(0, last < 0 ? most : last + 1);
    return this.inFlight.length > 0;
  }

  private async writeBatch(): Promise<void> {
    let written: ReadonlySet<EntryToWrite>;
    try {
      written = await this.commit(this.inFlight);
    } catch (error) {
      if (!isUnreachable(error)) this.refuse(error);
      else {
        for (const entry of this.inFlight) entry.isUncertain = true;
        await this.keepBatch();
      }
      return;
    }
    this.listener.written();
    this.succeed(this.inFlight.splice(0), written);
  }

  private succeed(entries: readonly Waiting[], written: ReadonlySet<EntryToWrite>): void {
    for (const entry of entries) {
      if (written.has(entry)) entry.committed?.();
      entry.resolve();
    }
    if (entries.some(({ isLast }) => isLast)) this.end(new RoomLost('The room is over.'));
  }

  /** What can be kept is durable with this. When nothing can be kept either, it is tried again. */
  private async keepBatch(): Promise<void> {
    const { keep } = this.context;
    this.held.push(...this.inFlight.filter(needsDatabase));
    this.inFlight = this.inFlight.filter((entry) => !needsDatabase(entry));
    if (this.inFlight.length === 0) return this.pauseUnlessAway();
    const { meetingId, roomId, epoch } = this.key;
    const record = { meetingId, roomId, epoch, entries: this.inFlight.map(toKept) };
    try {
      await keep.add(record);
    } catch {
      return this.pause();
    }
    this.kept.push(record);
    const durable = this.inFlight.splice(0);
    this.succeed(durable, new Set(durable));
    if (!this.context.database.isAway) this.goOn();
  }

  /** What is kept, the oldest first, while the database is there. Meanwhile what comes is kept as well. */
  private async writeKept(): Promise<void> {
    const { database } = this.context;
    while (this.kept.length > 0 && !database.isAway) {
      const isWritten = await this.writeOldest().catch(() => false);
      if (!isWritten) await this.pauseUnlessAway();
    }
  }

  /** @returns true. @throws ControlError `dependency_down`. */
  private async writeOldest(): Promise<boolean> {
    const { keep } = this.context;
    const [oldest] = mergedRecords(this.kept.slice(0, maxBatch)) as [Merged];
    const isOurs = await keep.write(oldest.record);
    for (const record of this.kept.splice(0, oldest.of)) keep.done(record);
    this.listener.written();
    if (!isOurs) this.lose(new RoomLost());
    return true;
  }

  /** A batch of several is tried one by one, to find the one that is refused. */
  private refuse(error: unknown): void {
    if (error instanceof RoomLost) {
      this.lose(error);
      return;
    }
    if (this.inFlight.length === 1) {
      this.inFlight.pop()?.reject(error);
      return;
    }
    this.oneByOne = this.inFlight.length;
    this.waiting.unshift(...this.inFlight.splice(0));
  }

  private lose(error: RoomLost): void {
    const isNews = !this.isOver;
    this.end(error);
    if (isNews) this.listener.lost();
  }

  /** What waits, and whatever may come, is refused. */
  private end(error: RoomLost): void {
    this.isOver = true;
    const all = [...this.inFlight.splice(0), ...this.held.splice(0), ...this.waiting.splice(0)];
    for (const entry of all) entry.reject(error);
  }

  private pause(): Promise<void> {
    return new Promise((resume) => this.context.clock.after(retryMs, resume));
  }

  /** Its return is heard of. */
  private async pauseUnlessAway(): Promise<void> {
    if (!this.context.database.isAway) await this.pause();
  }

  /** Returns those that were written, now or by a try whose outcome was lost. */
  private commit(batch: readonly Waiting[]): Promise<ReadonlySet<Waiting>> {
    const { database, writer } = this.context;
    return database.transaction(async (tx) => {
      // An epoch may have been raised in a try of before, by one that is behind this batch now.
      const uncertain = [...batch, ...this.held].filter(({ isUncertain }) => isUncertain);
      const raised = uncertain.flatMap(({ raisesTo }) => raisesTo ?? []);
      const { epoch, last } = await writer.lock(tx, this.key, [this.key.epoch, ...raised]);
      const before = await writer.onRecord(tx, this.key, uncertain);
      const isOurs = uncertain.some(
        ({ eventId, raisesTo }) => raisesTo === epoch && before.has(eventId),
      );
      // Another one has taken the very epoch that was to be taken here.
      if (epoch !== this.key.epoch && !isOurs) throw new RoomLost();
      const fresh: Waiting[] = [];
      for (const entry of batch) {
        if (before.has(entry.eventId) || (await writer.isRepeated(tx, this.key, entry))) continue;
        await entry.within?.(tx);
        await writer.apply(tx, entry.effects ?? []);
        fresh.push(entry);
      }
      await writer.log(tx, this.key, last, fresh);
      return new Set([...batch.filter(({ eventId }) => before.has(eventId)), ...fresh]);
    });
  }
}

/** It says something that nobody else can. */
function needsDatabase({ within, raisesTo }: Waiting): boolean {
  return within !== undefined || raisesTo !== undefined;
}

function toKept(entry: Waiting): EntryToWrite {
  const { eventId, type, participantId, payload, at, before, effects, command, traceparent } =
    entry;
  const event = { eventId, type, participantId, payload, at, traceparent };
  return {
    ...event,
    ...(before === undefined ? {} : { before }),
    ...(effects === undefined ? {} : { effects }),
    ...(command === undefined ? {} : { command }),
  };
}
