import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

export interface NameSources {
  /** In place of those of the system, `127.0.0.1:53`. */
  servers?: readonly string[];
  /** hosts(5); what is there is not asked for. */
  hostsFile?: string;
}

/** A question is asked again after 2 s, 4 s and so on (of each server), until this is done. */
const asking = { timeout: 2000, tries: 3 };

/**
 * Every address of a name, IPv4 first: by the system's hosts file, else by its name servers. Not by
 * `lookup`: getaddrinfo holds a thread for as long as it waits, and libuv has two at a time for
 * that, so that two names whose servers do not answer would hold up all others. Each name is asked
 * for by a resolver of its own, which ends with the signal. Names are whole ones: search domains
 * are not tried.
 * @throws what the name servers say (`ENOTFOUND`, `ETIMEOUT`), when no address came.
 */
export async function resolveName(
  host: string,
  signal: AbortSignal,
  { servers, hostsFile = '/etc/hosts' }: NameSources = {},
): Promise<LookupAddress[]> {
  const known = await addressesIn(hostsFile, host);
  if (known.length > 0) return known;
  signal.throwIfAborted();
  const resolver = new Resolver(asking);
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  signal.removeEventListener('abort', cancel);
  const addresses = answers.flatMap((answer) =>
    answer.status === 'fulfilled' ? answer.value : [],
  );
  // A family that was not told is not connected to.
  if (addresses.length > 0) return addresses.map(withFamily);
  throw answers.find((answer) => answer.status === 'rejected')?.reason;
}

async function addressesIn(hostsFile: string, host: string): Promise<LookupAddress[]> {
  const text = await readFile(hostsFile, 'utf8').catch(() => '');
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/))
    .filter(([address = '', ...names]) => isIP(address) !== 0 && names.includes(host))
    .map(([address = '']) => withFamily(address));
}

function withFamily(address: string): LookupAddress {
  return { address, family: isIP(address) };
}
