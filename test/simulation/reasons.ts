import type { Fleet } from './fleet.js';
import type { Host } from './host.js';
import type { SimControl } from './sim-control.js';
import type { SimNode } from './sim-node.js';
import type { Row } from './tables.js';

/** So long at least somebody did not reach the other: with less nobody is lost. */
const troubleMs = 1000;
/** Of these last ones: a lease is 3 s, and looked at each 200 ms; a process that writes nothing has 4 s. */
const [silenceMs, unwrittenMs] = [3500, 6000];
/** Nodes of other regions are given up later: not before others have not heard them for 4 s. */
const farMs = 10_000;
/** Whoever is cut off for so long is known to be. */
const cutMs = 6000;
/** From a decision until it is durable. */
const writingMs = 15_000;
/** Written and read each second, and a connection has to stand. */
const readMs = 8000;
/** A call's deadline, and then some. */
const callMs = 8000;

interface Find {
  incarnation: string;
  at: number;
}

interface Since {
  nodeId: string;
  at: number;
}

/** An epoch is given out for a reason; that something was cut for a moment is none. */
export class Reasons {
  /** By process and what it lost, when it last said so, rightly. */
  private readonly losses = new Map<string, number>();
  /** The same of a node: which incarnation of it was found, and when for the first time. */
  private readonly finds = new Map<string, Find>();
  private readonly movesAskedAt = new Map<string, number>();
  /** By node: until when it was drained, left, or died. */
  private readonly drainedUntil = new Map<string, number>();
  /** Since when a room is at a node. */
  private readonly places = new Map<string, Since>();

  constructor(private readonly fleet: Fleet) {}

  moveAsked(meetingId: string): void {
    this.movesAskedAt.set(meetingId, this.now);
  }

  /** It is about to be emptied, and is for a while. */
  drained(nodeId: string): void {
    this.drainedUntil.set(nodeId, Number.POSITIVE_INFINITY);
  }

  undrained(nodeId: string): void {
    this.drainedUntil.set(nodeId, this.now);
  }

  /** A process hears a node; what its last incarnation sent may come long after the next one has begun. */
  nodeFound(control: Host, nodeId: string, incarnation: string): void {
    const key = `${control.name} ${nodeId}`;
    if (this.finds.get(key)?.incarnation === incarnation) return;
    this.finds.set(key, { incarnation, at: this.now });
  }

  /** A process says that a node is lost. */
  nodeLost(control: Host, nodeId: string): void {
    const node = this.nodeOf(nodeId);
    this.losses.set(`${control.name} ${nodeId}`, this.now);
    const foundAt = this.finds.get(`${control.name} ${nodeId}`)?.at ?? this.now;
    const isOther = node.host.startedAt > foundAt;
    const isRight = isOther || this.hasDied(node, writingMs) || this.isUnheard(control, node);
    this.require(isRight, `${control.name} gives ${node.host.name} up for no reason`);
  }

  /** A process finds that another one does not live. */
  controlLost(control: Host, controlId: string): void {
    const other = this.controlOf(controlId)?.host;
    if (other === undefined || other === control) return;
    const { network, postgres } = this.fleet;
    const isUnheard = network.troubledMs(control, other, silenceMs) >= troubleMs;
    const isUnwritten = [other, control].some(
      (one) => network.troubledMs(one, postgres.host, unwrittenMs) >= troubleMs,
    );
    this.require(isUnheard && isUnwritten, `${control.name} gives ${other.name} up for no reason`);
    this.losses.set(`${control.name} ${controlId}`, this.now);
  }

  /** It is gone by what was found before, until what it writes is read again. */
  controlGone(control: Host, controlId: string): void {
    const other = this.controlOf(controlId)?.host;
    if (other === undefined || other === control) return;
    const isRight = this.isLostFor(control, { host: other, controlId }, readMs);
    this.require(isRight, `${other.name} is still gone for ${control.name}`);
  }

  /** Rightly so, and for so long since: while either is without the database nothing else can be known. */
  private isLostFor(
    control: Host,
    { host, controlId }: Pick<SimControl, 'host' | 'controlId'>,
    ms: number,
  ): boolean {
    const { network, postgres } = this.fleet;
    const lostAt = this.losses.get(`${control.name} ${controlId}`) ?? Number.NEGATIVE_INFINITY;
    const sinceMs = this.now - lostAt;
    const ways = [control, host].map((one) => network.troubledMs(one, postgres.host, sinceMs));
    return sinceMs < ways.reduce((sum, troubledMs) => sum + troubledMs, ms);
  }

  /** @param migration the event that was written with it, if any. */
  epochGiven(before: Row | undefined, after: Row, migration: Row | undefined): void {
    const roomId = `${after.roomId}`;
    if (before !== undefined) {
      if (migration === undefined) this.taken(before, after);
      else this.moved(after, migration.payload as Migration);
    }
    for (const nodeId of [after.nodeId, ...(after.branches as string[])]) {
      const key = `${roomId} ${nodeId}`;
      if (!this.places.has(key)) this.places.set(key, { nodeId: `${nodeId}`, at: this.now });
    }
    for (const [key, { nodeId }] of this.places) {
      const isThere = after.nodeId === nodeId || (after.branches as string[]).includes(nodeId);
      if (key.startsWith(roomId) && !isThere) this.places.delete(key);
    }
  }

