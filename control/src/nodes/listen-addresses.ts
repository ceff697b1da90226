import type { NetworkInterfaceInfo } from 'node:os';
import type { ListenAddress } from '../../../lib/index.js';

type Interfaces = Record<string, NetworkInterfaceInfo[] | undefined>;

/**
 * Where the media sockets of a host listen.
 * - A loopback host serves this machine alone. Firefox never pairs its addresses with a loopback
 *   candidate, so the machine's other addresses are listened on too, for datagrams that come from
 *   this machine.
 * - A wildcard (`0.0.0.0`, `::`) is every address: candidates need literal ones.
 */
export function listenAddresses(
  host: string,
  port: number,
  interfaces: Interfaces,
): ListenAddress[] {
  const literal = host === 'localhost' ? '127.0.0.1' : host;
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address }) => !address.toLowerCase().startsWith('fe80:'));
  if (literal === '0.0.0.0' || literal === '::') {
    return own
      .filter(({ family }) => literal === '::' || family === 'IPv4')
      .map(({ address }) => ({ address, port }));
  }
  const listen: ListenAddress[] = [{ address: literal, port }];
  if (literal !== '::1' && !literal.startsWith('127.')) return listen;
  const family = literal === '::1' ? 'IPv6' : 'IPv4';
  for (const one of own) {
    if (!one.internal && one.family === family) {
      listen.push({ address: one.address, port, sameHost: true });
    }
  }
  return listen;
}
