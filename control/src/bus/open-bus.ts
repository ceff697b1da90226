import type { Clock } from '../clock.js';
import type { Bus } from './bus.js';
import { readBusAddress } from './bus-address.js';
import { MemoryBus } from './memory-bus.js';
import { RedisBus } from './redis-bus.js';

/** What the log needs to have. */
export interface BusLog {
  info(message: string): void;
  warn(message: string): void;
  error(fields: object, message: string): void;
}

/** As in the configuration. */
export interface BusSettings {
  url: string;
  prefix: string;
}

/** A start waits so long for the first connection, and then goes on without. */
const patienceMs = 2000;

/**
 * The bus of a URL (bus-address.ts).
 * @returns also when Redis cannot be reached: it is no truth, and comes back by itself.
 * @throws Error for a URL that is none.
 */
export async function openBus(
  { url, prefix }: BusSettings,
  clock: Clock,
  log: BusLog,
): Promise<Bus> {
  const address = readBusAddress(url);
  if (address === null) throw new Error('the URL of the bus is none of memory: and redis://');
  const onFailure = (err: unknown) => log.error({ err }, 'a listener of the bus failed');
  if (address.kind === 'memory') return new MemoryBus(clock, onFailure);
  const bus = new RedisBus(address, {
    prefix,
    onFailure,
    onState: (state) =>
      state === 'up' ? log.info('Redis is there') : log.warn('Redis cannot be reached'),
  });
  await bus.connect(patienceMs).catch(() => log.warn('starting without Redis, still trying'));
  return bus;
}
