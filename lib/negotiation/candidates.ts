/** ICE candidates: ours as an ICE-lite agent, and a look at theirs (RFC 8839 §5.1, RFC 8445). */
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

/** Of a passive candidate: 2^13 × direction preference 4 + other preference (RFC 6544 §4.2). */
const PASSIVE_LOCAL_PREFERENCE = 2 ** 13 * 4 + 0x1fff;

/** RFC 8445 §5.1.2.1; TCP behind all UDP. */
function priorityOf(protocol: 'udp' | 'tcp', index: number): number {
  const localPreference = (protocol === 'udp' ? 0xffff : PASSIVE_LOCAL_PREFERENCE) - index;
  return HOST_TYPE_PREFERENCE * 2 ** 24 + localPreference * 2 ** 8 + (256 - RTP_COMPONENT);
}

/** The `c=` value that goes with an address. */
export function connectionOf(address: string): string {
  return `IN IP${address.includes(':') ? 6 : 4} ${address}`;
}

const CANDIDATE = new RegExp(
  [
    '^(?:a=)?candidate:[\\w+/-]{1,32} \\d{1,3} (?:udp|tcp|ssltcp) \\d{1,10}',
    '[\\w.:%-]{1,255} \\d{1,5} typ (?:host|srflx|prflx|relay)(?: [!-~]+ [!-~]+)*$',
  ].join(' '),
  'i',
);

/** Longest candidate that is looked at; browsers stay below 200 characters. */
const MAX_CANDIDATE_LENGTH = 512;

/** Form only: a lite agent does not check candidates. '' is the end of candidates. */
export function isCandidate(candidate: string): boolean {
  if (candidate.length > MAX_CANDIDATE_LENGTH) return false;
  return candidate === '' || CANDIDATE.test(candidate);
}
