import { type Endpoint, readCredentials, readEndpoint } from '../config/network-address.js';

export interface RedisAddress {
  kind: 'single' | 'sentinel' | 'cluster';
  /** Of the server, of sentinels, or of some nodes of the cluster. */
  endpoints: Endpoint[];
  isEncrypted: boolean;
  username?: string;
  password?: string;
  /** Of a single server. */
  database: number;
  /** What the sentinels call the master. */
  masterName: string;
}

export type BusAddress = { kind: 'memory' } | RedisAddress;

const form = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)(?:\/([^/]*))?$/;
const defaultPorts = { single: 6379, sentinel: 26_379, cluster: 6379 };

/**
 * Reads `memory:`, `redis://user:password@host:port/database`, `redis+sentinel://host,host/master`
 * or `redis+cluster://host,host`; `rediss` in place of `redis` is TLS. Null: none of these.
 */
export function readBusAddress(url: string): BusAddress | null {
  if (url === 'memory:') return { kind: 'memory' };
  const [, scheme, mode, credentials, hosts = '', path = ''] = form.exec(url) ?? [];
  if (scheme === undefined) return null;
  const kind = (mode ?? 'single') as RedisAddress['kind'];
  const endpoints = hosts.split(',').map((text) => readEndpoint(text, defaultPorts[kind]));
  if (!endpoints.every((endpoint) => endpoint !== null)) return null;
  if (kind === 'single' && endpoints.length > 1) return null;
  if (!pathForms[kind].test(path)) return null;
  const login = readCredentials(credentials);
  if (login === null) return null;
  return {
    kind,
    endpoints,
    isEncrypted: scheme === 'rediss',
    ...login,
    database: kind === 'single' ? Number(path) : 0,
    masterName: kind === 'sentinel' ? path : '',
  };
}

/** After the hosts: the number of a database, the name of the master, nothing. */
const pathForms = { single: /^\d{0,3}$/, sentinel: /^[\w.-]+$/, cluster: /^$/ };
