/** The languages there are. All but English are loaded when they are chosen. */
import { type Catalogue, en } from './en/index.js';

export interface Language {
  /** BCP 47, as it stands in `lang`. */
  readonly tag: string;
  readonly dir: 'ltr' | 'rtl';
  /** What its speakers call it. */
  readonly name: string;
  readonly load: () => Promise<Catalogue>;
  /** For tests: chosen by its tag alone, never offered. */
  readonly isHidden?: boolean;
}

export const english: Language = { tag: 'en', dir: 'ltr', name: 'English', load: async () => en };

export const languages: readonly Language[] = [
  english,
  {
    tag: 'de',
    dir: 'ltr',
    name: 'Deutsch',
    load: async () => (await import('./de/index.js')).de,
  },
  {
    tag: 'ar',
    dir: 'rtl',
    name: 'العربية',
    load: async () => (await import('./ar/index.js')).ar,
  },
  {
    tag: 'en-XA',
    dir: 'ltr',
    name: 'Pseudo',
    load: async () => (await import('./pseudo.js')).pseudo,
    isHidden: true,
  },
];

export interface ChosenLanguage {
  language: Language;
  /** For dates and numbers: the person's own region where the browser names one, `de-AT`. */
  locale: string;
}

/** The person's setting, else the first of the browser's languages that there is, else English. */
export function chooseLanguage(
  setting: string | undefined,
  wanted: readonly string[],
): ChosenLanguage {
  const chosen = languages.find(({ tag }) => tag === setting);
  const offered = languages.filter(({ isHidden }) => !isHidden);
  const language =
    chosen ??
    wanted
      .map((tag) => offered.find((known) => known.tag === primaryOf(tag)))
      .find((known) => known !== undefined) ??
    english;
  const regional = wanted.find((tag) => primaryOf(tag) === primaryOf(language.tag));
  return { language, locale: regional && isKnown(regional) ? regional : language.tag };
}

function primaryOf(tag: string): string {
  return tag.split('-')[0]?.toLowerCase() ?? '';
}

/** Browsers may be told to ask for anything; Intl throws on what is no tag. */
function isKnown(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}
