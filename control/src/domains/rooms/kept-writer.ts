import { ControlError } from '../../control-error.js';
import { type Database, isUnreachable, type Queryable } from '../../store/database.js';
import type { EntryToWrite, JournalWriter, RoomRef } from './journal-writer.js';

/** Entries of one room, of about the same moment, as they are kept. */
export interface KeptRecord extends RoomRef {
  epoch: number;
  entries: EntryToWrite[];
}

/** Records of one room in one, to be written together. */
export interface Merged {
  record: KeptRecord;
  /** It was so many. */
  of: number;
}

/** Entries per transaction. */
const maxEntries = 64;

/** Those of each room in their order, under one epoch, a few in one. */
export function mergedRecords(records: readonly KeptRecord[]): Merged[] {
  const newest = new Map<string, Merged>();
  const all: Merged[] = [];
  for (const { entries, ...room } of records) {
    const open = newest.get(room.roomId);
    const isSame = open?.record.epoch === room.epoch;
    if (open && isSame && open.record.entries.length + entries.length <= maxEntries) {
      open.record.entries.push(...entries);
      open.of += 1;
    } else {
      const merged = { record: { ...room, entries: [...entries] }, of: 1 };
      newest.set(room.roomId, merged);
      all.push(merged);
    }
  }
  return all;
}

export interface KeptWriterContext {
  database: Pick<Database, 'transaction'>;
  writer: JournalWriter;
  /** Something that was kept cannot be written, or not all of it. */
  report: (error: unknown, record: KeptRecord) => void;
  /** It is nowhere else then. Resolves when it is durable. */
  putAside: (record: KeptRecord) => Promise<void>;
}

/** Brings into the database what was kept while that was away. Done twice it is as done once. */
export class KeptWriter {
  constructor(private readonly context: KeptWriterContext) {}

  /**
   * What cannot be written is put aside, and alone.
   * @param controlId of the process that kept it.
   * @returns whether the room is still that one's. Otherwise what was said in it is written all the same.
   * @throws ControlError `dependency_down`.
   */
  async write(controlId: string, record: KeptRecord): Promise<boolean> {
    try {
      return await this.attempt(controlId, record);
    } catch (error) {
      if (isUnreachable(error)) throw error;
      if (record.entries.length > 1) return this.oneByOne(controlId, record);
      this.context.report(error, record);
      await this.context.putAside(record);
      return true;
    }
  }

  private async oneByOne(controlId: string, { entries, ...room }: KeptRecord): Promise<boolean> {
    let isTheirs = true;
    for (const entry of entries) {
      isTheirs = await this.write(controlId, { ...room, entries: [entry] });
    }
    return isTheirs;
  }

  private attempt(controlId: string, record: KeptRecord): Promise<boolean> {
    const { database, writer } = this.context;
    return database.transaction(async (tx) => {
      const room = await writer.lockForKept(tx, record);
      if (room === null) return false; // it is gone, with everything that was of it
      const isTheirs = room.controlId === controlId && !room.isClosed && room.epoch >= record.epoch;
      const events = record.entries.filter(({ type }) => type !== null);
      const before = await writer.onRecord(tx, record, events);
      const fresh: EntryToWrite[] = [];
      for (const entry of record.entries) {
        if (before.has(entry.eventId) || (await writer.isRepeated(tx, record, entry))) continue;
        if (isTheirs) await this.apply(tx, record, entry);
        else await writer.applyLate(tx, entry.effects ?? []);
        fresh.push(entry);
      }
      await writer.log(tx, record, room.last, fresh);
      return isTheirs;
    });
  }

  /** It was acknowledged: what is refused now was so already, or is void. */
  private async apply(tx: Queryable, record: KeptRecord, entry: EntryToWrite): Promise<void> {
    for (const effect of entry.effects ?? []) {
      try {
        await this.context.writer.apply(tx, [effect]);
      } catch (error) {
        if (!(error instanceof ControlError) || isUnreachable(error)) throw error;
        this.context.report(error, record);
      }
    }
  }
}
