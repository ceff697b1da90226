/** ICE candidates: ours as an ICE-lite agent, and a look at theirs (RFC 8839 §5.1, RFC 8445). */
import { reject } from './reject.js';
import type { Attribute } from './sdp.js';

/** Where a client reaches one shard. `address` is a literal IPv4 or IPv6 address. */
export interface HostAddress {
  protocol: 'udp' | 'tcp';
  address: string;
  port: number;
}

const HOST_TYPE_PREFERENCE = 126;
const RTP_COMPONENT = 1;

/** Our host candidates in order of preference and the end of the list. */
export function candidateAttributes(addresses: readonly HostAddress[]): Attribute[] {
  const candidates = addresses.map(({ protocol, address, port }, index) => ({
    name: 'candidate',
    value:
      `${index + 1} ${RTP_COMPONENT} ${protocol} ${priorityOf(protocol, index)} ${address} ${port} ` +
      `typ host${protocol === 'tcp' ? ' tcptype passive' : ''}`,
  }));
  return [...candidates, { name: 'end-of-candidates', value: null }];
}

/** RFC 8445 §5.1.2.1; TCP behind all UDP (RFC 6544 §4.2). */
function priorityOf(protocol: 'udp' | 'tcp', index: number): number {
  const localPreference = (protocol === 'udp' ? 0xffff : 0x3fff) - index;
  return HOST_TYPE_PREFERENCE * 2 ** 24 + localPreference * 2 ** 8 + (256 - RTP_COMPONENT);
}

/** The `c=` value that goes with an address. */
export function connectionOf(address: string): string {
  return `IN IP${address.includes(':') ? 6 : 4} ${address}`;
}

const CANDIDATE =
  /^(?:a=)?candidate:[\w+/-]{1,32} \d{1,3} (?:udp|tcp|ssltcp) \d{1,10} [\w.:%-]{1,255} \d{1,5} typ (?:host|srflx|prflx|relay)(?: [!-~]+ [!-~]+)*$/i;

/** A lite agent does not check candidates, so only their form counts. @throws `sdp_rejected`. */
export function checkCandidate(candidate: string): void {
  if (candidate !== '' && !CANDIDATE.test(candidate)) reject('a malformed candidate');
}
