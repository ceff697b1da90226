import type { OpenRoom } from '../../fleet/elsewhere.js';
import { dayOf } from '../../ids.js';
import type { EndpointKind, Role, Source } from '../../schemas/values.js';
import type { Queryable } from '../../store/database.js';
import type { Shown } from './floor.js';

export interface RoomRecord extends RoomState {
  roomId: string;
  epoch: number;
  /** Nodes that have it besides its first one. */
  branches: string[];
}

/** Who has a room, by what is written. */
export interface RoomHold {
  meetingId: string;
  roomId: string;
  epoch: number;
  controlId: string | null;
  nodeId: string | null;
  /** Nodes that have it besides that one. */
  branches: string[];
}

/** What hosts said of the room, and a restart leaves. */
export interface RoomState {
  lobbyMessage: string | null;
  spotlight: readonly Shown[];
}

export interface SeatRecord {
  participantId: string;
  displayName: string;
  role: Role;
  userId: string | null;
  inviteId: string | null;
  deviceHash: string | null;
  ingestKeyId: string | null;
  /** Null: in the lobby, since `lobbySince`. */
  joinedAt: Date | null;
  lobbySince: Date | null;
  handAt: Date | null;
  canUnmute: boolean | null;
  mutedByHost: Source[];
  kind: 'person' | EndpointKind;
  /** Of its resume tokens that are good, SHA-256, hex: the newest first. */
  resumeHashes: string[];
}

const roomColumns = `room_id as "roomId", epoch, lobby_message as "lobbyMessage", spotlight,
  branch_node_ids as branches`;

/** A room for a meeting that has none; null when it has one. */
export async function insertRoom(
  tx: Queryable,
  room: { meetingId: string; roomId: string; controlId: string; nodeId: string; at: Date },
): Promise<RoomRecord | null> {
  const [made] = await tx.query<RoomRecord>(
    `insert into rooms (meeting_id, room_id, epoch, control_id, node_id, opened_at)
     values ($1, $2, 1, $3, $4, $5)
     on conflict (meeting_id) where closed_at is null do nothing
     returning ${roomColumns}`,
    [room.meetingId, room.roomId, room.controlId, room.nodeId, room.at],
  );
  return made ?? null;
}

/** The room of a meeting that nobody has closed. */
export async function activeRoom(from: Queryable, meetingId: string): Promise<RoomHold | null> {
  const [hold] = await from.query<RoomHold>(
    `select meeting_id as "meetingId", room_id as "roomId", epoch, control_id as "controlId",
       node_id as "nodeId", branch_node_ids as branches
     from rooms where meeting_id = $1 and closed_at is null`,
    [meetingId],
  );
  return hold ?? null;
}

/**
 * Takes a room under the next epoch: whoever held the present one has lost it with this. Null: it is
 * at another epoch by now.
 */
export async function takeRoom(
  tx: Queryable,
  { meetingId, roomId, epoch }: Pick<RoomHold, 'meetingId' | 'roomId' | 'epoch'>,
  by: { controlId: string; nodeId: string },
): Promise<RoomRecord | null> {
  const [taken] = await tx.query<RoomRecord>(
    `update rooms set epoch = epoch + 1, control_id = $4, node_id = $5,
       branch_node_ids = array_remove(branch_node_ids, $5)
     where meeting_id = $1 and room_id = $2 and epoch = $3 and closed_at is null
     returning ${roomColumns}`,
    [meetingId, roomId, epoch, by.controlId, by.nodeId],
  );
  return taken ?? null;
}

/**
 * What one node has of it goes to another one, which may have some of it already, under the next epoch.
 * Under its journal, which knows the present one.
 */
export async function moveRoom(
  tx: Queryable,
  key: { meetingId: string; roomId: string; epoch: number },
  { from, to }: { from: string; to: string },
): Promise<void> {
  await tx.query(
    `update rooms set epoch = $3 + 1,
       node_id = case when node_id = $4 then $5 else node_id end,
       branch_node_ids = case when node_id = $4 or node_id = $5
         then array_remove(array_remove(branch_node_ids, $4), $5)
         else array_append(array_remove(array_remove(branch_node_ids, $4), $5), $5) end
     where meeting_id = $1 and room_id = $2 and epoch = $3`,
    [key.meetingId, key.roomId, key.epoch, from, to],
  );
}

