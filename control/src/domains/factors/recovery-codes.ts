import { randomBytes } from 'node:crypto';
import type { KeyRing } from '../../keys/key-ring.js';

const codeCount = 10;
/** Of a 32-letter alphabet without `i l o u`: 80 bits. */
const codeLength = 16;
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Ten codes as they are shown: `xxxx-xxxx-xxxx-xxxx`. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: codeCount }, () => {
    const letters = Array.from(randomBytes(codeLength), (byte) => alphabet[byte % 32]).join('');
    return letters.replace(/(.{4})(?!$)/g, '$1-');
  });
}

/** How they are kept: keyed, since 80 bits could be searched by who has the database alone. */
export function recoveryHash(keys: KeyRing, userId: string, typed: string): Buffer {
  return keys.fingerprint(bareOf(typed), contextOf(userId));
}

/** How they may be kept: also under keys that were in use before. */
export function recoveryHashes(keys: KeyRing, userId: string, typed: string): Buffer[] {
  return keys.fingerprints(bareOf(typed), contextOf(userId));
}

function bareOf(typed: string): string {
  return typed.toLowerCase().replace(/[\s-]/g, '');
}

function contextOf(userId: string): string {
  return `recovery ${userId}`;
}
