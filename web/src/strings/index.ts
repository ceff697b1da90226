/**
 * Texts by key. A language is a catalogue with every key of `en`; the one of the person's browser
 * is chosen at start, `lang` and `dir` of the page follow it (WCAG 3.1.1).
 */
import { en } from './en.js';

export type TextKey = keyof typeof en;
type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
type Catalogue = Record<TextKey, string | Forms>;
type Values = Readonly<Record<string, string | number>>;

interface Language {
  tag: string;
  dir: 'ltr' | 'rtl';
  catalogue: Catalogue;
}

const languages: readonly [Language, ...Language[]] = [{ tag: 'en', dir: 'ltr', catalogue: en }];

const wanted = typeof navigator === 'undefined' ? [] : navigator.languages;
const [fallback] = languages;

export const language: Language =
  wanted
    .map((tag) => languages.find((known) => known.tag === tag.split('-')[0]))
    .find((known) => known !== undefined) ?? fallback;

const plurals = new Intl.PluralRules(language.tag);
const numbers = new Intl.NumberFormat(language.tag);

/** The text of `key`, with `{name}` filled from `values`. A plural needs `values.count`. */
export function text(key: TextKey, values: Values = {}): string {
  const entry: string | Forms = language.catalogue[key];
  const pattern =
    typeof entry === 'string'
      ? entry
      : (entry[plurals.select(Number(values.count ?? 0))] ?? entry.other);
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    return typeof value === 'number' ? numbers.format(value) : value;
  });
}

/** The text of an error code; codes without their own text share one. */
export function errorText(code: string): string {
  const key = `error.${code}`;
  return text(key in language.catalogue ? (key as TextKey) : 'error.other');
}

/** Hours and minutes in the person's own time zone and way of writing. */
export function timeOfDay(rfc3339: string): string {
  const format = new Intl.DateTimeFormat(language.tag, { hour: '2-digit', minute: '2-digit' });
  return format.format(new Date(rfc3339));
}

export function applyLanguage(root: HTMLElement): void {
  root.lang = language.tag;
  root.dir = language.dir;
}
