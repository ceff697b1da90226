/** The client's own promises: accessibility, reconnect with the same seat, joining without devices. */

import t, { type Test } from 'tap';
import { type ChromiumPage, type Viewport, waitInPage } from './support/browsers.js';
import { violations } from './support/looks.js';
import { cutSocket, madeConnections, openSockets } from './support/page-scripts.js';
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

  await t.test('a hidden page gets no video, a shared screen is seen', async (t) => {
    const [ada, bo] = await Promise.all([open('ada'), open('bo')]);
    const link = await newMeeting(ada, plenum.url);
    await join(ada, 'Ada');
    await joinByLink(bo, link, 'Bo');
    await waitForMedia(bo, 1);

    await bo.evaluate(setVisibility, 'hidden');
    await eventually('video to the hidden page stops', async () => {
      const { video, audio } = await reception(bo, 1000);
      return video.every(({ fps }) => fps === 0) && audio === 1 ? true : undefined;
    });
    await bo.evaluate(setVisibility, 'visible');
    await waitForMedia(bo, 1);
    t.pass('video stops while hidden, sound goes on, video comes back');

    await ada.clickButton('Share screen');
    await waitInPage(bo, 'sees the shared screen', screenShown, undefined);
    await eventually('two videos are received', async () => {
      const { video } = await reception(bo, 1000);
      return video.filter(({ fps }) => fps > 0).length === 2 ? true : undefined;
    });
    await bo.screenshot('screen-share');
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
