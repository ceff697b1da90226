import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Where things lie: this file is out/control/src/config.js, three folders below the root. */
export const projectRoot = resolve(fileURLToPath(import.meta.url), '../../../..');

export interface MediaAddress {
  address: string;
  port?: number;
}

export interface Config {
  host: string;
  port: number;
  adminPort: number;
  mediaPort: number;
  /** Media threads. */
  shards: number;
  /** `apart`: every participant on the least busy thread, whatever crosses by that. */
  placement: 'together' | 'apart';
  /** Of a core, 0.05–1; null: nobody is refused for lack of capacity. */
  maxLoad: number | null;
  /** TCP, for clients whose network lets no UDP through; null: none. */
  mediaTcpPort: number | null;
  /** What candidates say instead of the bound address. */
  announce: MediaAddress | null;
  /** Null: see store/data-folder.ts. */
  dataFolder: string | null;
  /** Null: a PostgreSQL server of our own. */
  databaseUrl: string | null;
  anonymousMeetings: boolean;
  /** May anybody make an account? */
  signUp: boolean;
  /** May administrators act without having shown a second factor at the login? */
  adminSecondFactor: 'required' | 'optional';
  /** Attempts to log in per minute: for an account, from an address. */
  accountLoginsPerMinute: number;
  addressLoginsPerMinute: number;
  /** Null: links begin with what the request came to. */
  publicOrigin: string | null;
  /** Origins of other pages that may open the WebSocket. */
  allowedOrigins: string[];
  /** Addresses whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  /** General requests per minute: of an address without a credential, an account, an API key. */
  requestsPerMinute: number;
  userRequestsPerMinute: number;
  keyRequestsPerMinute: number;
  /** Refused joins per minute and address. */
  joinMissesPerMinute: number;
  /** Wrong passcodes of an address in a meeting, per minute; of everybody in it, per hour. */
  passcodeMissesPerMinute: number;
  passcodeMissesPerHour: number;
  logLevel: string;
}

/** The engine's limit. */
const maxShards = 32;

const options = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8080' },
  'admin-port': { type: 'string', default: '8081' },
  'media-port': { type: 'string', default: '40000' },
  'media-tcp-port': { type: 'string' },
  shards: { type: 'string', default: '1' },
  'max-load': { type: 'string', default: '0.8' },
  announce: { type: 'string' },
  data: { type: 'string' },
} as const;

/**
 * The configuration from the command line and the environment (`PLENUM_…`, `DATABASE_URL`).
 * @throws Error that names the option, for one that is unknown or does not fit.
 */
