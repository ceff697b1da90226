/** A shared screen as one other person sees it (row 12): how soon, how large and how often. */

import type { Browser } from 'playwright-core';
import { type ChromiumPage, openChromiumPage } from '../../test/e2e/support/browsers.js';
import { join, joinByLink, newMeeting, reception } from '../../test/e2e/support/people.js';
import { type Plenum, pause } from '../../test/e2e/support/plenum.js';
import { quantile } from '../results.js';

/** Long enough for congestion control to allow the whole picture. */
const settledMs = 15_000;
const windowMs = 10_000;
const largeScreen = { width: 2560, height: 1440 };

/** Shares a screen so many times, then looks at both modes. */
export async function screens(
  { chromium, plenum }: { chromium: Browser; plenum: Plenum },
  shares: number,
) {
  const sharer = await openChromiumPage(chromium, 'sharer');
  const viewer = await openChromiumPage(chromium, 'viewer', { viewport: largeScreen });
  try {
    const link = await newMeeting(sharer, plenum.url);
    await join(sharer, 'Sharer');
    await joinByLink(viewer, link, 'Viewer');
    for (const page of [sharer, viewer]) await page.clickButton('Stop video');
    const times: number[] = [];
    for (let share = 0; share <= shares; share += 1) {
      const ms = await shareAndWait(sharer, viewer);
      // The first one prepares what the others find ready.
      if (share > 0) times.push(ms);
      if (share === shares) break;
      await sharer.clickButton('Stop sharing');
      await viewer.page.locator('[data-source="screen"]').waitFor({ state: 'detached' });
    }
    const text = await largest(viewer);
    await sharer.page.getByRole('radio', { name: 'Smooth motion' }).click();
    const motion = await largest(viewer);
    return {
      screen_first_frame_p50_ms: quantile(times, 0.5),
      screen_first_frame_p95_ms: quantile(times, 0.95),
      screen_text_height: text.height,
      screen_text_fps: text.fps,
      screen_motion_height: motion.height,
      screen_motion_fps: motion.fps,
    };
  } finally {
    await sharer.close();
    await viewer.close();
  }
}

async function shareAndWait(sharer: ChromiumPage, viewer: ChromiumPage): Promise<number> {
  const clicked = sharer.evaluate(nextClick, undefined);
  const seen = viewer.evaluate(firstScreenFrame, undefined);
  await pause(100);
  await sharer.clickButton('Share screen');
  return (await seen) - (await clicked);
}

async function largest(viewer: ChromiumPage) {
  await pause(settledMs);
  const { video } = await reception(viewer, windowMs);
  const [screen] = video.sort((a, b) => b.fps * b.height - a.fps * a.height);
  if (screen === undefined) throw new Error('no screen is seen');
  return screen;
}

/** Date.now() of it. */
function nextClick(): Promise<number> {
  return new Promise((resolve) => {
    addEventListener('click', () => resolve(Date.now()), { once: true, capture: true });
  });
}

/** Date.now() when the first picture of a screen is shown. */
function firstScreenFrame(): Promise<number> {
  return new Promise((resolve) => {
    const watched = new WeakSet<HTMLVideoElement>();
    const watch = () => {
      for (const video of document.querySelectorAll<HTMLVideoElement>(
        '[data-source="screen"] video',
      )) {
        if (watched.has(video)) continue;
        watched.add(video);
        video.requestVideoFrameCallback(() => {
          observer.disconnect();
          resolve(Date.now());
        });
      }
    };
    const observer = new MutationObserver(watch);
    observer.observe(document.body, { childList: true, subtree: true });
    watch();
  });
}
