import { presentCause } from '../../cause.js';
import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { dayOf } from '../../ids.js';
import { type Database, isUnreachable, type Queryable } from '../../store/database.js';
import type { Effect, Effects } from '../../store/effects.js';
import { traceparentOf } from '../../trace.js';

export interface JournalEvent {
  eventId: string;
  /** Of the contract. */
  type: string;
  participantId: string | null;
  payload: object;
  /** Milliseconds since 1970. */
  at: number;
}

export interface JournalEntry extends JournalEvent {
  /** What happened with it, and comes first in the log: all is written, or nothing. */
  before?: readonly JournalEvent[];
  /**
   * What only the database can say, first in the same transaction. A refusal thrown here undoes this
   * entry alone.
   */
  within?: (tx: Queryable) => Promise<void>;
  /** Done in the same transaction; so with a refusal of these. */
  effects?: readonly Effect[];
  /** Makes the entry count once: a command that is on record already is skipped, as a success. */
  command?: { participantId: string; id: string };
  /** The epoch that the room has once this is written; an effect raises it. Once at a time. */
  raisesTo?: number;
  /**
   * Called when the entry is durable, in the order of `seq`, before the promise resolves; not for a
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
  database: Database;
  clock: Clock;
  effects: Effects;
}

interface Traced {
  /** Of what caused it; null: this process by itself. */
  traceparent: string | null;
}

interface Waiting extends JournalEntry, Traced {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Entries per transaction: more delays the first of them, fewer wastes flushes to disk. */
const maxBatch = 64;
/** Entries waiting while the database is away; more would only hide that it is. */
const maxWaiting = 10_000;
const retryMs = 250;

/** Thrown by the fence: a newer epoch owns the room, or it is closed. */
class RoomLost extends ControlError {
  constructor() {
    super('stale_epoch', 'The room has a newer epoch.');
  }
}

/**
 * The ordered, durable log of one room. Entries are committed in the order of `append`, several to
 * a transaction when they come fast, each with its gap-free number from the room's row, its effect
 * and its outbox row. While the database is away entries wait and are tried again; an outcome that
 * got lost with the connection is looked up, so that nothing is written twice.
 */
export class RoomJournal {
  private readonly waiting: Waiting[] = [];
  private inFlight: Waiting[] = [];
  private running: Promise<void> | null = null;
  /** While positive, entries go one by one: one of the last batch was refused. */
  private oneByOne = 0;

  constructor(
    private readonly context: JournalContext,
    private readonly key: RoomKey,
    private readonly listener: JournalListener,
  ) {}

  /**
   * @returns when the entry is durable.
   * @throws ControlError what `within` or an effect threw, `stale_epoch`, `dependency_down` when too many wait.
   */
  append(entry: JournalEntry): Promise<void> {
    if (this.waiting.length >= maxWaiting) {
      return Promise.reject(new ControlError('dependency_down', 'The database is away.'));
    }
    const cause = presentCause();
    return new Promise((resolve, reject) => {
      const traceparent = cause && traceparentOf(cause.trace);
      this.waiting.push({ ...entry, traceparent, resolve, reject });
      this.running ??= this.drain();
    });
  }

  /** Resolves when everything appended so far is durable or refused. */
  async settled(): Promise<void> {
    await this.running;
  }

  private async drain(): Promise<void> {
    try {
      let uncertain = false;
      while (this.takeBatch()) uncertain = await this.writeBatch(uncertain);
    } finally {
      // In the turn of the last look: whoever waited for an entry may append the next at once.
      this.running = null;
    }
  }

  /** Returns whether the outcome is uncertain: then the batch is tried again. */
  private async writeBatch(uncertain: boolean): Promise<boolean> {
    let written: ReadonlySet<JournalEntry>;
    try {
      written = await this.commit(this.inFlight, uncertain);
    } catch (error) {
      const isUncertain = isUnreachable(error);
      if (isUncertain) await this.pause();
      else this.refuse(error);
      return isUncertain;
    }
    this.listener.written();
    for (const entry of this.inFlight.splice(0)) {
      if (written.has(entry)) entry.committed?.();
      entry.resolve();
    }
    return false;
  }

  private takeBatch(): boolean {
    if (this.inFlight.length > 0) return true;
    const size = this.oneByOne > 0 ? 1 : maxBatch;
    if (this.oneByOne > 0) this.oneByOne -= 1;
    this.inFlight = this.waiting.splice(0, size);
    return this.inFlight.length > 0;
  }

