import { ControlError } from '../../control-error.js';
import { isId } from '../../ids.js';
import type { AccountPrincipal } from '../../principal.js';
import type { Queryable } from '../../store/database.js';
import { findWebhook, type WebhookRecord } from './repository.js';

/** @throws ControlError `not_found`, also for those of others. */
export async function ownWebhook(
  from: Queryable,
  { userId }: AccountPrincipal,
  webhookId: string,
  lock: 'none' | 'share' | 'update' = 'none',
): Promise<WebhookRecord> {
  const found = isId(webhookId) ? await findWebhook(from, userId, webhookId, lock) : null;
  if (found === null) throw new ControlError('not_found', 'There is no such webhook.');
  return found;
}

/** Stays enabled until the transaction ends. @throws ControlError `not_found`, `conflict`. */
export async function ownEnabledWebhook(
  tx: Queryable,
  principal: AccountPrincipal,
  webhookId: string,
): Promise<WebhookRecord> {
  const webhook = await ownWebhook(tx, principal, webhookId, 'share');
  if (!webhook.isEnabled) throw new ControlError('conflict', 'The webhook is disabled.');
  return webhook;
}
