/** Which addresses candidates carry. Not public. */
import { networkInterfaces } from 'node:os';
import type { BoundAddress } from './engine/engine.js';
import type { HostAddress } from './negotiation/candidates.js';

export interface AnnouncedAddress {
  /** Literal IPv4 or IPv6 address. */
  address: string;
  /** Shard n is at `port + n`. Default: the port that is bound. */
  port?: number;
}

/** What clients of a shard are told: the announced addresses, or else the bound ones. */
export function candidatesOf(
  shard: number,
  bound: readonly BoundAddress[],
  announced: readonly AnnouncedAddress[],
): HostAddress[] {
  const own = bound.filter((address) => address.shard === shard);
  if (announced.length === 0) return own.flatMap(reachable);
  return announced.flatMap(({ address, port }) => {
    const socket = own.find((item) => isIpv6(item.address) === isIpv6(address)) ?? own[0];
    if (!socket) return [];
    const { protocol } = socket;
    return [{ protocol, address, port: port === undefined ? socket.port : port + shard }];
  });
}

/** A socket bound to all addresses is reached at each; at loopback only if there is no other. */
function reachable({ protocol, address, port }: BoundAddress): HostAddress[] {
  if (address !== '0.0.0.0' && address !== '::') return [{ protocol, address, port }];
  const family = isIpv6(address) ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  // Link-local addresses need a zone that candidates cannot carry.
  const ours = all.filter((item) => item.family === family && !item.address.startsWith('fe80:'));
  const outside = ours.filter((item) => !item.internal);
  return (outside.length > 0 ? outside : ours).map((item) => ({
    protocol,
    address: item.address,
    port,
  }));
}

function isIpv6(address: string): boolean {
  return address.includes(':');
}
