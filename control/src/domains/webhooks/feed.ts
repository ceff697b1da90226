import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { Queryable } from '../../store/database.js';
import type { OutboxConsumer, OutboxEvent } from '../outbox/service.js';
import { insertDeliveries, type NewDelivery } from './deliveries.js';
import { type FleetEvent, fleetMessage, type Message, messagesOf } from './messages.js';
import { hostsOf, type Listener, listenersOf } from './repository.js';

export interface WebhookFeedContext {
  clock: Clock;
  ids: Ids;
  /** There is something to deliver. */
  onFed: () => void;
}

/** Makes deliveries of events: one for each webhook that wants the type and may hear of it. */
export class WebhookFeed implements OutboxConsumer {
  constructor(private readonly context: WebhookFeedContext) {}

  async take(tx: Queryable, events: readonly OutboxEvent[]): Promise<void> {
    const messages = messagesOf(events);
    if (messages.length === 0) return;
    const hosts = await hostsOf(tx, [...new Set(messages.map(({ meetingId }) => meetingId))]);
    const listeners = await listenersOf(tx, [...new Set(hosts.values())]);
    const { ids, clock } = this.context;
    const fresh = messages.flatMap((message) =>
      listeners
        .filter((listener) => hears(listener, message, hosts.get(message.meetingId)))
        .map(({ webhookId }) => deliveryOf(webhookId, message, ids)),
    );
    await insertDeliveries(tx, fresh, new Date(clock.now()));
  }

  /** Those hear of it that hear of every meeting. Call `taken` when `tx` has committed. */
  async tell(tx: Queryable, events: readonly FleetEvent[]): Promise<void> {
    const listeners = (await listenersOf(tx, [])).filter(({ hearsAll }) => hearsAll);
    const at = new Date(this.context.clock.now());
    const fresh = events.flatMap((event) =>
      listeners
        .filter(({ types }) => types.includes(event.type))
        .map(({ webhookId }) => this.fleetDelivery(webhookId, event, at)),
    );
    await insertDeliveries(tx, fresh, at);
  }

  /** What is in order in a room is so here of a node. */
  private fleetDelivery(webhookId: string, event: FleetEvent, at: Date): NewDelivery {
    const { eventId, type, nodeId, seq } = event;
    const ofNode = { meetingId: null, roomId: nodeId, roomSeq: seq, traceparent: null };
    const deliveryId = this.context.ids.next();
    return { webhookId, deliveryId, eventId, type, body: fleetMessage(event, at), ...ofNode };
  }

  taken(): void {
    this.context.onFed();
  }
}

function hears(listener: Listener, { type }: Message, hostId: string | undefined): boolean {
  const wants = (listener.types as string[]).includes(type);
  return wants && (listener.hearsAll || listener.userId === hostId);
}

export function deliveryOf(webhookId: string, message: Message, ids: Ids): NewDelivery {
  const { eventId, meetingId, roomId, roomSeq, type, body, traceparent } = message;
  const event = { eventId, meetingId, roomId, roomSeq, type, body, traceparent };
  return { webhookId, deliveryId: ids.next(), ...event };
}
