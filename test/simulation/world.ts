import { Host } from './host.js';
import { Random } from './random.js';
import { Troubles } from './troubles.js';

/** What happens at a moment, to one host; `life`: of that start of it alone. */
interface Task {
  at: number;
  order: number;
  host: Host | null;
  life: number;
  run: (() => void) | null;
}

/** Of one run: more means that something turns in circles. */
const maxSteps = 400_000;

/**
 * Virtual time and the one queue of all that happens in it. A step runs one task, and then every
 * promise that it has settled, so nothing is ever under way between two steps.
 */
export class World {
  /** Milliseconds since the begin. */
  now = 0;
  steps = 0;
  readonly hosts: Host[] = [];
  readonly random: Random;
  readonly troubles = new Troubles(() => this.now);
  /** Of everything that happened, in its order. */
  private digest = 0x811c9dc5;
  private readonly heap: Task[] = [];
  private order = 0;
  private failure: Error | null = null;
  readonly trace: string[] = [];

  constructor(
    readonly seed: number,
    /** Keeps what is told of each step; costs most of the time. */
    readonly isTracing: boolean,
  ) {
    this.random = new Random(seed);
  }

  /** @param region null: every region reaches it. */
  host(name: string, region: string | null = null): Host {
    const host = new Host(name, this, { number: this.hosts.length + 1, region });
    this.hosts.push(host);
    return host;
  }

  /** @returns what calls it off. */
  at(delayMs: number, run: () => void, host: Host | null = null): () => void {
    const task = {
      at: this.now + Math.max(0, delayMs),
      order: 0,
      host,
      life: host?.life ?? 0,
      run,
    };
    this.push(task);
    return () => {
      (task as Task).run = null;
    };
  }

  /** Something that counts for the digest. */
  note(what: string): void {
    for (let index = 0; index < what.length; index++) this.mix(what.charCodeAt(index));
    this.tell(what);
  }

  /** For whoever reads the trace. */
  tell(what: string): void {
    if (this.isTracing) this.trace.push(`${this.now.toFixed(1).padStart(9)} ${what}`);
  }

  get hash(): string {
    return (this.digest >>> 0).toString(16).padStart(8, '0');
  }

  /** The first one ends the run. */
  fail(reason: string | Error): void {
    if (this.failure !== null) return;
    this.failure = reason instanceof Error ? reason : new Error(reason);
    this.tell(`${this.failure.stack}`);
  }

  get hasFailed(): Error | null {
    return this.failure;
  }

  /** Until then, or until an invariant does not hold. */
  async run(until: number): Promise<void> {
    while (this.failure === null) {
      const task = this.heap[0];
      if (task === undefined || task.at > until) break;
      this.pop();
      if (task.run === null || task.life !== (task.host?.life ?? 0)) continue;
      this.now = task.at;
      if (task.host?.keepsForLater(() => this.push(task))) continue;
      this.step(task.run, task.host);
      await quiet(this.steps);
    }
    this.now = Math.max(this.now, until);
    await quiet(0);
  }

  private step(run: () => void, host: Host | null): void {
    this.steps += 1;
    if (this.steps > maxSteps) this.fail(`more than ${maxSteps} steps`);
    this.mix(Math.floor(this.now * 1000));
    this.mix(host?.number ?? 0);
    try {
      run();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** FNV-1a. */
  private mix(value: number): void {
    this.digest = Math.imul(this.digest ^ value, 0x01000193);
  }

  private push(task: Task): void {
    const { heap } = this;
    task.at = Math.max(task.at, this.now);
    task.order = ++this.order;
    let index = heap.push(task) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!isBefore(task, heap[above] as Task)) break;
      heap[index] = heap[above] as Task;
      index = above;
    }
    heap[index] = task;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Task, heap[below] as Task))
        below++;
      if (!isBefore(heap[below] as Task, last)) break;
      heap[index] = heap[below] as Task;
      index = below;
    }
    heap[index] = last;
  }
}

function isBefore(one: Task, other: Task): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Steps between two turns of Node's own loop, which alone tells of promises that nobody catches. */
const turnEvery = 256;

/**
 * Resolves when no promise is left to settle: a tick comes when those are done, and nothing in a
 * simulation waits for anything real.
 */
function quiet(steps: number): Promise<void> {
  return new Promise((resolve) => {
    if (steps % turnEvery === 0) setImmediate(resolve);
    else process.nextTick(resolve);
  });
}
