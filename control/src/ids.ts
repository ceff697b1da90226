import { hash, randomBytes } from 'node:crypto';
import { parse, v7 } from 'uuid';
import type { Clock } from './clock.js';
import { randomParts } from './random-parts.js';

/** Where new names come from: UUIDv7 (RFC 9562 §5.7) for ids, plain randomness for secrets. */
export interface Ids {
  /** UUIDv7: sorted by time of creation; later calls in one process sort later. */
  next(): string;
  /** 12 letters of a 32-letter alphabet: 60 bits. Names a meeting in its link; no secret. */
  meetingCode(): string;
  /** 256 bits, base64url. */
  secret(): string;
}

/** No `i l o u`: they are misread, and words are made of them. */
const codeAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export function systemIds(clock: Clock): Ids {
  let stamp = 0;
  let sequence = 0;
  const random = randomParts(16);
  return {
    next() {
      const now = clock.now();
      if (now > stamp) {
        stamp = now;
        sequence = random().readUInt32BE() >>> 2;
      } else {
        sequence += 1;
      }
      return v7({ msecs: stamp, seq: sequence, random: random() });
    },
    meetingCode() {
      return Array.from(randomBytes(12), (byte) => codeAlphabet[byte % 32]).join('');
    },
    secret: () => randomBytes(32).toString('base64url'),
  };
}

/**
 * The UTC day in a UUIDv7's time stamp, `2026-01-31`. It is the partition key of everything that
 * is kept by day, so that an id alone finds its partition.
 */
export function dayOf(id: string): string {
  const bytes = Buffer.from(parse(id));
  return new Date(bytes.readUIntBE(0, 6)).toISOString().slice(0, 10);
}

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The time stamp of 10000-01-01, a day that neither RFC 3339 nor `dayOf` can write. */
const tooLate = 'e677d21f-dc00';

export function isId(text: string): boolean {
  return uuidShape.test(text) && text < tooLate;
}

/** Any UUID: of what others have made, whose ids say no time. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/** How secrets of full entropy are kept: SHA-256. (Passwords are another matter.) */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
