import type { Fleet } from './fleet.js';
import type { Host } from './host.js';
import type { SimClient } from './sim-client.js';
import type { Change, Row } from './tables.js';

/** Between two looks at what is left of rooms that are over. */
const lookMs = 1000;
/** Of time without trouble: by then nodes have closed them. */
const closedMs = 20_000;
/** By then who was there knows. */
const toldMs = 10_000;

/** What must hold of a room that is over, and of the next one of its meeting. */
export class Endings {
  /** Since when it is durable. */
  private readonly endedAt = new Map<string, number>();
  private readonly ordered = new Set<string>();

  constructor(private readonly fleet: Fleet) {}

  /** A host, or an administrator, wants it to be over. */
  order(roomId: string): void {
    this.ordered.add(roomId);
  }

  isOver(roomId: string): boolean {
    return this.endedAt.has(roomId);
  }

  /** A transaction becomes durable. */
  committed(changes: readonly Change[]): void {
    for (const { table, after } of changes) {
      if (table === 'events') this.logged(after);
      if (table === 'messages')
        this.require(this.isOf(after), `${after.content} is of another room`);
      if (table === 'participants') this.seated(after);
    }
    for (const { table, before, after } of changes) {
      if (table !== 'rooms') continue;
      const roomId = `${after.roomId}`;
      this.require(!this.isOver(roomId), `${roomId} changes behind its end`);
      if (after.closedAt !== null && before?.closedAt === null) this.ended(after, changes);
    }
  }

  /** Its last word is written with it, and nobody has a seat any more. */
  private ended({ roomId, eventSeq }: Row, changes: readonly Change[]): void {
    const { world, postgres } = this.fleet;
    this.endedAt.set(`${roomId}`, world.now);
    const last = changes.find(({ table, after }) => table === 'events' && after.seq === eventSeq);
    const { type, payload } = (last?.after ?? {}) as {
      type?: string;
      payload?: { reason: string };
    };
    this.require(type === 'meeting.ended', `${roomId} ends with ${type}`);
    const isWanted = payload?.reason !== 'ended' || this.ordered.has(`${roomId}`);
    this.require(isWanted, `${roomId} is ended, and nobody wanted it`);
    const seats = new Map(postgres.tables.table('participants'));
    for (const { table, key, after } of changes)
      if (table === 'participants') seats.set(key, after);
    for (const seat of seats.values()) {
      const isLeft = seat.roomId !== roomId || seat.joinedAt === null || seat.leftAt !== null;
      this.require(isLeft, `${seat.participantId} still sits in ${roomId}, which is over`);
    }
    world.note(`${roomId} is over: ${payload?.reason}`);
  }

  private logged(event: Row): void {
    const { roomId, type } = event;
    this.require(!this.isOver(`${roomId}`), `${roomId} has ${type} behind its end`);
    this.require(this.isOf(event), `${roomId} has ${type} of somebody of another room`);
  }

  private seated({ participantId, roomId, joinedAt, leftAt }: Row): void {
    const isSeated = joinedAt !== null && leftAt === null;
    const says = `${participantId} has a seat in ${roomId}, which is over`;
    this.require(!isSeated || !this.isOver(`${roomId}`), says);
  }

  /** Whoever it is of has a seat in the room. */
  private isOf({ roomId, participantId, participant_id }: Row): boolean {
    const id = participantId ?? participant_id;
    if (id === null || id === undefined) return true;
    return this.fleet.postgres.tables.table('participants').get(`${id}`)?.roomId === roomId;
  }

  /** Somebody is let in who said hello then. */
  welcomed({ host, roomId }: SimClient, saidAt: number): void {
    const endedAt = this.endedAt.get(roomId) ?? Number.POSITIVE_INFINITY;
    this.require(saidAt < endedAt, `${host.name} is let into ${roomId}, which is over`);
  }

  /** Nobody comes back who is told so: it is durable. */
  told({ host, roomId }: SimClient): void {
    // Who was never welcomed knows of no room.
    if (roomId === '') return;
    this.require(this.isOver(roomId), `${host.name} hears that ${roomId} is over, and it is not`);
  }

  /** Again and again. */
  watch(): void {
    const { world, clients, controls, nodes, postgres } = this.fleet;
    world.at(lookMs, () => this.watch());
    const stores = controls.map(({ host }): Way => [host, postgres.host]);
    for (const node of nodes) {
      const ways = [...stores, ...controls.map(({ host }): Way => [host, node.host])];
      for (const { roomId } of node.rooms) {
        const isLate = this.calmMs(roomId, ways) > closedMs;
        this.require(!isLate, `${node.host.name} still has ${roomId}, which is over`);
      }
    }
    for (const { host, roomId, isJoined } of clients) {
      const ways = [...stores, ...controls.map((control): Way => [host, control.host])];
      const isLate = isJoined && this.calmMs(roomId, ways) > toldMs;
      this.require(!isLate, `${host.name} is still in ${roomId}, which is over`);
    }
  }

  /** Since it is over, without the time in which one of these ways was troubled. */
  private calmMs(roomId: string, ways: readonly Way[]): number {
    const { world, network } = this.fleet;
    const sinceMs = world.now - (this.endedAt.get(roomId) ?? world.now);
    const troubledMs = ways.map(([one, other]) => network.troubledMs(one, other, sinceMs));
    return sinceMs - troubledMs.reduce((sum, ms) => sum + ms, 0);
  }

  private require(holds: boolean, otherwise: string): void {
    this.fleet.invariants.require(holds, otherwise);
  }
}

type Way = [Host, Host];
