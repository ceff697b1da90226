import type { KeyRing } from '../../keys/key-ring.js';

/** Passcodes are shown to hosts again, so they are sealed and not hashed. Kept composed (NFC). */
export function sealPasscode(keys: KeyRing, meetingId: string, passcode: string): Buffer {
  return keys.seal(passcode.normalize('NFC'), contextOf(meetingId));
}

export function unsealPasscode(
  keys: KeyRing,
  meetingId: string,
  sealed: Buffer | null,
): string | null {
  return sealed === null ? null : keys.unseal(sealed, contextOf(meetingId));
}

function contextOf(meetingId: string): string {
  return `passcode ${meetingId}`;
}
