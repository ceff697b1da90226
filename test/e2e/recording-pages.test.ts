/**
 * What people see of a recording: the question and the sign in the meeting, the page where it is played,
 * a link for somebody without an account, and its end. How the pages look: recording-views.test.ts.
 */

import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Api } from '../../client/src/index.js';
import { heading, logIn, makeMember, person } from './support/accounts.js';
import { type ChromiumPage, waitInPage } from './support/browsers.js';
import { everythingFits, looksGood } from './support/looks.js';
import { join, joinByLink, says, saysNoMore, smallPhone, useTool } from './support/people.js';
import { type Stage, setStage } from './support/stage.js';

const ada = person('Ada');
const passcode = 'stork nest';

/** What follows goes with the recording of the one before. */
let recordingId = '';

const dialog = (page: ChromiumPage) => page.page.getByRole('alertdialog');

async function choose(page: ChromiumPage, action: string): Promise<void> {
  await useTool(page, 'Recording');
  await page.choose(action);
}

async function signIs(page: ChromiumPage, state: string): Promise<void> {
  await page.page.locator('.recording-sign').getByText(state, { exact: true }).waitFor();
}

/** A picture moves, and the clock of the player stands at so many seconds or more. */
function hasPlayed(seconds: number): boolean {
  const shown = document.querySelector('.replay-clock bdi')?.textContent ?? '';
  const [minutes = Number.NaN, rest = Number.NaN] = shown.split(':').map(Number);
  const pictures = [...document.querySelectorAll<HTMLVideoElement>('.replay-stage video')];
  const isMoving = pictures.some(({ paused, readyState }) => !paused && readyState >= 2);
  return isMoving && 60 * minutes + rest >= seconds;
}

/** Of all that plays at this moment. */
function playedSources(): number {
  const media = [...document.querySelectorAll<HTMLMediaElement>('.replay-stage :is(video, audio)')];
  return media.filter(({ paused, readyState }) => !paused && readyState >= 2).length;
}

/** The link of a new one. */
async function meetingOf(api: Api, consent: 'ask_each' | 'all_must_accept'): Promise<string> {
  const recording = { consent, auto: false };
  const body = { title: 'Plans', kind: 'persistent', policy: { recording } } as const;
  const made = await api.call('POST /v1/meetings', { body, key: randomUUID() });
  return made.participant_link;
}

async function recorded(
  t: Test,
  { host, link }: { host: ChromiumPage; link: string },
  { open }: Stage,
): Promise<void> {
  const [bo, cy] = [await open('bo'), await open('cy', { viewport: smallPhone })];
  await joinByLink(host, link, ada.name);
  await joinByLink(bo, link, 'Bo');

  await t.test('each is asked, and nothing is taken for an answer', async (t) => {
    await choose(host, 'Start recording');
    await dialog(host).getByRole('button', { name: 'Yes, record me' }).click();
    await dialog(bo).getByText('May you be recorded?').waitFor();
    await looksGood(t, bo, 'consent');
    await bo.press('Escape');
    await bo.clickButton('Answer');
    await dialog(bo).getByRole('button', { name: 'No', exact: true }).click();
    for (const page of [host, bo]) await signIs(page, 'Recording');
    await says(host, 'Left out: Bo');
    await looksGood(t, host, 'recording');
  });

  await t.test('who comes later is asked at the door', async (t) => {
    await cy.goto(link);
    await says(cy, 'This meeting is recorded. May you be, too?');
    await looksGood(t, cy, 'recorded-door');
    await cy.page.getByText('I agree that this meeting is recorded').click();
    await join(cy, 'Cy');
    await signIs(cy, 'Recording');
    await everythingFits(t, cy, 'recording-phone');
  });

  await t.test('an answer can be changed; hosts pause, go on and end it', async (t) => {
    await choose(bo, 'Allow recording me');
    await saysNoMore(host, 'Left out');
    await choose(host, 'Pause recording');
    for (const page of [host, bo, cy]) await signIs(page, 'Recording paused');
    await choose(host, 'Go on recording');
    for (const page of [host, bo, cy]) await signIs(page, 'Recording');
    await host.press('Shift+R');
    await looksGood(t, host, 'stop-recording', { rules: 'colours' });
    await dialog(host).getByRole('button', { name: 'Stop recording' }).click();
    for (const page of [host, bo, cy]) {
      await page.page.locator('.recording-sign').waitFor({ state: 'detached' });
    }
  });
  await Promise.all([bo.close(), cy.close()]);
}

