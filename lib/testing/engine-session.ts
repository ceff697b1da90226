/** Talks to an engine in decoded words and waits for what it says. For tests. */
import {
  type Command,
  type CommandStatus,
  decodeEvents,
  decodeStats,
  type EngineStats,
  type Event,
  encodeCommands,
} from '../engine/contract.gen.js';
import type { Engine } from '../engine/engine.js';

type Waiter = { matches: (event: Event) => boolean; resolve: (event: Event) => void };

/** The deadline of every test that waits. It also keeps the process alive, which no engine does. */
const DEADLINE_MS = 15_000;

export class EngineSession {
  /** All events but `batchDone`, in order. */
  readonly events: Event[] = [];
  readonly #statuses = new Map<number, (statuses: readonly CommandStatus[]) => void>();
  readonly #waiters: Waiter[] = [];
  #batch = 0;

  constructor(readonly engine: Engine) {
    engine.onEvents((bytes) => {
      for (const event of decodeEvents(bytes)) this.#handle(event);
    });
  }

  /** One batch; the statuses come back in the order of the commands. */
  submit(commands: Command[], shard = 0): Promise<readonly CommandStatus[]> {
    const batch = ++this.#batch;
    const statuses = new Promise<readonly CommandStatus[]>((resolve) => {
      this.#statuses.set(batch, resolve);
    });
    this.engine.submit(shard, encodeCommands(batch, commands));
    return statuses;
  }

  async status(command: Command): Promise<CommandStatus> {
    const [status] = await this.submit([command]);
    return status ?? 'unsupported';
  }

  /** The first such event, past or future. */
  async event<T extends Event['type']>(
    type: T,
    matches: (event: Extract<Event, { type: T }>) => boolean = () => true,
  ): Promise<Extract<Event, { type: T }>> {
    const accepts = (event: Event) =>
      event.type === type && matches(event as Extract<Event, { type: T }>);
    const event = this.events.find(accepts) ?? (await this.#wait(type, accepts));
    return event as Extract<Event, { type: T }>;
  }

  stats(): EngineStats {
    let values = new Float64Array(0);
    let needed = this.engine.readStats(values);
    // What there is may have grown since it was told.
    while (needed > values.length) {
      values = new Float64Array(needed);
      needed = this.engine.readStats(values);
    }
    return decodeStats(values);
  }

  #wait(type: string, matches: (event: Event) => boolean): Promise<Event> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${type} came`)), DEADLINE_MS);
      const settle = (event: Event) => {
        clearTimeout(timer);
        resolve(event);
      };
      this.#waiters.push({ matches, resolve: settle });
    });
  }

  #handle(event: Event): void {
    if (event.type === 'batchDone') {
      this.#statuses.get(event.batch)?.(event.statuses);
      this.#statuses.delete(event.batch);
      return;
    }
    this.events.push(event);
    for (const waiter of [...this.#waiters]) {
      if (!waiter.matches(event)) continue;
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.resolve(event);
    }
  }
}
