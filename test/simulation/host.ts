import type { Clock } from '../../control/src/clock.js';
import type { Ids } from '../../control/src/ids.js';
import type { World } from './world.js';

/** Soon after midnight: a clock that is set back is in another day. */
const beginsAt = Date.UTC(2026, 5, 1, 0, 20);
/** Of quartz: the monotonic clocks of two hosts part by so much. */
const driftPpm = 100;

/** A process on a machine of its own: it starts, stands still, ends. */
export class Host {
  /** Counts its starts and ends; what belongs to an earlier one never happens. */
  life = 0;
  isUp = false;
  isPaused = false;
  /** By the world's time. */
  startedAt = 0;
  /** How far its wall clock is off. */
  wallOffsetMs = 0;
  readonly number: number;
  /** Null: every region reaches it. */
  readonly region: string | null;
  private readonly rate: number;
  private monotonicBase = 0;
  private pending: (() => void)[] = [];
  private readonly ending: (() => void)[] = [];
  private named = 0;
  readonly clock: Clock = {
    now: () => Math.floor(beginsAt + this.world.now + this.wallOffsetMs),
    monotonic: () => this.monotonicBase + this.world.now * this.rate,
    after: (delayMs, task) => this.world.at(delayMs / this.rate, task, this),
  };
  private stamp = 0;

  constructor(
    readonly name: string,
    readonly world: World,
    at: { number: number; region: string | null },
  ) {
    this.number = at.number;
    this.region = at.region;
    this.rate = 1 + world.random.between(-driftPpm, driftPpm) / 1e6;
  }

  start(): void {
    this.life += 1;
    this.isUp = true;
    this.startedAt = this.world.now;
    this.isPaused = false;
    this.monotonicBase = this.world.random.between(0, 1e6);
    this.world.troubles.end(this.name);
    this.world.note(`${this.name} starts`);
  }

  /** As by SIGKILL. */
  kill(): void {
    if (!this.isUp) return;
    this.life += 1;
    this.isUp = false;
    this.isPaused = false;
    this.pending = [];
    this.world.troubles.begin(this.name);
    this.world.note(`${this.name} is killed`);
    for (const end of this.ending.splice(0)) end();
  }

  /** At the end of this life. */
  onEnd(listener: () => void): void {
    this.ending.push(listener);
  }

  /** As by SIGSTOP: nothing happens in it, and what comes waits. */
  pause(): void {
    if (!this.isUp) return;
    this.isPaused = true;
    this.world.troubles.begin(this.name);
    this.world.note(`${this.name} stands still`);
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.world.troubles.end(this.name);
    this.world.note(`${this.name} goes on`);
    for (const again of this.pending.splice(0)) again();
  }

  /** Whether it stands still: `again` is called when it goes on. */
  keepsForLater(again: () => void): boolean {
    if (this.isPaused) this.pending.push(again);
    return this.isPaused;
  }

  /** UUIDv7 without randomness: no two hosts, and no two lives, make the same. */
  get ids(): Ids {
    const next = () => {
      this.named += 1;
      this.stamp = Math.max(this.stamp, this.clock.now());
      const at = hex(this.stamp, 12);
      const [start, end] = [hex(this.number, 3), hex(this.life, 3)];
      return `${at.slice(0, 8)}-${at.slice(8)}-7${start}-8${end}-${hex(this.named, 12)}`;
    };
    return {
      next,
      meetingCode: () => hex(this.world.random.below(2 ** 31), 12),
      secret: () => Buffer.from(next().padEnd(32, '0').slice(-32)).toString('base64url'),
    };
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