  /** A batch of several is tried one by one, to find the one that is refused. */
  private refuse(error: unknown): void {
    if (error instanceof RoomLost) {
      for (const entry of [...this.inFlight.splice(0), ...this.waiting.splice(0)]) {
        entry.reject(error);
      }
      this.listener.lost();
      return;
    }
    if (this.inFlight.length === 1) {
      this.inFlight.pop()?.reject(error);
      return;
    }
    this.oneByOne = this.inFlight.length;
    this.waiting.unshift(...this.inFlight.splice(0));
  }

  private pause(): Promise<void> {
    return new Promise((resume) => this.context.clock.after(retryMs, resume));
  }

  /** Returns those that were written, now or by a try whose outcome was lost. */
  private commit(
    batch: readonly Waiting[],
    uncertain: boolean,
  ): Promise<ReadonlySet<JournalEntry>> {
    return this.context.database.transaction(async (tx) => {
      const raised = uncertain ? batch.flatMap(({ raisesTo }) => raisesTo ?? []) : [];
      const { epoch, last } = await this.lockRoom(tx, [this.key.epoch, ...raised]);
      const before = uncertain ? await this.writtenOf(tx, batch) : [];
      if (before.length > 0) return new Set(before);
      // Another one has taken the very epoch that this batch was to take.
      if (epoch !== this.key.epoch) throw new RoomLost();
      const written: Waiting[] = [];
      for (const entry of batch) {
        if (await this.isRepeated(tx, entry)) continue;
        await entry.within?.(tx);
        await this.context.effects.apply(tx, entry.effects ?? []);
        written.push(entry);
      }
      const rows = written
        .flatMap(({ before = [], traceparent, ...event }) =>
          [...before, event].map((one) => ({ ...one, traceparent })),
        )
        .map((event, index) => toRow(event, last + index + 1));
      await this.write(tx, rows, last + rows.length);
      return new Set(written);
    });
  }

  private async lockRoom(
    tx: Queryable,
    epochs: readonly number[],
  ): Promise<{ epoch: number; last: number }> {
    const [room] = await tx.query<{ epoch: number; last: number }>(
      `select epoch, event_seq as last from rooms
       where meeting_id = $1 and room_id = $2 and epoch = any($3) and closed_at is null for update`,
      [this.key.meetingId, this.key.roomId, epochs],
    );
    if (room === undefined) throw new RoomLost();
    return room;
  }

  /** All that are not repeated commands, or none. */
  private async writtenOf(tx: Queryable, batch: readonly Waiting[]): Promise<Waiting[]> {
    const rows = await tx.query<{ event_id: string }>(
      `select event_id from events where day = any($1) and meeting_id = $2 and event_id = any($3)`,
      [
        batch.map((entry) => dayOf(entry.eventId)),
        this.key.meetingId,
        batch.map((entry) => entry.eventId),
      ],
    );
    const found = new Set(rows.map(({ event_id }) => event_id));
    return batch.filter(({ eventId }) => found.has(eventId));
  }

  private async isRepeated(tx: Queryable, entry: JournalEntry): Promise<boolean> {
    if (entry.command === undefined) return false;
    const fresh = await tx.query(
      `insert into commands (meeting_id, participant_id, command_id, result, created_at)
       values ($1, $2, $3, '{"t":"ok"}', $4) on conflict do nothing returning 1`,
      [this.key.meetingId, entry.command.participantId, entry.command.id, new Date(entry.at)],
    );
    return fresh.length === 0;
  }

  private async write(tx: Queryable, rows: readonly object[], last: number): Promise<void> {
    if (rows.length === 0) return;
    await tx.query(
      `with entry as (
         select * from jsonb_to_recordset($3::jsonb) as r(day date, event_id uuid, seq bigint,
           type text, participant_id uuid, payload jsonb, created_at timestamptz, traceparent text)
       ), logged as (
         insert into events (day, meeting_id, event_id, room_id, seq, type, participant_id,
           payload, created_at)
         select day, $1, event_id, $2, seq, type, participant_id, payload, created_at from entry
       )
       insert into outbox (meeting_id, event_id, room_id, room_seq, type, participant_id, payload,
         created_at, traceparent)
       select $1, event_id, $2, seq, type, participant_id, payload, created_at, traceparent
       from entry order by seq`,
      [this.key.meetingId, this.key.roomId, JSON.stringify(rows)],
    );
    await tx.query('update rooms set event_seq = $3 where meeting_id = $1 and room_id = $2', [
      this.key.meetingId,
      this.key.roomId,
      last,
    ]);
  }
}

function toRow(event: JournalEvent & Traced, seq: number): object {
  return {
    day: dayOf(event.eventId),
    event_id: event.eventId,
    seq,
    type: event.type,
    participant_id: event.participantId,
    payload: event.payload,
    created_at: new Date(event.at).toISOString(),
    traceparent: event.traceparent,
  };
}
