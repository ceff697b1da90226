import type { Execute } from './statement.js';
import type { Row, Transaction } from './tables.js';

const columns = `participant_id as "participantId", display_name as "displayName", role, user_id as "userId", invite_id as "inviteId", encode(device_hash, 'hex') as "deviceHash", ingest_key_id as "ingestKeyId", joined_at as "joinedAt", lobby_since as "lobbySince", hand_at as "handAt", can_unmute as "canUnmute", muted_by_host as "mutedByHost", kind, array(select encode(hash, 'hex') from unnest(resume_hashes) as hash) as "resumeHashes"`;
const oneSeat = 'where day = $1 and meeting_id = $2 and participant_id = $3';
const dayMs = 24 * 3600 * 1000;

const isOfLate = (now: Date) => (row: Row) => Number(row.beatAt) > now.getTime() - 30_000;

/** The row of a seat that nobody has left, locked. */
async function heldSeat(
  tx: Transaction,
  [day, , id]: readonly unknown[],
): Promise<Row | undefined> {
  await tx.lock('participants', `${id}`);
  const row = tx.get('participants', `${id}`);
  return row?.day === day && row?.leftAt === null ? row : undefined;
}

/** Of one seat, a column each. */
const changing = (column: string, field: string): Record<string, Execute> => ({
  async [`update participants set ${column} = $4 ${oneSeat} and left_at is null`](tx, values) {
    const seat = await heldSeat(tx, values);
    if (seat !== undefined) tx.change('participants', `${values[2]}`, { [field]: values[3] });
    return [];
  },
});

function reserved(values: readonly unknown[]): Row[] {
  const of = values as unknown[][];
  const [days, meetings, ids, rooms, , names, roles, , tokens] = of;
  return (ids as string[]).map((participantId, at) => ({
    participantId,
    ...{ day: days?.[at], meetingId: meetings?.[at], roomId: rooms?.[at], tokenId: tokens?.[at] },
    ...{ displayName: names?.[at], role: roles?.[at], lobbySince: null, joinedAt: null },
    ...{ userId: null, inviteId: null, deviceHash: null, ingestKeyId: null, kind: 'person' },
    ...{ handAt: null, canUnmute: null, mutedByHost: [], resumeHashes: [], leftAt: null },
  }));
}

const shown = (row: Row) => ({ ...row });
const same = (hash: unknown) => (held: Buffer) => held.equals(hash as Buffer);