  private taken(before: Row, after: Row): void {
    const { roomId, controlId } = before;
    const taker = this.controlOf(`${after.controlId}`)?.host;
    const other = this.controlOf(`${controlId}`);
    const isSame = controlId === after.controlId;
    // A process that took it and died at once has no reason to answer for.
    if (taker === undefined) return;
    const isFree = other === undefined || isSame || this.isLostFor(taker, other, writingMs);
    this.require(isFree, `${taker.name} takes ${roomId} from ${other?.host.name} for no reason`);
    const node = this.nodeOf(`${before.nodeId}`);
    const isNear = !this.isBehindCut(taker, node.host, `${controlId}`);
    this.require(isNear, `${taker.name} takes ${roomId} away from where it can be reached`);
    if (before.nodeId === after.nodeId) return;
    const isRight = this.mayLeave(taker, node, `${roomId}`) || this.isYoung(taker);
    this.require(isRight, `${taker.name} takes ${roomId} away from ${node.host.name}`);
  }

  /** And another process than the one that is lost is not. */
  private isBehindCut(taker: Host, node: Host, lostId: string): boolean {
    const { network, controls, postgres } = this.fleet;
    const near = controls.filter((one) => one.host.region === node.region);
    const others = near.filter(({ controlId }) => controlId !== lostId);
    const isWell = (one: Host) =>
      one.isUp &&
      this.now - one.startedAt >= cutMs &&
      network.troubledMs(one, postgres.host, cutMs) === 0;
    return (
      network.cutOffMs(taker, node, cutMs) >= cutMs &&
      others.length > 0 &&
      [taker, ...others.map(({ host }) => host)].every(isWell)
    );
  }

  private moved({ roomId, meetingId, controlId }: Row, { reason, from, to }: Migration): void {
    const owner = this.controlOf(`${controlId}`)?.host;
    if (owner === undefined || from === to) return;
    const node = this.nodeOf(from);
    const askedAt = this.movesAskedAt.get(`${meetingId}`) ?? Number.NEGATIVE_INFINITY;
    const isRight = {
      rebalance: this.now - askedAt < writingMs,
      drain: this.isDrainedFor(owner, from),
      failure: this.mayLeave(owner, node, `${roomId}`) || this.isDrainedFor(owner, from),
    }[reason];
    this.require(isRight, `${roomId} leaves ${node.host.name} by ${reason} for no reason`);
  }

  /** Since the room came there. */
  private mayLeave(owner: Host, node: SimNode, roomId: string): boolean {
    const since = this.places.get(`${roomId} ${node.nodeId}`)?.at ?? this.now;
    const sinceMs = this.now - since + writingMs;
    const lostAt = this.losses.get(`${owner.name} ${node.nodeId}`) ?? Number.NEGATIVE_INFINITY;
    return (
      this.hasDied(node, sinceMs) ||
      this.now - lostAt < sinceMs ||
      this.fleet.network.troubledMs(owner, node.host, sinceMs) >= troubleMs
    );
  }

  private isUnheard(control: Host, { host, region }: SimNode): boolean {
    const { network, controls, postgres } = this.fleet;
    if (network.troubledMs(control, host, silenceMs) < troubleMs) return false;
    if (control.region === host.region) return true;
    const isCutFrom = (one: Host, other: Host) =>
      network.troubledMs(one, other, farMs) >= troubleMs;
    const near = controls.filter((one) => one.host.region === region);
    // One of them speaks for the node: if that one cannot, no other one does.
    return (
      isCutFrom(control, postgres.host) ||
      near.some((one) => isCutFrom(one.host, host) || isCutFrom(one.host, postgres.host)) ||
      near.every((one) => !one.host.isUp)
    );
  }

  private hasDied({ host }: SimNode, withinMs: number): boolean {
    return !host.isUp || this.now - host.startedAt < withinMs;
  }

  /** Nodes may not have come to it yet. */
  private isYoung(control: Host): boolean {
    return this.now - control.startedAt < callMs;
  }

  /** As far as it can know: while the database is away from it, as it was read last. */
  private isDrainedFor(owner: Host, nodeId: string): boolean {
    const { network, postgres } = this.fleet;
    const sinceMs = this.now - (this.drainedUntil.get(nodeId) ?? Number.NEGATIVE_INFINITY);
    return sinceMs < writingMs + network.troubledMs(owner, postgres.host, sinceMs);
  }

  /** Undefined: its process has ended. */
  private controlOf(controlId: string): SimControl | undefined {
    return this.fleet.controls.find((one) => one.host.isUp && one.controlId === controlId);
  }

  private nodeOf(nodeId: string): SimNode {
    return this.fleet.nodes.find((one) => one.nodeId === nodeId) as SimNode;
  }

  private get now(): number {
    return this.fleet.world.now;
  }

  private require(holds: boolean, otherwise: string): void {
    this.fleet.invariants.require(holds, otherwise);
  }
}

interface Migration {
  reason: 'failure' | 'drain' | 'rebalance';
  from: string;
  to: string;
}
