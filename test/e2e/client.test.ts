/** The client's own promises: accessibility, reconnect with the same seat, joining without devices. */

import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { generousLimits } from './support/accounts.js';
import { type ChromiumPage, type Viewport, waitInPage } from './support/browsers.js';
import { joinCrowd } from './support/crowd.js';
import {
  hasPlayed,
  meterMoves,
  noDevices,
  noteSounds,
  picker,
  usesDevices,
} from './support/devices.js';
import { everythingFits, looksGood } from './support/looks.js';
import { cutSocket, madeConnections, openSockets, sentCamera } from './support/page-scripts.js';
import {
  actOn,
  hasButton,
  join,
  joinByLink,
  newMeeting,
  participantId,
  reception,
  says,
  smallPhone,
  tileNoLongerSays,
  tileSays,
  useTool,
  waitForButton,
  waitForMedia,
  waitForTiles,
} from './support/people.js';
import { eventually } from './support/plenum.js';
import { setStage, slowCamera } from './support/stage.js';
import { startTcpRelay } from './support/tcp-relay.js';
import { walkWordlessly } from './support/wordless.js';

const lostText = 'Connection lost. Reconnecting';

t.test('the client', async (t) => {
  const { plenum, open } = await setStage(t, {
    plenum: { environment: generousLimits },
    flags: [`${slowCamera},device-count=2`],
  });

  /** Looks at every state that a person goes through alone. */
  const walk = async (t: Test, viewport: Viewport) => {
    const page = await open(`${viewport.width}`, { viewport });
    const look = (state: string) => looksGood(t, page, state);
    const { keyboard } = page.page;
    await page.goto(plenum.url);
    await waitInPage(page, 'landing', hasButton, 'New meeting');
    await look('landing');
    await newMeeting(page, plenum.url);
    await waitInPage(page, 'pre-join', hasButton, 'Join');
    await page.clickButton('Join');
    await says(page, 'Please type a name');
    await look('pre-join');
    await join(page, 'Ada');
    await look('meeting');
    if (viewport.width < 600) await turned(t, page, viewport);
    await page.clickButton('Chat');
    await look('chat');
    await useTool(page, 'Participants');
    await look('participants');
    await useTool(page, 'Settings');
    await look('settings');
    await keyboard.press('Escape');
    await page.evaluate(focusStage, undefined);
    for (const [key, state] of overlays) {
      await keyboard.press(key);
      await look(state);
      await keyboard.press(state === 'statistics' ? key : 'Escape');
    }
    await page.clickButton(viewport.width < 780 ? 'More' : 'View');
    await look('menu-of-view');
    await keyboard.press('Escape');
    await page.clickButton('Leave');
    await says(page, 'You left the meeting');
    await look('left');
    await page.close();
  };

  await t.test(
    'no axe violation: 1280 and 320 wide, light and dark, and on its side',
    async (t) => {
      const viewports = [{ width: 1280, height: 800 }, smallPhone];
      await Promise.all(viewports.map((viewport) => walk(t, viewport)));
    },
  );

  await t.test(
    'everything fits in a right-to-left language, and in 40 % longer words',
    async (t) => {
      const inLanguage = async (language: string) => {
        const page = await open(language, { localStorage: { 'plenum.language': language } });
        await walkWordlessly(t, page, plenum.url);
        await page.close();
      };
      await Promise.all(['ar', 'en-XA'].map(inLanguage));
    },
  );

  await t.test('devices: a meter, a tone, and the same ones chosen again', async (t) => {
    const page = await open('devices', { script: noteSounds });
    await newMeeting(page, plenum.url);
    await waitInPage(page, 'the meter moves', meterMoves, undefined);
    await page.clickButton('Test speaker');
    await waitInPage(page, 'a tone is played', hasPlayed, undefined);
    const chosen: string[] = [];
    for (const kind of ['Camera', 'Microphone']) {
      await picker(page, kind).click();
      await page.page.getByRole('option').last().click();
      chosen.push((await picker(page, kind).innerText()).trim());
    }
    await waitInPage(page, 'the other camera is used', usesDevices, chosen);
    await page.page.reload();
    await waitInPage(page, 'the same ones again', usesDevices, chosen);
    for (const [index, kind] of ['Camera', 'Microphone'].entries()) {
      t.equal((await picker(page, kind).innerText()).trim(), chosen[index], kind);
    }
    await page.close();
  });

  await t.test(
    'reconnects, cut off or on a silent line: same seat, role, hand and media',
    async (t) => {
      const relay = await startTcpRelay(plenum.url);
      t.teardown(() => relay.close());
      const [ada, bo] = await Promise.all([open('ada'), open('bo')]);
      const link = await newMeeting(ada, plenum.url);
      await join(ada, 'Ada');
      await joinByLink(bo, relay.address(link), 'Bo');
      await waitForMedia(bo, 1);
      await ada.clickButton('Participants');
      await actOn(ada, 'Bo', 'Make co-host');
      await bo.clickButton('Raise hand');
      await tileSays(ada, 'Bo', 'hand raised');
      const seat = await participantId(ada, 'Bo');
      const transports = await bo.evaluate(madeConnections, undefined);
      await bo.evaluate(cutSocket, undefined);
      const during = await reception(bo, 1000);
      t.ok((during.video[0]?.fps ?? 0) > 0, 'video goes on while the socket is gone');
      await eventually('a new socket', async () =>
        (await bo.evaluate(openSockets, undefined)) > 0 ? true : undefined,
      );

      await bo.clickButton('Chat');
      relay.setPassing(false);
      await Promise.all([says(bo, lostText), tileSays(ada, 'Bo', 'reconnecting')]);
      await bo.fillTextbox('Message', 'still here');
      await bo.press('Enter');
      await says(bo, 'Sending…');
      await looksGood(t, bo, 'silent-line');
      await ada.screenshot('silent-line');
      const silent = await reception(bo, 1000);
      t.ok((silent.video[0]?.fps ?? 0) > 0, 'video goes on while nothing passes');
      relay.setPassing(true);
      await tileNoLongerSays(ada, 'Bo', 'reconnecting');
      await waitInPage(bo, 'is connected', textGone, lostText);

      await waitForTiles(bo, 2);
      t.equal(await participantId(ada, 'Bo'), seat, 'the same participant id');
      t.equal(await bo.evaluate(madeConnections, undefined), transports, 'the same transports');
      await tileSays(ada, 'Bo', 'hand raised');
      await waitForButton(bo, 'Lower hand');
      await ada.clickButton('Chat');
      await says(ada, 'still here');
      t.equal(
        await ada.page.getByText('still here').count(),
        1,
        'what was written meanwhile, once',
      );
      await bo.clickButton('Participants');
      await waitForButton(bo, 'Mute all');
      t.pass('still a co-host');
      await ada.close();
      await bo.close();
    },
  );

  await t.test('joining works without permission, and without any device', async (t) => {
    const [ada, refused, bare] = await Promise.all([
      open('ada'),
      open('no-permission', { permissions: false }),
      open('no-devices', { script: noDevices }),
    ]);
    const link = await newMeeting(ada, plenum.url);
    await join(ada, 'Ada');
    const comes = async (page: ChromiumPage, hint: string) => {
      await page.goto(link);
      await says(page, hint);
      await looksGood(t, page, 'pre-join-without');
      await join(page, page.label);
    };
    await Promise.all([
      comes(refused, 'The browser does not allow the microphone.'),
      comes(bare, 'No microphone was found.'),
    ]);
    await waitForTiles(ada, 3);
    for (const page of [refused, bare]) await waitForMedia(page, 1);
    await bare.screenshot('no-devices');
    t.pass('both see and hear the other');
    for (const page of [ada, refused, bare]) await page.close();
  });

  await t.test('a phone: little is sent, a hidden page rests, data is saved', async (t) => {
    const phone = {
      isPhone: true,
      viewport: smallPhone,
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
    await says(bo, 'Picture not loaded');
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

  await t.test(
    '25 people on a page, 49 at 1920 px; who is on another one is not sent',
    async (t) => {
      const [page, bo] = await Promise.all([
        open('crowd', { viewport: { width: 1920, height: 1080 } }),
        open('bo'),
      ]);
      const link = await newMeeting(page, plenum.url);
      await join(page, 'Ada');
      await joinByLink(bo, link, 'Bo');
      const names = Array.from({ length: 58 }, (_, index) => `Person ${index + 1}`);
      await joinCrowd(t, link, names);
      await waitForTiles(page, 49);
      await waitForMedia(page, 1);
      await looksGood(t, page, 'crowd-49');
      await page.evaluate(focusStage, undefined);
      await page.page.keyboard.press(']');
      await waitForTiles(page, 11);
      await eventually('Bo is not sent any more', async () => {
        const { video, audio } = await reception(page, 1000);
        return video.every(({ fps }) => fps === 0) && audio === 1 ? true : undefined;
      });
      await page.page.keyboard.press('[');
      await waitForTiles(page, 49);
      await waitForMedia(page, 1);
      await page.page.setViewportSize({ width: 1600, height: 900 });
      await waitForTiles(page, 25);
      await everythingFits(t, page, 'crowd-25');
      await page.page.keyboard.press(']');
      await says(page, 'Page 2 of 3');
      await page.close();
      await bo.close();
    },
  );
});

/** Single keys, and what they open. */
const overlays = [
  ['?', 'shortcuts'],
  ['i', 'statistics'],
  ['Shift+Q', 'leave-question'],
] as const;

function focusStage(): void {
  document.querySelector<HTMLElement>('main')?.focus();
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
    if (size.width === height) await looksGood(t, page, 'turned');
    else await everythingFits(t, page, 'turned back');
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

function textGone(text: string): boolean {
  return !document.body.innerText.includes(text);
}

function screenShown(): boolean {
  return document.querySelector('[data-source="screen"]') !== null;
}

function screenGone(): boolean {
  return document.querySelector('[data-source="screen"]') === null;
}
