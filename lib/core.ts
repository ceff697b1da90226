/** What all objects of one node share. Not public. */
import { randomBytes, randomInt } from 'node:crypto';
import type { Admission } from './admission.js';
import type { EngineClock, NodeClock, SharedTimer } from './clock.js';
import type { EngineChannel } from './engine/channel.js';
import type { BoundAddress } from './engine/engine.js';
import { PlenumError } from './errors.js';
import type { IceCredentials } from './negotiation/association.js';
import type { HostAddress } from './negotiation/candidates.js';
import type { Placement } from './placement.js';
import type { PlainPolicy } from './plain-transport.js';

export interface Core {
  channel: EngineChannel;
  clock: NodeClock;
  engineClock: EngineClock;
  timer: SharedTimer;
  /** SHA-256 of the engine's DTLS certificate, `AB:CD:…`. */
  fingerprint: string;
  /** Hears of commands that the engine refused and nobody waits for. */
  refused(error: PlenumError): void;
  /** Where clients reach a shard; at least one. */
  addressesOf(shard: number): readonly HostAddress[];
  /** Where other nodes reach a shard. */
  linkAddressesOf(shard: number): readonly HostAddress[];
  /** Where a shard listens. */
  boundOf(shard: number): readonly BoundAddress[];
  plain: PlainPolicy;
  placement: Placement;
  admission: Admission;
}

const ICE_CHARS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * 72 and 144 random bits (RFC 8445 §5.3 wants 24 and 128); base64 is made of ice-chars. The first
 * character of the ufrag is the shard's number: the one TCP port of all shards finds by it where a
 * connection belongs (native/engine/shard_of_ufrag.h).
 */
export function newIceCredentials(shard: number): IceCredentials {
  const ufrag = `${ICE_CHARS[shard]}${randomBytes(9).toString('base64')}`;
  return { ufrag, pwd: randomBytes(18).toString('base64') };
}

/** A session id for `o=` (RFC 8866 §5.2). */
export function newSessionId(): number {
  return randomInt(1, 2 ** 32);
}

export function newSsrc(): number {
  return randomInt(1, 2 ** 32);
}

export function newCname(): string {
  return randomBytes(12).toString('base64');
}

export function assertOpen(isClosed: boolean, what: string): void {
  if (isClosed) throw new PlenumError('closed', `the ${what} is closed`);
}
