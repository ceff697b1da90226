/**
 * Real browsers with synthetic cameras and microphones: Debian's Chromium by Playwright, Debian's
 * Firefox ESR by WebDriver BiDi. Both give the same small interface to the tests.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import puppeteer, {
  type Browser as Firefox,
  type Page as FirefoxPage,
  type KeyInput,
} from 'puppeteer-core';
import { recordConnections } from './page-scripts.js';
import { deadlineMs, eventually, repository } from './plenum.js';

export interface BrowserPage {
  readonly label: string;
  goto(url: string): Promise<void>;
  url(): string;
  clickButton(name: string): Promise<void>;
  /** An item of the menu that is open. */
  choose(name: string): Promise<void>;
  fillTextbox(name: string, value: string): Promise<void>;
  /** `Enter`, `m`, `Shift+Q`. */
  press(key: string): Promise<void>;
  type(text: string): Promise<void>;
  /** Runs a function in the page; arguments and result are plain data. */
  evaluate<T, A>(script: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  screenshot(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Screenshots of a run, one per step, to be looked at. */
export const screenshotFolder = join(repository, 'test-output', 'screenshots');

/**
 * Parts of Chromium's own window are pages since version 150 or so, each with a process: three quarters of the
 * processor time of a window in which a page of ours does nothing.
 */
const windowPages = [
  'PreloadTopChromeWebUI',
  'WebUIReloadButton',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
];

export const chromiumFlags = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream=fps=30',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--auto-select-desktop-capture-source=Entire screen',
  '--allow-loopback-in-peer-connection',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${['CalculateNativeWinOcclusion', ...windowPages].join()}`,
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
];

/** `flags`: besides the usual ones. */
export async function launchChromium(...flags: string[]): Promise<Browser> {
  const args = [...chromiumFlags, ...flags];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args });
}

/** Two cores encode and decode for everybody: what is not about pictures uses small ones. */
const smallCamera = { 'plenum.cameraHeight': '180' };
/** `localStorage` of a page: each picture is several packets, in layers that a decoder can tell apart. */
export const largerCamera = { 'plenum.cameraHeight': '360' };

/** Gives a pixel that nobody sees another colour in every frame, until it is removed. */
function keepDrawing(): HTMLElement {
  const pixel = document.createElement('div');
  Object.assign(pixel.style, {
    position: 'fixed',
    inset: '0 auto auto 0',
    width: '1px',
    height: '1px',
  });
  pixel.ariaHidden = 'true';
  document.documentElement.append(pixel);
  const shades = [{ background: 'rgb(0 0 0 / 1%)' }, { background: 'rgb(0 0 0 / 2%)' }];
  pixel.animate(shades, { duration: 100, iterations: Number.POSITIVE_INFINITY });
  return pixel;
}

function keepInStorage(entries: Record<string, string>): void {
  for (const [key, value] of Object.entries(entries)) localStorage.setItem(key, value);
}

/** CSS pixels. */
export interface Viewport {
  width: number;
  height: number;
}

export interface ChromiumPageOptions {
  colorScheme?: 'light' | 'dark';
  viewport?: Viewport;
  /** A small screen that is touched; `viewport` is the screen. */
  isPhone?: boolean;
  /** False: the page is refused camera and microphone. */
  permissions?: boolean;
  localStorage?: Record<string, string>;
  /** Runs in the page before the client's own script; stands alone. */
  script?: (() => void) | string;
}

export async function openChromiumPage(
  browser: Browser,
  label: string,
  options: ChromiumPageOptions = {},
): Promise<ChromiumPage> {
  const context = await browser.newContext({
    viewport: options.viewport ?? { width: 1280, height: 800 },
    ...(options.isPhone ? { isMobile: true, hasTouch: true } : {}),
    ...(options.viewport ? { screen: options.viewport } : {}),
    colorScheme: options.colorScheme ?? 'light',
    permissions: options.permissions === false ? [] : ['camera', 'microphone'],
  });
  await context.addInitScript(recordConnections);
  await context.addInitScript(keepInStorage, { ...smallCamera, ...options.localStorage });
  if (options.permissions === false) {
    await context.addInitScript(() => {
      const refuse = () => Promise.reject(new DOMException('refused', 'NotAllowedError'));
      navigator.mediaDevices.getUserMedia = refuse;
    });
  }
  if (options.script) await context.addInitScript(options.script);
  const page = await context.newPage();
  page.setDefaultTimeout(deadlineMs);
  return new ChromiumPage(label, page, context);
}

export class ChromiumPage implements BrowserPage {
  constructor(
    readonly label: string,
    readonly page: Page,
    readonly context: BrowserContext,
  ) {}

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  url(): string {
    return this.page.url();
  }

  async clickButton(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  async choose(name: string): Promise<void> {
    await this.page.getByRole('menuitem', { name, exact: true }).click();
  }

  async fillTextbox(name: string, value: string): Promise<void> {
    await this.page.getByRole('textbox', { name }).fill(value);
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  evaluate<T, A>(script: (argument: A) => T | Promise<T>, argument: A): Promise<T> {
    return this.page.evaluate(script as never, argument as never) as Promise<T>;
  }

  /**
   * Chromium takes the picture of the frame that comes next, and of a page that stands still none may
   * ever come: it draws meanwhile, and is asked a second time.
   */
  async screenshot(name: string): Promise<void> {
    await mkdir(screenshotFolder, { recursive: true });
    const path = join(screenshotFolder, `${name}-${this.label}.png`);
    const drawing = await this.page.evaluateHandle(keepDrawing);
    await this.page
      .screenshot({ path, timeout: deadlineMs / 3 })
      .catch(() => this.page.screenshot({ path }));
    await drawing.evaluate((element) => element.remove());
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** `fps`: of the camera, and how often the screen is drawn. */
export async function launchFirefox({ fps }: { fps: number }): Promise<Firefox> {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.video.default_fps': fps,
      'layout.frame_rate': fps,
      'media.navigator.permission.disabled': true,
      // With the permission Firefox gathers every address, without it only the default route's.
      'permissions.default.microphone': 1,
      'permissions.default.camera': 1,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.autoplay.default': 0,
      'app.update.enabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  });
}

export async function openFirefoxPage(
  browser: Firefox,
  label: string,
  { viewport, script }: { viewport: Viewport; script?: (() => void) | undefined },
): Promise<BrowserPage> {
  const page = await browser.newPage();
  page.setDefaultTimeout(deadlineMs);
  await page.setViewport(viewport);
  await page.evaluateOnNewDocument(recordConnections);
  await page.evaluateOnNewDocument(keepInStorage, smallCamera);
  if (script) await page.evaluateOnNewDocument(script);
  return new FirefoxBrowserPage(label, page);
}

class FirefoxBrowserPage implements BrowserPage {
  constructor(
    readonly label: string,
    private readonly page: FirefoxPage,
  ) {}

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  url(): string {
    return this.page.url();
  }

  async clickButton(name: string): Promise<void> {
    await this.page.locator(`::-p-aria([name="${name}"][role="button"])`).click();
  }

  async choose(name: string): Promise<void> {
    await this.page.locator(`::-p-aria([name="${name}"][role="menuitem"])`).click();
  }

  async fillTextbox(name: string, value: string): Promise<void> {
    await this.page.locator(`::-p-aria([name="${name}"][role="textbox"])`).fill(value);
  }

  async press(combination: string): Promise<void> {
    const { keyboard } = this.page;
    const key = combination.replace('Shift+', '') as KeyInput;
    const isShifted = key !== combination;
    if (isShifted) await keyboard.down('Shift');
    await keyboard.press(key);
    if (isShifted) await keyboard.up('Shift');
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  evaluate<T, A>(script: (argument: A) => T | Promise<T>, argument: A): Promise<T> {
    return this.page.evaluate(script as never, argument as never) as Promise<T>;
  }

  async screenshot(name: string): Promise<void> {
    await mkdir(screenshotFolder, { recursive: true });
    await this.page.screenshot({ path: join(screenshotFolder, `${name}-${this.label}.png`) });
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}

/** Waits until a function in the page gives true. */
export async function waitInPage<A>(
  page: BrowserPage,
  what: string,
  script: (argument: A) => boolean | Promise<boolean>,
  argument: A,
  limitMs = deadlineMs,
): Promise<void> {
  const probe = async () => {
    try {
      return (await page.evaluate(script, argument)) ? true : undefined;
    } catch (error) {
      // The page is just being left for the next one.
      if (/context was destroyed/i.test((error as Error).message)) return undefined;
      throw error;
    }
  };
  await eventually(`${page.label}: ${what}`, probe, limitMs);
}
