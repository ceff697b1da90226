/**
 * Texts by key, in the language of the person. It is chosen at start and can be changed while the
 * page is open; `lang` and `dir` of the page follow it (WCAG 3.1.1).
 */
import { IntlMessageFormat } from 'intl-messageformat';
import type { ErrorCode } from '../../../client/src/index.js';
import { type Catalogue, en, type TextKey } from './en/index.js';
import { type ChosenLanguage, chooseLanguage, english, languages } from './languages.js';

export type { TextKey };
export type Values = Readonly<Record<string, string | number>>;

/** What a person can choose from. */
export const offeredLanguages = languages.filter(({ isHidden }) => !isHidden);

interface Current extends ChosenLanguage {
  catalogue: Catalogue;
}

let current: Current = { language: english, locale: english.tag, catalogue: en };
const formats = new Map<TextKey, IntlMessageFormat>();
const listeners = new Set<() => void>();

/** The language in use; replaced as a whole when another one is chosen. */
export function currentLanguage(): ChosenLanguage {
  return current;
}

/** For useSyncExternalStore. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Loads and takes the language of the setting or the browser. One that cannot be loaded leaves the
 * page as it is.
 */
export async function takeLanguage(
  setting: string | undefined,
  wanted: readonly string[],
): Promise<void> {
  const chosen = chooseLanguage(setting, wanted);
  const catalogue = await chosen.language.load().catch(() => undefined);
  if (!catalogue) return;
  current = { ...chosen, catalogue };
  formats.clear();
  for (const listener of [...listeners]) listener();
}

/** The text of `key`, with its places filled from `values`: those are text, never patterns. */
export function text(key: TextKey, values: Values = {}): string {
  const pattern = current.catalogue[key] ?? en[key];
  if (!pattern.includes('{')) return pattern;
  const isolated: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(values)) {
    isolated[name] = typeof value === 'string' ? isolate(value) : value;
  }
  return formatOf(key, pattern).format(isolated) as string;
}

function formatOf(key: TextKey, pattern: string): IntlMessageFormat {
  const known = formats.get(key);
  if (known) return known;
  const locale = current.catalogue[key] === undefined ? english.tag : current.locale;
  const made = new IntlMessageFormat(pattern, locale, undefined, { ignoreTag: true });
  formats.set(key, made);
  return made;
}

const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;
const leftToRight = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u;

/**
 * A value that runs the other way is wrapped in FSI … PDI (UAX #9), as `<bdi>` does for elements:
 * it cannot turn the sentence around it.
 */
function isolate(value: string): string {
  const other = current.language.dir === 'rtl' ? leftToRight : rightToLeft;
  return other.test(value) ? `\u2068${value}\u2069` : value;
}

/** Every code of the server has a text (typed in en/errors.ts); one of a newer server, a common one. */
export function errorText(code: ErrorCode | (string & {})): string {
  const key = `error.${code}`;
  return text(key in en ? (key as TextKey) : 'error.other');
}

/** Those whose text asks the person to load the page again: a button for that stands beside it. */
const reloadCodes = ['precondition_required', 'bad_message', 'unknown_type', 'version'] as const;

export function asksToReload(code: ErrorCode | (string & {})): boolean {
  return reloadCodes.some((each) => each === code);
}

/** Hours and minutes in the person's own time zone and way of writing. */
export function timeOfDay(rfc3339: string): string {
  const format = new Intl.DateTimeFormat(current.locale, { hour: '2-digit', minute: '2-digit' });
  return format.format(new Date(rfc3339));
}

export function applyLanguage(root: HTMLElement): void {
  root.lang = current.language.tag;
  root.dir = current.language.dir;
}
