import { type TextKey, text } from '../../strings/index.js';

/** By the codes of problem+json's `errors`: keywords of JSON Schema, and the server's own. */
const texts: Readonly<Record<string, TextKey>> = {
  required: 'field.required',
  minLength: 'field.tooShort',
  maxLength: 'field.tooLong',
  pattern: 'field.pattern',
  format: 'field.pattern',
  taken: 'field.taken',
  known_password: 'field.knownPassword',
  wrong: 'field.wrong',
  otp_wrong: 'field.wrong',
  otp_required: 'field.required',
  credential_wrong: 'field.wrong',
  credential_required: 'field.required',
  characters: 'field.pattern',
  time: 'field.time',
  range: 'field.time',
  time_zone: 'field.zone',
};

/** What is wrong with a field, for a person. */
export function fieldText(code: string): string {
  return text(Object.hasOwn(texts, code) ? (texts[code] ?? 'field.invalid') : 'field.invalid');
}
