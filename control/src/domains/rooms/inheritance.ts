import type { Clock } from '../../clock.js';
import { Elsewhere, type Owners } from '../../fleet/elsewhere.js';
import type { Database } from '../../store/database.js';
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
/** Clients look for another process at once: their rooms are taken by then. */
const afterMs = 1000;
/** Whoever waits for a room asks for it; this is for rooms that nobody asks for. */
const againMs = 10_000;

/**
 * What processes leave that are gone is shared out among those that live. What could not be taken, for
 * the database or a node was away as well, is found at the next look.
 */
export class Inheritance {
  private cancel = () => {};
  private isStopped = false;

  constructor(private readonly context: InheritanceContext) {}

  /** At a start; from then on it looks again and again. @throws ControlError `dependency_down`. */
  async restore(): Promise<void> {
    const { database, owners } = this.context;
    const left = await repository.meetingsInSession(database, maxTaken);
    await this.takeAll(left.filter((one) => owners.isHeirOf(one)));
    this.next();
  }

  /** A process is gone; clients who come first are served at once. */
  processLost(controlId: string): void {
    this.context.clock.after(afterMs, () => {
      if (this.isStopped) return;
      this.takeFrom(controlId).catch((error) => this.failed(error));
    });
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
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
      if (!(await owners.isAlive(controlId))) await this.takeFrom(controlId);
    }
  }

  /** What is ours as it is written, and not here, could not be taken to its end. */
  private async takeFrom(controlId: string): Promise<void> {
    const { database, owners, isHere } = this.context;
    const isOwn = controlId === owners.controlId;
    const left = await repository.meetingsOf(database, controlId, maxTaken);
    await this.takeAll(left.filter((one) => !isHere(one) && (isOwn || owners.isHeirOf(one))));
  }

  private async takeAll(meetingIds: readonly string[]): Promise<void> {
    const { recover, report } = this.context;
    for (const meetingId of meetingIds) {
      if (this.isStopped) return;
      await recover(meetingId).catch((error) => {
        if (!(error instanceof Elsewhere)) report(error, 'take a room over');
      });
    }
  }

  private failed(error: unknown): void {
    this.context.report(error, 'take over what another process left');
  }
}
