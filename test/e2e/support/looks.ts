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

/** Names of what sticks out of the window sideways, and of labels that do not show all of themselves. */
function misfits(): string[] {
  const found: string[] = [];
  const name = (element: Element) => `${element.className}: ${element.textContent?.slice(0, 60)}`;
  if (document.documentElement.scrollWidth > window.innerWidth)
    found.push('the page scrolls sideways');
  for (const element of document.querySelectorAll(
    'h1, h2, p, label, button, a, li, [role="tab"]',
  )) {
    const box = element.getBoundingClientRect();
    const isHidden = box.width <= 1 || element.closest('.visually-hidden') !== null;
    if (isHidden) continue;
    if (box.left < -0.5 || box.right > window.innerWidth + 0.5)
      found.push(`outside: ${name(element)}`);
    const isClipped =
      element.matches('button, a, label') && element.scrollWidth > element.clientWidth + 1;
    if (isClipped && element.clientWidth > 0 && getComputedStyle(element).display !== 'inline') {
      found.push(`clipped: ${name(element)}`);
    }
  }
  return found;
}

/** No violation, nothing outside, nothing clipped; and a picture for people to look at. */
export async function looksGood(t: Test, page: ChromiumPage, state: string): Promise<void> {
  const where = `${page.label}, ${state}`;
  // What fades in has other colours meanwhile.
  await page.page.evaluate(() =>
    Promise.all(document.getAnimations().map((each) => each.finished)),
  );
  t.same(await violations(page), [], `${where}: no violation`);
  t.same(await page.evaluate(misfits, undefined), [], `${where}: everything fits`);
  await page.screenshot(`look-${state}`);
}
