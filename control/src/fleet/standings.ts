import type { Clock } from '../clock.js';
import type { ToldNode } from './node-fleet.js';
import { Sightings } from './sightings.js';

/** Of a token, and of who was enrolled by it. */
export type MemberKind = 'media' | 'recorder';

/** A node, or a recorder, that may come, as it is written, and that may be drained. */
interface Standing {
  nodeId: string;
  kind: MemberKind;
  isDrained: boolean;
  drainUntil: Date | null;
  /** By whoever speaks for it. */
  lastSeenAt: Date;
}

/** With its region, as it says itself. */
type SeenNode = Pick<ToldNode, 'nodeId' | 'region'>;

/** All that is read of a node; of one that was removed until that was told. */
export type WrittenNode = Standing & ToldNode;

export interface StandingsContext {
  clock: Clock;
  read: () => Promise<readonly WrittenNode[]>;
  /** It was read: `written` is another one. */
  wasRead: () => void;
  /** Nodes that can be reached, and for which this process speaks. */
  heard: () => readonly SeenNode[];
  markSeen: (nodes: readonly SeenNode[], at: Date) => Promise<void>;
  /** Others may not hear those that this process hears, and ask here: there are other regions. */
  areOthersFar: () => boolean;
  report: (error: unknown) => void;
  /** It is drained until then, or (null) not any more. */
  drained: (nodeId: string, until: Date | null) => void;
  removed: (nodeId: string) => void;
}

/** Another process removes or drains a node: it is known here after so long at most. */
const readMs = 1000;
/** When a lost node was there last is known as exactly as that. */
const markMs = 10_000;

/**
 * Which nodes belong to the fleet, as Postgres has it; while that is away, as it was last. It is the one
 * that reads their table: what others want to know of it they find in `written`.
 */
export class Standings {
  /** As it was read last. */
  written: readonly WrittenNode[] = [];
  private regions: ReadonlyMap<string, string> = new Map();
  private known = new Map<string, Standing>();
  private stopped = false;
  private markedAt = Number.NEGATIVE_INFINITY;
  private cancel = () => {};
  private refreshing: Promise<void> | null = null;
  /** What was said of them here is newer than what is read: that was asked for before. */
  private readonly spokenOf = new Set<string>();
  private readonly sightings: Sightings;

  constructor(private readonly context: StandingsContext) {
    this.sightings = new Sightings(context.clock);
  }

  /** Once, so that nobody is refused who belongs here; then each second. */
  async start(): Promise<void> {
    await this.refreshed();
    this.next();
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  /** Looks again for a node that is not known: another process may have enrolled it just now. */
  async belongsHere(nodeId: string): Promise<boolean> {
    if (!this.known.has(nodeId)) await this.refreshed().catch(this.context.report);
    return this.known.has(nodeId);
  }

  /** Whether another process hears of it, as far as anybody can tell. */
  isSeenByOthers(nodeId: string): boolean {
    return this.sightings.isSeen(nodeId);
  }

  /** Null: it is not known, or was removed. */
  regionOf(nodeId: string | null): string | null {
    return this.regions.get(nodeId ?? '') ?? null;
  }

  /** Null: it is not known, or was removed. */
  kindOf(nodeId: string): MemberKind | null {
    return (
      this.known.get(nodeId)?.kind ??
      this.written.find((one) => one.nodeId === nodeId)?.kind ??
      null
    );
  }

  isDrained(nodeId: string): boolean {
    return this.known.get(nodeId)?.isDrained ?? false;
  }

  /** It is written. */
  belongs(nodeId: string, kind: MemberKind): void {
    this.spokenOf.add(nodeId);
    const lastSeenAt = new Date(this.context.clock.now());
    this.known.set(nodeId, { nodeId, kind, isDrained: false, drainUntil: null, lastSeenAt });
  }

  setDrained(nodeId: string, until: Date | null): void {
    const known = this.known.get(nodeId);
    if (known === undefined) return;
    this.spokenOf.add(nodeId);
    this.note({ ...known, isDrained: until !== null, drainUntil: until });
  }

  remove(nodeId: string): void {
    this.spokenOf.add(nodeId);
    this.forget(nodeId);
  }

  private forget(nodeId: string): void {
    if (this.known.delete(nodeId)) this.context.removed(nodeId);
  }

  private note(standing: Standing): void {
    const before = this.known.get(standing.nodeId);
    this.known.set(standing.nodeId, standing);
    const isNews =
      (before?.isDrained ?? false) !== standing.isDrained ||
      (before?.drainUntil?.getTime() ?? 0) !== (standing.drainUntil?.getTime() ?? 0);
    if (isNews) this.context.drained(standing.nodeId, standing.drainUntil);
  }

  /** One at a time, whoever asks. */
  private refreshed(): Promise<void> {
    this.refreshing ??= this.refresh().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async refresh(): Promise<void> {
    this.spokenOf.clear();
    this.written = await this.context.read();
    this.regions = new Map(this.written.map(({ nodeId, region }) => [nodeId, region]));
    const read = this.written.filter(({ isRemoved }) => !isRemoved);
    this.sightings.note(
      read.map(({ nodeId, lastSeenAt }) => ({ id: nodeId, writtenAt: lastSeenAt })),
    );
    const present = new Set([...this.spokenOf, ...read.map(({ nodeId }) => nodeId)]);
    for (const nodeId of this.known.keys()) if (!present.has(nodeId)) this.forget(nodeId);
    for (const one of read) if (!this.spokenOf.has(one.nodeId)) this.note(one);
    this.context.wasRead();
    await this.mark();
  }

  private async mark(): Promise<void> {
    const { clock, heard, markSeen, areOthersFar } = this.context;
    const nodes = heard();
    const isDue =
      areOthersFar() ||
      clock.monotonic() - this.markedAt >= markMs ||
      nodes.some(({ nodeId, region }) => this.regions.get(nodeId) !== region);
    if (nodes.length === 0 || !isDue) return;
    this.markedAt = clock.monotonic();
    await markSeen(nodes, new Date(clock.now()));
  }

  private next(): void {
    if (this.stopped) return;
    this.cancel = this.context.clock.after(readMs, () => {
      this.refreshed()
        .catch(this.context.report)
        .finally(() => this.next());
    });
  }
}
