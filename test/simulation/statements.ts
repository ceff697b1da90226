/**
 * Every statement that the simulated part of control asks, word for word, and what Postgres makes of
 * it. One that is not here, or is changed there, ends the run: what it means is to be looked at.
 */
import { participantStatements } from './participant-statements.js';
import { type Execute, normalised } from './statement.js';
import type { Row, Transaction } from './tables.js';

const roomShown = ({ roomId, epoch, lobbyMessage, spotlight, branches }: Row) => ({
  ...{ roomId, epoch, lobbyMessage, spotlight, branches },
});
const without = (ids: unknown, ...gone: unknown[]) =>
  (ids as string[]).filter((id) => !gone.includes(id));
const openOf = (tx: Transaction, meetingId: unknown) =>
  tx.where('rooms', (row) => row.meetingId === meetingId && row.closedAt === null)[0];

const roomStatements: Record<string, Execute> = {
  async 'insert into rooms (meeting_id, room_id, epoch, control_id, node_id, opened_at) values ($1, $2, 1, $3, $4, $5) on conflict (meeting_id) where closed_at is null do nothing returning room_id as "roomId", epoch, lobby_message as "lobbyMessage", spotlight, branch_node_ids as branches'(
    tx,
    [meetingId, roomId, controlId, nodeId, openedAt],
  ) {
    await tx.lock('rooms', `of ${meetingId}`);
    if (openOf(tx, meetingId) !== undefined) return [];
    const lasting = {
      closedAt: null,
      eventSeq: 0,
      lobbyMessage: null,
      spotlight: [],
      branches: [],
    };
    const row = { meetingId, roomId, epoch: 1, controlId, nodeId, openedAt, ...lasting };
    tx.put('rooms', `${roomId}`, row);
    return [roomShown(row)];
  },
  async 'select meeting_id as "meetingId", room_id as "roomId", epoch, control_id as "controlId", node_id as "nodeId", branch_node_ids as branches from rooms where meeting_id = $1 and closed_at is null'(
    tx,
    [meetingId],
  ) {
    const row = openOf(tx, meetingId);
    if (row === undefined) return [];
    const { roomId, epoch, controlId, nodeId, branches } = row;
    return [{ meetingId, roomId, epoch, controlId, nodeId, branches }];
  },
  async 'update rooms set epoch = epoch + 1, control_id = $4, node_id = $5, branch_node_ids = array_remove(branch_node_ids, $5) where meeting_id = $1 and room_id = $2 and epoch = $3 and closed_at is null returning room_id as "roomId", epoch, lobby_message as "lobbyMessage", spotlight, branch_node_ids as branches'(
    tx,
    [, roomId, expected, controlId, nodeId],
    { isPlanted },
  ) {
    await tx.lock('rooms', `${roomId}`);
    const row = tx.get('rooms', `${roomId}`);
    if (row === undefined || row.closedAt !== null) return [];
    if (row.epoch !== expected && !isPlanted('raise without compare')) return [];
    const branches = without(row.branches, nodeId);
    tx.change('rooms', `${roomId}`, { epoch: Number(expected) + 1, controlId, nodeId, branches });
    return [roomShown(tx.get('rooms', `${roomId}`) as Row)];
  },
  async 'update rooms set epoch = $3 + 1, node_id = case when node_id = $4 then $5 else node_id end, branch_node_ids = case when node_id = $4 or node_id = $5 then array_remove(array_remove(branch_node_ids, $4), $5) else array_append(array_remove(array_remove(branch_node_ids, $4), $5), $5) end where meeting_id = $1 and room_id = $2 and epoch = $3'(
    tx,
    [, roomId, expected, from, to],
    { isPlanted },
  ) {
    await tx.lock('rooms', `${roomId}`);
    const row = tx.get('rooms', `${roomId}`);
    if (row === undefined) return [];
    if (row.epoch !== expected && !isPlanted('raise without compare')) return [];
    const isFirst = row.nodeId === from;
    const others = without(row.branches, from, to);
    tx.change('rooms', `${roomId}`, {
      epoch: Number(expected) + 1,
      nodeId: isFirst ? to : row.nodeId,
      branches: isFirst || row.nodeId === to ? others : [...others, to],
    });
    return [];
  },
  async 'update rooms set branch_node_ids = array_append(array_remove(branch_node_ids, $3), $3) where meeting_id = $1 and room_id = $2'(
    tx,
    [, roomId, nodeId],
  ) {
    const branches = without(tx.get('rooms', `${roomId}`)?.branches, nodeId);
    tx.change('rooms', `${roomId}`, { branches: [...branches, nodeId] });
    return [];
  },
  async 'update rooms set branch_node_ids = array_remove(branch_node_ids, $3) where meeting_id = $1 and room_id = $2'(
    tx,
    [, roomId, nodeId],
  ) {
    const branches = without(tx.get('rooms', `${roomId}`)?.branches, nodeId);
    tx.change('rooms', `${roomId}`, { branches });
    return [];
  },
  async 'update rooms set closed_at = $3 where meeting_id = $1 and room_id = $2 and closed_at is null'(
    tx,
    [, roomId, closedAt],
  ) {
    await tx.lock('rooms', `${roomId}`);
    const row = tx.get('rooms', `${roomId}`);
    if (row?.closedAt === null) tx.change('rooms', `${roomId}`, { closedAt });
    return [];
  },
  async 'select meeting_id as "meetingId", node_id as "nodeId" from rooms where closed_at is null order by opened_at desc limit $1'(
    tx,
  ) {
    return tx
      .where('rooms', ({ closedAt }) => closedAt === null)
      .sort((one, other) => Number(other.openedAt) - Number(one.openedAt))
      .map(({ meetingId, nodeId }) => ({ meetingId, nodeId }));
  },
  async 'select room_id from rooms where room_id = any($1) and closed_at is null'(tx, [roomIds]) {
    return (roomIds as string[])
      .filter((roomId) => tx.get('rooms', roomId)?.closedAt === null)
      .map((room_id) => ({ room_id }));
  },
  async 'select meeting_id as "meetingId", room_id as "roomId", epoch, node_id as "nodeId" from rooms where room_id = any($1) and closed_at is null'(
    tx,
    [roomIds],
  ) {
    return (roomIds as string[])
      .map((roomId) => tx.get('rooms', roomId))
      .filter((row) => row?.closedAt === null)
      .map((row) => ({ ...row }));
  },
  async 'select distinct control_id from rooms where control_id is not null and closed_at is null'(
    tx,
  ) {
    const open = tx.where('rooms', ({ closedAt }) => closedAt === null);
    return [...new Set(open.map(({ controlId }) => controlId))].map((control_id) => ({
      control_id,
    }));
  },
  async 'select meeting_id as "meetingId", node_id as "nodeId" from rooms where control_id = $1 and closed_at is null limit $2'(
    tx,
    [controlId],
  ) {
    return tx
      .where('rooms', (row) => row.controlId === controlId && row.closedAt === null)
      .map(({ meetingId, nodeId }) => ({ meetingId, nodeId }));
  },
};