export function readConfig(args: string[], environment: NodeJS.ProcessEnv): Config {
  const { values } = parseArgs({ args, options, strict: true, allowPositionals: false });
  const list = (name: string) => (environment[name] ?? '').split(',').filter(Boolean);
  return {
    host: values.host,
    port: portOf('--port', values.port),
    adminPort: portOf('--admin-port', values['admin-port']),
    mediaPort: portOf('--media-port', values['media-port']),
    shards: shardsOf(values.shards),
    placement: placementOf(environment.PLENUM_MEDIA_PLACEMENT ?? 'together'),
    maxLoad: maxLoadOf(values['max-load']),
    mediaTcpPort: tcpPortOf(values['media-tcp-port'] ?? values['media-port']),
    announce: values.announce === undefined ? null : announceOf(values.announce),
    dataFolder: values.data === undefined ? null : resolve(values.data),
    databaseUrl: environment.DATABASE_URL ?? null,
    anonymousMeetings: switchOf(environment, 'PLENUM_MEETINGS_ANONYMOUS', isLoopback(values.host)),
    signUp: switchOf(environment, 'PLENUM_ACCOUNTS_SIGN_UP', true),
    adminSecondFactor: needOf(environment, 'PLENUM_ACCOUNTS_ADMIN_SECOND_FACTOR'),
    accountLoginsPerMinute: countOf(environment, 'PLENUM_LIMITS_ACCOUNT_LOGINS_PER_MINUTE', 10),
    addressLoginsPerMinute: countOf(environment, 'PLENUM_LIMITS_ADDRESS_LOGINS_PER_MINUTE', 30),
    publicOrigin: environment.PLENUM_HTTP_ORIGIN ?? null,
    allowedOrigins: list('PLENUM_HTTP_ALLOWED_ORIGINS'),
    trustedProxies: list('PLENUM_HTTP_TRUSTED_PROXIES'),
    requestsPerMinute: countOf(environment, 'PLENUM_LIMITS_REQUESTS_PER_MINUTE', 60),
    userRequestsPerMinute: countOf(environment, 'PLENUM_LIMITS_USER_REQUESTS_PER_MINUTE', 600),
    keyRequestsPerMinute: countOf(environment, 'PLENUM_LIMITS_KEY_REQUESTS_PER_MINUTE', 6000),
    joinMissesPerMinute: countOf(environment, 'PLENUM_LIMITS_JOIN_MISSES_PER_MINUTE', 10),
    passcodeMissesPerMinute: countOf(environment, 'PLENUM_LIMITS_PASSCODE_MISSES_PER_MINUTE', 5),
    passcodeMissesPerHour: countOf(environment, 'PLENUM_LIMITS_PASSCODE_MISSES_PER_HOUR', 30),
    logLevel: environment.PLENUM_LOG_LEVEL ?? 'info',
  };
}

export function passcodeLimits(config: Config) {
  const { passcodeMissesPerMinute: perMinute, passcodeMissesPerHour: perHour } = config;
  return {
    perAddress: { perSecond: perMinute / 60, burst: perMinute },
    perMeeting: { perSecond: perHour / 3600, burst: perHour },
  };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** A host as it stands in a URL: IPv6 in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`${option}: ${text} is no port`);
  return port;
}

/** `auto`: one per core. */
function shardsOf(text: string): number {
  const shards = text === 'auto' ? Math.min(availableParallelism(), maxShards) : Number(text);
  if (Number.isInteger(shards) && shards >= 1 && shards <= maxShards) return shards;
  throw new Error(`--shards: ${text} is neither auto nor a number from 1 to ${maxShards}`);
}

function placementOf(text: string): Config['placement'] {
  if (text === 'together' || text === 'apart') return text;
  throw new Error('PLENUM_MEDIA_PLACEMENT: neither together nor apart');
}

/** `none`: nobody is refused. */
function maxLoadOf(text: string): number | null {
  if (text === 'none') return null;
  const maxLoad = Number(text);
  if (/^[\d.]+$/.test(text) && maxLoad >= 0.05 && maxLoad <= 1) return maxLoad;
  throw new Error(`--max-load: ${text} is neither none nor a number from 0.05 to 1`);
}

/** `none`: UDP alone. */
function tcpPortOf(text: string): number | null {
  return text === 'none' ? null : portOf('--media-tcp-port', text);
}

/** `192.0.2.1`, `192.0.2.1:40000`, `2001:db8::1`, `[2001:db8::1]:40000`. */
function announceOf(text: string): MediaAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  return port === undefined ? { address } : { address, port: portOf('--announce', port) };
}

function switchOf(environment: NodeJS.ProcessEnv, name: string, byDefault: boolean): boolean {
  const text = environment[name];
  if (text === undefined) return byDefault;
  if (text !== 'true' && text !== 'false') throw new Error(`${name}: neither true nor false`);
  return text === 'true';
}

function needOf(environment: NodeJS.ProcessEnv, name: string): 'required' | 'optional' {
  const text = environment[name] ?? 'required';
  if (text === 'required' || text === 'optional') return text;
  throw new Error(`${name}: neither required nor optional`);
}

function countOf(environment: NodeJS.ProcessEnv, name: string, byDefault: number): number {
  const text = environment[name];
  if (text === undefined) return byDefault;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${name}: ${text} is no count`);
  return count;
}
