/** Events beside those of people, written as journals write them; what ClickHouse has of both. */
import { ClickHouseStore } from '../../control/src/clickhouse/clickhouse-store.js';
import type { AnalyticsEvent } from '../../control/src/queue/event-message.js';
import {
  intoOutbox,
  reaches,
  storedAs,
  storedColumns,
} from '../../control/src/testing/test-events.js';
import { eventually, pause } from '../e2e/support/plenum.js';
import type { FaultContext } from './fault.js';
import type { Stores } from './fleet/stores.js';
import type { Room } from './people/room.js';

/** The kinds of rows there may be: each insert's, or one for each event. */
export type Rows = 'as inserted' | 'final';

const mostAtOnce = 1000;

export class EventLog {
  private readonly stores: Stores;
  private readonly store: ClickHouseStore;
  private readonly written = new Map<string, AnalyticsEvent[]>();

  constructor(private readonly context: FaultContext) {
    this.stores = context.fleet.stores;
    this.store = new ClickHouseStore(this.stores.events.clickhouse.address);
    context.teardown(() => this.store.close());
  }

  /** Until the fault is over: merges would hide rows that came twice. */
  async withoutMerges(): Promise<void> {
    // Whoever asks makes the table.
    await this.count([''], 'as inserted');
    const { clickhouse } = this.stores.events;
    this.context.teardown(() => clickhouse.command('system start merges room_events'));
    await clickhouse.command('system stop merges room_events');
  }

  /** At a rate, or as fast as it goes. */
  async write(events: readonly AnalyticsEvent[], perSecond?: number): Promise<void> {
    const atOnce = perSecond ?? mostAtOnce;
    const startedAt = performance.now();
    for (let at = 0; at < events.length; at += atOnce) {
      const some = events.slice(at, at + atOnce);
      await intoOutbox(this.stores.postgres, some);
      for (const event of some) {
        const room = this.written.get(event.roomId) ?? [];
        this.written.set(event.roomId, room);
        room.push(event);
      }
      const dueMs = perSecond === undefined ? 0 : ((at + some.length) / perSecond) * 1000;
      await pause(Math.max(0, startedAt + dueMs - performance.now()));
    }
  }

  /** Those that wait for Kafka. */
  async waiting(): Promise<number> {
    const rows = await this.stores.postgres.query<{ count: string }>(
      'select (select count(*) from outbox) + (select count(*) from event_queue) as count',
    );
    return Number(rows[0]?.count);
  }

  /** Resolves when Kafka has all. */
  forwarded(): Promise<void> {
    return reaches('events that wait for Kafka', 0, () => this.waiting());
  }

  /** Row for row what was written here. */
  async expectStored(rows: Rows): Promise<void> {
    const { expect } = this.context;
    const total = [...this.written.values()].flat().length;
    await reaches('rows', total, () => this.count([...this.written.keys()], rows));
    for (const [roomId, events] of this.written) {
      const found = await this.rowsOf(roomId, rows);
      const isSame = JSON.stringify(found) === JSON.stringify(events.map(storedAs));
      expect(isSame, `room ${roomId}: ${found.length} rows are not its ${events.length} events`);
    }
  }

  /** What happened to people, as the log of their meeting has it. */
  async expectLogged(rooms: readonly Room[]): Promise<void> {
    const { fleet, expect } = this.context;
    for (const { meetingId } of rooms) {
      const log = await fleet.admin.log(meetingId);
      const told = JSON.stringify(log.map(({ room_id, seq, type }) => [room_id, seq, type]));
      const roomIds = [...new Set(log.map(({ room_id }) => room_id))];
      const isSame = await eventually(`rows of ${meetingId}`, async () => {
        const found = (await Promise.all(roomIds.map((id) => this.rowsOf(id, 'final')))).flat();
        const rows = found.map(({ room, seq, event_type }) => [room, seq, event_type]);
        return JSON.stringify(rows) === told ? true : undefined;
      }).catch(() => false);
      expect(isSame, `the rows of ${meetingId} are not its log: ${told.slice(0, 500)}`);
    }
  }

  private async count(roomIds: readonly string[], rows: Rows): Promise<number> {
    const named = roomIds.map((id) => `'${id}'`).join();
    const [row] = await this.store.ask<{ rows: number }>(
      `select toUInt32(count()) as rows from ${tableOf(rows)} where toString(room_id) in (${named})`,
    );
    return row?.rows ?? 0;
  }

  private rowsOf(roomId: string, rows: Rows) {
    return this.store.ask<ReturnType<typeof storedAs>>(
      `select ${storedColumns} from ${tableOf(rows)} where toString(room_id) = '${roomId}'
       order by seq, id`,
    );
  }
}

function tableOf(rows: Rows): string {
  return rows === 'final' ? 'room_events final' : 'room_events';
}
