/** The lobby from both sides: knock, word from the hosts, admit, deny; in Chromium and Firefox. */

import t from 'tap';
import { type ChromiumPage, waitInPage } from './support/browsers.js';
import { looksGood } from './support/looks.js';
import { textInOrder } from './support/page-scripts.js';
import {
  join,
  knock,
  newMeeting,
  says,
  waitForButton,
  waitForMedia,
  waitForTiles,
} from './support/people.js';
import { setStageWithFirefox } from './support/stage.js';

t.test('who comes to a meeting with a lobby is let in by a host, or is not', async (t) => {
  const { plenum, open, openFirefox } = await setStageWithFirefox(t);
  const [ada, bo, fay] = await Promise.all([
    open('ada', { script: countTones }),
    open('bo', { colorScheme: 'dark' }),
    openFirefox('fay-firefox'),
  ]);
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');

  await t.test('a host lets everybody wait', async (t) => {
    await ada.clickButton('Participants');
    await ada.clickButton('Security');
    await chooseLobby(ada, 'Everybody');
    await looksGood(t, ada, 'security');
    await ada.page.keyboard.press('Escape');
    await ada.clickButton('Close participants');
  });

  await t.test('a knock is heard, seen and said', async (t) => {
    await bo.goto(link);
    await says(bo, 'A host lets you in');
    await bo.fillTextbox('Your name', 'Bo');
    await bo.clickButton('Join');
    await says(bo, 'A host will let you in');
    await says(bo, 'Number 1');
    await waitForButton(ada, 'Admit Bo');
    await waitInPage(ada, 'hears a sound', hasSounded, undefined);
    await waitInPage(ada, 'is told', announces, 'Bo waits to join');
    await waitInPage(ada, 'sees a badge', hasBadge, '1');
    await looksGood(t, ada, 'knock');
    await looksGood(t, bo, 'waiting');
    await knock(fay, link, 'Fay');
    await waitInPage(ada, 'sees a badge', hasBadge, '2');
    await fay.screenshot('waiting');
    t.equal(await bo.evaluate(connections, undefined), 0, 'who waits sends and receives nothing');
  });

  await t.test('L opens the list, a word reaches all who wait', async (t) => {
    await ada.page.keyboard.press('l');
    await waitInPage(ada, 'the focus is in the lobby list', focusInLobby, undefined);
    await ada.fillTextbox('Message to all who wait', 'We begin in two minutes.');
    await ada.press('Enter');
    for (const page of [bo, fay]) await says(page, 'We begin in two minutes.');
    await looksGood(t, ada, 'lobby-list');
    await bo.screenshot('message');
  });

  await t.test('one is admitted, one is denied and asks again', async (t) => {
    await ada.clickButton('Deny Fay');
    await says(fay, 'You were not let in');
    await fay.screenshot('denied');
    await ada.clickButton('Admit Bo');
    await waitForButton(bo, 'Leave');
    await waitForTiles(ada, 2);
    await fay.clickButton('Rejoin');
    await fay.fillTextbox('Your name', 'Fay');
    await fay.clickButton('Join');
    await waitForButton(ada, 'Admit Fay');
    await ada.clickButton('Admit all');
    await waitForMedia(fay, 2);
    await waitForMedia(ada, 2);
    t.pass('both are in, seen and heard');
  });

  await t.test('who leaves the lobby is gone from the list; A admits the first', async (t) => {
    const [cy, di] = await Promise.all([open('cy'), open('di')]);
    await knock(cy, link, 'Cy');
    await knock(di, link, 'Di');
    await says(di, 'Number 2');
    await cy.clickButton('Leave');
    await says(cy, 'You left the meeting');
    await says(di, 'Number 1');
    await ada.page.evaluate(() => document.querySelector<HTMLElement>('main')?.focus());
    await ada.page.keyboard.press('a');
    await waitForButton(di, 'Leave');
    await waitInPage(ada, 'all four are listed', textInOrder, ['Ada', 'Bo', 'Fay', 'Di']);
    t.pass('no ghost waits');
  });
});

async function chooseLobby(page: ChromiumPage, who: string): Promise<void> {
  await page.page.getByRole('button', { name: /Who waits to be let in/ }).click();
  await page.page.getByRole('option', { name: who }).click();
}

interface Sounding extends Window {
  tones?: number;
}

/** Counts what is played by WebAudio. */
function countTones(): void {
  const begin = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function counted(this: AudioContext) {
    const page = window as Sounding;
    page.tones = (page.tones ?? 0) + 1;
    return begin.call(this);
  };
}

function hasSounded(): boolean {
  return ((window as Sounding).tones ?? 0) > 0;
}

function announces(text: string): boolean {
  return [...document.querySelectorAll('[aria-live="polite"]')].some((region) =>
    (region.textContent ?? '').includes(text),
  );
}

function hasBadge(count: string): boolean {
  return document.querySelector('.badge > [aria-hidden]')?.textContent === count;
}

function focusInLobby(): boolean {
  return document.activeElement?.closest('[data-lobby]') !== null;
}

function connections(): number {
  return (window as unknown as { recordedConnections: unknown[] }).recordedConnections.length;
}
