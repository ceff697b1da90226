import type { Bus } from '../../control/src/bus/bus.js';
import { type Fence, isLater } from '../../control/src/bus/fence.js';
import { ControlError } from '../../control/src/control-error.js';
import type { Host } from './host.js';
import type { Network } from './network.js';
import type { SimSocket } from './socket.js';

interface Held {
  fence: Fence;
  value: string;
  expiresAt: number;
  writtenAt: number;
}

type Asked =
  | { act: 'set'; key: string; fence: Fence; value: string; lifeMs: number }
  | { act: 'get'; key: string }
  | { act: 'delete'; key: string; fence: Fence };
type Answer = (Fence & { value: string }) | boolean | null;

/** Of bus/redis-bus.ts. */
const timeoutMs = 1000;
const reopenMs = 500;

/** One Redis server: what it has, and what it loses. */
export class Redis {
  private held = new Map<string, Held>();

  constructor(
    readonly host: Host,
    private readonly network: Network,
    private readonly written: (key: string, fence: Fence, before: Fence | undefined) => void,
  ) {}

  start(): void {
    this.host.start();
    this.network.listen(this.host, '/redis', (socket) => {
      socket.on('message', ({ id, asked }: { id: number; asked: Asked }) => {
        socket.send({ id, answer: this.answer(asked) });
      });
    });
  }

  flush(): void {
    this.host.world.note(`${this.host.name} is flushed`);
    this.held.clear();
  }

  /** Becomes master of what it has of the other one: all but the newest. */
  follow(master: Redis, behindMs: number): void {
    const until = this.host.world.now - behindMs;
    this.held = new Map([...master.held].filter(([, { writtenAt }]) => writtenAt <= until));
  }

  find(key: string): Held | undefined {
    const held = this.held.get(key);
    return held !== undefined && held.expiresAt > this.host.world.now ? held : undefined;
  }

  private answer(asked: Asked): Answer {
    const held = this.find(asked.key);
    if (asked.act === 'get')
      return held === undefined ? null : { ...held.fence, value: held.value };
    if (held !== undefined && isLater(held.fence, asked.fence)) return false;
    if (asked.act === 'delete') return this.held.delete(asked.key);
    const { now } = this.host.world;
    const { key, fence, value, lifeMs } = asked;
    this.written(key, fence, held?.fence);
    this.held.set(key, { fence, value, expiresAt: now + lifeMs, writtenAt: now });
    return true;
  }
}

/** The bus of a process: to the server that it takes for the master. */
export class SimBus {
  private socket: SimSocket | null = null;
  private server = '';
  private retriedAt = Number.NEGATIVE_INFINITY;
  private readonly waiting = new Map<number, (answer: Answer | Error) => void>();
  private last = 0;

  constructor(
    private readonly network: Network,
    private readonly host: Host,
    /** Which server that is, at this moment. */
    private readonly master: () => string,
  ) {
    this.connect();
  }

  /** As the product knows it; what the simulated part does not ask is not there. */
  get bus(): Bus {
    const part: Pick<Bus, 'isShared' | 'set' | 'setFenced' | 'getFenced' | 'deleteFenced'> = {
      isShared: true,
      set: async (key, value, lifeMs) => {
        await this.ask({ act: 'set', key, fence: { id: '', epoch: 0 }, value, lifeMs });
      },
      setFenced: async (key, fence, value, lifeMs) =>
        (await this.ask({ act: 'set', key, fence, value, lifeMs })) === true,
      getFenced: async (key) => (await this.ask({ act: 'get', key })) as never,
      deleteFenced: async (key, fence) => {
        await this.ask({ act: 'delete', key, fence });
      },
    };
    return part as Bus;
  }

  private ask(asked: Asked): Promise<Answer> {
    this.connect();
    const { socket } = this;
    if (socket?.readyState !== socket?.OPEN) return Promise.reject(down());
    this.last += 1;
    const id = this.last;
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer | Error) => {
        cancel();
        this.waiting.delete(id);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      const cancel = this.host.world.at(timeoutMs, () => settle(down()), this.host);
      this.waiting.set(id, settle);
      socket?.send({ id, asked });
    });
  }

  private connect(): void {
    const { now } = this.host.world;
    if (this.server !== this.master()) this.socket?.terminate();
    else if (this.socket !== null || now - this.retriedAt < reopenMs) return;
    this.server = this.master();
    this.retriedAt = now;
    const socket = this.network.open(this.host, this.server, '/redis');
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', ({ id, answer }: { id: number; answer: Answer }) =>
      this.waiting.get(id)?.(answer),
    );
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.socket = null;
      for (const settle of [...this.waiting.values()]) settle(down());
    });
  }
}

function down(): ControlError {
  return new ControlError('dependency_down', 'Redis cannot be reached.');
}
