import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock.js';
import { NodeError } from '../nodes/node-client.js';
import type { Nodes, NodesListener, PlacedNode, PlaceWish } from '../nodes/nodes.js';
import type { Wire } from '../rpc/session.js';
import type { NodePresence } from './node-fleet.js';
import { NodeLink } from './node-link.js';
import { type Beat, lostAfterMs, type NodeHello } from './node-messages.js';
import { placeIn, placeRoom } from './placement.js';
import type { PortPlace, ProbeResult } from './port-probe.js';

export interface FleetNodesContext {
  clock: Clock;
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
  region: string;
  /** The regions that stand in for ours, the best first. */
  reserves: readonly string[];
  random: () => number;
  probe: (at: PortPlace) => Promise<ProbeResult>;
  /** Nodes that an operator drains. */
  isDrained: (nodeId: string) => boolean;
  /** One has come, gone or begun to drain. */
  changed: () => void;
  /** It is in another region, where it is heard: silence is that of the way there. */
  isHeardThere: (node: { nodeId: string; region: string }) => boolean;
}

/** Between two looks at who is silent. */
const lookMs = 200;
/** A look that comes so much later means that this process stood still: that is nobody's silence. */
const stoodStillMs = 1000;

/** A process that ends closes its sockets one after the other: what still listens may not a moment later. */
const askAgainMs: readonly number[] = [20, 50, 200, 500];
/** For an answer of a node that may be dead; one that lives needs a millisecond. */
const suspectMs = 300;
/** A node is told of a new control process within five seconds, and dials it at once. */
const settledAfterMs = 15_000;

interface Expecting {
  nodeId: string;
  resolve: (found: PlacedNode | null) => void;
}

/** The media nodes that dialled this process. */
export class FleetNodes implements Nodes {
  private readonly links = new Map<string, NodeLink>();
  private readonly expecting = new Set<Expecting>();
  /** Of drains, by node, whether or not it can be reached; of the monotonic clock, whoever sets the other. */
  private readonly deadlines = new Map<string, number>();
  /** Of its own knowledge this process says that they are lost. */
  private readonly known = new Set<string>();
  private listener: NodesListener = {
    event: () => {},
    lost: () => {},
    described: () => {},
    draining: () => {},
  };
  private readonly startedAt: number;
  private lookedAt: number;
  private cancelLook = () => {};

  constructor(private readonly context: FleetNodesContext) {
    this.startedAt = context.clock.monotonic();
    this.lookedAt = this.startedAt;
    this.look();
  }

  get all(): readonly NodeLink[] {
    return [...this.links.values()];
  }

  place({ except = [], region }: PlaceWish = {}): PlacedNode {
    const { reserves, random, region: own } = this.context;
    const link = placeRoom(this.all, { region: region ?? own, reserves, except }, random);
    if (link === null) {
      if (this.links.size === 0) throw new NodeError('node_lost', 'There is no media node.');
      throw new NodeError('no_capacity', 'Every media node is full or drained.');
    }
    link.promised += 1;
    return link;
  }

  placeIn(region: string, except: readonly string[], rather?: string): PlacedNode | null {
    const link = this.foresee(region, except, rather);
    if (link !== null) link.promised += 1;
    return link;
  }

  foresee(region: string, except: readonly string[], rather?: string): NodeLink | null {
    const wanted = this.all.filter(({ nodeId }) => nodeId === rather);
    const { random } = this.context;
    const wish = { region, except };
    return placeIn(wanted, wish, random) ?? placeIn(this.all, wish, random);
  }

  async checkCapacity(): Promise<void> {
    const placed = this.place();
    (placed as NodeLink).promised -= 1;
  }

  link(nodeId: string): NodeLink | null {
    return this.links.get(nodeId) ?? null;
  }

  /** Null: after a start of this process it may still come. */
  presenceOf(nodeId: string): NodePresence | null {
    const link = this.links.get(nodeId);
    if (link !== undefined) {
      const { incarnation, isDraining } = link;
      return { state: isDraining ? 'draining' : 'joined', incarnation };
    }
    const { clock } = this.context;
    const isSettled = clock.monotonic() - this.startedAt > settledAfterMs;
    return isSettled || this.known.has(nodeId) ? { state: 'lost', incarnation: null } : null;
  }

  /** @param until null: it is not drained any more. */
  drain(nodeId: string, until: Date | null): void {
    const link = this.links.get(nodeId);
    if (link !== undefined) link.isDrained = until !== null;
    const { clock } = this.context;
    if (until === null) this.deadlines.delete(nodeId);
    else this.deadlines.set(nodeId, clock.monotonic() + until.getTime() - clock.now());
    this.tellDraining(nodeId);
  }

  /** A node that goes by itself closes what is left when its own time is over, which it alone knows. */
  private tellDraining(nodeId: string): void {
    const ownEnd = this.links.get(nodeId)?.isLeaving ? Number.POSITIVE_INFINITY : null;
    this.listener.draining(nodeId, this.deadlines.get(nodeId) ?? ownEnd);
    this.context.changed();
  }

  find(nodeId: string): PlacedNode | null {
    return this.links.get(nodeId) ?? null;
  }

  /** After a start nodes have as long to dial in as they would have to beat. */
  async expect(nodeId: string): Promise<PlacedNode | null> {
    const found = this.links.get(nodeId) ?? null;
    if (found?.isCut) return null;
    const leftMs = this.startedAt + lostAfterMs - this.context.clock.monotonic();
    if (found !== null || leftMs <= 0) return found;
    return new Promise((resolve) => {
      const cancel = this.context.clock.after(leftMs, () => done(this.find(nodeId)));
      const done = (placed: PlacedNode | null) => {
        cancel();
        this.expecting.delete(entry);
        resolve(placed);
      };
      const entry = { nodeId, resolve: done };
      this.expecting.add(entry);
    });
  }

