/** The client's own promises: accessibility, reconnect with the same seat, joining without devices. */

import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { type ChromiumPage, type Viewport, waitInPage } from './support/browsers.js';
import { violations } from './support/looks.js';
import { cutSocket, madeConnections, openSockets, sentCamera } from './support/page-scripts.js';
import {
  hasButton,
  join,
  joinByLink,
  newMeeting,
  participantId,
  reception,
  says,
  tileNoLongerSays,
  tileSays,
  waitForMedia,
  waitForTiles,
} from './support/people.js';
import { eventually } from './support/plenum.js';
import { setStage } from './support/stage.js';
import { startTcpRelay } from './support/tcp-relay.js';

const lostText = 'Connection lost. Reconnecting';

t.test('the client', async (t) => {
  const { plenum, open } = await setStage(t);

  /** Looks at every state that a person goes through alone. */
  const walk = async (t: Test, colorScheme: 'light' | 'dark', viewport: Viewport) => {
    const page = await open(`${colorScheme}-${viewport.width}`, { colorScheme, viewport });
    const look = async (state: string) => {
      const where = `${page.label}, ${state}`;
      t.same(await violations(page), [], `${where}: no violation`);
      const wide = () => document.documentElement.scrollWidth > window.innerWidth;
      t.notOk(await page.evaluate(wide, undefined), `${where}: no sideways scrolling`);
      await page.screenshot(`look-${state}`);
    };
    await page.goto(plenum.url);
    await waitInPage(page, 'landing', hasButton, 'New meeting');
    await look('landing');
    await newMeeting(page, plenum.url);
    await waitInPage(page, 'pre-join', hasButton, 'Join');
    await look('pre-join');
    await join(page, 'Ada');
    await look('meeting');
    if (viewport.width < 600) await turned(t, page, viewport);
    await page.clickButton('Chat');
    await look('chat');
    await openParticipants(page);
    await look('participants');
    await page.clickButton('Leave');
    await look('left');
    await page.close();
  };

  for (const viewport of [
    { width: 1280, height: 800 },
    { width: 320, height: 568 },
  ]) {
    await t.test(`no axe violation: ${viewport.width} wide, light and dark`, async (t) => {
      await Promise.all([walk(t, 'light', viewport), walk(t, 'dark', viewport)]);
    });
  }

  await t.test('reconnects, cut off or on a silent line: same seat, media untouched', async (t) => {
    const relay = await startTcpRelay(plenum.url);
    t.teardown(() => relay.close());
    const [ada, bo] = await Promise.all([open('ada'), open('bo')]);
    const link = await newMeeting(ada, plenum.url);
    await join(ada, 'Ada');
    await joinByLink(bo, relay.address(link), 'Bo');
    await waitForMedia(bo, 1);
    const seat = await participantId(ada, 'Bo');
    const transports = await bo.evaluate(madeConnections, undefined);
    const before = await bo.evaluate(cutSocket, undefined);
    const during = await reception(bo, 1000);
    t.ok((during.video[0]?.fps ?? 0) > 0, 'video goes on while the socket is gone');
    await eventually('a new socket', async () =>
      (await bo.evaluate(openSockets, undefined)) > 0 ? true : undefined,
    );
    t.ok(before > 0);

    relay.setPassing(false);
    await Promise.all([says(bo, lostText), tileSays(ada, 'Bo', 'reconnecting')]);
    await Promise.all([ada.screenshot('silent-line'), bo.screenshot('silent-line')]);
    const silent = await reception(bo, 1000);
    t.ok((silent.video[0]?.fps ?? 0) > 0, 'video goes on while nothing passes');
    relay.setPassing(true);
    await tileNoLongerSays(ada, 'Bo', 'reconnecting');
    await waitInPage(bo, 'is connected', textGone, lostText);

    await waitForTiles(bo, 2);
    t.equal(await participantId(ada, 'Bo'), seat, 'the same participant id');
    t.equal(await bo.evaluate(madeConnections, undefined), transports, 'the same transports');
    await bo.clickButton('Chat');
    await bo.fillTextbox('Message', 'still here');
    await bo.press('Enter');
    await ada.clickButton('Chat');
    await waitInPage(ada, 'gets the message', textShown, 'still here');
    await ada.close();
    await bo.close();
  });

  await t.test('joining works without camera, microphone and permission', async (t) => {
    const [ada, mute] = await Promise.all([
      open('ada'),
      open('no-devices', { permissions: false }),
    ]);
    const link = await newMeeting(ada, plenum.url);
    await join(ada, 'Ada');
    await joinByLink(mute, link, 'Moe');
    await waitForTiles(ada, 2);
    await waitForMedia(mute, 1);
    await mute.screenshot('no-devices');
    t.pass('sees and hears the other');
    await ada.close();
    await mute.close();
  });

  await t.test('a phone: little is sent, a hidden page rests, data is saved', async (t) => {
    const phone = {
      isPhone: true,
      viewport: { width: 320, height: 568 },
      localStorage: { 'plenum.cameraHeight': '' },
      script: cannotShareScreens,
    };
    const [ada, bo] = await Promise.all([open('ada'), open('bo', phone)]);
    const link = await newMeeting(ada, plenum.url);
    await join(ada, 'Ada');
    await bo.goto(link);
    await waitInPage(bo, 'pre-join', hasButton, 'Join');
    const kilobytes = (await scriptBytes(await bo.evaluate(scripts, undefined))) / 1000;
    t.ok(kilobytes > 50 && kilobytes <= 250, `${kilobytes} kB of script before the meeting`);
    await join(bo, 'Bo');
    await Promise.all([waitForMedia(ada, 1), waitForMedia(bo, 1)]);
    const camera = await bo.evaluate(sentCamera, undefined);
    t.ok(camera && Math.min(camera.width, camera.height) <= 360, JSON.stringify(camera));
    t.ok((camera?.frameRate ?? 99) <= 24, 'at most 24 pictures a second');

    await bo.evaluate(setVisibility, 'hidden');
    await eventually('video to the hidden page stops', async () => {
      const { video, audio } = await reception(bo, 1000);
      return video.every(({ fps }) => fps === 0) && audio === 1 ? true : undefined;
    });
    t.equal(await bo.evaluate(sentCamera, undefined), null, 'the camera rests');
    await waitInPage(ada, 'no picture of Bo', pictureOf, { name: 'Bo', isShown: false });
    await bo.evaluate(setVisibility, 'visible');
    await Promise.all([waitForMedia(ada, 1), waitForMedia(bo, 1)]);
    t.pass('video stops while hidden, sound goes on, video comes back');

    await ada.clickButton('Share screen');
    await waitInPage(bo, 'sees the shared screen', screenShown, undefined);
    await eventually('two videos are received', async () => {
      const { video } = await reception(bo, 1000);
      return video.filter(({ fps }) => fps > 0).length === 2 ? true : undefined;
    });
    await bo.screenshot('screen-share');

    await saveData(bo);
    await waitInPage(bo, 'the screen is left out', textShown, 'Picture not loaded');
    await eventually('one small picture is received', async () => {
      const { video, bps } = await reception(bo, 2000);
      const moving = video.filter(({ fps }) => fps > 0);
      return moving.length === 1 && bps.video <= 150_000 ? true : undefined;
    });
    t.equal(await bo.evaluate(() => localStorage.getItem('plenum.dataSaver'), undefined), 'on');
    await bo.screenshot('data-saver');
    await saveData(bo);
    await eventually('two videos are received again', async () => {
      const { video } = await reception(bo, 1000);
      return video.filter(({ fps }) => fps > 0).length === 2 ? true : undefined;
    });
    await bo.clickButton('More');
    const share = bo.page.getByRole('menuitem', { name: 'This browser cannot share a screen' });
    t.equal(await share.getAttribute('aria-disabled'), 'true', 'the button says why');
    await bo.page.keyboard.press('Escape');
    await ada.clickButton('Stop sharing');
    await waitInPage(bo, 'the screen is gone', screenGone, undefined);
    t.pass('the shared screen comes and goes');
    await ada.close();
    await bo.close();
  });

  await t.test('the keyboard alone is enough to join, mute and leave', async (t) => {
    const page = await open('keyboard');
    await page.goto(plenum.url);
    await waitInPage(page, 'landing', hasButton, 'New meeting');
    await tabTo(page, 'New meeting');
    await page.page.keyboard.press('Enter');
    await waitInPage(page, 'pre-join', hasButton, 'Join');
    await tabTo(page, 'Your name');
    await page.page.keyboard.type('Kay');
    await tabTo(page, 'Join');
    await page.page.keyboard.press('Enter');
    // Not the button "Mute": the page before has one too.
    await waitInPage(page, 'the focus is in the meeting', focusedRole, 'toolbar');
    await tabTo(page, 'Mute');
    await page.page.keyboard.press('Space');
    await waitInPage(page, 'is muted', hasButton, 'Unmute');
    await tabTo(page, 'Leave');
    await page.page.keyboard.press('Enter');
    await waitInPage(page, 'has left', gone, 'Leave');
    t.pass('joined, muted and left with 0 mouse events');
    await page.close();
  });
});

