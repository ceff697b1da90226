import { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from './bus-address.js';

export interface RedisClients {
  /** Every command; one connection (a cluster: one for each node). */
  commands: Redis | Cluster;
  /** In subscriber mode. A cluster's client holds such a connection itself: the same object then. */
  subscriber: Redis | Cluster;
}

const connectTimeoutMs = 2000;
/** A server that says nothing for so long though it was asked: the connection is given up. */
const silenceMs = 3000;
const slotsRefreshMs = 2000;

/**
 * About 50 ms at first, about a second in the end, for as long as it takes; spread by half, so that not
 * all processes come back in one moment.
 */
const retryDelay = (attempt: number) => Math.min(50 * 2 ** attempt, 1000) * (0.5 + Math.random());

/**
 * Clients that are not connected yet. What is asked while there is no connection fails at once (of a
 * cluster: in time), and what was under way is not sent twice: the caller may ask again.
 */
export function makeRedisClients(address: RedisAddress): RedisClients {
  if (address.kind === 'cluster') {
    const cluster = makeCluster(address);
    return { commands: cluster, subscriber: cluster };
  }
  const options = optionsOf(address);
  return { commands: new Redis(options), subscriber: new Redis(options) };
}

function optionsOf(address: RedisAddress) {
  const { endpoints, masterName, database, isEncrypted } = address;
  const common = { ...connectionOptions(address), retryStrategy: retryDelay, db: database };
  if (address.kind === 'single') return { ...common, ...endpoints[0] };
  return {
    ...common,
    sentinels: endpoints,
    name: masterName,
    connectTimeout: connectTimeoutMs,
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: connectTimeoutMs,
    enableTLSForSentinelMode: isEncrypted,
    failoverDetector: true,
  };
}

function makeCluster(address: RedisAddress): Cluster {
  return new Cluster(address.endpoints, {
    lazyConnect: true,
    // Nodes are connected to when something is first asked of them: that waits, as long as it may.
    enableOfflineQueue: true,
    clusterRetryStrategy: retryDelay,
    // 0: what was under way when a node went is not sent a second time.
    retryDelayOnFailover: 0,
    slotsRefreshInterval: slotsRefreshMs,
    redisOptions: connectionOptions(address),
  });
}

function connectionOptions(address: RedisAddress) {
  const { username, password, isEncrypted } = address;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isEncrypted ? { tls: {} } : {}),
    connectionName: 'plenum',
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    connectTimeout: connectTimeoutMs,
    socketTimeout: silenceMs,
    // A master that became a replica: the connection has to find the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
}
