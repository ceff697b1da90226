import { Elsewhere, type Owners } from '../../fleet/elsewhere.js';
import { NodeError } from '../../nodes/node-client.js';
import type { Nodes, PlacedNode } from '../../nodes/nodes.js';
import type { Database } from '../../store/database.js';
import type { Keep } from './keep.js';
import * as repository from './repository.js';

export interface OpeningContext {
  database: Database;
  nodes: Nodes;
  owners: Owners;
  keep: Pick<Keep, 'settled'>;
}

/** A room that is ours, under the epoch with which it became so. */
export interface OpenedRoom {
  record: repository.RoomRecord;
  placed: PlacedNode;
  /** That node had it, as far as is written. What another one has of it is of before it lost the room. */
  isWhereItWas: boolean;
}

/** Others may want the room at the same moment; each try loses to one of them at most. */
const maxTries = 5;

/**
 * Makes the room of a meeting ours: a new one, or the one that an earlier process left, whose media
 * stays where it is while that node can be reached.
 * @throws Elsewhere when a living process has it, or is to take it; NodeError `no_capacity`, `node_lost`.
 */
export async function openRoom(
  context: OpeningContext,
  wanted: { meetingId: string; freshId: string; at: Date },
): Promise<OpenedRoom> {
  for (let tries = 0; tries < maxTries; tries++) {
    const opened = (await make(context, wanted)) ?? (await takeRoom(context, wanted.meetingId));
    if (opened !== null) return opened;
  }
  throw takenAgain();
}

async function make(
  { database, nodes, owners }: OpeningContext,
  { meetingId, freshId, at }: { meetingId: string; freshId: string; at: Date },
): Promise<OpenedRoom | null> {
  const placed = nodes.place();
  const { controlId } = owners;
  const room = { meetingId, roomId: freshId, controlId, nodeId: placed.nodeId, at };
  const record = await repository.insertRoom(database, room);
  return record && { record, placed, isWhereItWas: false };
}

/**
 * The room that is open already, which another process may take at the same moment: then it is that
 * one's. Null: there is none.
 * @throws as `openRoom`.
 */
export async function takeRoom(
  { database, nodes, owners, keep }: OpeningContext,
  meetingId: string,
): Promise<OpenedRoom | null> {
  for (let tries = 0; tries < maxTries; tries++) {
    const hold = await repository.activeRoom(database, meetingId);
    if (hold === null) return null;
    const holder = await owners.holderOf(hold);
    if (holder !== null) throw new Elsewhere(holder);
    await keep.settled(hold);
    const placed = (hold.nodeId === null ? null : await nodes.expect(hold.nodeId)) ?? nodes.place();
    const by = { controlId: owners.controlId, nodeId: placed.nodeId };
    const record = await repository.takeRoom(database, hold, by);
    const isWhereItWas = [hold.nodeId, ...hold.branches].includes(placed.nodeId);
    if (record !== null) return { record, placed, isWhereItWas };
  }
  throw takenAgain();
}

function takenAgain(): NodeError {
  return new NodeError('node_lost', 'Others took the room again and again.');
}
