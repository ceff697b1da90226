import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from '../../bus/bus.js';
import type { Nodes } from '../../nodes/nodes.js';
import type { Database } from '../../store/database.js';

export interface HealthContext {
  database: Database;
  nodes: Nodes;
  /** Where others share it; a process alone has nothing to ask. */
  bus: Bus | null;
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
  /** Live ones, which take people in without the database. */
  hasRooms: () => boolean;
}

export type Dependencies = Record<string, 'up' | 'down'>;

/** Probes are answered within 100 ms: when a dependency takes longer, by what it was last. */
const patienceMs = 80;
/** A dependency that takes this long is down. */
const downAfterMs = 2000;
const tooLate = () => new Error(`no answer within ${downAfterMs} ms`);

/** Whether this process lives, and whether it can let anybody in. */
export class HealthService {
  private readonly delay = monitorEventLoopDelay({ resolution: 20 });
  private readonly probes: Record<string, Probe>;
  private readonly hasRooms: () => boolean;
  private draining = false;

  constructor({ database, nodes, bus, log, hasRooms }: HealthContext) {
    this.hasRooms = hasRooms;
    this.delay.enable();
    const probe = (dependency: string, ask: () => Promise<unknown>) => ({
      [dependency]: new Probe(ask, (state, reason) => {
        if (state === 'up') log.info({ dependency }, 'a dependency is up again');
        else log.warn({ dependency, err: reason }, 'a dependency is down');
      }),
    });
    this.probes = {
      ...probe('database', () => database.query('select 1')),
      ...probe('node', () => nodes.probe()),
      ...(bus === null ? {} : probe('bus', () => bus.get('health:probe'))),
    };
  }

  /** Longest pause of the event loop since the last call, in seconds. */
  takeLag(): number {
    const lag = this.delay.max / 1e9;
    this.delay.reset();
    return lag;
  }

  async dependencies(): Promise<Dependencies> {
    const states = Object.entries(this.probes).map(
      async ([name, probe]) => [name, await probe.check()] as const,
    );
    return Object.fromEntries(await Promise.all(states));
  }

  /** Whether somebody can be let in, be it into a live room. The bus is not needed for it: it holds no truth. */
  isReady({ bus: _, database, ...needed }: Dependencies): boolean {
    if (this.draining || (database === 'down' && !this.hasRooms())) return false;
    return Object.values(needed).every((state) => state === 'up');
  }

  drain(): void {
    this.draining = true;
    this.delay.disable();
  }
}

/** Asks one dependency, never twice at a time. */
class Probe {
  private state: 'up' | 'down' = 'up';
  private told = this.state;
  private reason: unknown = null;
  private running: Promise<void> | null = null;
  private startedAt = 0;

  /** @param onTurn told when what `check` says is not what it said before; `reason` of `down`. */
  constructor(
    private readonly ask: () => Promise<unknown>,
    private readonly onTurn: (state: 'up' | 'down', reason: unknown) => void,
  ) {}

  async check(): Promise<'up' | 'down'> {
    if (this.running === null) {
      this.startedAt = performance.now();
      this.running = this.run();
    }
    await Promise.race([this.running, delay(patienceMs, undefined, { ref: false })]);
    if (this.running !== null && this.isOverdue()) this.turn('down', tooLate());
    else this.turn(this.state, this.reason);
    return this.told;
  }

  private isOverdue(): boolean {
    return performance.now() - this.startedAt > downAfterMs;
  }

  private turn(state: 'up' | 'down', reason: unknown): void {
    if (state === this.told) return;
    this.told = state;
    this.onTurn(state, reason);
  }

  private async run(): Promise<void> {
    try {
      await this.ask();
      if (this.isOverdue()) throw tooLate();
      this.state = 'up';
    } catch (error) {
      this.state = 'down';
      this.reason = error;
    }
    this.running = null;
  }
}
