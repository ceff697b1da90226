import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { type Ids, isId } from '../../ids.js';
import { pageOf } from '../../plugins/page.js';
import type { AccountPrincipal } from '../../principal.js';
import type { Delivery, Listed, Page } from '../../schemas/http.js';
import type { Database, Queryable } from '../../store/database.js';
import type { OutboxRelay } from '../outbox/service.js';
import { endPause } from './breaker.js';
import type { DeliveryRecord } from './deliveries.js';
import * as deliveries from './deliveries.js';
import { deliveryOf } from './feed.js';
import { messagesOf, testMessage, testType } from './messages.js';
import { ownEnabledWebhook, ownWebhook } from './own-webhook.js';
import { meetingsOf, type WebhookRecord } from './repository.js';

export interface WebhookHistoryContext {
  database: Database;
  clock: Clock;
  ids: Ids;
  outbox: OutboxRelay;
  /** There is something to deliver. */
  onDue: () => void;
}

/** Events of one replay; who wants more goes on behind the last one it got. */
export const maxReplayed = 10_000;
const replayBatch = 500;

/** What a webhook was told, and telling it again. */
export class WebhookHistory {
  constructor(private readonly context: WebhookHistoryContext) {}

  /** Sends a `webhook.test`. @throws ControlError `not_found`, `conflict` when it is disabled. */
  async test(principal: AccountPrincipal, webhookId: string): Promise<Delivery> {
    const { database, ids } = this.context;
    const at = this.now();
    const [deliveryId, eventId] = [ids.next(), ids.next()];
    const made = await database.transaction(async (tx) => {
      await ownEnabledWebhook(tx, principal, webhookId);
      const nowhere = { meetingId: null, roomId: null, roomSeq: null };
      const body = testMessage(eventId, at);
      const sent = { type: testType, body, traceparent: null };
      const delivery = { webhookId, deliveryId, eventId, ...nowhere, ...sent };
      await deliveries.insertDeliveries(tx, [delivery], at);
      await endPause(tx, webhookId, at);
      return deliveries.findDelivery(tx, webhookId, deliveryId);
    });
    this.context.onDue();
    return present(made);
  }

  /** @throws ControlError `not_found`, `bad_request` for a cursor of another making. */
  async list(
    principal: AccountPrincipal,
    webhookId: string,
    page: Page,
  ): Promise<Listed<Delivery>> {
    const { database } = this.context;
    const { limit, after } = pageOf.read(page);
    await ownWebhook(database, principal, webhookId);
    const found = await deliveries.listDeliveries(database, webhookId, after, limit + 1);
    return pageOf.list(found, limit, ({ deliveryId }) => deliveryId, present);
  }

  /** One again, from the first try on. @throws ControlError `not_found`, `conflict`. */
  async replay(
    principal: AccountPrincipal,
    webhookId: string,
    deliveryId: string,
  ): Promise<Delivery> {
    const repeated = await this.context.database.transaction(async (tx) => {
      await ownEnabledWebhook(tx, principal, webhookId);
      if (!isId(deliveryId)) return null;
      const delivery = await deliveries.repeatDelivery(tx, webhookId, deliveryId, this.now());
      await endPause(tx, webhookId, this.now());
      return delivery;
    });
    if (repeated === null) throw new ControlError('not_found', 'There is no such delivery.');
    this.context.onDue();
    return present(repeated);
  }

  /**
   * Everything after an event again, from the rooms' logs: also what was never sent because the
   * webhook was disabled or not there yet.
   * @returns how many.
   * @throws ControlError `not_found`, `conflict`, `bad_request` for what no event can be.
   */
  async replayAfter(
    principal: AccountPrincipal,
    webhookId: string,
    eventId: string,
  ): Promise<number> {
    if (!isId(eventId)) {
      const detail = 'the id of an event';
      const errors = [{ pointer: '/after_event_id', code: 'format', detail }];
      throw new ControlError('bad_request', 'This is no event.', { errors });
    }
    const count = await this.context.database.transaction(async (tx) => {
      const webhook = await ownEnabledWebhook(tx, principal, webhookId);
      const meetingIds = principal.isAdmin ? null : await meetingsOf(tx, principal.userId);
      const repeated = await this.repeatAfter(tx, webhook, meetingIds, eventId);
      await endPause(tx, webhookId, this.now());
      return repeated;
    });
    this.context.onDue();
    return count;
  }

  private async repeatAfter(
    tx: Queryable,
    { webhookId, types }: WebhookRecord,
    meetingIds: readonly string[] | null,
    eventId: string,
  ): Promise<number> {
    const { outbox, ids } = this.context;
    let after = eventId;
    let count = 0;
    for (let left = maxReplayed; left > 0; left -= replayBatch) {
      const limit = Math.min(left, replayBatch);
      const events = await outbox.past(tx, { meetingIds, types, after, limit });
      const wanted = messagesOf(events).map((message) => deliveryOf(webhookId, message, ids));
      await deliveries.repeatDeliveries(tx, wanted, this.now());
      count += wanted.length;
      after = events.at(-1)?.eventId ?? after;
      if (events.length < limit) break;
    }
    return count;
  }

  private now(): Date {
    return new Date(this.context.clock.now());
  }
}

function present(delivery: DeliveryRecord): Delivery {
  const time = (at: Date | null) => (at === null ? null : isoTime(at.getTime()));
  return {
    delivery_id: delivery.deliveryId,
    event_id: delivery.eventId,
    type: delivery.type,
    state: delivery.state,
    attempts: delivery.attempts,
    last_status: delivery.lastStatus,
    last_error: delivery.lastError,
    next_attempt_at: time(delivery.nextAttemptAt),
    delivered_at: time(delivery.deliveredAt),
    created_at: isoTime(delivery.createdAt.getTime()),
  };
}
