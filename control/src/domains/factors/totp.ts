import { Secret, TOTP } from 'otpauth';

/** What every authenticator app knows (RFC 6238, RFC 4226): SHA-1, six digits, 30 seconds. */
const form = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** Steps that a clock may be off, either way (RFC 6238 §5.2). */
const windowSteps = 1;
/** RFC 4226 §4, R6 recommends 160 bits. */
const secretBytes = 20;
const issuer = 'Plenum';

/** A fresh seed, base32. */
export function newSeed(): string {
  return new Secret({ size: secretBytes }).base32;
}

/** What an app reads from a QR code. `label`: whose it is. */
export function uriOf(seed: string, label: string): string {
  return totp(seed, label).toString();
}

/** The step that the code belongs to, at this time or one beside it; null when it is wrong. */
export function stepOf(seed: string, code: string, now: number): number | null {
  const one = totp(seed);
  const delta = one.validate({ token: code, timestamp: now, window: windowSteps });
  return delta === null ? null : one.counter({ timestamp: now }) + delta;
}

function totp(seed: string, label = ''): TOTP {
  return new TOTP({ ...form, issuer, label, secret: Secret.fromBase32(seed) });
}
