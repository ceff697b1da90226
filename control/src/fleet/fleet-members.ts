import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock.js';
import type { Wire } from '../rpc/session.js';
import type { MemberLink, MemberLinkListener } from './member-link.js';
import type { NodePresence } from './node-fleet.js';
import { type Beat, type Hello, lostAfterMs } from './node-messages.js';
import type { PortPlace, ProbeResult } from './port-probe.js';

export interface FleetMembersContext {
  clock: Clock;
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
  region: string;
  probe: (at: PortPlace) => Promise<ProbeResult>;
  /** Those that an operator drains. */
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
/** For an answer of one that may be dead; who lives needs a millisecond. */
const suspectMs = 300;
/** A node is told of a new control process within five seconds, and dials it at once. */
const settledAfterMs = 15_000;

interface Expecting<Link> {
  nodeId: string;
  resolve: (found: Link | null) => void;
}

export interface MembersListener<Link, Held, Event> {
  event: (nodeId: string, event: Event) => void;
  lost: (nodeId: string) => void;
  described: (link: Link, held: Held) => void;
  draining: (nodeId: string, until: number | null) => void;
}

/** The media nodes, or the recorders, that dialled this process: who is there, and who is lost. */
export abstract class FleetMembers<Link extends MemberLink<Load, Held, Event>, Load, Held, Event> {
  protected readonly links = new Map<string, Link>();
  private readonly expecting = new Set<Expecting<Link>>();
  /** Of drains, by node, whether or not it can be reached; of the monotonic clock, whoever sets the other. */
  private readonly deadlines = new Map<string, number>();
  /** Of its own knowledge this process says that they are lost. */
  private readonly known = new Set<string>();
  private listener: MembersListener<Link, Held, Event> = {
    event: () => {},
    lost: () => {},
    described: () => {},
    draining: () => {},
  };
  private readonly startedAt: number;
  private lookedAt: number;
  private cancelLook = () => {};

  /** @param called as the log has one of them. */
  constructor(
    protected readonly context: FleetMembersContext,
    private readonly called: string,
  ) {
    this.startedAt = context.clock.monotonic();
    this.lookedAt = this.startedAt;
    this.look();
  }

  get all(): readonly Link[] {
    return [...this.links.values()];
  }

  protected abstract newLink(
    nodeId: string,
    hello: Hello<Load, Held>,
    listener: MemberLinkListener<Event>,
  ): Link;

  link(nodeId: string): Link | null {
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

  /** After a start nodes have as long to dial in as they would have to beat. */
  async expect(nodeId: string): Promise<Link | null> {
    const found = this.links.get(nodeId) ?? null;
    if (found?.isCut) return null;
    const leftMs = this.startedAt + lostAfterMs - this.context.clock.monotonic();
    if (found !== null || leftMs <= 0) return found;
    return new Promise((resolve) => {
      const cancel = this.context.clock.after(leftMs, () => done(this.link(nodeId)));
      const done = (placed: Link | null) => {
        cancel();
        this.expecting.delete(entry);
        resolve(placed);
      };
      const entry = { nodeId, resolve: done };
      this.expecting.add(entry);
    });
  }

  /** One listener. */
  protected hearAll(listener: MembersListener<Link, Held, Event>): void {
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
  hear(link: Link, beat: Beat<Load, Held>): void {
    const wasLeaving = link.isLeaving;
    link.hear(beat);
    if (beat.rooms !== undefined) this.listener.described(link, beat.rooms);
    if (!wasLeaving && link.isLeaving) this.tellDraining(link.nodeId);
  }

  /**
   * A node is connected. @param isOurs false: its session is with the process that was here before. One
   * that it has here all the same has not come to it yet: its welcome was lost on its way.
   * @returns its link, and what was taken of the session that it named; null: a session begins.
   */
  welcome(
    nodeId: string,
    hello: Hello<Load, Held>,
    { wire, isOurs }: { wire: Wire; isOurs: boolean },
  ): { link: Link; received: number | null; begin: () => boolean } {
    const known = this.links.get(nodeId);
    if (known?.incarnation === hello.incarnation && known.sessionId === hello.session.id) {
      const [received, receivedByNode] = isOurs
        ? [known.received, hello.session.received]
        : [null, 0];
      return { link: known, received, begin: () => known.attach(wire, receivedByNode) };
    }
    if (known !== undefined) this.lose(known, 'another incarnation of it is there');
    const link: Link = this.newLink(nodeId, hello, {
      event: (event) => this.listener.event(nodeId, event),
      broken: (reason) => this.lose(link, reason),
    });
    link.isDrained = this.context.isDrained(nodeId);
    return { link, received: null, begin: () => link.attach(wire, 0) && this.found(link) };
  }

  private found(link: Link): boolean {
    const { nodeId, region } = link;
    this.links.set(nodeId, link);
    this.known.add(nodeId);
    this.context.log.info({ node: nodeId, region }, `${this.called} is there`);
    for (const waiting of this.expecting) if (waiting.nodeId === nodeId) waiting.resolve(link);
    this.listener.described(link, link.rooms);
    if (link.isDraining) this.tellDraining(nodeId);
    else this.context.changed();
    void this.learnProof(link);
    return true;
  }

  /** A firewall refuses too, and an address of inside may be another machine from here. */
  private async learnProof(link: Link): Promise<void> {
    if (link.probe === null) return;
    link.isProvable = (await this.context.probe(link.probe)) === 'open';
  }

  /** Its connection is gone: proof that its process is gone too is looked for at once. */
  async disconnected(link: Link, wire: Wire): Promise<void> {
    link.detach(wire);
    if (this.hasLeft(link)) this.lose(link, 'it has stopped');
    else await this.seekProof(link, askAgainMs);
  }

  /** Its connection is gone, and that is all there is to wait for. */
  protected hasLeft(_link: Link): boolean {
    return false;
  }

  private async seekProof(link: Link, [pauseMs, ...further]: readonly number[]): Promise<void> {
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

  private lose(link: Link, reason: string): void {
    link.end();
    if (this.links.get(link.nodeId) !== link) return;
    this.links.delete(link.nodeId);
    this.context.log.warn({ node: link.nodeId, reason }, `${this.called} is lost`);
    this.listener.lost(link.nodeId);
    this.context.changed();
  }

  /** Its people are near to it, and hear each other: a node that is only cut off keeps what it has. */
  private judge(link: Link): void {
    const { nodeId, region } = link;
    const isSilent = link.silentMs > lostAfterMs;
    const isCut = isSilent && this.context.isHeardThere(link);
    if (isSilent && !isCut) {
      this.lose(link, `nothing was heard for ${lostAfterMs} ms`);
    } else if (isCut !== link.isCut) {
      link.isCut = isCut;
      if (isCut) this.context.log.warn({ node: nodeId, region }, `${this.called} is cut off`);
      else this.context.log.info({ node: nodeId, region }, `${this.called} is heard again`);
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
