import type { Clock } from '../../clock.js';
import { Elsewhere, type Owners } from '../../fleet/elsewhere.js';
import { type Database, isUnreachable } from '../../store/database.js';
import * as repository from './repository.js';

export interface InheritanceContext {
  database: Database;
  clock: Clock;
  owners: Owners;
  isHere: (meetingId: string) => boolean;
  /** Takes the room of a meeting over, if there is one. */
  recover: (meetingId: string) => Promise<unknown>;
  report: (error: unknown, doing: string) => void;
}

/** Rooms taken over at a time; the rest later, or when somebody joins. */
const maxTaken = 10_000;
/** Clients look for another process at once: their rooms are taken by then. And while a dependency is away. */
const afterMs = 1000;
/** Whoever waits for a room asks for it; this is for rooms that nobody asks for. */
const againMs = 10_000;
/** A room that could not be taken is tried again so soon, and each time after twice as long. */
const soonMs = 250;

/**
 * What processes leave that are gone is shared out among those that live, of the room's own region if
 * there are any: the others may not reach its people. What could not be taken is tried again soon, later
 * and later, each second while a dependency is away; whatever was left is found at the next look.
 */
export class Inheritance {
  private cancel = () => {};
  private isStopped = false;
  /** Meetings whose room could not be taken, until it is. */
  private readonly failing = new Set<string>();
  private waitMs = soonMs;
  private cancelRetry: (() => void) | null = null;

  constructor(private readonly context: InheritanceContext) {}

  /** At a start; from then on it looks again and again. @throws ControlError `dependency_down`, and it does not. */
  async restore(): Promise<void> {
    const { database, owners } = this.context;
    const left = await repository.openRooms(database, maxTaken);
    const ours = left.filter((room) => owners.isHeirOf(room));
    await this.takeAll(ours.map(({ meetingId }) => meetingId));
    this.next();
  }

  /** A process is gone; clients who come first are served at once. */
  processLost(controlId: string): void {
    this.context.clock.after(afterMs, () => {
      if (this.isStopped) return;
      this.takeFrom(controlId).catch((error) => {
        if (isUnreachable(error)) this.processLost(controlId);
        else this.failed(error);
      });
    });
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
    this.cancelRetry?.();
  }

  private next(): void {
    if (this.isStopped) return;
    this.cancel = this.context.clock.after(againMs, () => {
      this.look()
        .catch((error) => this.failed(error))
        .finally(() => this.next());
    });
  }

  private async look(): Promise<void> {
    const { database, owners } = this.context;
    for (const controlId of await repository.roomHolders(database)) {
      if (await owners.isAlive(controlId)) continue;
      await this.takeFrom(controlId).catch((error) => this.failed(error));
    }
  }

  /** What is ours as it is written, and not here, could not be taken to its end. */
  private async takeFrom(controlId: string): Promise<void> {
    const { database, owners, isHere } = this.context;
    const isOwn = controlId === owners.controlId;
    const left = await repository.roomsOf(database, controlId, maxTaken);
    const isNew = (one: string) => !isHere(one) && !this.failing.has(one);
    const ours = left.filter((room) => isOwn || owners.isHeirOf(room));
    await this.takeAll(ours.map(({ meetingId }) => meetingId).filter(isNew));
  }

  /** What cannot be taken is tried again. */
  private async takeAll(meetingIds: readonly string[]): Promise<void> {
    const { recover } = this.context;
    for (const meetingId of meetingIds) {
      if (this.isStopped) return;
      const isTaken = await recover(meetingId).then(
        () => true,
        (error) => this.isSettledBy(error),
      );
      if (isTaken) this.failing.delete(meetingId);
      else this.failing.add(meetingId);
    }
    this.tryAgain();
  }

  /** Whether nothing is left to be done of a room that was refused so. */
  private isSettledBy(error: unknown): boolean {
    if (error instanceof Elsewhere) return true;
    if (isUnreachable(error)) this.waitMs = Math.min(this.waitMs, afterMs);
    else this.context.report(error, 'take a room over');
    return false;
  }

  private tryAgain(): void {
    if (this.failing.size === 0) this.waitMs = soonMs;
    if (this.failing.size === 0 || this.cancelRetry !== null || this.isStopped) return;
    this.cancelRetry = this.context.clock.after(this.waitMs, () => {
      this.waitMs = Math.min(2 * this.waitMs, againMs);
      this.takeAll([...this.failing]).finally(() => {
        this.cancelRetry = null;
        this.tryAgain();
      });
    });
  }

  /** Who is away is said where it is noticed. */
  private failed(error: unknown): void {
    if (!isUnreachable(error)) this.context.report(error, 'take over what another process left');
  }
}
