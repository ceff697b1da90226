import { isoTime } from '../../clock.js';
import { type WebhookEventType, webhookEventTypes } from '../../schemas/http.js';
import type { OutboxEvent } from '../outbox/service.js';

const maxBytes = 64 * 1024;

/** All but what people wrote. */
export const defaultTypes: readonly WebhookEventType[] = webhookEventTypes.filter(
  (type) => type !== 'message.created',
);

/** An event that webhooks tell of, with the body that does, at most 64 KiB. */
export interface Message extends OutboxEvent {
  body: string;
}

/** Of private messages nobody is told, not even that there was one. */
export function messagesOf(events: readonly OutboxEvent[]): Message[] {
  return events
    .filter(({ type, payload }) => isTold(type) && payload.is_private !== true)
    .map((event) => ({ ...event, body: bodyOf(event) }));
}

function isTold(type: string): boolean {
  return (webhookEventTypes as readonly string[]).includes(type);
}

function bodyOf(event: OutboxEvent): string {
  const { participantId, payload } = event;
  const message = {
    id: event.eventId,
    type: event.type,
    created_at: isoTime(event.createdAt.getTime()),
    meeting_id: event.meetingId,
    room_id: event.roomId,
    room_seq: event.roomSeq,
    data: { ...(participantId === null ? {} : { participant_id: participantId }), ...payload },
  };
  const text = JSON.stringify(message);
  if (Buffer.byteLength(text) <= maxBytes) return text;
  return JSON.stringify({ ...message, data: { is_omitted: true } });
}

/** Something of the fleet, of no meeting. */
export interface FleetEvent {
  eventId: string;
  type: WebhookEventType;
  /** Whose events come in the order of their numbers. */
  nodeId: string;
  seq: number;
  facts: object;
}

export function fleetMessage({ eventId, type, seq, nodeId, facts }: FleetEvent, at: Date): string {
  const told = { node_id: nodeId, node_seq: seq, ...facts };
  return JSON.stringify({ id: eventId, type, created_at: isoTime(at.getTime()), data: told });
}

/** What `…/test` sends: of no meeting. */
export const testType = 'webhook.test';

export function testMessage(id: string, at: Date): string {
  return JSON.stringify({ id, type: testType, created_at: isoTime(at.getTime()), data: {} });
}
