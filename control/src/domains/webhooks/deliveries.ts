import type { Queryable } from '../../store/database.js';
import { breakAfter, type Probing } from './breaker.js';
import type { Secrets } from './repository.js';

export interface NewDelivery {
  webhookId: string;
  deliveryId: string;
  eventId: string;
  meetingId: string | null;
  roomId: string | null;
  roomSeq: number | null;
  type: string;
  body: string;
  traceparent: string | null;
}

export interface DeliveryRecord {
  deliveryId: string;
  eventId: string;
  type: string;
  state: 'waiting' | 'delivered' | 'failed';
  attempts: number;
  lastStatus: number | null;
  lastError: string | null;
  nextAttemptAt: Date | null;
  deliveredAt: Date | null;
  createdAt: Date;
}

const columns = `delivery_id as "deliveryId", event_id as "eventId", type, state, attempts,
  last_status as "lastStatus", last_error as "lastError", next_attempt_at as "nextAttemptAt",
  delivered_at as "deliveredAt", created_at as "createdAt"`;

/** Due at once. Of what a webhook has been told already, nothing is made a second time. */
export function insertDeliveries(tx: Queryable, fresh: NewDelivery[], at: Date): Promise<void> {
  return insert(tx, fresh, at, 'nothing');
}

/** As `insertDeliveries`, but what the webhook has been told already is told again. */
export function repeatDeliveries(tx: Queryable, wanted: NewDelivery[], at: Date): Promise<void> {
  return insert(
    tx,
    wanted,
    at,
    `update set state = 'waiting', attempts = 0, waiting_since = excluded.waiting_since,
       next_attempt_at = excluded.next_attempt_at, last_status = null, last_error = null,
       delivered_at = null`,
  );
}

async function insert(
  tx: Queryable,
  rows: NewDelivery[],
  at: Date,
  onConflict: string,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `insert into webhook_deliveries as d (webhook_id, delivery_id, event_id, meeting_id, room_id,
       room_seq, type, body, traceparent, state, waiting_since, next_attempt_at, created_at)
     select "webhookId", "deliveryId", "eventId", "meetingId", "roomId", "roomSeq", type, body,
       traceparent, 'waiting', $2, $2, $2
     from jsonb_to_recordset($1::jsonb) as r("webhookId" uuid, "deliveryId" uuid, "eventId" uuid,
       "meetingId" uuid, "roomId" uuid, "roomSeq" bigint, type text, body text,
       traceparent text)
     on conflict (webhook_id, event_id) do ${onConflict}`,
    [JSON.stringify(rows), at],
  );
}

/** Oldest first (the ids are UUIDv7), behind `after`. */
export function listDeliveries(
  from: Queryable,
  webhookId: string,
  after: string,
  limit: number,
): Promise<DeliveryRecord[]> {
  return from.query<DeliveryRecord>(
    `select ${columns} from webhook_deliveries where webhook_id = $1 and delivery_id > $2
     order by delivery_id limit $3`,
    [webhookId, after, limit],
  );
}

export async function findDelivery(
  from: Queryable,
  webhookId: string,
  deliveryId: string,
): Promise<DeliveryRecord> {
  const [row] = await from.query<DeliveryRecord>(
    `select ${columns} from webhook_deliveries where webhook_id = $1 and delivery_id = $2`,
    [webhookId, deliveryId],
  );
  return row as DeliveryRecord;
}

/** Makes one due again, from the first try on. Null: there is none. */
export async function repeatDelivery(
  tx: Queryable,
  webhookId: string,
  deliveryId: string,
  at: Date,
): Promise<DeliveryRecord | null> {
  const [row] = await tx.query<DeliveryRecord>(
    `update webhook_deliveries set state = 'waiting', attempts = 0, waiting_since = $3,
       next_attempt_at = $3, last_status = null, last_error = null, delivered_at = null
     where webhook_id = $1 and delivery_id = $2 returning ${columns}`,
    [webhookId, deliveryId, at],
  );
  return row ?? null;
}

/** What waits for a webhook that was disabled. */
export async function giveUpWaiting(tx: Queryable, webhookId: string): Promise<void> {
  await tx.query(
    `update webhook_deliveries set state = 'failed', next_attempt_at = null,
       last_error = coalesce(last_error, 'The webhook was disabled.')
     where webhook_id = $1 and state = 'waiting'`,
    [webhookId],
  );
}

/** One that this process tries to deliver, until `lease`. */
export interface ClaimedDelivery extends Secrets, Probing {
  deliveryId: string;
  eventId: string;
  body: string;
  traceparent: string | null;
  /** With the one that begins. */
  attempts: number;
  lease: Date;
  url: string;
}

export interface ClaimWish {
  now: Date;
  lease: Date;
  /** A later event of a room waits for earlier ones unless it has waited since before this. */
  patienceEnded: Date;
  /** How many of which webhook are under way here. */
  running: ReadonlyMap<string, number>;
  perWebhook: number;
  limit: number;
}

