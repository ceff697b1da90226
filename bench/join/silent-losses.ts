/** A line on which nothing passes any more and nothing is closed: until both sides show it (row 31). */

import type { Browser } from 'playwright-core';
import { type ChromiumPage, openChromiumPage } from '../../test/e2e/support/browsers.js';
import { joinByLink, participantId } from '../../test/e2e/support/people.js';
import { type Plenum, pause } from '../../test/e2e/support/plenum.js';
import { startTcpRelay } from '../../test/e2e/support/tcp-relay.js';
import { quantile } from '../results.js';

export interface Meeting {
  chromium: Browser;
  plenum: Plenum;
  /** In the meeting, on a line of its own. */
  host: ChromiumPage;
  link: string;
}

/** Between two losses: not a multiple of a heartbeat, so that they come at any moment of one. */
const betweenMs = 1310;
const limitMs = 20_000;

/** Loses the line of a guest so many times. */
export async function silentLosses({ chromium, plenum, host, link }: Meeting, losses: number) {
  const relay = await startTcpRelay(plenum.url);
  const guest = await openChromiumPage(chromium, 'silent');
  try {
    await joinByLink(guest, relay.address(link), 'Silent');
    const id = await participantId(host, 'Silent');
    const lostTile = `[data-participant-id="${id}"][data-reconnecting]`;
    const own: number[] = [];
    const others: number[] = [];
    for (let loss = 0; loss < losses; loss += 1) {
      await pause(betweenMs);
      const shown = Promise.all([
        guest.evaluate(whenShown, { selector: '.banner .spinner', limitMs }),
        host.evaluate(whenShown, { selector: lostTile, limitMs }),
      ]);
      await pause(50);
      const began = Date.now();
      relay.setPassing(false);
      const [ownAt, othersAt] = await shown;
      own.push(ownAt - began);
      others.push(othersAt - began);
      relay.setPassing(true);
      await guest.page.locator('.banner .spinner').waitFor({ state: 'detached' });
      await host.page.locator(lostTile).waitFor({ state: 'detached' });
    }
    return {
      silent_loss_own_p50_ms: quantile(own, 0.5),
      silent_loss_own_max_ms: Math.max(...own),
      silent_loss_others_p50_ms: quantile(others, 0.5),
      silent_loss_others_max_ms: Math.max(...others),
    };
  } finally {
    await guest.close();
    await relay.close();
  }
}

/** Date.now() when something is first in the page. */
function whenShown(wanted: { selector: string; limitMs: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('never shown')), wanted.limitMs);
    const look = () => {
      if (!document.querySelector(wanted.selector)) return;
      clearTimeout(timer);
      observer.disconnect();
      resolve(Date.now());
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true, attributes: true });
    look();
  });
}