  listen(listener: NodesListener): void {
    this.listener = listener;
  }

  suspect(nodeId: string): void {
    const link = this.links.get(nodeId);
    if (link === undefined || link.isProbed) return;
    link.isProbed = true;
    const askedAt = this.context.clock.monotonic();
    const end = (isLost: boolean) => {
      link.isProbed = false;
      if (isLost) this.lose(link, 'people hear nothing, and it does not answer');
    };
    // Where this process stood still the time is over before what has come was read: that first.
    const judge = () => this.context.clock.after(0, () => end(link.heardAt <= askedAt));
    link.ping(suspectMs).then(() => end(false), judge);
  }

  /** A node beats, says whether it goes, and now and then what it has. */
  hear(link: NodeLink, beat: Beat): void {
    const wasLeaving = link.isLeaving;
    link.hear(beat);
    if (beat.rooms !== undefined) this.listener.described(link, beat.rooms);
    if (!wasLeaving && link.isLeaving) this.tellDraining(link.nodeId);
  }

  async probe(): Promise<void> {
    if (this.links.size === 0) throw new NodeError('node_lost', 'There is no media node.');
  }

  /**
   * A node is connected. @param isOurs false: its session is with the process that was here before. One
   * that it has here all the same has not come to it yet: its welcome was lost on its way.
   * @returns its link, and what was taken of the session that it named; null: a session begins.
   */
  welcome(
    nodeId: string,
    hello: NodeHello,
    { wire, isOurs }: { wire: Wire; isOurs: boolean },
  ): { link: NodeLink; received: number | null; begin: () => boolean } {
    const known = this.links.get(nodeId);
    if (known?.incarnation === hello.incarnation && known.sessionId === hello.session.id) {
      const [received, receivedByNode] = isOurs
        ? [known.received, hello.session.received]
        : [null, 0];
      return { link: known, received, begin: () => known.attach(wire, receivedByNode) };
    }
    if (known !== undefined) this.lose(known, 'another incarnation of it is there');
    const link: NodeLink = new NodeLink(nodeId, hello, this.context.clock, {
      event: (event) => this.listener.event(nodeId, event),
      broken: (reason) => this.lose(link, reason),
    });
    link.isDrained = this.context.isDrained(nodeId);
    return { link, received: null, begin: () => link.attach(wire, 0) && this.found(link) };
  }

  private found(link: NodeLink): boolean {
    const { nodeId, region } = link;
    this.links.set(nodeId, link);
    this.known.add(nodeId);
    this.context.log.info({ node: nodeId, region }, 'a media node is there');
    for (const waiting of this.expecting) if (waiting.nodeId === nodeId) waiting.resolve(link);
    this.listener.described(link, link.rooms);
    if (link.isDraining) this.tellDraining(nodeId);
    else this.context.changed();
    void this.learnProof(link);
    return true;
  }

  /** A firewall refuses too, and an address of inside may be another machine from here. */
  private async learnProof(link: NodeLink): Promise<void> {
    if (link.probe === null) return;
    link.isProvable = (await this.context.probe(link.probe)) === 'open';
  }

  /** Its connection is gone: proof that its process is gone too is looked for at once. */
  async disconnected(link: NodeLink, wire: Wire): Promise<void> {
    link.detach(wire);
    await this.seekProof(link, askAgainMs);
  }

  private async seekProof(link: NodeLink, [pauseMs, ...further]: readonly number[]): Promise<void> {
    const { probe, clock } = this.context;
    const isGone = () => link.isConnected || this.links.get(link.nodeId) !== link;
    if (isGone() || link.probe === null || !link.isProvable) return;
    const result = await probe(link.probe);
    if (isGone() || result === 'silent') return;
    if (result === 'refused') this.lose(link, 'its process has ended');
    else if (pauseMs !== undefined) clock.after(pauseMs, () => void this.seekProof(link, further));
  }

  /** For good: its certificate is void, or an operator says so. */
  remove(nodeId: string): void {
    this.deadlines.delete(nodeId);
    const link = this.links.get(nodeId);
    if (link !== undefined) this.lose(link, 'it was removed');
  }

  stop(): void {
    this.cancelLook();
    for (const link of this.links.values()) link.end();
    this.links.clear();
  }

  private lose(link: NodeLink, reason: string): void {
    link.end();
    if (this.links.get(link.nodeId) !== link) return;
    this.links.delete(link.nodeId);
    this.context.log.warn({ node: link.nodeId, reason }, 'a media node is lost');
    this.listener.lost(link.nodeId);
    this.context.changed();
  }

  /** Its people are near to it, and hear each other: a node that is only cut off keeps what it has. */
  private judge(link: NodeLink): void {
    const { nodeId, region } = link;
    const isSilent = link.silentMs > lostAfterMs;
    const isCut = isSilent && this.context.isHeardThere(link);
    if (isSilent && !isCut) {
      this.lose(link, `nothing was heard for ${lostAfterMs} ms`);
    } else if (isCut !== link.isCut) {
      link.isCut = isCut;
      if (isCut) this.context.log.warn({ node: nodeId, region }, 'a media node is cut off');
      else this.context.log.info({ node: nodeId, region }, 'a media node is heard again');
    }
  }

  private look(): void {
    const now = this.context.clock.monotonic();
    const lateMs = now - this.lookedAt - lookMs;
    this.lookedAt = now;
    for (const link of this.links.values()) {
      if (lateMs > stoodStillMs) link.heardAt += lateMs;
      this.judge(link);
    }
    this.cancelLook = this.context.clock.after(lookMs, () => this.look());
  }
}
