import type { Cluster, Redis } from 'ioredis';
import { ControlError } from '../control-error.js';
import type { BucketRate, WindowLimit } from '../token-bucket.js';
import type { Bus } from './bus.js';
import type { RedisAddress } from './bus-address.js';
import { checkFence, type Fence } from './fence.js';
import { bucketTimes, checkLife, checkWindow } from './limits.js';
import { type Listener, Listeners } from './listeners.js';
import { makeRedisClients } from './redis-clients.js';
import { type Scripted, withScripts } from './redis-scripts.js';

export interface RedisBusOptions {
  /** What keys and channels begin with, so that several installations may share one Redis. */
  prefix: string;
  /** For the answer to one command; later it is `dependency_down`. */
  commandTimeoutMs?: number;
  /** Called once when the server cannot be reached any more, and once when it can again. */
  onState?: (state: 'up' | 'down') => void;
  /** What a listener threw. */
  onFailure?: (error: unknown) => void;
}

const defaultTimeoutMs = 1000;
/** A connection that only listens is asked now and then, or it would never notice that it is dead. */
const heartbeatMs = 10_000;
/** A client that has given up for good is made to begin again. */
const reopenMs = 500;

/** The bus on Redis 6.2 or later: one server, a master behind sentinels, or a cluster. */
export class RedisBus implements Bus {
  readonly isShared = true;
  private readonly commands: (Redis | Cluster) & Scripted;
  private readonly subscriber: Redis | Cluster;
  private readonly listeners: Listeners;
  private readonly timeoutMs: number;
  private readonly heartbeat: NodeJS.Timeout;
  private state: 'up' | 'down' = 'down';
  private isClosed = false;

  constructor(
    address: RedisAddress,
    private readonly options: RedisBusOptions,
  ) {
    const clients = makeRedisClients(address);
    this.commands = withScripts(clients.commands);
    this.subscriber = clients.subscriber;
    this.listeners = new Listeners(options.onFailure ?? (() => {}));
    this.timeoutMs = options.commandTimeoutMs ?? defaultTimeoutMs;
    this.watch();
    this.heartbeat = setInterval(() => this.beat(), heartbeatMs);
    this.heartbeat.unref();
  }

  /**
   * Waits for the first connection. It goes on trying when it rejects.
   * @throws ControlError `dependency_down` when the server is not reached within `patienceMs`.
   */
  async connect(patienceMs: number): Promise<void> {
    const clients = new Set<Redis | Cluster>([this.commands, this.subscriber]);
    const connected = [...clients].map(
      (client) =>
        new Promise<void>((resolve) => {
          client.once('ready', () => resolve());
          // Told by its not being ready in time.
          client.connect().catch(() => {});
        }),
    );
    await inTime(Promise.all(connected), patienceMs);
  }

  get(key: string): Promise<string | null> {
    return this.ask(() => this.commands.get(this.at(key)));
  }

  async set(key: string, value: string, lifeMs: number): Promise<void> {
    checkLife(lifeMs);
    await this.ask(() => this.commands.set(this.at(key), value, 'PX', lifeMs));
  }

  async add(key: string, value: string, lifeMs: number): Promise<boolean> {
    checkLife(lifeMs);
    return (
      (await this.ask(() => this.commands.set(this.at(key), value, 'PX', lifeMs, 'NX'))) === 'OK'
    );
  }

  /** One command for each key: they may lie on several nodes. */
  async delete(...keys: string[]): Promise<void> {
    await this.ask(() => Promise.all(keys.map((key) => this.commands.del(this.at(key)))));
  }

  async count(key: string, lifeMs: number): Promise<number> {
    checkLife(lifeMs);
    return this.ask(() => this.commands.plenumCount(this.at(key), lifeMs));
  }

  async take(key: string, rate: BucketRate): Promise<number> {
    const { everyMs, emptyMs } = bucketTimes(rate);
    return this.ask(() => this.commands.plenumBucket(this.at(key), everyMs, emptyMs, 'take'));
  }

  async wait(key: string, rate: BucketRate): Promise<number> {
    const { everyMs, emptyMs } = bucketTimes(rate);
    return this.ask(() => this.commands.plenumBucket(this.at(key), everyMs, emptyMs, 'wait'));
  }

  async takeWithin(key: string, limit: WindowLimit): Promise<number> {
    return this.within(key, limit, 'take');
  }

  async waitWithin(key: string, limit: WindowLimit): Promise<number> {
    return this.within(key, limit, 'wait');
  }

