/** Which addresses candidates carry. Not public. */
import { networkInterfaces } from 'node:os';
import type { BoundAddress } from './engine/engine.js';
import type { HostAddress } from './negotiation/candidates.js';

export interface AnnouncedAddress {
  /** Literal IPv4 or IPv6 address. */
  address: string;
  /** UDP: shard n is at `port + n`. Default: the port that is bound. */
  port?: number;
  /** TCP, where it is listened on: one for all shards. Default: the port that is bound. */
  tcpPort?: number;
}

/** What clients of a shard are told: the announced addresses, or else the bound ones. */
export function candidatesOf(
  shard: number,
  bound: readonly BoundAddress[],
  announced: readonly AnnouncedAddress[],
): HostAddress[] {
  const own = bound.filter((address) => address.shard === shard);
  const offered =
    announced.length === 0
      ? own.flatMap(reachable)
      : announced.flatMap((address) => announcedFor(shard, own, address));
  // The first is the default candidate, which UDP has to be (RFC 6544 §4.3).
  return [...ofProtocol(offered, 'udp'), ...ofProtocol(offered, 'tcp')];
}

/** One candidate for each protocol that the shard has a socket of. */
function announcedFor(
  shard: number,
  own: readonly BoundAddress[],
  { address, port, tcpPort }: AnnouncedAddress,
): HostAddress[] {
  const candidates: HostAddress[] = [];
  for (const protocol of ['udp', 'tcp'] as const) {
    const sockets = ofProtocol(own, protocol);
    const socket = sockets.find((item) => isIpv6(item.address) === isIpv6(address)) ?? sockets[0];
    if (!socket) continue;
    const outside = protocol === 'tcp' ? tcpPort : port === undefined ? undefined : port + shard;
    candidates.push({ protocol, address, port: outside ?? socket.port });
  }
  return candidates;
}

function ofProtocol<T extends { protocol: 'udp' | 'tcp' }>(
  list: readonly T[],
  protocol: 'udp' | 'tcp',
): T[] {
  return list.filter((item) => item.protocol === protocol);
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