/** One more node has it. Under its journal. */
export async function addBranch(
  tx: Queryable,
  key: { meetingId: string; roomId: string },
  nodeId: string,
): Promise<void> {
  await tx.query(
    `update rooms set branch_node_ids = array_append(array_remove(branch_node_ids, $3), $3)
     where meeting_id = $1 and room_id = $2`,
    [key.meetingId, key.roomId, nodeId],
  );
}

export async function removeBranch(
  tx: Queryable,
  key: { meetingId: string; roomId: string },
  nodeId: string,
): Promise<void> {
  await tx.query(
    `update rooms set branch_node_ids = array_remove(branch_node_ids, $3)
     where meeting_id = $1 and room_id = $2`,
    [key.meetingId, key.roomId, nodeId],
  );
}

/**
 * Under its journal, whose lock is the fence: a move that is written before this has raised the epoch.
 */
export async function closeRoom(
  tx: Queryable,
  key: { meetingId: string; roomId: string },
  at: Date,
): Promise<void> {
  await tx.query(
    `update rooms set closed_at = $3
     where meeting_id = $1 and room_id = $2 and closed_at is null`,
    [key.meetingId, key.roomId, at],
  );
}

/** Absent fields stay. */
export async function changeRoom(
  tx: Queryable,
  key: { meetingId: string; roomId: string },
  { lobbyMessage, spotlight }: Partial<RoomState>,
): Promise<void> {
  await tx.query(
    `update rooms set lobby_message = coalesce($3, lobby_message),
       spotlight = coalesce($4::jsonb, spotlight)
     where meeting_id = $1 and room_id = $2`,
    [
      key.meetingId,
      key.roomId,
      lobbyMessage ?? null,
      spotlight === undefined ? null : JSON.stringify(spotlight),
    ],
  );
}

/** Rooms that nobody has closed: after a crash, those to take over. */
export function openRooms(from: Queryable, limit: number): Promise<OpenRoom[]> {
  return from.query<OpenRoom>(
    `select meeting_id as "meetingId", node_id as "nodeId"
     from rooms where closed_at is null order by opened_at desc limit $1`,
    [limit],
  );
}

/** Those of these rooms that nobody has closed. */
export async function openOf(from: Queryable, roomIds: readonly string[]): Promise<string[]> {
  const rows = await from.query<{ room_id: string }>(
    'select room_id from rooms where room_id = any($1) and closed_at is null',
    [roomIds],
  );
  return rows.map((row) => row.room_id);
}

/** Processes that have rooms, as it is written. */
export async function roomHolders(from: Queryable): Promise<string[]> {
  const rows = await from.query<{ control_id: string }>(
    `select distinct control_id from rooms where control_id is not null and closed_at is null`,
  );
  return rows.map((row) => row.control_id);
}

/** Rooms that a process has, as it is written. */
export function roomsOf(from: Queryable, controlId: string, limit: number): Promise<OpenRoom[]> {
  return from.query<OpenRoom>(
    `select meeting_id as "meetingId", node_id as "nodeId"
     from rooms where control_id = $1 and closed_at is null limit $2`,
    [controlId, limit],
  );
}

const seatColumns = `participant_id as "participantId", display_name as "displayName", role,
  user_id as "userId", invite_id as "inviteId", encode(device_hash, 'hex') as "deviceHash",
  ingest_key_id as "ingestKeyId", joined_at as "joinedAt", lobby_since as "lobbySince",
  hand_at as "handAt", can_unmute as "canUnmute", muted_by_host as "mutedByHost", kind,
  array(select encode(hash, 'hex') from unnest(resume_hashes) as hash) as "resumeHashes"`;

