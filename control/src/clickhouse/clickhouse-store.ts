import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client';
import { projectRoot } from '../config.js';
import type { AnalyticsEvent } from '../queue/event-message.js';
import type { EventStore } from '../sink/event-store.js';
import type { ClickHouseAddress } from './clickhouse-address.js';

/** A block takes a second at most; whoever waits longer asks again, with the same token. */
const requestTimeoutMs = 30_000;
const table = 'room_events';

/**
 * Events in ClickHouse, over HTTP. A block that comes again is known by its token; servers before 21.11
 * know none: there a row that came twice is one by ReplacingMergeTree alone.
 */
export class ClickHouseStore implements EventStore {
  private readonly client: ClickHouseClient;
  private preparing: Promise<boolean> | null = null;

  constructor(private readonly address: ClickHouseAddress) {
    const { endpoint, isEncrypted, username, password, database } = address;
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
    this.client = createClient({
      url: `${isEncrypted ? 'https' : 'http'}://${host}:${endpoint.port}`,
      username,
      password,
      database,
      application: 'plenum',
      request_timeout: requestTimeoutMs,
      compression: { request: true },
      // Who asked is told, and logs it.
      log: { level: ClickHouseLogLevel.OFF },
    });
  }

  async insert(events: readonly AnalyticsEvent[], token: string): Promise<void> {
    const settings: ClickHouseSettings = {};
    if (await this.prepared()) settings.insert_deduplication_token = token;
    // Not before every shard has its part.
    if (this.address.cluster !== null) settings.insert_distributed_sync = 1;
    await this.client.insert({
      table,
      values: events.map(toRow),
      format: 'JSONEachRow',
      clickhouse_settings: settings,
    });
  }

  /** One statement that reads. @throws what the server says, or that it is not there. */
  async ask<Row>(query: string): Promise<Row[]> {
    await this.prepared();
    return this.send(query);
  }

  private async send<Row>(query: string): Promise<Row[]> {
    const result = await this.client.query({ query, format: 'JSONEachRow' });
    return result.json<Row>();
  }

  async ping(): Promise<void> {
    await this.send('select 1');
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /**
   * Makes the tables that lack (control/clickhouse), once; any process may at any time. A failure is
   * tried again by whoever comes next.
   * @returns whether the server knows tokens.
   */
  private prepared(): Promise<boolean> {
    this.preparing ??= this.prepare().catch((error) => {
      this.preparing = null;
      throw error;
    });
    return this.preparing;
  }

  private async prepare(): Promise<boolean> {
    const known = await this.send(
      `select name from system.settings where name = 'insert_deduplication_token'`,
    );
    const knowsTokens = known.length > 0;
    for (const statement of statementsFor(this.address.cluster, knowsTokens)) {
      await this.client.command({ query: statement });
    }
    return knowsTokens;
  }
}

/** The numbered files of one server or of a cluster, a statement each; all can be run again. */
export function statementsFor(cluster: string | null, knowsTokens: boolean): string[] {
  const kind = cluster === null ? 'single' : 'replicated';
  const folder = join(projectRoot, 'control/clickhouse', kind);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql') && (knowsTokens || !name.endsWith('.tokens.sql')))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .map((text) => text.replace(/^--.*\n/gm, '').replaceAll('{cluster}', cluster ?? ''));
}

function toRow(event: AnalyticsEvent): object {
  const { reason = '', role = '', kind = '', source = '', lobby, is_private } = event.facts;
  return {
    event_date: new Date(event.at).toISOString().slice(0, 10),
    event_type: event.type,
    meeting_id: event.meetingId,
    room_id: event.roomId,
    room_seq: event.roomSeq,
    event_id: event.eventId,
    at_ms: event.at,
    participant_id: event.participantId,
    user_id: event.userId,
    reason,
    role,
    kind,
    source,
    is_lobby: lobby === true ? 1 : 0,
    is_private: is_private === true ? 1 : 0,
  };
}