export const participantStatements: Record<string, Execute> = {
  async [`select ${columns} from participants where day >= $3::date - 1 and meeting_id = $1 and room_id = $2 and left_at is null and (joined_at is not null or (lobby_since is not null and resume_hashes <> '{}')) order by joined_at, lobby_since`](
    tx,
    [, roomId, day],
  ) {
    const since = new Date(Date.parse(`${day}`) - dayMs).toISOString().slice(0, 10);
    return tx
      .where('participants', (row) => row.roomId === roomId && row.leftAt === null)
      .filter((row) => row.joinedAt !== null && `${row.day}` >= since)
      .sort((one, other) => Number(one.joinedAt) - Number(other.joinedAt))
      .map((row) => ({
        ...shown(row),
        resumeHashes: (row.resumeHashes as Buffer[]).map((hash) => hash.toString('hex')),
      }));
  },
  async "insert into participants (day, meeting_id, participant_id, room_id, invite_id, display_name, role, device_hash, token_id, created_at, user_id, lobby_since) select day, meeting, participant, room, invite, name, role, decode(device, 'hex'), token, created_at, account, lobby_since from unnest($1::date[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::timestamptz[], $11::uuid[], $12::timestamptz[]) as w (day, meeting, participant, room, invite, name, role, device, token, created_at, account, lobby_since) on conflict do nothing returning 1"(
    tx,
    values,
  ) {
    const rows = reserved(values);
    for (const row of rows) tx.put('participants', `${row.participantId}`, row);
    return rows.map(() => ({}));
  },
  async [`update participants set resume_hashes = array[$6::bytea], joined_at = case when $7 then null else $5::timestamptz end, lobby_since = case when $7 then coalesce(lobby_since, $5::timestamptz) end, muted_by_host = $8 ${oneSeat} and token_id = $4 and joined_at is null and resume_hashes = '{}' and left_at is null returning 1`](
    tx,
    values,
  ) {
    const [, , id, tokenId, at, resumeHash, , mutedByHost] = values;
    const seat = await heldSeat(tx, values);
    if (seat?.tokenId !== tokenId || seat?.joinedAt !== null) return [];
    const taken = { resumeHashes: [resumeHash], joinedAt: at, mutedByHost };
    tx.change('participants', `${id}`, taken);
    return [{}];
  },
  ...changing('muted_by_host', 'mutedByHost'),
  ...changing('can_unmute', 'canUnmute'),
  ...changing('role', 'role'),
  async [`update participants set resume_hashes = array[$5::bytea, $4::bytea] ${oneSeat} and $4 = any (resume_hashes) and left_at is null returning (select control_id from rooms where rooms.meeting_id = participants.meeting_id and rooms.room_id = participants.room_id) as "controlId"`](
    tx,
    values,
  ) {
    const [, , id, used, next] = values;
    const seat = await heldSeat(tx, values);
    if (!(seat?.resumeHashes as Buffer[] | undefined)?.some(same(used))) return [];
    tx.change('participants', `${id}`, { resumeHashes: [next, used] });
    return [{ controlId: tx.get('rooms', `${seat?.roomId}`)?.controlId }];
  },
  async [`update participants set left_at = $4, leave_reason = $5, resume_hashes = '{}' ${oneSeat} and left_at is null`](
    tx,
    values,
  ) {
    const [, , id, leftAt, leaveReason] = values;
    const seat = await heldSeat(tx, values);
    if (seat !== undefined) {
      tx.change('participants', `${id}`, { leftAt, leaveReason, resumeHashes: [] });
    }
    return [];
  },
  async "update participants set left_at = $3, leave_reason = $4, resume_hashes = '{}' where meeting_id = $1 and room_id = $2 and left_at is null"(
    tx,
    [, roomId, leftAt, leaveReason],
    { isPlanted },
  ) {
    if (isPlanted('seats outlive their room')) return [];
    const theirs = (row: Row) => row.roomId === roomId && row.leftAt === null;
    for (const { participantId } of tx.where('participants', theirs)) {
      await tx.lock('participants', `${participantId}`);
      if (tx.get('participants', `${participantId}`)?.leftAt !== null) continue;
      tx.change('participants', `${participantId}`, { leftAt, leaveReason, resumeHashes: [] });
    }
    return [];
  },
  async 'insert into messages (day, meeting_id, message_id, room_id, participant_id, from_name, to_participant_id, content, sent_at, user_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing'(
    tx,
    [day, meetingId, messageId, roomId, participant_id, from_name, , content, sent_at],
  ) {
    const row = {
      day,
      meetingId,
      roomId,
      message_id: messageId,
      participant_id,
      from_name,
      content,
    };
    const sentAt = new Date(`${sent_at}`);
    tx.put('messages', `${messageId}`, { ...row, to_participant_id: null, sent_at: sentAt });
    return [];
  },
  async 'select message_id, participant_id, from_name, to_participant_id, content, sent_at from messages where day >= $3 and meeting_id = $1 and deleted_at is null order by sent_at desc, message_id desc limit $2'(
    tx,
    [meetingId, limit, day],
  ) {
    return tx
      .where('messages', (row) => row.meetingId === meetingId && `${row.day}` >= `${day}`)
      .sort((one, other) => Number(other.sent_at) - Number(one.sent_at))
      .slice(0, limit as number)
      .map(shown);
  },
  async 'insert into control_processes (control_id, fleet_address, origin, region, started_at, beat_at) values ($1, $2, $3, $4, now(), now())'(
    tx,
    [controlId, fleetAddress, origin, region],
    { now },
  ) {
    const beatAt = now();
    tx.put('controls', `${controlId}`, { controlId, fleetAddress, origin, region, beatAt });
    return [];
  },
  async 'update control_processes set beat_at = now() where control_id = $1'(tx, [id], { now }) {
    if (tx.get('controls', `${id}`) === undefined) return [];
    tx.change('controls', `${id}`, { beatAt: now() });
    return [];
  },
  async 'select control_id as "controlId", fleet_address as "fleetAddress", origin, region, beat_at as "beatAt" from control_processes where beat_at > now() - interval \'30 seconds\''(
    tx,
    _,
    { now },
  ) {
    return tx.where('controls', isOfLate(now())).map(shown);
  },
  async 'select control_id as "controlId", fleet_address as "fleetAddress", origin, region, beat_at as "beatAt" from control_processes where beat_at > now() - interval \'30 seconds\' and control_id = $1'(
    tx,
    [id],
    { now },
  ) {
    const row = tx.get('controls', `${id}`);
    return row !== undefined && isOfLate(now())(row) ? [shown(row)] : [];
  },
  async 'delete from control_processes where control_id = $1'(tx, [id]) {
    tx.put('controls', `${id}`, { isDeleted: true });
    return [];
  },
  async 'select node_id as "nodeId", kind, name, region, draining_since is not null as "isDrained", drain_until as "drainUntil", last_seen_at as "lastSeenAt", told as state, told_incarnation as incarnation, told_seq as seq, removed_at is not null as "isRemoved" from nodes where not is_sole and (removed_at is null or told <> \'lost\')'(
    tx,
  ) {
    return tx.where('nodes', () => true).map(shown);
  },
  async 'update nodes set last_seen_at = $3, region = seen.region from unnest($1::uuid[], $2::text[]) as seen (node_id, region) where nodes.node_id = seen.node_id'(
    tx,
    [nodeIds, regions, lastSeenAt],
  ) {
    for (const [index, nodeId] of (nodeIds as string[]).entries()) {
      await tx.lock('nodes', nodeId);
      tx.change('nodes', nodeId, { lastSeenAt, region: (regions as string[])[index] });
    }
    return [];
  },
};
