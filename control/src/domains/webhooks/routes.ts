import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ControlError } from '../../control-error.js';
import type { App } from '../../plugins/app-types.js';
import { etag } from '../../plugins/etag.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import type { AccountPrincipal } from '../../principal.js';
import {
  CreatedWebhook,
  Delivery,
  DeliveryList,
  Empty,
  NewWebhook,
  NoContent,
  Page,
  Replay,
  Replayed,
  RotatedSecret,
  Webhook,
  WebhookChange,
  WebhookList,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { WebhookHistory, WebhooksService } from './service.js';

const ofWebhook = Type.Object({ webhook_id: Id });
const ofDelivery = Type.Object({ webhook_id: Id, delivery_id: Id });
const reading = { auth: ['user', 'key'], scope: 'webhooks:read' } as const;
const writing = { auth: ['user', 'key'], scope: 'webhooks:write' } as const;

export function webhookRoutes(app: App, webhooks: WebhooksService, history: WebhookHistory): void {
  collection(app, webhooks);
  single(app, webhooks);
  rotation(app, webhooks);
  deliveries(app, history);
  replays(app, history);
}

function collection(app: App, webhooks: WebhooksService): void {
  app.post(
    '/v1/webhooks',
    {
      config: writing,
      schema: {
        summary: 'Makes a webhook; its secret is shown once',
        headers: idempotencyKey.schema,
        body: NewWebhook,
        response: { 201: CreatedWebhook, ...problems },
      },
    },
    async (request, reply) => {
      const wanted = idempotencyKey.request(request, request.body);
      return idempotencyKey.reply(reply, await webhooks.create(accountOf(request), wanted));
    },
  );

  app.get(
    '/v1/webhooks',
    {
      config: reading,
      schema: {
        summary: 'Lists the webhooks of the account',
        querystring: Page,
        response: { 200: WebhookList, ...problems },
      },
    },
    async (request) => webhooks.list(accountOf(request), request.query),
  );
}

function single(app: App, webhooks: WebhooksService): void {
  const path = '/v1/webhooks/:webhook_id';
  app.get(
    path,
    {
      config: reading,
      schema: {
        summary: 'A webhook',
        headers: etag.reading,
        params: ofWebhook,
        response: { 200: Webhook, ...etag.unchanged, ...problems },
      },
    },
    async (request, reply) => {
      const found = await webhooks.get(accountOf(request), request.params.webhook_id);
      return etag.send(request, reply, found.version, found.body);
    },
  );

  app.patch(
    path,
    {
      config: writing,
      schema: {
        summary: 'Changes the address or the types, disables or enables',
        headers: etag.schema,
        params: ofWebhook,
        body: WebhookChange,
        response: { 200: Webhook, ...problems },
      },
    },
    async (request, reply) => {
      const { webhook_id: id } = request.params;
      const expected = etag.expected(request);
      const changed = await webhooks.change(accountOf(request), id, request.body, expected);
      return etag.send(request, reply, changed.version, changed.body);
    },
  );

  app.delete(
    path,
    {
      config: writing,
      schema: {
        summary: 'Deletes a webhook and its deliveries',
        headers: etag.schema,
        params: ofWebhook,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const expected = etag.expected(request);
      await webhooks.remove(accountOf(request), request.params.webhook_id, expected);
      return reply.code(204).send(undefined);
    },
  );
}

function rotation(app: App, webhooks: WebhooksService): void {
  app.post(
    '/v1/webhooks/:webhook_id/rotate',
    {
      config: writing,
      schema: {
        summary: 'Makes a new secret; the former one signs too for 24 hours',
        params: ofWebhook,
        body: Empty,
        response: { 200: RotatedSecret, ...problems },
      },
    },
    async (request) => webhooks.rotate(accountOf(request), request.params.webhook_id),
  );
}

function deliveries(app: App, history: WebhookHistory): void {
  app.post(
    '/v1/webhooks/:webhook_id/test',
    {
      config: writing,
      schema: {
        summary: 'Sends a message of the type webhook.test',
        params: ofWebhook,
        body: Empty,
        response: { 202: Delivery, ...problems },
      },
    },
    async (request, reply) => {
      const delivery = await history.test(accountOf(request), request.params.webhook_id);
      return reply.code(202).send(delivery);
    },
  );

  app.get(
    '/v1/webhooks/:webhook_id/deliveries',
    {
      config: reading,
      schema: {
        summary: 'What was sent, is to be sent, or could not be; the last 7 days',
        params: ofWebhook,
        querystring: Page,
        response: { 200: DeliveryList, ...problems },
      },
    },
    async (request) => history.list(accountOf(request), request.params.webhook_id, request.query),
  );
}

function replays(app: App, history: WebhookHistory): void {
  app.post(
    '/v1/webhooks/:webhook_id/deliveries/:delivery_id/replay',
    {
      config: writing,
      schema: {
        summary: 'Sends one again',
        params: ofDelivery,
        body: Empty,
        response: { 202: Delivery, ...problems },
      },
    },
    async (request, reply) => {
      const { webhook_id: id, delivery_id: deliveryId } = request.params;
      return reply.code(202).send(await history.replay(accountOf(request), id, deliveryId));
    },
  );

  app.post(
    '/v1/webhooks/:webhook_id/replay',
    {
      config: writing,
      schema: {
        summary: 'Sends everything after an event (again), 10 000 at most',
        params: ofWebhook,
        body: Replay,
        response: { 202: Replayed, ...problems },
      },
    },
    async (request, reply) => {
      const { webhook_id: id } = request.params;
      const after = request.body.after_event_id;
      const count = await history.replayAfter(accountOf(request), id, after);
      return reply.code(202).send({ deliveries: count });
    },
  );
}

function accountOf({ principal }: FastifyRequest): AccountPrincipal {
  if (principal.kind === 'user' || principal.kind === 'key') return principal;
  throw new ControlError('unauthenticated', 'Log in, or send a key.');
}
