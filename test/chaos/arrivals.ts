/** People who come and go at a rate while something happens. */
import type { FaultContext } from './fault.js';
import type { Room } from './people/room.js';

/** Of a page: once by each process, and once more. */
const mostTries = 3;

export class Arrivals {
  /** Why somebody did not get in. */
  readonly failures: string[] = [];
  count = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly context: FaultContext,
    private readonly rooms: readonly Room[],
  ) {}

  start(perSecond: number): void {
    this.context.teardown(() => clearInterval(this.timer));
    this.timer = setInterval(() => this.arrive(), 1000 / perSecond);
  }

  /** Resolves when all have come. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.underWay);
  }

  private arrive(): void {
    const room = this.rooms[this.count % this.rooms.length] as Room;
    this.count += 1;
    const arrival = this.visit(room).then(
      () => void this.underWay.delete(arrival),
      (error: Error) => {
        this.underWay.delete(arrival);
        this.failures.push(error.message);
      },
    );
    this.underWay.add(arrival);
  }

  /**
   * By each control process in turn; when that one does not answer by the other, as an ingress does. Whose
   * room goes elsewhere between the answer and the socket joins anew, as our page does.
   */
  private async visit(room: Room): Promise<void> {
    const { controls } = this.context.fleet;
    const reasons: string[] = [];
    for (let tries = 0; tries < mostTries; tries += 1) {
      const control = controls[(this.count + tries) % controls.length];
      const reason = await reasonOf(room.visit(control?.origin as string));
      if (reason === null) return;
      reasons.push(reason);
    }
    throw new Error(reasons.join(', then '));
  }
}

function reasonOf(visit: Promise<unknown>): Promise<string | null> {
  return visit.then(
    () => null,
    ({ message, cause }: Error) => (cause === undefined ? message : `${message} (${cause})`),
  );
}
