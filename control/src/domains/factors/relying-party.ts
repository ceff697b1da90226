import { isIP } from 'node:net';

/** For whom security keys sign (WebAuthn §4): a name, and the origin whose pages may ask. */
export interface RelyingParty {
  id: string;
  origin: string;
}

/**
 * Null where there is none: it is a name, never an address. Without `http.origin` only `localhost` is
 * believed, which is the machine of whoever asks: any other host is what a request says of itself.
 */
export function relyingPartyOf(configured: string | null, requested: string): RelyingParty | null {
  const address = configured ?? requested;
  if (!URL.canParse(address)) return null;
  const { hostname, origin } = new URL(address);
  if (configured === null && hostname !== 'localhost') return null;
  return isIP(hostname) !== 0 || hostname.startsWith('[') ? null : { id: hostname, origin };
}
