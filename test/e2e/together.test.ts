/** What people do together, one of them on a small phone: hands, reactions, spotlight, pins, … */

import t from 'tap';
import { type ChromiumPage, waitInPage } from './support/browsers.js';
import { looksGood } from './support/looks.js';
import {
  actOn,
  hasButton,
  join,
  joinByLink,
  newMeeting,
  reception,
  says,
  smallPhone,
  tileSays,
  useTool,
  waitForTiles,
} from './support/people.js';
import { eventually } from './support/plenum.js';
import { setStage } from './support/stage.js';

/** So few are allowed at once, and one a second. */
const chatBurst = 5;
const fewMessages = {
  PLENUM_LIMITS_CHAT_BURST: `${chatBurst}`,
  PLENUM_LIMITS_CHAT_PER_SECOND: '1',
};

/** Product row 12: up to 2560 × 1440 at 5 frames/s and more, or 1920 × 1080 at 25 and more. */
const sharpText = {
  hint: 'detail',
  asked: { width: { max: 2560 }, height: { max: 1440 }, frameRate: { max: 15 } },
  settings: { width: 2560, height: 1440, frameRate: 15 },
  encodings: [
    { scaleResolutionDownBy: 2, maxFramerate: 5 },
    { scaleResolutionDownBy: 1, maxFramerate: 15, maxBitrate: 2_500_000 },
  ],
  hasSound: true,
};
const smoothMotion = {
  hint: 'motion',
  asked: { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 30 } },
  settings: { width: 1920, height: 1080 },
  encodings: [
    { scaleResolutionDownBy: 2, maxFramerate: 30 },
    { scaleResolutionDownBy: 1, maxFramerate: 30, maxBitrate: 4_000_000 },
  ],
  hasSound: true,
};

