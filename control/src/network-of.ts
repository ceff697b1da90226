import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { translated } from './outgoing/addresses.js';

/**
 * What a limit per address counts as one. An IPv4 address, however it is written; of IPv6 the first 64
 * bits: whoever has one address there has all of that network (RFC 4291 §2.5.4), 2^64 of them.
 * @param address as the socket or a trusted proxy says; what is no address counts as it is.
 */
export function networkOf(address: string): string {
  // Every request comes through here, some twice.
  if (isIPv4(address) || !ipaddr.isValid(address)) return address;
  const read = translated(ipaddr.process(address));
  if (read instanceof ipaddr.IPv4) return read.toString();
  const network = read.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
