/**
 * What an end-to-end test stands on: Plenum and browsers, all begun at once, ended with the test.
 * Two cores draw, encode and decode for everybody without a GPU, so the pages are small and the
 * cameras slow and small; a test that is about size or rate says its own.
 */

import type { Browser } from 'playwright-core';
import type { Browser as Firefox } from 'puppeteer-core';
import type { Test } from 'tap';
import {
  type BrowserPage,
  type ChromiumPage,
  type ChromiumPageOptions,
  launchChromium,
  launchFirefox,
  openChromiumPage,
  openFirefoxPage,
} from './browsers.js';
import { discard, type Plenum, type PlenumOptions, startPlenum } from './plenum.js';

/** Wide enough for the layout of desktops; CSS pixels. */
const viewport = { width: 840, height: 525 };
const slowCameraFps = 10;
/** Of Chromium's command line: what a stage gives, for who launches it alone. */
export const slowCamera = `--use-fake-device-for-media-stream=fps=${slowCameraFps}`;

export interface StageOptions {
  plenum?: PlenumOptions;
  /** Of Chromium's command line, besides the usual ones. */
  flags?: readonly string[];
  cameraFps?: number;
}

export interface Stage {
  readonly plenum: Plenum;
  /** A fresh Chromium profile with one page. */
  open(label: string, options?: ChromiumPageOptions): Promise<ChromiumPage>;
}

export interface StageWithFirefox extends Stage {
  /** `script` runs in the page before the client's own. */
  openFirefox(label: string, script?: () => void): Promise<BrowserPage>;
}

export async function setStage(t: Test, options: StageOptions = {}): Promise<Stage> {
  const plenum = startPlenum(options.plenum);
  const chromium = launchChromium(
    `--use-fake-device-for-media-stream=fps=${options.cameraFps ?? slowCameraFps}`,
    ...(options.flags ?? []),
  );
  t.teardown(async () => {
    await ended(chromium, (browser) => browser.close());
    await ended(plenum, discard);
  });
  return stageOf(await plenum, await chromium);
}

export async function setStageWithFirefox(
  t: Test,
  options: StageOptions = {},
): Promise<StageWithFirefox> {
  const firefox: Promise<Firefox> = launchFirefox({ fps: options.cameraFps ?? slowCameraFps });
  const stage = setStage(t, options);
  t.teardown(() => ended(firefox, (browser) => browser.close()));
  const browser = await firefox;
  return {
    ...(await stage),
    openFirefox: (label, script) => openFirefoxPage(browser, label, { viewport, script }),
  };
}

function stageOf(plenum: Plenum, chromium: Browser): Stage {
  return {
    plenum,
    open: (label, options) => openChromiumPage(chromium, label, { viewport, ...options }),
  };
}

/** Ends what has begun; what never began was reported where it was waited for. */
async function ended<T>(begun: Promise<T>, end: (value: T) => Promise<void>): Promise<void> {
  const value = await begun.catch(() => undefined);
  if (value !== undefined) await end(value);
}