t.test('people raise hands, react, look and write', async (t) => {
  const { plenum, open } = await setStage(t, { plenum: { environment: fewMessages } });
  const [ada, bo, cy] = await Promise.all([
    open('ada'),
    open('bo'),
    open('cy', { viewport: smallPhone }),
  ]);
  const everybody = [ada, bo, cy];
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await Promise.all([joinByLink(bo, link, 'Bo'), joinByLink(cy, link, 'Cy')]);
  for (const page of everybody) await waitForTiles(page, 3);

  await t.test('hands have the same order on every screen', async (t) => {
    await useTool(cy, 'Raise hand');
    await tileSays(ada, 'Cy', 'hand raised');
    await bo.page.keyboard.press('h');
    for (const page of everybody) await useTool(page, 'Participants');
    for (const page of everybody) {
      await waitInPage(page, 'Cy before Bo', handsAre, ['Cy', 'Bo']);
    }
    await looksGood(t, ada, 'hands');
    await useTool(cy, 'Settings');
    await cy.page.getByRole('dialog').waitFor();
    await ada.clickButton('Lower the hand of Cy');
    await waitInPage(cy, 'hears it in a dialog', hears, 'The host has lowered your hand');
    t.same(await cy.evaluate(silentRegions, undefined), [], 'all is heard while a dialog is open');
    await cy.page.keyboard.press('Escape');
    for (const page of everybody) await waitInPage(page, 'Bo alone', handsAre, ['Bo']);
    await ada.page.keyboard.press('Shift+H');
    await ada.page.getByRole('alertdialog').getByRole('button', { name: 'Lower all' }).click();
    for (const page of everybody) await waitInPage(page, 'no hands', handsAre, []);
    for (const page of everybody) await page.clickButton('Close participants');
  });

  await t.test('a reaction is seen by all and goes by itself', async (t) => {
    await bo.page.evaluate(() => document.querySelector<HTMLElement>('main')?.focus());
    await bo.page.keyboard.press('r');
    await bo.page.getByRole('toolbar', { name: 'Choose a reaction' }).waitFor();
    await looksGood(t, bo, 'reactions');
    await bo.page.keyboard.press('2');
    for (const page of everybody) await waitInPage(page, 'sees it', reactionShown, 'clap');
    await ada.screenshot('reaction');
    for (const page of everybody) await waitInPage(page, 'it is gone', reactionGone, 'clap');
  });

  await t.test('a spotlight is large on every screen', async (t) => {
    await ada.clickButton('Participants');
    await actOn(ada, 'Bo', 'Spotlight for everybody');
    for (const page of everybody) {
      await waitInPage(page, 'Bo is large', largeAre, ['Bo']);
      await waitInPage(page, 'the layout', layoutIs, 'spotlight');
    }
    await looksGood(t, cy, 'spotlight');
    await actOn(ada, 'Bo', 'End the spotlight');
    for (const page of everybody) await waitInPage(page, 'the layout', layoutIs, 'gallery');
    await ada.clickButton('Close participants');
  });

  await t.test('each viewer pins four, and chooses the layout', async (t) => {
    const di = await open('di');
    await joinByLink(di, link, 'Di');
    await waitForTiles(bo, 4);
    for (const name of ['Ada', 'Cy', 'Di', 'Bo (you)']) await bo.clickButton(`Pin ${name}`);
    await waitInPage(bo, 'four are large', largeAre, ['Ada', 'Cy', 'Di', 'Bo']);
    await looksGood(t, bo, 'four-pins');
    t.same(await cy.page.locator('.tile.large').count(), 0, 'nobody else sees it');
    await bo.page.evaluate(() => document.querySelector<HTMLElement>('main')?.focus());
    await bo.page.keyboard.press('0');
    await waitInPage(bo, 'nobody is large', largeAre, []);
    await bo.page.keyboard.press('1');
    await eventually('one is pinned', async () =>
      (await bo.page.locator('.tile.large').count()) === 1 ? true : undefined,
    );
    await bo.page.keyboard.press('0');
    await bo.page.keyboard.press('g');
    await waitInPage(bo, 'the layout', layoutIs, 'speaker');
    await eventually('a speaker is large', async () =>
      (await bo.page.locator('.tile.large').count()) === 1 ? true : undefined,
    );
    await looksGood(t, bo, 'speaker');
    await bo.clickButton('View');
    await bo.choose('Gallery');
    await waitInPage(bo, 'the layout', layoutIs, 'gallery');
    await di.close();
  });

  await t.test('a private message is for two; what is taken back is gone', async (t) => {
    await ada.clickButton('Chat');
    await write(bo, 'for everybody');
    await bo.page.getByRole('button', { name: /To$/ }).click();
    await bo.page.getByRole('option', { name: 'Cy' }).waitFor();
    t.same(await bo.evaluate(silentRegions, undefined), [], 'all is heard while a list is open');
    await bo.page.getByRole('option', { name: 'Cy' }).click();
    await bo.fillTextbox('Message', 'for Cy');
    await bo.evaluate(endComposition, undefined);
    await bo.press('Escape');
    await bo.clickButton('Chat');
    await bo.page.keyboard.type(' alone');
    const draft = await bo.page.getByRole('textbox', { name: 'Message' }).inputValue();
    t.equal(draft, 'for Cy alone', 'what was begun is still there');
    await bo.press('Enter');
    await says(bo, 'for Cy alone');
    await waitInPage(cy, 'sees a badge', hasBadge, '2');
    await cy.clickButton('Chat');
    await says(cy, 'for Cy alone');
    await says(ada, 'for everybody');
    await looksGood(t, cy, 'private-chat');
    await write(cy, 'after it');
    await says(ada, 'after it');
    t.notMatch(await ada.page.locator('body').innerText(), /for Cy alone/, 'no copy for Ada');
    await bo.page.getByRole('button', { name: 'Delete the message of Bo' }).first().click();
    for (const page of everybody) await waitInPage(page, 'gone', textGone, 'for everybody');
    await ada.clickButton('Delete all messages');
    await ada.clickButton('Delete all');
    for (const page of everybody) await waitInPage(page, 'all gone', textGone, 'after it');
    for (const page of everybody) await page.clickButton('Close chat');
  });

  await t.test('what fails is marked, and sent again it is there once', async (t) => {
    await bo.clickButton('Chat');
    await bo.page.getByRole('button', { name: /^Cy.*To$/ }).click();
    await bo.page.getByRole('option', { name: 'Everybody' }).click();
    const lines = Array.from({ length: chatBurst + 1 }, (_, index) => `line ${index + 1}`);
    await bo.evaluate(holdMessages, lines.length);
    for (const line of lines) {
      await bo.fillTextbox('Message', line);
      await bo.press('Enter');
    }
    await says(bo, 'Not sent');
    await looksGood(t, bo, 'not-sent');
    await eventually('nothing is left to be sent again', async () => {
      const again = bo.page.getByRole('button', { name: 'Try again' });
      if ((await again.count()) === 0) return true;
      await again.first().click();
      return undefined;
    });
    await ada.clickButton('Chat');
    for (const line of lines) await says(ada, line);
    for (const page of [ada, bo]) {
      const shown = await page.page.locator('.message-body').allInnerTexts();
      t.same(shown.toSorted(), lines.toSorted(), `${page.label} has each line once`);
    }
    for (const page of [ada, bo]) await page.clickButton('Close chat');
  });

  await t.test('who reads older messages stays there, who is at the end follows', async (t) => {
    await ada.clickButton('Chat');
    await ada.evaluate(scrollToFirst, undefined);
    await write(cy, 'newer');
    await says(ada, 'newer');
    t.equal(await ada.evaluate(scrolledTo, undefined), 'the first');
    await write(ada, 'mine');
    await waitInPage(ada, 'sees what she wrote', isScrolledToLast, undefined);
    await write(cy, 'newest');
    await says(ada, 'newest');
    await waitInPage(ada, 'sees the newest', isScrolledToLast, undefined);
    await ada.clickButton('Close chat');
    t.pass('followed');
  });

  await t.test('a link opens in a tab of its own that does not learn where from', async (t) => {
    const address = new URL('login', plenum.url).href;
    // Bo has just said all that anybody may in so short a time.
    await write(cy, `look at ${address}.`);
    await ada.clickButton('Chat');
    const [tab] = await Promise.all([
      ada.context.waitForEvent('page'),
      ada.page.getByRole('link', { name: address }).click(),
    ]);
    await tab.waitForLoadState();
    t.equal(tab.url(), address);
    const told = await tab.evaluate(() => ({ from: document.referrer, by: window.opener }));
    t.same(told, { from: '', by: null });
    await tab.close();
    t.ok(await ada.evaluate(hasButton, 'Leave'), 'the meeting is where it was');
    for (const page of [ada, cy]) await page.clickButton('Close chat');
  });

  await t.test('a screen is seen each time that it is shared', async (t) => {
    for (const round of [1, 2, 3]) {
      await bo.clickButton('Share screen');
      const seen = await eventually(`Ada sees the screen, round ${round}`, async () => {
        const { video } = await reception(ada, 1000);
        return video.find(({ fps, width }) => fps > 0 && width >= 600);
      });
      if (round === 1) {
        // How fast: two cores without a GPU say little about it, so it is told, not asserted.
        t.comment(`a screen for text, as seen: ${JSON.stringify(seen)}`);
        t.match(await bo.evaluate(sentScreen, undefined), sharpText, 'text: pixels first');
        await bo.page.getByRole('radio', { name: 'Smooth motion' }).click();
        await looksGood(t, bo, 'sharing');
        await looksGood(t, ada, 'watching-a-screen');
        t.match(await bo.evaluate(sentScreen, undefined), smoothMotion, 'motion: frames first');
      }
      await bo.clickButton('Stop sharing');
      await waitInPage(ada, 'the screen is gone', screenGone, undefined);
    }
    t.pass('three times');
  });
});