/** Nobody is recorded before everybody agrees. */
async function agreed(
  t: Test,
  { host, link }: { host: ChromiumPage; link: string },
  { open }: Stage,
): Promise<void> {
  const [bo, cy] = [await open('bo'), await open('cy')];
  const all = async (state: string, ...pages: ChromiumPage[]) => {
    for (const page of pages) await signIs(page, state);
  };
  await joinByLink(host, link, ada.name);
  await joinByLink(bo, link, 'Bo');
  await choose(host, 'Start recording');
  await dialog(host).getByRole('button', { name: 'Yes, record me' }).click();
  await all('Waiting for consent', host, bo);
  await says(host, 'Have not agreed: Bo');
  await dialog(bo).getByText('If you say no, nothing is recorded.').waitFor();
  t.notMatch(await bo.page.locator('.recording-status').textContent(), /Bo/, 'nobody else is told');
  await dialog(bo).getByRole('button', { name: 'Yes, record me' }).click();
  await all('Recording', host, bo);

  await cy.goto(link);
  await says(cy, 'This meeting is recorded. May you be, too?');
  await cy.fillTextbox('Your name', 'Cy');
  await cy.clickButton('Join');
  await cy.page.locator('[aria-invalid="true"]').waitFor();
  await cy.page.getByText('I agree that this meeting is recorded').click();
  await join(cy, 'Cy');
  await all('Recording', host, bo, cy);

  await choose(bo, 'Stop recording me');
  await all('Waiting for consent', host, bo, cy);
  await says(host, 'Have not agreed: Bo');
  await choose(bo, 'Allow recording me');
  await all('Recording', host, bo, cy);
  await choose(cy, 'Stop recording me');
  await all('Waiting for consent', host, bo);
  await cy.close();
  await all('Recording', host, bo);
}

t.test('a recording, as people see it', async (t) => {
  const stage = await setStage(t);
  const { plenum, open } = stage;
  const at = (path: string) => new URL(path, plenum.url).href;
  const host = await open('ada');
  const api = await makeMember(plenum.url, ada);
  await logIn(host, plenum.url, ada);
  await recorded(t, { host, link: await meetingOf(api, 'ask_each') }, stage);

  await t.test('it is in the list, and can be played at once', async (t) => {
    await host.goto(at('recordings'));
    await says(host, 'Ready');
    await host.page.getByRole('link', { name: 'Plans' }).click();
    await heading(host, 'Plans');
    recordingId = new URL(host.url()).pathname.split('/').at(-1) ?? '';
    await host.page.locator('.replay-clock').waitFor();
    await host.press('k');
    await waitInPage(host, 'plays', hasPlayed, 1);
    t.ok((await host.evaluate(playedSources, undefined)) > 0, 'a picture or more, and sounds');
    await host.press('k');
    await host.page.setViewportSize(smallPhone);
  });

  await t.test('who has the link and the passcode sees it, and nobody else', async (t) => {
    await host.clickButton('Share');
    await host.page.getByLabel('Passcode').fill(passcode);
    await host.clickButton('Make link');
    const link = (await host.page.locator('.secret').textContent()) ?? '';
    await host.page.getByRole('dialog').getByText('Close', { exact: true }).click();
    const guest = await open('guest');
    await guest.goto(link);
    await guest.fillTextbox('Passcode', 'heron nest');
    await guest.clickButton('Open');
    await says(guest, 'That is not the passcode of this recording.');
    await guest.fillTextbox('Passcode', passcode);
    await guest.clickButton('Open');
    await heading(guest, 'Plans');
    await guest.press('k');
    await waitInPage(guest, 'plays', hasPlayed, 1);
    t.equal(guest.url(), link, 'with its secret');
    t.equal(await guest.page.getByRole('button', { name: 'Delete' }).count(), 0);
    await guest.goto(`${link.split('#')[0]}#k=${'x'.repeat(32)}`);
    await guest.page.reload();
    await says(guest, 'This link opens no recording');
    await guest.close();
  });

  await t.test('it is deleted after a question', async (t) => {
    await host.clickButton('Delete');
    await host.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await heading(host, 'Recordings');
    await says(host, 'There are no recordings.');
    await host.goto(at(`recordings/${recordingId}`));
    await says(host, 'That is not there, or not any more.');
    await everythingFits(t, host, 'recording-gone');
  });

  await t.test('where all must agree, it waits until they do', async (t) => {
    await host.page.setViewportSize({ width: 840, height: 525 });
    await agreed(t, { host, link: await meetingOf(api, 'all_must_accept') }, stage);
  });
});
