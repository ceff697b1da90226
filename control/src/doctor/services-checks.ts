import { connect } from 'node:tls';
import type { Config } from '../config.js';
import { type Check, type Facts, type Finding, failed, ok, skipped, warning } from './finding.js';

const patienceMs = 5000;
const dayMs = 24 * 60 * 60 * 1000;
const leastDaysLeft = 14;
/** A Date header has whole seconds, and the way takes a moment. Tokens forgive 5 s. */
const mostSkewMs = 3000;
const leastPostgres = 150_000;

export const postgres: Check = async ({ store }, facts) => {
  if (store.url === 'embedded:') return ok('embedded: Plenum brings and starts it');
  try {
    const { version } = await facts.postgres(store.url);
    const text = `version ${Math.floor(version / 10_000)}`;
    if (version >= leastPostgres) return ok(text);
    return failed(
      `${text}, 15 is the least`,
      'upgrade the server, or say another one in store.url',
    );
  } catch (error) {
    return failed(
      `not reached: ${reason(error)}`,
      'start the server, or correct store.url (host, port, user, password, pg_hba.conf)',
    );
  }
};

export const redis: Check = async ({ bus }, facts) => {
  if (bus.url === 'memory:') return skipped('the bus is in memory');
  try {
    await facts.redis(bus);
    return ok('answers');
  } catch (error) {
    return failed(`not reached: ${reason(error)}`, 'start the server, or correct bus.url');
  }
};

export const kafka: Check = ({ queue }, facts) =>
  answering('queue.url', queue.url, () => facts.kafka(queue.url));

export const clickhouse: Check = ({ events }, facts) =>
  answering('events.url', events.url, () => facts.clickhouse(events.url));

export const objects: Check = async ({ objects: settings }, facts) => {
  if (settings.url.startsWith('file:')) return skipped('files lie in a folder');
  try {
    await facts.objects(settings);
    return ok('an object was written, read and deleted');
  } catch (error) {
    return failed(
      `the bucket does not do: ${reason(error)}`,
      'correct objects.url and its keys; they need to get, put, list and delete objects, and uploads in parts',
    );
  }
};

async function answering(name: string, url: string, ask: () => Promise<void>): Promise<Finding> {
  if (url === 'local:') return skipped('Postgres stands for it');
  try {
    await ask();
    return ok('answers');
  } catch (error) {
    return failed(`not reached: ${reason(error)}`, `start the server, or correct ${name}`);
  }
}

interface Certificate {
  validTo: number;
  problem: string | null;
}

export const tls: Check = async ({ http }, { now }) => {
  if (!http.origin?.startsWith('https:')) return skipped('http.origin is no https address');
  let certificate: Certificate;
  try {
    certificate = await certificateOf(new URL(http.origin));
  } catch (error) {
    return failed(
      `nobody speaks TLS at ${http.origin}: ${reason(error)}`,
      'start the TLS proxy, and let the name of http.origin lead to it',
    );
  }
  const days = Math.floor((certificate.validTo - now()) / dayMs);
  const renew = 'renew the certificate in the TLS proxy (certbot renew), with its whole chain';
  if (days < 0) return failed(`the certificate of ${http.origin} has expired`, renew);
  if (certificate.problem !== null) {
    return failed(`browsers refuse the certificate: ${certificate.problem}`, renew);
  }
  const text = `the certificate is good for ${days} days`;
  return days < leastDaysLeft ? warning(text, renew) : ok(text);
};

function certificateOf({ hostname, port }: URL): Promise<Certificate> {
  const host = hostname.replace(/[[\]]/g, '');
  const isAddress = /^[\d.]+$|:/.test(host);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      ...(isAddress ? {} : { servername: host }),
    });
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer in time')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const validTo = Date.parse(socket.getPeerCertificate().valid_to);
      const problem = socket.authorized ? null : String(socket.authorizationError);
      socket.destroy();
      resolve({ validTo, problem });
    });
  });
}

/** Against every clock within reach. Far from any network there is none, which is no fault. */
export const clock: Check = async (config, facts) => {
  const skews = (
    await Promise.all([databaseSkew(config, facts), ...webSkews(config, facts)])
  ).flat();
  const [worst] = skews.sort((one, other) => Math.abs(other.ms) - Math.abs(one.ms));
  if (worst === undefined) return skipped('there is no other clock within reach');
  const text = `${(Math.abs(worst.ms) / 1000).toFixed(1)} s ${worst.ms < 0 ? 'behind' : 'ahead of'} ${worst.of}`;
  if (Math.abs(worst.ms) <= mostSkewMs) return ok(text);
  return failed(text, 'timedatectl set-ntp true, or let chrony keep the clock; there and here');
};

interface Skew {
  of: string;
  /** Ours less theirs. */
  ms: number;
}

async function databaseSkew({ store }: Config, facts: Facts): Promise<Skew[]> {
  if (store.url === 'embedded:') return [];
  const before = facts.now();
  const answer = await facts.postgres(store.url).catch(() => null);
  if (answer === null) return [];
  return [{ of: 'the database', ms: (before + facts.now()) / 2 - answer.now }];
}

function webSkews({ http, oidc }: Config, facts: Facts): Promise<Skew[]>[] {
  const urls = [...(http.origin ? [http.origin] : []), ...oidc.map(({ issuer }) => issuer)];
  return [...new Set(urls)].map((url) => webSkew(url, facts));
}

async function webSkew(url: string, facts: Facts): Promise<Skew[]> {
  const before = facts.now();
  const signal = AbortSignal.timeout(patienceMs);
  const answer = await fetch(url, { method: 'HEAD', redirect: 'manual', signal }).catch(() => null);
  const date = Date.parse(answer?.headers.get('date') ?? '');
  if (Number.isNaN(date)) return [];
  // The second has begun half a second ago, on average.
  return [{ of: url, ms: (before + facts.now()) / 2 - (date + 500) }];
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return message || code || 'no reason given';
}
