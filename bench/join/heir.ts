/** A meeting whose only host does not come back (row 5): until the co-host is host on both screens. */

import type { Browser } from 'playwright-core';
import { openChromiumPage } from '../../test/e2e/support/browsers.js';
import { actOn, join, joinByLink, newMeeting, says } from '../../test/e2e/support/people.js';
import type { Plenum } from '../../test/e2e/support/plenum.js';

/** The 90 s of the rule and its 5 s, and what a slow machine adds. */
const limitMs = 120_000;

export async function heir({ chromium, plenum }: { chromium: Browser; plenum: Plenum }) {
  const [host, heir, other] = await Promise.all(
    ['host', 'heir', 'other'].map((label) => openChromiumPage(chromium, label)),
  );
  if (!host || !heir || !other) throw new Error('three pages');
  try {
    const link = await newMeeting(host, plenum.url);
    await join(host, 'Host');
    await joinByLink(heir, link, 'Heir');
    await joinByLink(other, link, 'Other');
    await host.clickButton('Participants');
    await actOn(host, 'Heir', 'Make co-host');
    await other.clickButton('Participants');
    await host.close();
    const began = Date.now();
    await other.page
      .locator('[data-person][data-role="host"]', { hasText: 'Heir' })
      .waitFor({ timeout: limitMs });
    const othersAt = Date.now() - began;
    await says(heir, 'You are now the host');
    await heir.screenshot('heir');
    return { heir_shown_to_others_s: othersAt / 1000, heir_told_s: (Date.now() - began) / 1000 };
  } finally {
    for (const page of [heir, other]) await page.close();
  }
}