/**
 * Takes what is due and nobody else has: of a room the earliest event first. What is taken is due
 * again at `lease`, for whoever is there then, unless `settleDelivery` comes before.
 */
export function claimDeliveries(from: Queryable, wish: ClaimWish): Promise<ClaimedDelivery[]> {
  return from.query<ClaimedDelivery>(claim, [
    wish.now,
    wish.lease,
    wish.patienceEnded,
    [...wish.running.keys()],
    [...wish.running.values()],
    wish.perWebhook,
    wish.limit,
    breakAfter,
  ]);
}

/**
 * Webhooks are looked at one by one, each by its own part of the index: what has piled up for one
 * of them costs the others nothing.
 */
const claim = `
  with recursive waiting as (
    (select webhook_id from webhook_deliveries where state = 'waiting' order by webhook_id limit 1)
    union all
    select (select d.webhook_id from webhook_deliveries d
      where d.state = 'waiting' and d.webhook_id > w.webhook_id order by d.webhook_id limit 1)
    from waiting w where w.webhook_id is not null
  ), running as (
    select * from unnest($4::uuid[], $5::int[]) as r(webhook_id, count)
  ), ready as (
    select w.webhook_id, coalesce(r.count, 0) as running,
      case when b.failures >= $8 then 1 else $6 end as most
    from waiting join webhooks w using (webhook_id) join users u using (user_id)
      left join running r using (webhook_id) left join webhook_breakers b using (webhook_id)
    where w.is_enabled and u.disabled_at is null
      and (b.paused_until is null or b.paused_until <= $1)
  ), due as (
    select w.*, d.*
    from ready w
      cross join lateral (
        select d.delivery_id, d.next_attempt_at, d.room_seq from webhook_deliveries d
        where d.webhook_id = w.webhook_id and d.state = 'waiting' and d.next_attempt_at <= $1
          and (d.waiting_since <= $3 or not exists (
            select 1 from webhook_deliveries e
            where e.webhook_id = d.webhook_id and e.room_id = d.room_id
              and e.room_seq < d.room_seq and e.state = 'waiting'))
        order by d.next_attempt_at, d.room_seq limit $6
      ) d
    where w.running < w.most
  ), placed as (
    select *, running + row_number() over
      (partition by webhook_id order by next_attempt_at, room_seq) as place
    from due
  ), locked as materialized (
    select webhook_id, delivery_id from webhook_deliveries
    where (webhook_id, delivery_id) in (
        select webhook_id, delivery_id from placed where place <= most
        order by place, next_attempt_at limit $7)
      and state = 'waiting' and next_attempt_at <= $1
    for update skip locked
  ), probing as (
    update webhook_breakers b set paused_until = $2
    from locked l where b.webhook_id = l.webhook_id and b.failures >= $8
    returning b.webhook_id, b.failures
  )
  update webhook_deliveries d set attempts = d.attempts + 1, next_attempt_at = $2
  from locked l join webhooks w using (webhook_id) left join probing p using (webhook_id)
  where d.webhook_id = l.webhook_id and d.delivery_id = l.delivery_id
  returning d.webhook_id as "webhookId", d.delivery_id as "deliveryId", d.event_id as "eventId",
    d.body, d.traceparent, d.attempts, d.next_attempt_at as lease, w.url, w.secret_sealed as "secretSealed",
    w.former_secrets_sealed as "formerSecretsSealed", w.former_until as "formerUntil",
    p.failures as "failuresBefore"`;

export interface Settlement {
  state: DeliveryRecord['state'];
  nextAttemptAt: Date | null;
  status: number | null;
  error: string | null;
  deliveredAt: Date | null;
}

/** Nothing happens when the lease has passed to another, or the delivery was asked for again. */
export async function settleDelivery(
  tx: Queryable,
  { webhookId, deliveryId, lease }: ClaimedDelivery,
  { state, nextAttemptAt, status, error, deliveredAt }: Settlement,
): Promise<void> {
  await tx.query(
    `update webhook_deliveries set state = $4, next_attempt_at = $5, last_status = $6,
       last_error = $7, delivered_at = $8
     where webhook_id = $1 and delivery_id = $2 and state = 'waiting' and next_attempt_at = $3`,
    [webhookId, deliveryId, lease, state, nextAttemptAt, status, error, deliveredAt],
  );
}

/** An attempt that was broken off here counts as none and is due at once. */
export async function releaseDelivery(
  tx: Queryable,
  { webhookId, deliveryId, lease }: ClaimedDelivery,
  at: Date,
): Promise<void> {
  await tx.query(
    `update webhook_deliveries set attempts = attempts - 1, next_attempt_at = $4
     where webhook_id = $1 and delivery_id = $2 and state = 'waiting' and next_attempt_at = $3`,
    [webhookId, deliveryId, lease, at],
  );
}