  private within(key: string, limit: WindowLimit, act: 'take' | 'wait'): Promise<number> {
    checkWindow(limit);
    const { count, windowMs } = limit;
    return this.ask(() => this.commands.plenumWindow(this.at(key), count, windowMs, act));
  }

  async setFenced(key: string, fence: Fence, value: string, lifeMs: number): Promise<boolean> {
    checkFence(fence);
    checkLife(lifeMs);
    const { id, epoch } = fence;
    const isOurs = await this.ask(() =>
      this.commands.plenumSetFenced(this.at(key), id, epoch, value, lifeMs),
    );
    return isOurs === 1;
  }

  async getFenced(key: string): Promise<(Fence & { value: string }) | null> {
    const [id, epoch, value] = await this.ask(() =>
      this.commands.hmget(this.at(key), 'id', 'epoch', 'value'),
    );
    if (id == null || epoch == null || value == null) return null;
    return { id, epoch: Number(epoch), value };
  }

  async deleteFenced(key: string, fence: Fence): Promise<void> {
    checkFence(fence);
    const { id, epoch } = fence;
    await this.ask(() => this.commands.plenumDeleteFenced(this.at(key), id, epoch));
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.ask(() => this.commands.plenumPublish(this.at(channel), message));
  }

  async subscribe(name: string, listener: Listener): Promise<() => void> {
    const channel = this.at(name);
    const remove = this.listeners.add(channel, listener);
    const end = () => {
      remove();
      // Messages that come all the same have no listener.
      if (!this.listeners.has(channel)) this.subscriber.unsubscribe(channel).catch(() => {});
    };
    try {
      await this.ask(() => this.subscriber.subscribe(channel));
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.heartbeat);
    this.listeners.clear();
    this.commands.removeAllListeners('close');
    this.commands.disconnect();
    this.subscriber.disconnect();
  }

  private at(name: string): string {
    return `${this.options.prefix}:${name}`;
  }

  private watch(): void {
    for (const client of new Set<Redis | Cluster>([this.commands, this.subscriber])) {
      // Each attempt that fails says so here; `onState` tells once.
      client.on('error', () => {});
      client.on('end', () => this.reopen(client));
    }
    this.commands.on('ready', () => this.turn('up'));
    this.commands.on('close', () => this.turn('down'));
    this.subscriber.on('message', (channel: string, message: string) =>
      this.listeners.tell(channel, message),
    );
    this.subscriber.on('ready', () => this.resubscribe());
  }

  /**
   * Though told to try for ever, ioredis ends a client whose search for the master is interrupted, as
   * its own news of a failover does it.
   */
  private reopen(client: Redis | Cluster): void {
    const again = () => {
      // Who fails goes on trying by itself, or ends once more and comes back here.
      if (!this.isClosed) client.connect().catch(() => {});
    };
    if (!this.isClosed) setTimeout(again, reopenMs).unref();
  }

  private turn(state: 'up' | 'down'): void {
    if (state === this.state) return;
    this.state = state;
    this.options.onState?.(state);
  }

  /** After a new connection. One that breaks again on the way comes back here. */
  private resubscribe(): void {
    const { channels } = this.listeners;
    if (channels.length > 0) this.subscriber.subscribe(...channels).catch(() => {});
  }

  /** What a dead connection answers does not matter: the client has noticed and connects anew. */
  private beat(): void {
    this.subscriber.ping().catch(() => {});
  }

  private async ask<Answer>(command: () => Promise<Answer>): Promise<Answer> {
    if (this.isClosed) throw unreachable();
    try {
      return await inTime(command(), this.timeoutMs);
    } catch (error) {
      throw translate(error);
    }
  }
}

async function inTime<Answer>(answer: Promise<Answer>, milliseconds: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreachable()), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function unreachable(): ControlError {
  return new ControlError('dependency_down', 'The bus cannot be reached.', { retryAfterMs: 1000 });
}

/** What a server answers that is there, but cannot serve: loading, demoted, without its master. */
const unfit =
  /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|OOM|MISCONF|BUSY|EXECABORT|NOAUTH|WRONGPASS) /;

/** Errors of the server are bugs (a wrong type), all others are of the connection. */
function translate(error: unknown): unknown {
  if (error instanceof ControlError || !(error instanceof Error)) return error;
  const isAnswer = error.name === 'ReplyError';
  return isAnswer && !unfit.test(error.message.replace(/^ERR /, '')) ? error : unreachable();
}
