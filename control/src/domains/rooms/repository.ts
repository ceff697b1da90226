import { dayOf } from '../../ids.js';
import type { EndpointKind, Role } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';

export interface RoomRecord {
  roomId: string;
  epoch: number;
}

export interface SeatRecord {
  participantId: string;
  displayName: string;
  role: Role;
  deviceHash: Buffer | null;
  joinedAt: Date;
  kind: 'person' | EndpointKind;
}

/**
 * The active room of a meeting under a new epoch, made when there is none. Whoever held an older
 * epoch has lost the room with this.
 */
export async function takeRoom(
  tx: Queryable,
  room: { meetingId: string; freshId: string; nodeId: string; at: Date },
): Promise<RoomRecord> {
  const [taken] = await tx.query<RoomRecord>(
    `insert into rooms (meeting_id, room_id, epoch, node_id, opened_at)
     values ($1, $2, 1, $3, $4)
     on conflict (meeting_id) where closed_at is null
     do update set epoch = rooms.epoch + 1, node_id = excluded.node_id
     returning room_id as "roomId", epoch`,
    [room.meetingId, room.freshId, room.nodeId, room.at],
  );
  return taken as RoomRecord;
}

export async function closeRoom(
  tx: Queryable,
  key: { meetingId: string; roomId: string; epoch: number },
  at: Date,
): Promise<void> {
  await tx.query(
    `update rooms set closed_at = $4
     where meeting_id = $1 and room_id = $2 and epoch = $3 and closed_at is null`,
    [key.meetingId, key.roomId, key.epoch, at],
  );
}

/** Meetings with a room that nobody has closed: after a crash, those to take over. */
export async function meetingsInSession(from: Queryable, limit: number): Promise<string[]> {
  const rows = await from.query<{ meeting_id: string }>(
    'select meeting_id from rooms where closed_at is null order by opened_at desc limit $1',
    [limit],
  );
  return rows.map((row) => row.meeting_id);
}

const seatColumns = `participant_id as "participantId", display_name as "displayName", role,
  device_hash as "deviceHash", joined_at as "joinedAt", kind`;

export function seatsTaken(
  from: Queryable,
  meetingId: string,
  roomId: string,
): Promise<SeatRecord[]> {
  return from.query<SeatRecord>(
    `select ${seatColumns} from participants
     where meeting_id = $1 and room_id = $2 and left_at is null and joined_at is not null
     order by joined_at`,
    [meetingId, roomId],
  );
}

export interface NewSeat {
  meetingId: string;
  roomId: string;
  participantId: string;
  inviteId: string;
  displayName: string;
  role: Role;
  deviceHash: Buffer | null;
  tokenId: string;
  createdAt: Date;
}

/** Somebody who was let in and has a join token. */
export async function reserveSeat(tx: Queryable, seat: NewSeat): Promise<void> {
  await tx.query(
    `insert into participants (day, meeting_id, participant_id, room_id, invite_id, display_name,
       role, device_hash, token_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      dayOf(seat.participantId),
      seat.meetingId,
      seat.participantId,
      seat.roomId,
      seat.inviteId,
      seat.displayName,
      seat.role,
      seat.deviceHash,
      seat.tokenId,
      seat.createdAt,
    ],
  );
}

export interface NewEndpoint extends Omit<NewSeat, 'inviteId'> {
  deviceHash: Buffer;
  kind: EndpointKind;
  ingestKeyId: string;
}

/** A program that came by WHIP or WHEP: it is there at once, and has nothing to resume. */
export async function insertEndpoint(tx: Queryable, endpoint: NewEndpoint): Promise<void> {
  await tx.query(
    `insert into participants (day, meeting_id, participant_id, room_id, display_name, role,
       device_hash, token_id, created_at, joined_at, kind, ingest_key_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)`,
    [
      dayOf(endpoint.participantId),
      endpoint.meetingId,
      endpoint.participantId,
      endpoint.roomId,
      endpoint.displayName,
      endpoint.role,
      endpoint.deviceHash,
      endpoint.tokenId,
      endpoint.createdAt,
      endpoint.kind,
      endpoint.ingestKeyId,
    ],
  );
}

export interface SeatKey {
  meetingId: string;
  participantId: string;
}

/** Uses a join token up. Null when it was used before, or the seat was taken away. */
export async function takeSeat(
  tx: Queryable,
  key: SeatKey & { tokenId: string },
  resumeHash: Buffer,
  at: Date,
): Promise<SeatRecord | null> {
  const [seat] = await tx.query<SeatRecord>(
    `update participants set joined_at = $5, resume_hashes = array[$6::bytea]
     where day = $1 and meeting_id = $2 and participant_id = $3 and token_id = $4
       and joined_at is null and left_at is null
     returning ${seatColumns}`,
    [dayOf(key.participantId), key.meetingId, key.participantId, key.tokenId, at, resumeHash],
  );
  return seat ?? null;
}

/** Exchanges a resume token for the next; both hold until the next one is used. */
export async function exchangeResumeToken(
  tx: Queryable,
  key: SeatKey,
  used: Buffer,
  next: Buffer,
): Promise<boolean> {
  const found = await tx.query(
    `update participants set resume_hashes = array[$5::bytea, $4::bytea]
     where day = $1 and meeting_id = $2 and participant_id = $3
       and $4 = any (resume_hashes) and left_at is null
     returning 1`,
    [dayOf(key.participantId), key.meetingId, key.participantId, used, next],
  );
  return found.length > 0;
}

/** Ends a seat and with it every token of it. */
export async function freeSeat(
  tx: Queryable,
  key: SeatKey,
  reason: string,
  at: Date,
): Promise<void> {
  await tx.query(
    `update participants set left_at = $4, leave_reason = $5, resume_hashes = '{}'
     where day = $1 and meeting_id = $2 and participant_id = $3 and left_at is null`,
    [dayOf(key.participantId), key.meetingId, key.participantId, at, reason],
  );
}
