import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import type { Ids } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { type Outgoing, OutgoingError } from '../../outgoing/outgoing.js';
import { type ExpectedVersions, etag } from '../../plugins/etag.js';
import { pageOf } from '../../plugins/page.js';
import type { AccountPrincipal } from '../../principal.js';
import type {
  CreatedWebhook,
  Listed,
  NewWebhook,
  Page,
  RotatedSecret,
  Webhook,
  WebhookChange,
} from '../../schemas/http.js';
import type { SecurityEvent, SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import { closeBreaker } from './breaker.js';
import { giveUpWaiting } from './deliveries.js';
import { defaultTypes } from './messages.js';
import { ownWebhook } from './own-webhook.js';
import type { WebhookRecord } from './repository.js';
import * as repository from './repository.js';
import { secretContext, writeSecret } from './signing.js';

export { type AttemptResult, WebhookDispatcher } from './dispatcher.js';
export { WebhookFeed } from './feed.js';
export { maxReplayed, WebhookHistory } from './history.js';
export type { FleetEvent } from './messages.js';

export interface WebhooksContext {
  database: Database;
  idempotency: Idempotency;
  keys: KeyRing;
  clock: Clock;
  ids: Ids;
  outgoing: Outgoing;
  security: SecurityLog;
}

/** Of an account. Each costs a row per event, and connections when it is slow. */
export const maxWebhooks = 10;
const formerKeptMs = 86_400_000;
/** Each makes every message a signature longer; fewer and a lost answer could not be made good. */
const maxFormerSecrets = 4;

/** Webhooks belong to accounts; those of others do not exist. Secrets are sealed, and shown once. */
export class WebhooksService {
  constructor(private readonly context: WebhooksContext) {}

  /** @throws ControlError `bad_request` for an address that is not allowed; `limit_reached`. */
  async create(
    { userId, isAdmin }: AccountPrincipal,
    request: CreatingRequest & { payload: NewWebhook },
  ): Promise<GivenAnswer<CreatedWebhook>> {
    const { ids, clock, idempotency } = this.context;
    const webhookId = ids.next();
    const secret = writeSecret(ids.secret());
    const webhook: WebhookRecord = {
      webhookId,
      userId,
      url: this.checked(request.payload.url),
      types: request.payload.types ?? [...defaultTypes],
      hearsAll: isAdmin,
      isEnabled: true,
      secretSealed: this.seal(webhookId, secret),
      formerSecretsSealed: [],
      formerUntil: [],
      version: 1,
      createdAt: new Date(clock.now()),
    };
    const answer = await idempotency.run(request, async (tx) => {
      if ((await repository.countWebhooks(tx, userId)) >= maxWebhooks) {
        throw new ControlError('limit_reached', `An account has ${maxWebhooks} webhooks at most.`);
      }
      await repository.insertWebhook(tx, webhook);
      return { status: 201, body: { ...present(webhook), secret } };
    });
    if (!answer.replayed) this.note('webhook.made', userId, webhookId);
    return answer;
  }

  /** @throws ControlError `bad_request` for a cursor of another making. */
  async list({ userId }: AccountPrincipal, page: Page): Promise<Listed<Webhook>> {
    const { limit, after } = pageOf.read(page);
    const { database } = this.context;
    const found = await repository.listWebhooks(database, userId, after, limit + 1);
    return pageOf.list(found, limit, ({ webhookId }) => webhookId, present);
  }

  /** @throws ControlError `not_found`. */
  async get(principal: AccountPrincipal, webhookId: string): Promise<Versioned<Webhook>> {
    const webhook = await ownWebhook(this.context.database, principal, webhookId);
    return { version: webhook.version, body: present(webhook) };
  }

  /**
   * Whoever may not act as an administrator now (any more), for lack of a second factor too, gets
   * with the change a webhook of the own meetings only.
   * @throws ControlError `not_found`, `precondition_failed`, `bad_request` for the address.
   */
  async change(
    principal: AccountPrincipal,
    webhookId: string,
    change: WebhookChange,
    expected: ExpectedVersions,
  ): Promise<Versioned<Webhook>> {
    const url = change.url === undefined ? undefined : this.checked(change.url);
    const changed = await this.context.database.transaction(async (tx) => {
      const former = await ownWebhook(tx, principal, webhookId, 'update');
      etag.check(expected, former.version);
      const webhook: WebhookRecord = {
        ...former,
        url: url ?? former.url,
        types: change.types ?? former.types,
        hearsAll: principal.isAdmin,
        isEnabled: change.is_enabled ?? former.isEnabled,
        version: former.version + 1,
      };
      await repository.updateWebhook(tx, webhook, this.now());
      await closeBreaker(tx, webhookId);
      if (!webhook.isEnabled) await giveUpWaiting(tx, webhookId);
      return { version: webhook.version, body: present(webhook) };
    });
    this.note('webhook.changed', principal.userId, webhookId);
    return changed;
  }

  /** With its deliveries. @throws ControlError `not_found`, `precondition_failed`. */
  async remove(
    principal: AccountPrincipal,
    webhookId: string,
    expected: ExpectedVersions,
  ): Promise<void> {
    await this.context.database.transaction(async (tx) => {
      const webhook = await ownWebhook(tx, principal, webhookId, 'update');
      etag.check(expected, webhook.version);
      await repository.deleteWebhook(tx, webhookId);
    });
    this.note('webhook.deleted', principal.userId, webhookId);
  }

  /**
   * For 24 hours messages carry a signature by each former secret too.
   * @throws ControlError `not_found`; `limit_reached` when it is rotated too often.
   */
  async rotate(principal: AccountPrincipal, webhookId: string): Promise<RotatedSecret> {
    const { database, ids, clock } = this.context;
    const now = clock.now();
    const until = new Date(now + formerKeptMs);
    const secret = writeSecret(ids.secret());
    await database.transaction(async (tx) => {
      const webhook = await ownWebhook(tx, principal, webhookId, 'update');
      const former = repository.secretsStillGood(webhook, now);
      if (former.formerUntil.length >= maxFormerSecrets) {
        throw new ControlError('limit_reached', 'It was rotated too often; wait for a day.');
      }
      const secrets = {
        secretSealed: this.seal(webhookId, secret),
        formerSecretsSealed: [former.secretSealed, ...former.formerSecretsSealed],
        formerUntil: [until, ...former.formerUntil],
      };
      await repository.updateSecrets(tx, webhookId, secrets, this.now());
    });
    this.note('webhook.secret_rotated', principal.userId, webhookId);
    return { secret, former_until: isoTime(until.getTime()) };
  }

  /** All of an account that is deleted. */
  forget(tx: Queryable, userId: string): Promise<void> {
    return repository.deleteWebhooksOf(tx, userId);
  }

  private note(event: SecurityEvent, userId: string, webhookId: string): void {
    this.context.security.write(event, { user_id: userId, webhook_id: webhookId });
  }

  private checked(url: string): string {
    try {
      return this.context.outgoing.check(url).href;
    } catch (error) {
      if (!(error instanceof OutgoingError)) throw error;
      throw new ControlError('bad_request', error.message, {
        errors: [{ pointer: '/url', code: error.code, detail: error.message }],
      });
    }
  }

  private seal(webhookId: string, secret: string): Buffer {
    return this.context.keys.seal(secret, secretContext(webhookId));
  }

  private now(): Date {
    return new Date(this.context.clock.now());
  }
}

export interface Versioned<Body> {
  version: number;
  body: Body;
}

function present({
  webhookId,
  url,
  types,
  hearsAll,
  isEnabled,
  createdAt,
}: WebhookRecord): Webhook {
  return {
    webhook_id: webhookId,
    url,
    types,
    hears_all: hearsAll,
    is_enabled: isEnabled,
    created_at: isoTime(createdAt.getTime()),
  };
}