/** What the browser really sends of the screen, and whether sound goes with it. */
function sentScreen() {
  const page = window as unknown as { recordedConnections: RTCPeerConnection[] };
  const senders = page.recordedConnections.flatMap((connection) => connection.getSenders());
  const screen = senders.find(({ track }) => track?.contentHint !== '' && track?.kind === 'video');
  const sounds = senders.filter(({ track }) => track?.kind === 'audio');
  return {
    hint: screen?.track?.contentHint,
    asked: screen?.track?.getConstraints(),
    settings: screen?.track?.getSettings(),
    encodings: screen?.getParameters().encodings,
    hasSound: sounds.length === 2,
  };
}

async function write(page: ChromiumPage, body: string): Promise<void> {
  if ((await page.page.getByRole('textbox', { name: 'Message' }).count()) === 0) {
    await page.clickButton('Chat');
  }
  await page.fillTextbox('Message', body);
  await page.press('Enter');
  await says(page, body);
}

/** So many go out at once, however long it takes to write them. */
function holdMessages(count: number): void {
  const { send } = WebSocket.prototype;
  const held: string[] = [];
  WebSocket.prototype.send = function (said) {
    const line = String(said);
    if (!line.includes('"chat.send"')) return send.call(this, line);
    held.push(line);
    if (held.length < count) return;
    WebSocket.prototype.send = send;
    for (const one of held) send.call(this, one);
  };
}

