import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.process>;

const translatorsPrefix = [0x64, 0xff9b, 0, 0, 0, 0];

/**
 * Is it an address of the public internet? Judged by what the address is in the end, however it is
 * written: IPv4 inside of IPv6 (RFC 4291 §2.5.5.2) and behind the translator's prefix (RFC 6052
 * §2.1) is judged as IPv4. Everything of a special purpose (IANA's registries, RFC 6890) is not.
 */
export function isPublicAddress(text: string): boolean {
  const written = text.includes(':') ? withoutDots(text) : text;
  if (!ipaddr.isValid(written)) return false;
  const address = translated(ipaddr.process(written));
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || isGlobalUnicast(address);
}

/** ipaddr.js takes `::8.8.8.8` for `::ffff:8.8.8.8`; the URL parser knows them apart. No zones. */
function withoutDots(text: string): string {
  const url = `http://[${text}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : '';
}

/** 64:ff9b::/96 leads to the IPv4 address in its last 32 bits. */
export function translated(address: Address): Address {
  if (address instanceof ipaddr.IPv4) return address;
  const isTranslated = translatorsPrefix.every((part, index) => address.parts[index] === part);
  return isTranslated ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address;
}

/** 2000::/3 (RFC 4291 §2.4): whatever else may be given out some day is not known to be public. */
function isGlobalUnicast(address: InstanceType<typeof ipaddr.IPv6>): boolean {
  return ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
}
