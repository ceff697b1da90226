/** Pages in every language that is hard on them: each state in light and dark, at three widths. */

import type { Test } from 'tap';
import { type ChromiumPage, type Viewport, waitInPage } from './browsers.js';
import { everythingFits, looksGood } from './looks.js';
import type { Stage } from './stage.js';

interface View {
  viewport: Viewport;
  /** Absent: does everything fit? Nothing else. */
  theme?: 'light' | 'dark';
  rules?: 'colours';
}

/** Looks at what the page shows now, in every view of its language. */
export type Looker = (state: string) => Promise<void>;

const wide = { width: 1440, height: 900 };
const middle = { width: 768, height: 1024 };
const narrow = { width: 320, height: 640 };

/** Each state is looked at in every view of its language; both themes, widths, directions meet. */
const walks: Readonly<Record<'en' | 'ar' | 'en-XA', readonly View[]>> = {
  en: [
    { viewport: narrow, theme: 'dark' },
    { viewport: wide, theme: 'light' },
  ],
  ar: [
    { viewport: narrow, theme: 'light' },
    { viewport: middle },
    { viewport: wide, theme: 'dark', rules: 'colours' },
  ],
  // 40 % longer.
  'en-XA': [{ viewport: narrow }, { viewport: middle }, { viewport: wide }],
};

/** In English, Arabic and the pseudo-language at once; `walk` finds its way by other things than words. */
export async function walkInLanguages(
  t: Test,
  { open }: Stage,
  walk: (page: ChromiumPage, look: Looker) => Promise<void>,
): Promise<void> {
  const walkIn = async (language: keyof typeof walks) => {
    const page = await open(language, { localStorage: { 'plenum.language': language } });
    await walk(page, async (state) => {
      for (const { viewport, theme, rules = 'all' } of walks[language]) {
        await page.page.setViewportSize(viewport);
        const shown = `${state}-${viewport.width}`;
        if (theme) await looksGood(t, page, shown, { themes: [theme], rules });
        else await everythingFits(t, page, shown);
      }
    });
    await page.close();
  };
  await Promise.all((['en', 'ar', 'en-XA'] as const).map(walkIn));
}

/** Loads a page and waits until nothing of it is still to come. */
export async function visit(page: ChromiumPage, url: string): Promise<void> {
  // For another fragment alone nothing would be loaded. A page after an empty one has a process of its own, which
  // costs thrice the time.
  if (page.url().split('#')[0] === url.split('#')[0]) await page.goto('about:blank');
  await page.goto(url);
  await page.page.locator('h1').first().waitFor();
  await waitInPage(page, 'has loaded', hasLoaded, undefined);
}

function hasLoaded(): boolean {
  return document.querySelector('h1') !== null && !document.querySelector('[aria-busy="true"]');
}

interface Credentials {
  email: string;
  password: string;
}

let before: Promise<void> = Promise.resolve();

/** By the places of things. One after the other: a busy server refuses several of one address at once. */
export function logInWordlessly(page: ChromiumPage, url: string, who: Credentials): Promise<void> {
  const own = before.then(() => logIn(page, url, who));
  before = own.catch(() => undefined);
  return own;
}

async function logIn(page: ChromiumPage, url: string, { email, password }: Credentials) {
  await visit(page, new URL('login', url).href);
  await page.page.locator('[name="email"]').fill(email);
  await page.page.locator('[name="password"]').fill(password);
  await page.page.locator('button[type="submit"]').click();
  await page.page.getByRole('tab').first().waitFor();
}