function handsAre(names: string[]): boolean {
  const shown = [...document.querySelectorAll('[data-hands] bdi')].map((name) =>
    (name.textContent ?? '').replace(' (you)', ''),
  );
  return JSON.stringify(shown) === JSON.stringify(names);
}

function reactionShown(name: string): boolean {
  return document.querySelector(`[data-reaction="${name}"]`) !== null;
}

function reactionGone(name: string): boolean {
  return document.querySelector(`[data-reaction="${name}"]`) === null;
}

function largeAre(names: string[]): boolean {
  const large = [...document.querySelectorAll('.tile.large .tile-name')].map((name) =>
    (name.textContent ?? '').replace(' (you)', ''),
  );
  return JSON.stringify(large) === JSON.stringify(names);
}

function layoutIs(layout: string): boolean {
  return document.querySelector<HTMLElement>('.gallery')?.dataset.layout === layout;
}

function hasBadge(count: string): boolean {
  return document.querySelector('.badge > [aria-hidden]')?.textContent === count;
}

/** In a live region that nothing hides from a screen reader. */
function hears(text: string): boolean {
  return [...document.querySelectorAll('[role="alert"], [role="status"], [role="log"]')].some(
    (region) =>
      region.textContent?.includes(text) && !region.closest('[inert], [aria-hidden="true"]'),
  );
}

/** Live regions that a screen reader is told nothing of. */
function silentRegions(): string[] {
  const regions = document.querySelectorAll('[role="alert"], [role="status"], [role="log"]');
  return [...regions]
    .filter((region) => region.closest('[inert], [aria-hidden="true"]') !== null)
    .map((region) => region.outerHTML);
}

/** The Enter that ends a composition, as Safari tells of it. */
function endComposition(): void {
  const init = { key: 'Enter', code: 'Enter', keyCode: 229, bubbles: true, cancelable: true };
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', init));
}

/** Makes the list so low that it scrolls. */
async function scrollToFirst(): Promise<void> {
  const list = document.querySelector<HTMLElement>('.messages');
  if (!list) throw new Error('no messages');
  list.style.maxBlockSize = '120px';
  list.scrollTop = 0;
  // The page hears of it with the next frame.
  for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame);
}

function scrolledTo(): string {
  const list = document.querySelector('.messages');
  if (!list || list.scrollHeight - list.clientHeight < 120) return 'nowhere: it is too short';
  return list.scrollTop === 0 ? 'the first' : `${list.scrollTop}`;
}

function isScrolledToLast(): boolean {
  const list = document.querySelector('.messages');
  return list !== null && list.scrollHeight - list.scrollTop - list.clientHeight < 2;
}

function textGone(text: string): boolean {
  return !document.body.innerText.includes(text);
}

function screenGone(): boolean {
  return document.querySelector('[data-source="screen"]') === null;
}
