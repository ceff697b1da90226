import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { isId } from '../../ids.js';
import { pageOf } from '../../plugins/page.js';
import type { Listed, Page, RoomEntry, RoomEvent } from '../../schemas/http.js';
import type { Database } from '../../store/database.js';
import type { EventPlace, EventRecord, RoomRecord } from './repository.js';
import * as repository from './repository.js';

/** Before every event there is. */
const beginning: EventPlace = { roomId: '00000000-0000-0000-0000-000000000000', seq: 0 };

const dayMs = 86_400_000;

export interface WantedEvents {
  /** The cursor of the last event that was read. */
  after?: string;
  limit?: number;
}

/** What happened in a meeting: its rooms, and the log of each. Written by the rooms' journals. */
export class EventsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    /** Older ones go by the day (store/retention.ts). */
    private readonly keptDays: number,
  ) {}

  /** Live and past ones, oldest first. @throws ControlError `bad_request` for an odd cursor. */
  async rooms(meetingId: string, page: Page): Promise<Listed<RoomEntry>> {
    const place = pageOf.read(page);
    const rows = await repository.listRooms(this.database, meetingId, place);
    return pageOf.list(rows, place.limit, ({ roomId }) => roomId, presentRoom);
  }

  /**
   * One room after the other, each in the order of its `seq`: of one room only the newest can still
   * grow, so whoever reads on from the last cursor misses nothing.
   * @throws ControlError `bad_request` for an odd cursor.
   */
  async list(meetingId: string, { after, limit = 50 }: WantedEvents): Promise<Listed<RoomEvent>> {
    const place = after === undefined ? beginning : placeOf(after);
    const keptSince = new Date(this.clock.now() - this.keptDays * dayMs);
    const wanted = { meetingId, after: place, limit, keptSince };
    const rows = await repository.listEvents(this.database, wanted);
    return pageOf.list(rows, limit, cursorOf, presentEvent);
  }
}

function cursorOf({ roomId, seq }: EventPlace): string {
  return `${roomId}.${seq}`;
}

function placeOf(cursor: string): EventPlace {
  const [, roomId = '', seq = ''] = /^([^.]+)\.([1-9]\d{0,14})$/.exec(cursor) ?? [];
  if (isId(roomId)) return { roomId, seq: Number(seq) };
  throw new ControlError('bad_request', 'The cursor is not one of ours.');
}

function presentRoom(room: RoomRecord): RoomEntry {
  return {
    room_id: room.roomId,
    epoch: room.epoch,
    opened_at: isoTime(room.openedAt.getTime()),
    closed_at: room.closedAt === null ? null : isoTime(room.closedAt.getTime()),
  };
}

/** Of a private message the log tells outside that it was, and no more: there are no gaps. */
function presentEvent(event: EventRecord): RoomEvent {
  const isPrivate = event.payload.is_private === true;
  return {
    event_id: event.eventId,
    cursor: cursorOf(event),
    room_id: event.roomId,
    seq: event.seq,
    type: event.type,
    participant_id: isPrivate ? null : event.participantId,
    data: isPrivate ? { is_private: true } : event.payload,
    created_at: isoTime(event.createdAt.getTime()),
  };
}
