/** How a page looks, as far as a machine can tell. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Test } from 'tap';
import type { ChromiumPage } from './browsers.js';

/** WCAG 2.2 A and AA, as far as axe-core knows it. */
export async function violations(page: ChromiumPage): Promise<string[]> {
  const result = await new AxeBuilder({ page: page.page })
    .setLegacyMode() // in this page alone: there are no frames
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  return result.violations.map(
    (violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`,
  );
}

/** What sticks out of the window sideways, and labels that do not show all of themselves. */
function misfits(): string[] {
  const found: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > window.innerWidth) found.push('the page scrolls sideways');
  const texts = 'h1, h2, p, label, button, a, li, th, td, input, [role="tab"], [role="menuitem"]';
  for (const element of document.querySelectorAll(texts)) {
    if (element.closest('.visually-hidden, [aria-hidden="true"], [inert]')) continue;
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

/** What fades in has other colours meanwhile. */
async function standStill(): Promise<void> {
  const ending = document
    .getAnimations()
    .filter(({ effect }) => effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
  await Promise.allSettled(ending.map(({ finished }) => finished));
}

/** Nothing outside, nothing clipped, no violation; and a picture for people to look at. */
export async function looksGood(
  t: Test,
  page: ChromiumPage,
  state: string,
  { withAxe = true } = {},
): Promise<void> {
  const where = `${page.label}, ${state}`;
  await page.evaluate(standStill, undefined);
  t.same(await page.evaluate(misfits, undefined), [], `${where}: everything fits`);
  if (withAxe) t.same(await violations(page), [], `${where}: no violation`);
  await page.screenshot(`look-${state}`);
}
