import type { ToldNode } from '../../fleet/node-fleet.js';
import type { MemberKind, WrittenNode } from '../../fleet/standings.js';
import type { Queryable } from '../../store/database.js';

export interface NodeRecord {
  nodeId: string;
  kind: MemberKind;
  name: string;
  region: string;
  enrolledAt: Date;
  lastSeenAt: Date;
  drainingSince: Date | null;
  drainUntil: Date | null;
  isSole: boolean;
}

const columns = `node_id as "nodeId", kind, name, region, enrolled_at as "enrolledAt",
  last_seen_at as "lastSeenAt", draining_since as "drainingSince", drain_until as "drainUntil", is_sole as "isSole"`;

/** In the order of their ids: up to one more than `limit`. */
export function listNodes(
  from: Queryable,
  { after, limit }: { after: string; limit: number },
): Promise<NodeRecord[]> {
  return from.query<NodeRecord>(
    `select ${columns} from nodes where removed_at is null and node_id > $1
     order by node_id limit $2`,
    [after, limit],
  );
}

export async function findNode(from: Queryable, nodeId: string): Promise<NodeRecord | null> {
  const [node] = await from.query<NodeRecord>(
    `select ${columns} from nodes where node_id = $1 and removed_at is null`,
    [nodeId],
  );
  return node ?? null;
}

export async function insertToken(
  tx: Queryable,
  token: { hash: Buffer; kind: MemberKind; createdBy: string | null; at: Date; expiresAt: Date },
): Promise<void> {
  await tx.query(
    `insert into node_tokens (token_hash, kind, created_by, created_at, expires_at)
     values ($1, $2, $3, $4, $5)`,
    [token.hash, token.kind, token.createdBy, token.at, token.expiresAt],
  );
}

/** What a token enrols; null: it is unknown, used or too old. */
export async function kindOfToken(
  from: Queryable,
  { hash, at }: { hash: Buffer; at: Date },
): Promise<MemberKind | null> {
  const [token] = await from.query<{ kind: MemberKind }>(
    `select kind from node_tokens where token_hash = $1 and used_at is null and expires_at > $2`,
    [hash, at],
  );
  return token?.kind ?? null;
}

/** Uses a token up, once. */
export async function useToken(
  tx: Queryable,
  { hash, nodeId, at }: { hash: Buffer; nodeId: string; at: Date },
): Promise<boolean> {
  const used = await tx.query(
    `update node_tokens set used_at = $3, node_id = $2
     where token_hash = $1 and used_at is null and expires_at > $3 returning 1`,
    [hash, nodeId, at],
  );
  return used.length > 0;
}

export async function insertNode(
  tx: Queryable,
  node: { nodeId: string; kind: MemberKind; name: string; region: string; at: Date },
): Promise<void> {
  await tx.query(
    `insert into nodes (node_id, kind, name, region, enrolled_at, last_seen_at)
     values ($1, $2, $3, $4, $5, $5)`,
    [node.nodeId, node.kind, node.name, node.region, node.at],
  );
}

/** Who may come, who is drained, and what was told of each: all of a fleet. */
export function standings(from: Queryable): Promise<WrittenNode[]> {
  return from.query<WrittenNode>(
    `select node_id as "nodeId", kind, name, region, draining_since is not null as "isDrained",
       drain_until as "drainUntil", last_seen_at as "lastSeenAt", told as state,
       told_incarnation as incarnation, told_seq as seq, removed_at is not null as "isRemoved"
     from nodes where not is_sole and (removed_at is null or told <> 'lost')`,
  );
}

/** They are there, and where they say. */
export async function markSeen(
  tx: Queryable,
  nodes: readonly { nodeId: string; region: string }[],
  at: Date,
): Promise<void> {
  await tx.query(
    `update nodes set last_seen_at = $3, region = seen.region
     from unnest($1::uuid[], $2::text[]) as seen (node_id, region)
     where nodes.node_id = seen.node_id`,
    [nodes.map(({ nodeId }) => nodeId), nodes.map(({ region }) => region), at],
  );
}

export async function setDrain(
  tx: Queryable,
  nodeId: string,
  drain: { since: Date; until: Date } | null,
): Promise<NodeRecord | null> {
  const [node] = await tx.query<NodeRecord>(
    `update nodes set draining_since = coalesce(case when $2::timestamptz is not null then draining_since end, $2),
       drain_until = $3
     where node_id = $1 and removed_at is null returning ${columns}`,
    [nodeId, drain?.since ?? null, drain?.until ?? null],
  );
  return node ?? null;
}

export async function removeNode(tx: Queryable, nodeId: string, at: Date): Promise<boolean> {
  const removed = await tx.query(
    `update nodes set removed_at = $2
     where node_id = $1 and removed_at is null and not is_sole returning 1`,
    [nodeId, at],
  );
  return removed.length > 0;
}

export interface NodeRoomRecord {
  meetingId: string;
  roomId: string;
  epoch: number;
  controlId: string | null;
  openedAt: Date;
}

/** Rooms whose media is there, as it is written. */
export function roomsOf(
  from: Queryable,
  nodeId: string,
  { after, limit }: { after: string; limit: number },
): Promise<NodeRoomRecord[]> {
  return from.query<NodeRoomRecord>(
    `select meeting_id as "meetingId", room_id as "roomId", epoch,
       control_id as "controlId", opened_at as "openedAt"
     from rooms
     where (node_id = $1 or branch_node_ids @> array[$1::text]) and closed_at is null
       and room_id > $2
     order by room_id limit $3`,
    [nodeId, after, limit],
  );
}

/** Which of these rooms are open, where, and under which epoch. */
export function holdsOf(
  from: Queryable,
  roomIds: readonly string[],
): Promise<{ meetingId: string; roomId: string; epoch: number; nodeId: string | null }[]> {
  return from.query(
    `select meeting_id as "meetingId", room_id as "roomId", epoch, node_id as "nodeId"
     from rooms where room_id = any($1) and closed_at is null`,
    [roomIds],
  );
}

/** False: another process has told something of it meanwhile. */
export async function setTold(
  tx: Queryable,
  { nodeId, seq }: ToldNode,
  told: Pick<ToldNode, 'state' | 'incarnation' | 'seq'>,
): Promise<boolean> {
  const changed = await tx.query(
    `update nodes set told = $3, told_incarnation = $4, told_seq = $5
     where node_id = $1 and told_seq = $2 returning 1`,
    [nodeId, seq, told.state, told.incarnation, told.seq],
  );
  return changed.length > 0;
}