/** Narrow screens keep the button in a menu. */
async function openParticipants(page: ChromiumPage): Promise<void> {
  if (await page.evaluate(hasButton, 'Participants')) {
    await page.clickButton('Participants');
  } else {
    await page.clickButton('More');
    await page.page.getByRole('menuitem', { name: 'Participants' }).click();
  }
}

/** From the meeting's page: turns saving data on, or off. */
async function saveData(page: ChromiumPage): Promise<void> {
  await page.clickButton('More');
  await page.choose('Settings');
  await page.page.getByText('Save data', { exact: true }).click();
  await page.page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
}

/** The other way round in the hand: what is needed most stays in reach. */
async function turned(t: Test, page: ChromiumPage, { width, height }: Viewport): Promise<void> {
  for (const size of [
    { width: height, height: width },
    { width, height },
  ]) {
    await page.page.setViewportSize(size);
    const where = `${page.label} at ${size.width} × ${size.height}`;
    const wide = () => document.documentElement.scrollWidth > window.innerWidth;
    t.notOk(await page.evaluate(wide, undefined), `${where}: no sideways scrolling`);
    for (const name of ['Mute', 'Stop video', 'Leave']) {
      const button = page.page.getByRole('button', { name, exact: true });
      const box = await button.boundingBox();
      const isInside =
        box !== null &&
        box.x >= 0 &&
        box.y >= 0 &&
        box.x + box.width <= size.width &&
        box.y + box.height <= size.height;
      t.ok(isInside, `${where}: ${name} is in view`);
      t.ok(
        box !== null && box.width >= 44 && box.height >= 44,
        `${where}: ${name} is large enough`,
      );
    }
    await page.screenshot(`turned-${size.width}`);
  }
}

