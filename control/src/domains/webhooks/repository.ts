import { dayOf } from '../../ids.js';
import type { WebhookEventType } from '../../schemas/http.js';
import type { Queryable } from '../../store/database.js';

/** The former secrets, and until when each signs too. */
export interface Secrets {
  secretSealed: Buffer;
  formerSecretsSealed: Buffer[];
  formerUntil: Date[];
}

/** Without the former ones whose time is over. */
export function secretsStillGood(secrets: Secrets, now: number): Secrets {
  const { secretSealed, formerSecretsSealed, formerUntil } = secrets;
  const isGood = (index: number) => (formerUntil[index]?.getTime() ?? 0) > now;
  return {
    secretSealed,
    formerSecretsSealed: formerSecretsSealed.filter((_, index) => isGood(index)),
    formerUntil: formerUntil.filter((_, index) => isGood(index)),
  };
}

export interface WebhookRecord extends Secrets {
  webhookId: string;
  /** The account that made it. */
  userId: string;
  url: string;
  types: WebhookEventType[];
  hearsAll: boolean;
  isEnabled: boolean;
  /** Counts its changes. */
  version: number;
  createdAt: Date;
}

const columns = `webhook_id as "webhookId", user_id as "userId", url, types,
  hears_all as "hearsAll", is_enabled as "isEnabled", secret_sealed as "secretSealed",
  former_secrets_sealed as "formerSecretsSealed", former_until as "formerUntil", version,
  created_at as "createdAt"`;

export async function insertWebhook(tx: Queryable, webhook: WebhookRecord): Promise<void> {
  await tx.query(
    `insert into webhooks (webhook_id, user_id, url, types, hears_all, is_enabled, secret_sealed,
       version, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
    [
      webhook.webhookId,
      webhook.userId,
      webhook.url,
      webhook.types,
      webhook.hearsAll,
      webhook.isEnabled,
      webhook.secretSealed,
      webhook.version,
      webhook.createdAt,
    ],
  );
}

/** How many an account has; until the transaction ends it makes no other. */
export async function countWebhooks(tx: Queryable, userId: string): Promise<number> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`webhooks ${userId}`]);
  const [row] = await tx.query<{ count: number }>(
    'select count(*)::int as count from webhooks where user_id = $1',
    [userId],
  );
  return row?.count ?? 0;
}

/** Those of an account, oldest first (the ids are UUIDv7), behind `after`. */
export function listWebhooks(
  from: Queryable,
  userId: string,
  after: string,
  limit: number,
): Promise<WebhookRecord[]> {
  return from.query<WebhookRecord>(
    `select ${columns} from webhooks where user_id = $1 and webhook_id > $2
     order by webhook_id limit $3`,
    [userId, after, limit],
  );
}

/** Null also when it is another's. @param lock `update` and `share` last as long as `tx`. */
export async function findWebhook(
  from: Queryable,
  userId: string,
  webhookId: string,
  lock: 'none' | 'share' | 'update' = 'none',
): Promise<WebhookRecord | null> {
  const locking = lock === 'none' ? '' : `for ${lock}`;
  const [row] = await from.query<WebhookRecord>(
    `select ${columns} from webhooks where webhook_id = $1 and user_id = $2 ${locking}`,
    [webhookId, userId],
  );
  return row ?? null;
}

export async function updateWebhook(
  tx: Queryable,
  { webhookId, url, types, hearsAll, isEnabled, version }: WebhookRecord,
  at: Date,
): Promise<void> {
  await tx.query(
    `update webhooks set url = $2, types = $3, hears_all = $4, is_enabled = $5, version = $6,
       updated_at = $7 where webhook_id = $1`,
    [webhookId, url, types, hearsAll, isEnabled, version, at],
  );
}

export async function deleteWebhook(tx: Queryable, webhookId: string): Promise<void> {
  await tx.query('delete from webhooks where webhook_id = $1', [webhookId]);
  await tx.query('delete from webhook_deliveries where webhook_id = $1', [webhookId]);
  await tx.query('delete from webhook_breakers where webhook_id = $1', [webhookId]);
}

/** Of an account that is deleted. */
export async function deleteWebhooksOf(tx: Queryable, userId: string): Promise<void> {
  const rows = await tx.query<{ id: string }>(
    'delete from webhooks where user_id = $1 returning webhook_id as id',
    [userId],
  );
  const webhookIds = rows.map(({ id }) => id);
  await tx.query('delete from webhook_deliveries where webhook_id = any($1)', [webhookIds]);
  await tx.query('delete from webhook_breakers where webhook_id = any($1)', [webhookIds]);
}

export async function updateSecrets(
  tx: Queryable,
  webhookId: string,
  { secretSealed, formerSecretsSealed, formerUntil }: Secrets,
  at: Date,
): Promise<void> {
  await tx.query(
    `update webhooks set secret_sealed = $2, former_secrets_sealed = $3, former_until = $4,
       updated_at = $5 where webhook_id = $1`,
    [webhookId, secretSealed, formerSecretsSealed, formerUntil, at],
  );
}

/** That address has answered that it is gone. False: it has another by now, or is disabled. */
export async function disableWebhook(
  tx: Queryable,
  { webhookId, url }: { webhookId: string; url: string },
  at: Date,
): Promise<boolean> {
  const disabled = await tx.query(
    `update webhooks set is_enabled = false, version = version + 1, updated_at = $3
     where webhook_id = $1 and url = $2 and is_enabled returning 1`,
    [webhookId, url, at],
  );
  return disabled.length > 0;
}

export interface Listener {
  webhookId: string;
  userId: string;
  types: WebhookEventType[];
  /** Of all meetings, as administrators do. */
  hearsAll: boolean;
}

/**
 * The webhooks that may hear of meetings of these hosts. They are neither deleted nor disabled
 * until the transaction ends.
 */
export function listenersOf(tx: Queryable, hostIds: readonly string[]): Promise<Listener[]> {
  return tx.query<Listener>(
    `select w.webhook_id as "webhookId", w.user_id as "userId", w.types,
       w.hears_all and u.is_admin as "hearsAll"
     from webhooks w join users u using (user_id)
     where w.is_enabled and u.disabled_at is null and (w.hears_all and u.is_admin or w.user_id = any($1))
     for share of w`,
    [hostIds],
  );
}

/** Meeting → the account whose it is; meetings made without one are not in it. */
export async function hostsOf(
  from: Queryable,
  meetingIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await from.query<{ meetingId: string; hostId: string }>(
    `select meeting_id as "meetingId", host_id as "hostId" from meetings
     where day = any($1) and meeting_id = any($2) and host_id is not null`,
    [[...new Set(meetingIds.map(dayOf))], meetingIds],
  );
  return new Map(rows.map(({ meetingId, hostId }) => [meetingId, hostId]));
}

export async function meetingsOf(from: Queryable, hostId: string): Promise<string[]> {
  const rows = await from.query<{ meetingId: string }>(
    'select meeting_id as "meetingId" from meetings where host_id = $1',
    [hostId],
  );
  return rows.map(({ meetingId }) => meetingId);
}
