/** Webhooks: what happened, sent to addresses of others (Standard Webhooks). */

import { type Static, Type } from 'typebox';
import { Choice, Id, Nullable, Time } from '../values.js';
import { Listing, strict } from './common.js';

export const webhookEventTypes = [
  'meeting.started',
  'meeting.ended',
  'participant.joined',
  'participant.left',
  'participant.waiting',
  'participant.admitted',
  'participant.removed',
  'publication.added',
  'publication.removed',
  'message.created',
  'recording.started',
  'recording.paused',
  'recording.stopped',
  'recording.failed',
  'recording.ready',
  'recording.deleted',
  'consent.given',
  'consent.refused',
  'room.migrated',
  'node.joined',
  'node.draining',
  'node.lost',
  'disk.low',
] as const;

export const WebhookEventType = Choice(webhookEventTypes);

/** `https://`; to this machine and to private networks only where the operator allows it. */
const Address = Type.String({ minLength: 8, maxLength: 2048 });

/** All but `message.created`, which has to be asked for. */
const Types = Type.Array(WebhookEventType, { minItems: 1, maxItems: 32, uniqueItems: true });

export const NewWebhook = Type.Object({ url: Address, types: Type.Optional(Types) }, strict);

export const WebhookChange = Type.Object(
  {
    url: Type.Optional(Address),
    types: Type.Optional(Types),
    is_enabled: Type.Optional(Type.Boolean()),
  },
  strict,
);

export const Webhook = Type.Object({
  webhook_id: Id,
  url: Type.String(),
  types: Type.Array(WebhookEventType),
  /** Of all meetings: whoever changed it last did so as an administrator. Else of one's own. */
  hears_all: Type.Boolean(),
  /** False: by its owner, or because the address answered 410. */
  is_enabled: Type.Boolean(),
  created_at: Time,
});

export const WebhookList = Listing(Webhook);

/** `secret` (`whsec_…`) verifies signatures; shown once. */
export const CreatedWebhook = Type.Object({ ...Webhook.properties, secret: Type.String() });

/** Until `former_until` messages carry a signature by the secret before, too. */
export const RotatedSecret = Type.Object({ secret: Type.String(), former_until: Time });

export const Delivery = Type.Object({
  delivery_id: Id,
  event_id: Id,
  type: Type.String(),
  state: Choice(['waiting', 'delivered', 'failed']),
  attempts: Type.Integer(),
  /** HTTP status of the last answer; null: there was none. */
  last_status: Nullable(Type.Integer()),
  last_error: Nullable(Type.String()),
  next_attempt_at: Nullable(Time),
  delivered_at: Nullable(Time),
  created_at: Time,
});

export const DeliveryList = Listing(Delivery);

/** Everything after this event again. */
export const Replay = Type.Object({ after_event_id: Id }, strict);

export const Replayed = Type.Object({ deliveries: Type.Integer() });

export type WebhookEventType = Static<typeof WebhookEventType>;
export type NewWebhook = Static<typeof NewWebhook>;
export type WebhookChange = Static<typeof WebhookChange>;
export type Webhook = Static<typeof Webhook>;
export type CreatedWebhook = Static<typeof CreatedWebhook>;
export type RotatedSecret = Static<typeof RotatedSecret>;
export type Delivery = Static<typeof Delivery>;
export type Replayed = Static<typeof Replayed>;
