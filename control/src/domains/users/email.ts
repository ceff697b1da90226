import { ControlError } from '../../control-error.js';

const invisible = /\p{C}/u;

/** An address as it is compared: NFC, lower case. */
export function emailKeyOf(email: string): string {
  return email.normalize('NFC').toLowerCase();
}

/** As it is kept and written to. @throws ControlError `bad_request` for one with hidden characters. */
export function cleanEmail(typed: string): string {
  if (!invisible.test(typed)) return typed.normalize('NFC');
  throw new ControlError('bad_request', 'The e-mail address does not fit.', {
    errors: [{ pointer: '/email', code: 'characters', detail: 'no control characters' }],
  });
}

/** Can an account have this address at all? (PostgreSQL, for one, knows no NUL.) */
export function isEmail(typed: string): boolean {
  return !invisible.test(typed);
}
