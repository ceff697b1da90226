import { text } from '../../strings/index.js';
import type { FieldErrors } from './form-errors.js';

/** What a form can say without asking the server; limits as in the schemas, in characters. */

export function checkFilled(values: Readonly<Record<string, string>>): FieldErrors {
  const empty = Object.entries(values).filter(([, value]) => value.trim() === '');
  return Object.fromEntries(empty.map(([name]) => [name, text('field.required')]));
}

export function checkEmail(name: string, value: string): FieldErrors {
  return /^[^\s@]+@[^\s@]+$/.test(value.trim()) ? {} : { [name]: text('field.email') };
}

export function checkNewPassword(name: string, value: string): FieldErrors {
  return [...value].length >= 12 ? {} : { [name]: text('field.password') };
}

export function checkLength(name: string, value: string, limit: number): FieldErrors {
  return [...value].length <= limit ? {} : { [name]: text('field.tooLong') };
}
