import { IntlMessageFormat } from 'intl-messageformat';
import t, { type Test } from 'tap';
import { ar } from './ar/index.js';
import { de } from './de/index.js';
import { type Catalogue, en } from './en/index.js';
import { asksToReload, currentLanguage, errorText, takeLanguage, text } from './index.js';
import { chooseLanguage } from './languages.js';
import { pseudo, pseudoOf } from './pseudo.js';

t.afterEach(() => takeLanguage('en', []));

t.test('values are filled in, and a value never becomes a pattern', (t) => {
  t.equal(text('room.you', { name: 'Ada' }), 'Ada (you)');
  t.equal(text('room.you', { name: '{page}' }), '{page} (you)');
  t.equal(text('room.page', { page: 1, pages: 2 }), 'Page 1 of 2');
  t.end();
});

t.test('plurals follow the language', async (t) => {
  t.equal(text('announce.joinedMany', { count: 1 }), '1 person joined');
  t.equal(text('announce.joinedMany', { count: 5 }), '5 people joined');
  await takeLanguage('ar', ['ar-AE']);
  const forms = [0, 1, 2, 3, 11, 100].map((count) => text('room.unread', { count }));
  t.equal(new Set(forms).size, 6, 'six forms in Arabic');
});

t.test('a value that runs the other way is isolated, another is not', async (t) => {
  t.equal(text('room.you', { name: 'ليلى' }), '\u2068ليلى\u2069 (you)');
  await takeLanguage('ar', []);
  t.equal(text('room.you', { name: 'Ada' }), '\u2068Ada\u2069 (أنت)');
  t.equal(text('room.you', { name: 'ليلى' }), 'ليلى (أنت)');
});

t.test('every code has a text, known or not', (t) => {
  t.equal(errorText('blocked'), en['error.blocked']);
  t.equal(errorText('something_new'), en['error.other']);
  t.end();
});

t.test('what asks to load the page again has a button for it', (t) => {
  for (const [key, told] of Object.entries(en)) {
    if (!key.startsWith('error.')) continue;
    t.equal(asksToReload(key.slice('error.'.length)), told.includes('Load it again'), key);
  }
  t.end();
});

t.test('the setting comes before the browser, the region is kept', async (t) => {
  const tags = (setting: string | undefined, wanted: string[]) => {
    const { language, locale } = chooseLanguage(setting, wanted);
    return [language.tag, locale];
  };
  t.same(tags(undefined, ['fr-FR', 'de-AT', 'en']), ['de', 'de-AT']);
  t.same(tags('ar', ['de-AT']), ['ar', 'ar']);
  t.same(tags('xx', ['en-GB']), ['en', 'en-GB']);
  t.same(tags(undefined, ['not a tag']), ['en', 'en']);
  t.same(tags(undefined, ['en-XA']), ['en', 'en-XA'], 'the pseudo-language is never offered');
  await takeLanguage('ar', []);
  t.equal(currentLanguage().language.dir, 'rtl');
});

t.test('the pseudo-language is 40 % longer, its places are untouched', (t) => {
  t.equal(pseudoOf('Join {name}'), '[Ĵöîñ {name} ļ]');
  const plural = pseudoOf('{count, plural, one {# man} other {# men}}');
  t.match(plural, /^\[\{count, plural, one \{# ṁåñ\} other \{# ṁéñ\}\} .+\]$/);
  t.end();
});

/** The arguments of a pattern as `name:type`, and that its plurals have every form of the language. */
function placesOf(t: Test, pattern: string, tag: string): string[] {
  const categories = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
  const places = new Set<string>();
  const look = (parts: ReturnType<IntlMessageFormat['getAst']>) => {
    for (const part of parts) {
      if ('value' in part && part.type !== literal) places.add(`${part.value}:${part.type}`);
      if (!('options' in part)) continue;
      const forms = Object.keys(part.options);
      if (part.type === plural)
        t.same(
          categories.filter((form) => !forms.includes(form)),
          [],
        );
      for (const option of Object.values(part.options)) look(option.value);
    }
  };
  look(new IntlMessageFormat(pattern, tag).getAst());
  return [...places].sort();
}

/** Types of the parser's elements. */
const literal = 0;
const plural = 6;

const catalogues: Record<string, Catalogue> = { de, ar, pseudo };

for (const [tag, catalogue] of Object.entries(catalogues)) {
  t.test(`${tag}: the keys and places of English`, (t) => {
    const missing = Object.keys(en).filter((key) => !(key in catalogue));
    t.same(missing, [], 'no key is missing');
    const unknown = Object.keys(catalogue).filter((key) => !(key in en));
    t.same(unknown, [], 'no key is unknown');
    for (const [key, pattern] of Object.entries(catalogue)) {
      t.ok(pattern.trim(), `${key} is not empty`);
      t.same(
        placesOf(t, pattern, tag === 'pseudo' ? 'en' : tag),
        placesOf(t, en[key as keyof typeof en], 'en'),
        key,
      );
    }
    t.end();
  });
}
