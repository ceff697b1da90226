import { createHash } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock.js';
import type { Dial } from './control-contact.js';
import type { ControlRecord, ControlsTable } from './controls-table.js';
import { type PeerFrame, PeerLink, type PeerState } from './peer-link.js';
import { Sightings } from './sightings.js';

export interface ControlsContext {
  clock: Clock;
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
  table: ControlsTable;
  dial: Dial;
}

/** Between two looks at the table: it says who is new, and who lives where the connections do not. */
const readMs = 1000;

/** A region whose last process has ended is one for so much longer: it is being started again, or replaced. */
const regionMs = 30_000;

/** The other control processes: who there is, and who lives. */
export class Controls {
  private readonly links = new Map<string, PeerLink>();
  /** By what they write. */
  private readonly sightings: Sightings;
  private readonly listeners: ((controlId: string) => void)[] = [];
  private own: ControlRecord | null = null;
  /** When one of another region left or ended. */
  private farLeftAt = Number.NEGATIVE_INFINITY;
  private isGoing = false;
  private stopped = false;
  private cancel = () => {};

  constructor(private readonly context: ControlsContext) {
    this.sightings = new Sightings(context.clock);
  }

  /** This process is there: resolves when it is known of all others whether they live. */
  async enter(own: ControlRecord): Promise<void> {
    this.own = own;
    await this.context.table.enter(own);
    await this.refresh();
    this.next();
    await Promise.all([...this.links.values()].map((link) => link.settled()));
  }

  /** `host:port` of all that live, this one among them. */
  get addresses(): string[] {
    const others = this.alive.map(({ record }) => record.fleetAddress);
    return this.own === null ? others : [this.own.fleetAddress, ...others];
  }

  get others(): ControlRecord[] {
    return this.alive.map(({ record }) => record);
  }

  /** Those that are heard of just now. */
  get answering(): ControlRecord[] {
    return [...this.links.values()]
      .filter(({ state }) => state === 'up')
      .map(({ record }) => record);
  }

  /** Those that leave as well. */
  get present(): ControlRecord[] {
    return [...this.links.values()]
      .filter(({ state }) => state === 'up' || state === 'leaving')
      .map(({ record }) => record);
  }

  /** Null: it is gone, or was never there. */
  find(controlId: string): ControlRecord | null {
    const link = this.links.get(controlId);
    return link === undefined || link.state === 'gone' ? null : link.record;
  }

  async isAlive(controlId: string): Promise<boolean> {
    if (controlId === this.own?.controlId) return false;
    const link = this.links.get(controlId) ?? (await this.meet(controlId));
    if (link === null) return false;
    const state = await link.settled();
    return isAlive(state);
  }

  /** Whether there are others of other regions, or were a moment ago, whether or not the way there is open. */
  get hasOtherRegions(): boolean {
    const isThere = [...this.links.values()].some(
      ({ state, record }) => (state === 'trying' || isAlive(state)) && this.isFar(record),
    );
    return isThere || this.context.clock.monotonic() - this.farLeftAt < regionMs;
  }

  private isFar({ region }: ControlRecord): boolean {
    return region !== this.own?.region;
  }

  /** It lives, and nothing comes from there. */
  isCut(controlId: string): boolean {
    return this.links.get(controlId)?.state === 'cut';
  }

  /**
   * The same in every process that knows of the same others (rendezvous hashing).
   * @param region those of it alone, if there are any.
   */
  isHeirOf(key: string, region?: string | null): boolean {
    if (this.own === null) return true;
    const all = [this.own, ...this.able.map(({ record }) => record)];
    const near = all.filter((one) => one.region === region);
    return heirAmong(near.length > 0 ? near : all, key).controlId === this.own.controlId;
  }

  /**
   * One of another region than ours that may take what is left there, rather one that is heard. Null: it is
   * of our region, or nobody lives there.
   */
  farHeirOf(key: string, region: string | null): string | null {
    if (region === this.own?.region) return null;
    const near = this.able.filter(({ record }) => record.region === region);
    const heard = near.filter(({ state }) => state === 'up');
    const records = (heard.length > 0 ? heard : near).map(({ record }) => record);
    return records.length > 0 ? heirAmong(records, key).controlId : null;
  }

