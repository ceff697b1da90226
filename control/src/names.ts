import { ControlError } from './control-error.js';

/** Control, format (bidi, zero-width), private and surrogate characters; line separators. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** The same, but for the ends of lines. */
const invisibleInText = /(?!\n)[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Composed (NFC), without what could hide or turn text around, blanks collapsed; may be empty. */
export function visible(typed: string): string {
  return typed.normalize('NFC').replace(invisible, '').replace(/\s+/gu, ' ').trim();
}

/**
 * A name as it is shown: what is visible of it.
 * @param pointer where the name stands in the body.
 * @param maxLength in characters (code points), after cleaning.
 * @throws ControlError `bad_request` when nothing is left, or too much.
 */
export function cleanName(typed: string, pointer = '/display_name', maxLength = 64): string {
  const name = visible(typed);
  if (name === '') {
    throw new ControlError('bad_request', 'A name is needed.', {
      errors: [{ pointer, code: 'blank', detail: 'nothing visible in it' }],
    });
  }
  return bounded(name, pointer, maxLength);
}

/** As `cleanName`, for text of several lines, which may be empty. */
export function cleanText(typed: string, pointer: string, maxLength: number): string {
  const text = typed.normalize('NFC').replace(/\r\n?/g, '\n').replace(invisibleInText, '').trim();
  return bounded(text, pointer, maxLength);
}

/** The schemas count what a reader sees as one character; what is stored is bounded here. */
function bounded(text: string, pointer: string, maxLength: number): string {
  if ([...text].length <= maxLength) return text;
  throw new ControlError('bad_request', 'The text is too long.', {
    errors: [{ pointer, code: 'maxLength', detail: `at most ${maxLength} characters` }],
  });
}
