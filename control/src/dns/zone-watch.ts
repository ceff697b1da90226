import { renameSync, writeFileSync } from 'node:fs';
import type { Clock } from '../clock.js';
import { WorkLoop } from '../work-loop.js';
import type { RegionTable } from './region-table.js';
import { Standing } from './standing.js';
import { writeZone, zoneOf } from './zone.js';

/** Between looks. */
const lookMs = 1000;

export interface ZoneWatchOptions {
  clock: Clock;
  /** Read before each look, so that a region is taken out by a line in it. May throw. */
  readTable: () => RegionTable;
  zoneFile: string;
  /** Whether an address answers as it should. Never rejects. */
  look: (address: string, url: URL) => Promise<boolean>;
  /** Makes the name server read its zone. */
  reload: () => Promise<void>;
  say: (line: string) => void;
}

/** Looks at every address each second, and writes the zone anew when its answers change. */
export class ZoneWatch {
  private readonly standings = new Map<string, Standing>();
  private readonly loop: WorkLoop;
  private table: RegionTable;
  private written = '';

  /** @throws Error when the table cannot be read; later ones that cannot are told, and the last holds. */
  constructor(private readonly options: ZoneWatchOptions) {
    const { clock, readTable, say } = options;
    this.table = readTable();
    this.loop = new WorkLoop({
      clock,
      idleMs: lookMs,
      turn: () => this.turn(),
      onFailure: (error) => say((error as Error).message),
    });
  }

  /** Resolves after the first look, with the zone written. */
  start(): Promise<void> {
    this.loop.start();
    return this.loop.settled();
  }

  /** Resolves when the look that runs is over. */
  settled(): Promise<void> {
    return this.loop.settled();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async turn(): Promise<void> {
    this.readTable();
    await this.lookAtAll();
    const text = writeZone(zoneOf(this.table, (address) => this.standing(address).isWell));
    if (text === this.written) return;
    const { zoneFile, reload, say } = this.options;
    writeFileSync(`${zoneFile}.new`, text);
    renameSync(`${zoneFile}.new`, zoneFile);
    await reload();
    this.written = text;
    say('the answers have changed');
  }

  private readTable(): void {
    try {
      this.table = this.options.readTable();
    } catch (error) {
      this.options.say(`the last table holds: ${(error as Error).message}`);
    }
  }

  private async lookAtAll(): Promise<void> {
    const { domain, probe = `https://${domain}/readyz`, regions } = this.table;
    const url = new URL(probe);
    const addresses = Object.values(regions).flatMap((region) => region.addresses);
    await Promise.all(
      addresses.map(async (address) => {
        const hasTurned = this.standing(address).judge(await this.options.look(address, url));
        if (hasTurned) this.options.say(`${address} ${this.saidOf(address)}`);
      }),
    );
  }

  private saidOf(address: string): string {
    return this.standing(address).isWell ? 'is well again' : 'does not answer as it should';
  }

  private standing(address: string): Standing {
    const known = this.standings.get(address) ?? new Standing();
    this.standings.set(address, known);
    return known;
  }
}
