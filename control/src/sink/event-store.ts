import type { AnalyticsEvent } from '../queue/event-message.js';

/** Where events are kept to be counted. */
export interface EventStore {
  /** Resolves when all are durable. Again with the same token and the same events it changes nothing. */
  insert(events: readonly AnalyticsEvent[], token: string): Promise<void>;
  /** @throws when it cannot be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