interface LogEntry {
  event_id: string;
  seq: number;
  type: string;
  participant_id: string | null;
  payload: unknown;
}

const journalStatements: Record<string, Execute> = {
  async 'select epoch, event_seq as last from rooms where meeting_id = $1 and room_id = $2 and epoch = any($3) and closed_at is null for update'(
    tx,
    [, roomId, epochs],
    { isPlanted },
  ) {
    await tx.lock('rooms', `${roomId}`);
    const row = tx.get('rooms', `${roomId}`);
    if (row === undefined || row.closedAt !== null) return [];
    const wanted = epochs as number[];
    if (isPlanted('no fence')) return [{ epoch: wanted[0], last: row.eventSeq }];
    return wanted.includes(row.epoch as number) ? [{ epoch: row.epoch, last: row.eventSeq }] : [];
  },
  async 'select event_id from events where day = any($1) and meeting_id = $2 and event_id = any($3)'(
    tx,
    [, , eventIds],
  ) {
    return (eventIds as string[])
      .filter((id) => tx.get('events', id) !== undefined)
      .map((event_id) => ({ event_id }));
  },
  async 'insert into commands (meeting_id, participant_id, command_id, result, created_at) values ($1, $2, $3, \'{"t":"ok"}\', $4) on conflict do nothing returning 1'(
    tx,
    [, participantId, commandId],
    { isPlanted },
  ) {
    const key = `${participantId} ${commandId}`;
    await tx.lock('commands', key);
    if (tx.get('commands', key) !== undefined) return isPlanted('commands again') ? [{}] : [];
    tx.put('commands', key, { participantId, commandId });
    return [{}];
  },
  async 'with entry as ( select * from jsonb_to_recordset($3::jsonb) as r(day date, event_id uuid, seq bigint, type text, participant_id uuid, payload jsonb, created_at timestamptz, traceparent text) ), logged as ( insert into events (day, meeting_id, event_id, room_id, seq, type, participant_id, payload, created_at) select day, $1, event_id, $2, seq, type, participant_id, payload, created_at from entry ) insert into outbox (meeting_id, event_id, room_id, room_seq, type, participant_id, payload, created_at, traceparent) select $1, event_id, $2, seq, type, participant_id, payload, created_at, traceparent from entry order by seq'(
    tx,
    [meetingId, roomId, entries],
  ) {
    for (const entry of JSON.parse(entries as string) as LogEntry[]) {
      const { event_id, seq, type, participant_id, payload } = entry;
      if (tx.get('events', event_id) !== undefined) throw new Error(`event ${event_id} again`);
      const row = { meetingId, roomId, eventId: event_id, seq, type, payload };
      tx.put('events', event_id, { ...row, participantId: participant_id });
    }
    return [];
  },
  async 'update rooms set event_seq = $3 where meeting_id = $1 and room_id = $2'(
    tx,
    [, roomId, eventSeq],
  ) {
    tx.change('rooms', `${roomId}`, { eventSeq });
    return [];
  },
};

const known = new Map(
  Object.entries({ ...roomStatements, ...participantStatements, ...journalStatements }),
);
const found = new Map<string, Execute>();

/** @throws Error for a statement that is not simulated. */
export function statementOf(sql: string): Execute {
  const cached = found.get(sql);
  if (cached !== undefined) return cached;
  const text = normalised(sql);
  const execute = known.get(text);
  if (execute === undefined) throw new Error(`not a statement of the simulation: ${text}`);
  found.set(sql, execute);
  return execute;
}
