import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../bus/bus.js';
import type { Clock } from '../clock.js';
import type { NodeLoad } from '../nodes/node-client.js';
import type { Unfit } from './node-fleet.js';
import { type RoomEntry, roomKey } from './room-owners.js';

/** A room that this process has. */
export interface HeldRoom extends RoomEntry {
  meetingId: string;
  epoch: number;
}

type RoomKey = Pick<HeldRoom, 'meetingId' | 'roomId' | 'epoch'>;

export interface NodeEntry {
  region: string;
  load: NodeLoad;
  unfit: Unfit | null;
}

export interface RegistryContext {
  bus: Bus;
  clock: Clock;
  log: Pick<FastifyBaseLogger, 'warn' | 'info'>;
  rooms: () => Iterable<HeldRoom>;
  /** Those for which this process speaks. */
  nodes: () => Iterable<{ nodeId: string; entry: NodeEntry }>;
}

/** Everything is written again so often, and a beat: a bus that has lost it has it again within 5 s. */
const refreshMs = 3000;
/** Three refreshes may fail. */
const roomLifeMs = 10_000;
const nodeBeatMs = 1000;
/** A node's lease: as long as silence of its is waited for. */
const nodeLifeMs = 3000;
/** Under way at once: a refresh of ten thousand rooms must not hold up others' commands. */
const maxAtOnce = 50;

/**
 * Copies into the bus what this process knows of its rooms and of nodes, for whoever looks a room up.
 * Rooms are written under their id and epoch, so neither an older owner nor that of a room which the
 * meeting had before changes anything. It is a cache: Postgres has the truth about rooms, the nodes
 * themselves about nodes.
 */
export class Registry {
  private refreshedAt = Number.NEGATIVE_INFINITY;
  private stopped = false;
  private isFailing = false;
  private cancel = () => {};

  constructor(private readonly context: RegistryContext) {}

  start(): void {
    this.beat();
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  /** At once, when a room has come here or has moved. */
  async put({ meetingId, epoch, ...entry }: HeldRoom): Promise<void> {
    const fence = { id: entry.roomId, epoch };
    const { bus } = this.context;
    await bus.setFenced(roomKey(meetingId), fence, JSON.stringify(entry), roomLifeMs);
  }

  async remove({ meetingId, roomId, epoch }: RoomKey): Promise<void> {
    await this.context.bus.deleteFenced(roomKey(meetingId), { id: roomId, epoch });
  }

  private beat(): void {
    this.write().then(
      () => this.note(false),
      () => this.note(true),
    );
    this.cancel = this.context.clock.after(nodeBeatMs, () => {
      if (!this.stopped) this.beat();
    });
  }

  /** Once for each time that it fails, and once for each that it works again. */
  private note(isFailing: boolean): void {
    if (isFailing === this.isFailing) return;
    this.isFailing = isFailing;
    const { log } = this.context;
    if (isFailing) log.warn('the registry cannot be written');
    else log.info('the registry is written again');
  }

  private async write(): Promise<void> {
    const { bus, clock, nodes, rooms } = this.context;
    for (const { nodeId, entry } of nodes()) {
      await bus.set(`node:${nodeId}`, JSON.stringify(entry), nodeLifeMs);
    }
    const now = clock.monotonic();
    if (now - this.refreshedAt < refreshMs) return;
    this.refreshedAt = now;
    let batch: Promise<void>[] = [];
    for (const room of rooms()) {
      batch.push(this.put(room));
      if (batch.length < maxAtOnce) continue;
      await Promise.all(batch);
      batch = [];
    }
    await Promise.all(batch);
  }
}