/**
 * Who is there, and who waits with a token that was used: nobody has a seat from before the room, whose
 * day another process's clock may have named.
 */
export function seatsTaken(
  from: Queryable,
  meetingId: string,
  roomId: string,
): Promise<SeatRecord[]> {
  return from.query<SeatRecord>(
    `select ${seatColumns} from participants
     where day >= $3::date - 1 and meeting_id = $1 and room_id = $2 and left_at is null
       and (joined_at is not null or (lobby_since is not null and resume_hashes <> '{}'))
     order by joined_at, lobby_since`,
    [meetingId, roomId, dayOf(roomId)],
  );
}

export interface NewSeat {
  meetingId: string;
  roomId: string;
  participantId: string;
  /** Null: by account, or by passcode. */
  inviteId: string | null;
  userId: string | null;
  displayName: string;
  role: Role;
  deviceHash: string | null;
  tokenId: string;
  createdAt: Date;
  /** Must they wait for a host? */
  inLobby: boolean;
}

/** People who were let in and have join tokens. @returns how many were new. */
export async function reserveSeats(tx: Queryable, seats: readonly NewSeat[]): Promise<number> {
  const columns = [
    seats.map(({ participantId }) => dayOf(participantId)),
    seats.map(({ meetingId }) => meetingId),
    seats.map(({ participantId }) => participantId),
    seats.map(({ roomId }) => roomId),
    seats.map(({ inviteId }) => inviteId),
    seats.map(({ displayName }) => displayName),
    seats.map(({ role }) => role),
    seats.map(({ deviceHash }) => deviceHash),
    seats.map(({ tokenId }) => tokenId),
    seats.map(({ createdAt }) => createdAt),
    seats.map(({ userId }) => userId),
    seats.map(({ inLobby, createdAt }) => (inLobby ? createdAt : null)),
  ];
  const reserved = await tx.query(
    `insert into participants (day, meeting_id, participant_id, room_id, invite_id, display_name,
       role, device_hash, token_id, created_at, user_id, lobby_since)
     select day, meeting, participant, room, invite, name, role, decode(device, 'hex'), token,
       created_at, account, lobby_since
     from unnest($1::date[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
       $7::text[], $8::text[], $9::uuid[], $10::timestamptz[], $11::uuid[], $12::timestamptz[])
       as w (day, meeting, participant, room, invite, name, role, device, token, created_at,
         account, lobby_since)
     on conflict do nothing returning 1`,
    columns,
  );
  return reserved.length;
}

/**
 * Was it this account or this device that came by an invite first? Whoever came by it since was known
 * by that one, and hands it on to nobody.
 */
export async function wasFirstBy(
  from: Queryable,
  meetingId: string,
  who: { inviteId: string; userId: string | null; deviceHash: string | null },
): Promise<boolean> {
  const [first] = await from.query<{ isSame: boolean }>(
    `select coalesce(user_id = $4, false) or coalesce(device_hash = decode($5, 'hex'), false) as "isSame"
     from participants where day >= $1::date - 1 and meeting_id = $2 and invite_id = $3
     order by participant_id limit 1`,
    [dayOf(who.inviteId), meetingId, who.inviteId, who.userId, who.deviceHash],
  );
  return first?.isSame ?? false;
}

export interface NewEndpoint extends Omit<NewSeat, 'inviteId' | 'userId' | 'inLobby'> {
  deviceHash: string;
  kind: EndpointKind;
  ingestKeyId: string;
}

