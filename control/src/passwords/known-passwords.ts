import { dictionary } from '@zxcvbn-ts/language-common';

/** About 49 000 passwords, those most often seen in breaches, in lower case. */
const breached = new Set<string>(dictionary['passwords-common'] as string[]);

/** What everybody would try on us. */
const ours = ['plenum'];

/** Shorter words of the account (`ann@…`) say too little to refuse a password for. */
const minWordLength = 4;
/** What must be left of a password besides such words. */
const minOwnLength = 8;
/** `password2024!`: what people add to a known one to make it fit. */
const maxPadding = 5;
/** Of a piece that is nothing but repeated. */
const maxUnitLength = 4;

/**
 * Is it one that is tried first: from breaches (also twice in a row, or with a few digits or signs
 * around it), one short piece repeated, or little more than words that go with the account?
 */
export function isKnown(password: string, context: readonly string[]): boolean {
  const lower = password.normalize('NFC').toLowerCase();
  const unit = repeatedUnit(lower);
  if ([lower, unit, core(lower)].some((text) => breached.has(text))) return true;
  const isRepeated = unit.length < lower.length && unit.length <= maxUnitLength;
  return isRepeated || isOfContext(lower, context);
}

/** `abcabcabc` → `abc`; what does not repeat: itself. */
function repeatedUnit(text: string): string {
  const length = (text + text).indexOf(text, 1);
  return text.slice(0, length);
}

/** Without digits and signs at both ends, when they are few. */
function core(text: string): string {
  const stripped = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  return text.length - stripped.length <= maxPadding ? stripped : text;
}

function isOfContext(lower: string, context: readonly string[]): boolean {
  const words = [...context, ...ours]
    .flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)])
    .map((word) => word.normalize('NFC').toLowerCase())
    .filter((word) => word.length >= minWordLength)
    .sort((a, b) => b.length - a.length);
  const left = words.reduce((text, word) => text.replaceAll(word, ''), lower);
  return left !== lower && left.length < minOwnLength;
}
