import type { Test } from 'tap';
import type { Bus } from '../bus/bus.js';
import { type RedisAddress, readBusAddress } from '../bus/bus-address.js';
import type { BusMaker } from '../bus/contract.js';
import { RedisBus, type RedisBusOptions } from '../bus/redis-bus.js';
import { shortenLives, type TestRedis } from './test-redis.js';

/** A loaded machine is no dead server. */
const commandTimeoutMs = 30_000;

export async function openRedis(
  t: Test,
  url: string,
  options: Partial<RedisBusOptions> = {},
): Promise<RedisBus> {
  const given = { prefix: 'plenum', commandTimeoutMs, ...options };
  const bus = new RedisBus(readBusAddress(url) as RedisAddress, given);
  t.teardown(() => bus.close());
  await bus.connect(commandTimeoutMs);
  return bus;
}

/** Whether it takes a command; undefined: no. */
export const answers = (bus: Bus) =>
  bus.get('any').then(
    () => true,
    () => undefined,
  );

/** @param servers where keys may lie now. */
export function redisMaker(url: string, servers: () => TestRedis[]): BusMaker {
  return {
    open: (t) => openRedis(t, url),
    pass: (milliseconds) => shortenLives(servers(), milliseconds),
  };
}
