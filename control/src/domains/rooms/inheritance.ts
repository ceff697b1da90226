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

/**
 * What processes leave that are gone is shared out among those that live. What could not be taken, for
 * a dependency was away as well, is tried again; whatever was left is found at the next look.
 */
export class Inheritance {
  private cancel = () => {};
  private isStopped = false;

  constructor(private readonly context: InheritanceContext) {}

  /** At a start; from then on it looks again and again. @throws ControlError `dependency_down`, and it does not. */
  async restore(): Promise<void> {
    const { database, owners } = this.context;
    const left = await repository.meetingsInSession(database, maxTaken);
    await this.takeAll(left.filter((one) => owners.isHeirOf(one))).catch((error) =>
      this.failed(error),
    );
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
    const left = await repository.meetingsOf(database, controlId, maxTaken);
    await this.takeAll(left.filter((one) => !isHere(one) && (isOwn || owners.isHeirOf(one))));
  }

  /** @throws ControlError `dependency_down`, when all that can be taken by now was: there is more. */
  private async takeAll(meetingIds: readonly string[]): Promise<void> {
    const { recover, report } = this.context;
    let later: unknown;
    for (const meetingId of meetingIds) {
      if (this.isStopped) return;
      await recover(meetingId).catch((error) => {
        if (isUnreachable(error)) later = error;
        else if (!(error instanceof Elsewhere)) report(error, 'take a room over');
      });
    }
    if (later !== undefined) throw later;
  }

  /** Who is away is said where it is noticed. */
  private failed(error: unknown): void {
    if (!isUnreachable(error)) this.context.report(error, 'take over what another process left');
  }
}
