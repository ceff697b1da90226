/** People who come and go at a rate while something happens. */
import type { FaultContext } from './fault.js';
import type { Room } from './people/room.js';

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

  /** By each control process in turn; when that one does not answer by the other, as an ingress does. */
  private async visit(room: Room): Promise<void> {
    const { controls } = this.context.fleet;
    const [first, second] = [this.count, this.count + 1].map((n) => controls[n % controls.length]);
    const refusal = await reasonOf(room.visit(first?.origin as string));
    if (refusal === null) return;
    const other = await reasonOf(room.visit(second?.origin as string));
    if (other !== null) throw new Error(`${refusal}, and at the other one ${other}`);
  }
}

function reasonOf(visit: Promise<unknown>): Promise<string | null> {
  return visit.then(
    () => null,
    ({ message, cause }: Error) => (cause === undefined ? message : `${message} (${cause})`),
  );
}
