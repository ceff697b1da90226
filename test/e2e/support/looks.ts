/** How a page looks, as far as a machine can tell. */

import axe from 'axe-core';
import type { Test } from 'tap';
import type { ChromiumPage } from './browsers.js';

/** What another theme can make wrong in a page that is otherwise the same. */
const colourRules = ['color-contrast', 'link-in-text-block'];
/** WCAG 2.2 A and AA, as far as axe-core knows it. */
const everyRule = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

async function violations(page: ChromiumPage, onlyColours: boolean): Promise<string[]> {
  // A document keeps it: its half a megabyte is read once. Only what is wrong leaves the page.
  if (await page.evaluate(() => !('axe' in window), undefined))
    await page.page.evaluate(axe.source);
  const found = await page.evaluate(
    async (options) => {
      const { violations } = await window.axe.run(document, options);
      return violations.map(({ id, nodes }) => ({ id, html: nodes.map((node) => node.html) }));
    },
    {
      resultTypes: ['violations'],
      runOnly: onlyColours
        ? { type: 'rule', values: colourRules }
        : { type: 'tag', values: everyRule },
    } satisfies axe.RunOptions,
  );
  return found.map(({ id, html }) => `${id}: ${html.join(' | ')}`);
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** What sticks out of the window sideways, and labels that do not show all of themselves. */
function misfits(): string[] {
  const found: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > window.innerWidth) found.push('the page scrolls sideways');
  const texts = 'h1, h2, p, label, button, a, li, th, td, input, [role="tab"], [role="menuitem"]';
  for (const element of document.querySelectorAll(texts)) {
    // A table of figures scrolls in a box of its own (WCAG 1.4.10 allows it).
    if (element.closest('.visually-hidden, [aria-hidden="true"], [inert], table')) continue;
    const { width, left, right } = element.getBoundingClientRect();
    const name = `${element.tagName}.${element.className}: ${element.textContent?.slice(0, 60)}`;
    const isOutside = left < -0.5 || right > window.innerWidth + 0.5;
    if (width > 0 && isOutside) found.push(`outside: ${name}`);
    const isBox = getComputedStyle(element).display !== 'inline' && element.clientWidth > 0;
    const isClipped = element.scrollWidth > element.clientWidth + 1;
    if (isBox && isClipped && element.matches('button, a, label')) found.push(`clipped: ${name}`);
  }
  return found;
}

/**
 * What fades in has other colours meanwhile, and what was resized is laid out a moment later. By their
 * state: now and then Chromium never settles `finished` of an animation that has ended.
 */
async function standStill(): Promise<void> {
  const isMoving = ({ playState, effect }: Animation) =>
    playState === 'running' && effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY;
  for (let frame = 0; frame < 2 || document.getAnimations().some(isMoving); frame += 1) {
    await new Promise(requestAnimationFrame);
  }
}

type Theme = 'light' | 'dark';

export interface LooksOptions {
  /** As the system asks for them, each with a picture; the last one stays. */
  themes?: readonly Theme[];
  /** By axe-core, in the first theme; in the others always those about colours alone. */
  rules?: 'all' | 'colours';
}

/**
 * Nothing outside, nothing clipped, no violation, in dark and in light; and a picture of each for
 * people to look at.
 */
export async function looksGood(
  t: Test,
  page: ChromiumPage,
  state: string,
  { themes = ['dark', 'light'], rules = 'all' }: LooksOptions = {},
): Promise<void> {
  await everythingFits(t, page, state);
  for (const theme of themes) {
    await page.page.emulateMedia({ colorScheme: theme });
    await page.evaluate(standStill, undefined);
    const onlyColours = rules === 'colours' || theme !== themes[0];
    const where = `${page.label}, ${state}, ${theme}`;
    t.same(await violations(page, onlyColours), [], `${where}: no violation`);
    await page.screenshot(`look-${state}${theme === 'dark' ? '-dark' : ''}`);
  }
}

export async function everythingFits(t: Test, page: ChromiumPage, state: string): Promise<void> {
  await page.evaluate(standStill, undefined);
  const found = await page.evaluate(misfits, undefined);
  t.same(found, [], `${page.label}, ${state}: everything fits`);
}
