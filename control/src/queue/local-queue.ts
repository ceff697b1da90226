import type { Clock } from '../clock.js';
import type { Database, Queryable } from '../store/database.js';
import { WorkLoop } from '../work-loop.js';
import type { QueueLog } from './kafka-client.js';
import { type BlockHandler, type QueueMessage, type QueueReader, tokenOf } from './queue.js';

/** An event on its way, as the table has it. */
export interface QueuedEvent {
  meetingId: string;
  eventId: string;
  roomId: string;
  body: string;
  traceparent: string | null;
  createdAt: Date;
}

export interface PlacedEvent extends QueuedEvent {
  position: number;
}

const columns = `meeting_id as "meetingId", event_id as "eventId", room_id as "roomId", body,
  traceparent, created_at as "createdAt", position`;

/** Any number will do, as long as every Plenum takes the same. */
const readerLock = 0x706c6571;

/** In the order given. The lock of the relay is held: positions rise in the order of commits. */
export async function append(tx: Queryable, events: readonly QueuedEvent[]): Promise<void> {
  await tx.query(
    `insert into event_queue (meeting_id, event_id, room_id, body, traceparent, created_at)
     select (event ->> 'meetingId')::uuid, (event ->> 'eventId')::uuid, (event ->> 'roomId')::uuid,
       event ->> 'body', event ->> 'traceparent', (event ->> 'createdAt')::timestamptz
     from jsonb_array_elements($1::jsonb) with ordinality as queued(event, number)
     order by number`,
    [JSON.stringify(events)],
  );
}

/** True: until the transaction ends nobody else takes from the queue. */
export async function becomeReader(tx: Queryable): Promise<boolean> {
  const [row] = await tx.query<{ locked: boolean }>(
    'select pg_try_advisory_xact_lock($1) as locked',
    [readerLock],
  );
  return row?.locked === true;
}

/**
 * The next ones behind a position. Whoever has taken some says so, or each look would pass through all
 * that is deleted and not yet swept up: with a long backlog that is most of it.
 */
export function next(from: Queryable, after: number, limit: number): Promise<PlacedEvent[]> {
  return from.query<PlacedEvent>(
    `select ${columns} from event_queue where position > $1 order by position limit $2`,
    [after, limit],
  );
}

/** These very ones: nothing goes that was not looked at. */
export async function forget(tx: Queryable, events: readonly PlacedEvent[]): Promise<void> {
  await tx.query('delete from event_queue where position = any($1::bigint[])', [
    events.map(({ position }) => position),
  ]);
}

export async function isEmpty(database: Queryable): Promise<boolean> {
  return (await database.query('select 1 from event_queue limit 1')).length === 0;
}

/** How many wait, at most: positions have holes. Counting rows would read all of them. */
export async function backlog(from: Queryable): Promise<{ pending: number; oldest: Date | null }> {
  const [row] = await from.query<{ first: number; last: number; oldest: Date }>(
    `select position as first, created_at as oldest,
       (select max(position) from event_queue) as last
     from event_queue order by position limit 1`,
  );
  if (row === undefined) return { pending: 0, oldest: null };
  return { pending: row.last - row.first + 1, oldest: row.oldest };
}

export function toMessage({ roomId, body, traceparent }: QueuedEvent): QueueMessage {
  return { key: roomId, value: body, headers: traceparent === null ? {} : { traceparent } };
}

export interface LocalReaderContext {
  database: Database;
  clock: Clock;
  log: QueueLog;
}

const topic = 'local';
/** More makes larger inserts, and more to do again after a crash. */
const blockSize = 10_000;
/** Between looks: so long do events gather. */
const gatherMs = 1000;

/**
 * Reads the table itself, for who has no Kafka: one process at a time. The end of a block is committed
 * by itself before the block is handed on, and forgotten with it.
 */
export class LocalReader implements QueueReader {
  private readonly loop: WorkLoop;
  private handle: BlockHandler = async () => {};
  private after = 0;

  constructor(
    private readonly context: LocalReaderContext,
    private readonly size = blockSize,
  ) {
    this.loop = new WorkLoop({
      clock: context.clock,
      idleMs: gatherMs,
      turn: () => this.turn(),
      onFailure: (err) => {
        this.after = 0;
        context.log.warn({ err }, 'a block of events waits');
      },
    });
  }

  async start(handle: BlockHandler): Promise<void> {
    this.handle = handle;
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** Resolves when the look that is under way, and those that follow at once, are over. */
  settled(): Promise<void> {
    return this.loop.settled();
  }

  async lag(): Promise<number> {
    return (await backlog(this.context.database)).pending;
  }

  private async turn(): Promise<void> {
    if (await isEmpty(this.context.database)) return;
    const isMore = await this.context.database.transaction(async (tx) => {
      if (!(await becomeReader(tx))) return false;
      const events = await this.begin();
      const last = events.at(-1)?.position;
      this.after = last ?? 0;
      if (last === undefined) return false;
      const messages = events.map(({ position, createdAt, roomId, body }) => ({
        offset: position,
        queuedAt: createdAt.getTime(),
        key: roomId,
        value: Buffer.from(body),
      }));
      const place = { topic, partition: 0 };
      await this.handle({ ...place, messages, token: tokenOf(place, messages) });
      await forget(tx, events);
      await tx.query('delete from event_queue_block');
      return events.length === this.size;
    });
    if (isMore) this.loop.poke();
  }

  /** The block that was begun and not finished, else the next one, begun now. */
  private async begin(): Promise<PlacedEvent[]> {
    const { database } = this.context;
    const [begun] = await database.query<{ last: number }>(
      'select last_position as last from event_queue_block',
    );
    const events = await next(database, begun === undefined ? this.after : 0, this.size);
    if (begun !== undefined) return events.filter(({ position }) => position <= begun.last);
    const last = events.at(-1)?.position;
    if (last !== undefined) {
      await database.query('insert into event_queue_block values (true, $1)', [last]);
    }
    return events;
  }
}
