import { ControlError } from '../../control-error.js';
import { dayOf } from '../../ids.js';
import type { Queryable } from '../../store/database.js';
import type { Effect, Effects } from '../../store/effects.js';

export interface JournalEvent {
  eventId: string;
  /** Of the contract; null: what is done with it is no event, and done twice it is as done once. */
  type: string | null;
  participantId: string | null;
  payload: object;
  /** Milliseconds since 1970. */
  at: number;
}

/** An entry as it is written; it is JSON, and may have been kept as such. */
export interface EntryToWrite extends JournalEvent {
  /** What happened with it, and comes first in the log: all is written, or nothing. */
  before?: readonly JournalEvent[];
  /** Done in the same transaction. A refusal thrown by one undoes this entry alone. */
  effects?: readonly Effect[];
  /** Makes the entry count once: a command that is on record already is skipped, as a success. */
  command?: { participantId: string; id: string };
  /** Of what caused it; null: this process by itself. */
  traceparent: string | null;
}

export interface RoomRef {
  meetingId: string;
  roomId: string;
}

/** A room's row, locked. */
export interface LockedRoom {
  epoch: number;
  /** Of the newest event. */
  last: number;
}

/** Nothing is written for this owner of a room any more: a newer epoch has it, or it is over. */
export class RoomLost extends ControlError {
  constructor(message = 'The room has a newer epoch.') {
    super('stale_epoch', message);
  }
}

/** What journals say to the database. */
export class JournalWriter {
  constructor(private readonly effects: Effects) {}

  /** @throws RoomLost unless the room has one of these epochs. */
  async lock(tx: Queryable, room: RoomRef, epochs: readonly number[]): Promise<LockedRoom> {
    const [locked] = await tx.query<LockedRoom>(
      `select epoch, event_seq as last from rooms
       where meeting_id = $1 and room_id = $2 and epoch = any($3) and closed_at is null for update`,
      [room.meetingId, room.roomId, epochs],
    );
    if (locked === undefined) throw new RoomLost();
    return locked;
  }

  /** Whoever has it. Null: there is none of that id any more. */
  async lockForKept(
    tx: Queryable,
    room: RoomRef,
  ): Promise<(LockedRoom & { controlId: string | null; isClosed: boolean }) | null> {
    const [locked] = await tx.query<LockedRoom & { controlId: string | null; isClosed: boolean }>(
      `select epoch, event_seq as last, control_id as "controlId", closed_at is not null as "isClosed"
       from rooms where meeting_id = $1 and room_id = $2 for update`,
      [room.meetingId, room.roomId],
    );
    return locked ?? null;
  }

  /** The ids of those that are on record. */
  async onRecord(
    tx: Queryable,
    { meetingId }: RoomRef,
    events: readonly JournalEvent[],
  ): Promise<ReadonlySet<string>> {
    if (events.length === 0) return new Set();
    const rows = await tx.query<{ event_id: string }>(
      `select event_id from events where day = any($1) and meeting_id = $2 and event_id = any($3)`,
      [
        events.map(({ eventId }) => dayOf(eventId)),
        meetingId,
        events.map(({ eventId }) => eventId),
      ],
    );
    return new Set(rows.map(({ event_id }) => event_id));
  }

  async isRepeated(tx: Queryable, { meetingId }: RoomRef, entry: EntryToWrite): Promise<boolean> {
    if (entry.command === undefined) return false;
    const fresh = await tx.query(
      `insert into commands (meeting_id, participant_id, command_id, result, created_at)
       values ($1, $2, $3, '{"t":"ok"}', $4) on conflict do nothing returning 1`,
      [meetingId, entry.command.participantId, entry.command.id, new Date(entry.at)],
    );
    return fresh.length === 0;
  }

  /** @throws ControlError what an effect refuses. */
  apply(tx: Queryable, effects: readonly Effect[]): Promise<void> {
    return this.effects.apply(tx, effects);
  }

  /** Of a room that another process has by now, or that is over: what holds all the same. */
  applyLate(tx: Queryable, effects: readonly Effect[]): Promise<void> {
    return this.effects.apply(
      tx,
      effects.filter((effect) => this.effects.isLasting(effect)),
    );
  }

  /** Numbers them, behind `last`, and hands them to the relay. */
  async log(
    tx: Queryable,
    room: RoomRef,
    last: number,
    entries: readonly EntryToWrite[],
  ): Promise<void> {
    const rows = entries
      .flatMap(({ before = [], traceparent, ...event }) =>
        [...before, event].map((one) => ({ ...one, traceparent })),
      )
      .filter(({ type }) => type !== null)
      .map((event, index) => toRow(event, last + index + 1));
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
      [room.meetingId, room.roomId, JSON.stringify(rows)],
    );
    await tx.query('update rooms set event_seq = $3 where meeting_id = $1 and room_id = $2', [
      room.meetingId,
      room.roomId,
      last + rows.length,
    ]);
  }
}

function toRow(event: JournalEvent & { traceparent: string | null }, seq: number): object {
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