/** A program that came by WHIP or WHEP: it is there at once, and has nothing to resume. */
export async function insertEndpoint(tx: Queryable, endpoint: NewEndpoint): Promise<void> {
  await tx.query(
    `insert into participants (day, meeting_id, participant_id, room_id, display_name, role,
       device_hash, token_id, created_at, joined_at, kind, ingest_key_id)
     values ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), $8, $9, $9, $10, $11)`,
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

/** How a join token is used. */
export interface SeatTaking extends SeatKey {
  tokenId: string;
  resumeHash: Buffer;
  at: Date;
  /** In the lobby: then `joinedAt` stays null. */
  waits: boolean;
  /** Switched off for whoever is new. */
  muted: readonly Source[];
}

/**
 * Uses a join token up: its holder is there, or waits. False when it was used before, or the seat was
 * taken away.
 */
export async function takeSeat(tx: Queryable, taking: SeatTaking): Promise<boolean> {
  const taken = await tx.query(
    `update participants set resume_hashes = array[$6::bytea],
       joined_at = case when $7 then null else $5::timestamptz end,
       lobby_since = case when $7 then coalesce(lobby_since, $5::timestamptz) end,
       muted_by_host = $8
     where day = $1 and meeting_id = $2 and participant_id = $3 and token_id = $4
       and joined_at is null and resume_hashes = '{}' and left_at is null
     returning 1`,
    [
      dayOf(taking.participantId),
      taking.meetingId,
      taking.participantId,
      taking.tokenId,
      taking.at,
      taking.resumeHash,
      taking.waits,
      taking.muted,
    ],
  );
  return taken.length > 0;
}

/** From the lobby into the room. False when they are gone. */
export async function admitSeat(
  tx: Queryable,
  key: SeatKey,
  { at, muted }: { at: Date; muted: readonly Source[] },
): Promise<boolean> {
  const admitted = await tx.query(
    `update participants set joined_at = $4, lobby_since = null, muted_by_host = $5
     where day = $1 and meeting_id = $2 and participant_id = $3
       and lobby_since is not null and left_at is null
     returning 1`,
    [dayOf(key.participantId), key.meetingId, key.participantId, at, muted],
  );
  return admitted.length > 0;
}

/** Frees every seat of a room that ends, of those who wait and those on the way too. */
export async function freeAllSeats(
  tx: Queryable,
  key: { meetingId: string; roomId: string },
  reason: string,
  at: Date,
): Promise<void> {
  await tx.query(
    `update participants set left_at = $3, leave_reason = $4, resume_hashes = '{}'
     where meeting_id = $1 and room_id = $2 and left_at is null`,
    [key.meetingId, key.roomId, at, reason],
  );
}

/** What hosts and the person themselves change of a seat; absent fields stay. */
export interface SeatChange {
  role?: Role;
  canUnmute?: boolean | null;
  /** ISO 8601. */
  handAt?: string | null;
  displayName?: string;
  mutedByHost?: readonly Source[];
}

const columnOf: Record<keyof SeatChange, string> = {
  role: 'role',
  canUnmute: 'can_unmute',
  handAt: 'hand_at',
  displayName: 'display_name',
  mutedByHost: 'muted_by_host',
};

export async function changeSeat(tx: Queryable, key: SeatKey, change: SeatChange): Promise<void> {
  const fields = Object.keys(change) as (keyof SeatChange)[];
  if (fields.length === 0) return;
  const sets = fields.map((field, index) => `${columnOf[field]} = $${index + 4}`);
  await tx.query(
    `update participants set ${sets.join(', ')}
     where day = $1 and meeting_id = $2 and participant_id = $3 and left_at is null`,
    [
      dayOf(key.participantId),
      key.meetingId,
      key.participantId,
      ...fields.map((field) => change[field]),
    ],
  );
}

/**
 * Exchanges a resume token for the next; both hold until the next one is used. Null: it is none.
 * @returns which process has the room, as it is written.
 */
export async function exchangeResumeToken(
  tx: Queryable,
  key: SeatKey,
  used: Buffer,
  next: Buffer,
): Promise<{ controlId: string | null } | null> {
  const [found] = await tx.query<{ controlId: string | null }>(
    `update participants set resume_hashes = array[$5::bytea, $4::bytea]
     where day = $1 and meeting_id = $2 and participant_id = $3
       and $4 = any (resume_hashes) and left_at is null
     returning (select control_id from rooms where rooms.meeting_id = participants.meeting_id
       and rooms.room_id = participants.room_id) as "controlId"`,
    [dayOf(key.participantId), key.meetingId, key.participantId, used, next],
  );
  return found ?? null;
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