/** As gzip sends them. */
async function scriptBytes(urls: readonly string[]): Promise<number> {
  const files = await Promise.all(urls.map(async (url) => (await fetch(url)).arrayBuffer()));
  return files.reduce((sum, file) => sum + gzipSync(new Uint8Array(file)).length, 0);
}

/** That the page has loaded so far. */
function scripts(): string[] {
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
  return [...new Set(loaded)].filter((name) => name.endsWith('.js'));
}

function cannotShareScreens(): void {
  Reflect.deleteProperty(MediaDevices.prototype, 'getDisplayMedia');
}

function pictureOf(wanted: { name: string; isShown: boolean }): boolean {
  const tiles = [...document.querySelectorAll('[data-source="camera"]')];
  const own = tiles.find((tile) => tile.getAttribute('aria-label')?.startsWith(wanted.name));
  return own !== undefined && (own.querySelector('video') !== null) === wanted.isShown;
}

/** As if the person had gone to another tab, or come back. */
function setVisibility(state: 'hidden' | 'visible'): void {
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => state === 'hidden' });
  document.dispatchEvent(new Event('visibilitychange'));
}

function focusedRole(role: string): boolean {
  return document.activeElement?.getAttribute('role') === role;
}

function screenShown(): boolean {
  return document.querySelector('[data-source="screen"]') !== null;
}

function screenGone(): boolean {
  return document.querySelector('[data-source="screen"]') === null;
}

function textShown(text: string): boolean {
  return document.body.innerText.includes(text);
}

function textGone(text: string): boolean {
  return !document.body.innerText.includes(text);
}

function gone(name: string): boolean {
  return ![...document.querySelectorAll('button')].some((button) => button.innerText === name);
}

/** Presses Tab until the element with that accessible name has the focus. */
async function tabTo(page: ChromiumPage, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.page.keyboard.press('Tab');
    const focused = await page.page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement)) return '';
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      return (
        element.getAttribute('aria-label') ??
        (labels.map((label) => label.innerText).join(' ') || element.innerText)
      ).trim();
    });
    if (focused === name) return;
  }
  throw new Error(`Tab never reached ${name}`);
}
