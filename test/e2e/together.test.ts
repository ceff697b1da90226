/** What people do together: hands, reactions, spotlight, pins, layouts, chat, screens. */

import t from 'tap';
import { type ChromiumPage, waitInPage } from './support/browsers.js';
import { looksGood } from './support/looks.js';
import {
  actOn,
  join,
  joinByLink,
  newMeeting,
  reception,
  says,
  tileSays,
  waitForTiles,
} from './support/people.js';
import { eventually } from './support/plenum.js';
import { setStage } from './support/stage.js';

t.test('people raise hands, react, look and write', async (t) => {
  const { plenum, open } = await setStage(t);
  const [ada, bo, cy] = await Promise.all([open('ada'), open('bo'), open('cy')]);
  const everybody = [ada, bo, cy];
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await Promise.all([joinByLink(bo, link, 'Bo'), joinByLink(cy, link, 'Cy')]);
  for (const page of everybody) await waitForTiles(page, 3);

  await t.test('hands have the same order on every screen', async (t) => {
    await cy.clickButton('Raise hand');
    await tileSays(ada, 'Cy', 'hand raised');
    await bo.page.keyboard.press('h');
    for (const page of everybody) await page.clickButton('Participants');
    for (const page of everybody) {
      await waitInPage(page, 'Cy before Bo', handsAre, ['Cy', 'Bo']);
    }
    await looksGood(t, ada, 'hands');
    await ada.clickButton('Lower the hand of Cy');
    await says(cy, 'The host has lowered your hand');
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
    await bo.page.getByRole('option', { name: 'Cy' }).click();
    await write(bo, 'for Cy alone');
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

  await t.test('a screen is seen each time that it is shared', async (t) => {
    for (const round of [1, 2, 3]) {
      await bo.clickButton('Share screen');
      await eventually(`Ada sees the screen, round ${round}`, async () => {
        const { video } = await reception(ada, 1000);
        return video.some(({ fps, width }) => fps > 0 && width >= 600) ? true : undefined;
      });
      if (round === 1) {
        await bo.page.getByRole('radio', { name: 'Smooth motion' }).click();
        await looksGood(t, bo, 'sharing');
      }
      await bo.clickButton('Stop sharing');
      await waitInPage(ada, 'the screen is gone', screenGone, undefined);
    }
    t.pass('three times');
  });
});

async function write(page: ChromiumPage, body: string): Promise<void> {
  if ((await page.page.getByRole('textbox', { name: 'Message' }).count()) === 0) {
    await page.clickButton('Chat');
  }
  await page.fillTextbox('Message', body);
  await page.press('Enter');
  await says(page, body);
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

function textGone(text: string): boolean {
  return !document.body.innerText.includes(text);
}

function screenGone(): boolean {
  return document.querySelector('[data-source="screen"]') === null;
}
