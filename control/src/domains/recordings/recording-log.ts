import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { Database, Queryable } from '../../store/database.js';
import type { JournalWriter } from '../rooms/service.js';

export type RecordingEventType = 'recording.ready' | 'recording.failed' | 'recording.deleted';

export interface RecordingLogContext {
  database: Database;
  writer: JournalWriter;
  clock: Clock;
  ids: Ids;
  /** There is something for the relay. */
  onWritten: () => void;
}

export interface RoomOfRecording {
  meetingId: string;
  roomId: string;
}

/** Says what happened, with what is done in the same transaction. */
export type Say = (type: RecordingEventType, payload: object) => void;

/**
 * Events of recordings in the log of their room, whether it is live, with whom, or over: they follow
 * what its journal has written. The room's row is locked before any recording's, as journals lock them.
 */
export class RecordingLog {
  constructor(private readonly context: RecordingLogContext) {}

  async transaction<Result>(
    room: RoomOfRecording,
    work: (tx: Queryable, say: Say) => Promise<Result>,
  ): Promise<Result> {
    const { database, writer, clock, ids, onWritten } = this.context;
    const said: { type: RecordingEventType; payload: object }[] = [];
    const result = await database.transaction(async (tx) => {
      said.length = 0;
      const locked = await writer.lockForKept(tx, room);
      const done = await work(tx, (type, payload) => said.push({ type, payload }));
      // Its meeting is forgotten: nobody is left to be told.
      if (locked === null) return done;
      const entries = said.map(({ type, payload }) => ({
        ...{ eventId: ids.next(), type, payload, participantId: null, at: clock.now() },
        traceparent: null,
      }));
      await writer.log(tx, room, locked.last, entries);
      return done;
    });
    if (said.length > 0) onWritten();
    return result;
  }
}
