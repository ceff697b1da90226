import { ControlError } from '../../control-error.js';

/** Control, format (bidi, zero-width), private and surrogate characters; line separators. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * A name as it is shown: composed (NFC), without what could hide or turn text around, blanks
 * collapsed.
 * @param pointer where the name stands in the body.
 * @throws ControlError `bad_request` when nothing is left.
 */
export function cleanName(typed: string, pointer = '/display_name'): string {
  const name = typed.normalize('NFC').replace(invisible, '').replace(/\s+/gu, ' ').trim();
  if (name === '') {
    throw new ControlError('bad_request', 'A name is needed.', {
      errors: [{ pointer, code: 'blank', detail: 'nothing visible in it' }],
    });
  }
  return name;
}
