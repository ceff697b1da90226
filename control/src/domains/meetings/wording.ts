import { ControlError } from '../../control-error.js';

/** Controls, halves of surrogate pairs, line and paragraph separators, and what turns text around. */
const unseen = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const unseenButBreaks = new RegExp(`(?![\\n\\t])${unseen.source}`, 'gu');

/** A title: one line, composed (NFC), blanks collapsed. May be empty. */
export function cleanTitle(typed: string): string {
  const line = typed.replace(/\s+/gu, ' ').replace(unseen, '');
  return line.normalize('NFC').trim();
}

/** A description: line breaks (as LF) and tabs stay. Null when nothing is left. */
export function cleanDescription(typed: string): string | null {
  const text = typed.replace(/\r\n?/g, '\n').replace(unseenButBreaks, '');
  return text.normalize('NFC').trim() || null;
}

/**
 * An IANA name that this Node.js knows (its ICU's edition of the time zone database).
 * @throws ControlError `bad_request`.
 */
export function checkTimeZone(name: string): void {
  if (/^[A-Za-z]/.test(name)) {
    try {
      new Intl.DateTimeFormat('en', { timeZone: name });
      return;
    } catch {
      // Answered below.
    }
  }
  throw new ControlError('bad_request', 'There is no such time zone.', {
    errors: [{ pointer: '/time_zone', code: 'time_zone', detail: 'no name of the IANA database' }],
  });
}