  onLost(listener: (controlId: string) => void): void {
    this.listeners.push(listener);
  }

  /** Another process asks whether this one lives. */
  accept(socket: WebSocket): void {
    socket.on('message', () => socket.send(this.answer(this.isGoing)));
    socket.on('error', () => {});
    this.asking.add(socket);
    socket.on('close', () => this.asking.delete(socket));
  }

  private readonly asking = new Set<WebSocket>();

  /** From now on others take what this process has. */
  leave(): void {
    this.isGoing = true;
    for (const socket of this.asking) socket.send(this.answer(true));
  }

  private answer(isLeaving: boolean): string {
    const controlId = this.own?.controlId ?? '';
    return JSON.stringify({ k: 'beat', isLeaving, controlId } satisfies PeerFrame);
  }

  /** Without a word. */
  vanish(): void {
    this.stopped = true;
    this.cancel();
    for (const link of this.links.values()) link.stop();
  }

  async stop(): Promise<void> {
    this.vanish();
    if (this.own !== null) await this.context.table.leave(this.own.controlId).catch(() => {});
  }

  /** Who lives, and is silent where all write, has no database: it can take nothing. */
  private get able(): PeerLink[] {
    return this.alive.filter(({ record }) => !this.sightings.isSilent(record.controlId));
  }

  private get alive(): PeerLink[] {
    return [...this.links.values()].filter(({ state }) => isAlive(state));
  }

  /** One that came since the last look. */
  private async meet(controlId: string): Promise<PeerLink | null> {
    const record = await this.context.table.find(controlId);
    return record && this.link(record);
  }

  private link(record: ControlRecord): PeerLink {
    const { controlId } = record;
    const known = this.links.get(controlId);
    if (known !== undefined) return known;
    const { clock, dial, log } = this.context;
    const link = new PeerLink(record, {
      clock,
      dial,
      isLeaving: () => this.isGoing,
      isSeen: () => this.sightings.isSeen(controlId),
      changed: (state) => {
        log.info({ control: controlId, state }, 'another control process');
        if (state !== 'gone' && state !== 'leaving') return;
        if (this.isFar(record)) this.farLeftAt = clock.monotonic();
        for (const tell of this.listeners) tell(controlId);
      },
    });
    this.links.set(controlId, link);
    return link;
  }

  private async refresh(): Promise<void> {
    const { table } = this.context;
    const own = this.own?.controlId;
    if (own !== undefined) await table.beat(own);
    const records = await table.list();
    const news = this.sightings.note(
      records.map(({ controlId, beatAt }) => ({ id: controlId, writtenAt: beatAt })),
    );
    const present = new Set(records.map(({ controlId }) => controlId));
    for (const [id, link] of this.links) {
      if (link.state === 'gone' && !present.has(id)) this.links.delete(id);
    }
    for (const { beatAt: _, ...record } of records) {
      if (record.controlId === own) continue;
      if (news.has(record.controlId)) this.forgive(record.controlId);
      this.link(record);
    }
  }

  /** It was silent, or could not be reached, and lives. */
  private forgive(controlId: string): void {
    if (this.links.get(controlId)?.state === 'gone') this.links.delete(controlId);
  }

  private next(): void {
    if (this.stopped) return;
    this.cancel = this.context.clock.after(readMs, () => {
      this.refresh()
        .catch(() => {}) // while Postgres is away those that are known go on being known
        .finally(() => this.next());
    });
  }
}

function heirAmong(records: readonly ControlRecord[], key: string): ControlRecord {
  const weight = ({ controlId }: ControlRecord) =>
    createHash('sha256').update(`${controlId} ${key}`).digest('hex');
  return records.reduce((best, one) => (weight(one) > weight(best) ? one : best));
}

function isAlive(state: PeerState): boolean {
  return state === 'up' || state === 'cut';
}
