/** What a meeting asks for before it lets in, and how people with an account are seen inside. */

import { randomUUID } from 'node:crypto';
import t from 'tap';
import {
  fillLogin,
  generousLimits,
  heading,
  logIn,
  makeMember,
  person,
} from './support/accounts.js';
import { ChromiumPage, waitInPage } from './support/browsers.js';
import { looksGood } from './support/looks.js';
import { hasButton, join, says, waitForButton, waitForTiles } from './support/people.js';
import { setStage } from './support/stage.js';

const passcode = 'heron';

t.test('login, passcode and consent at the door; a profile inside', async (t) => {
  const { plenum, open } = await setStage(t, { plenum: { environment: generousLimits } });
  const [olga, ada] = [person('Olga'), person('Ada')];
  const [owner] = await Promise.all([makeMember(plenum.url, olga), makeMember(plenum.url, ada)]);
  const meetingWith = async (policy: object) => {
    const body = { title: 'Board', policy };
    const made = await owner.call('POST /v1/meetings', { body, key: randomUUID() });
    return made.participant_link;
  };
  const recording = { consent: 'ask_each', auto: true };
  const [closed, guarded] = await Promise.all([
    meetingWith({ guests: false, passcode, recording }),
    meetingWith({ passcode }),
  ]);
  const [page, host] = await Promise.all([open('ada'), open('olga')]);

  await t.test('a login, in a tab of its own: the link stays whole', async (t) => {
    await page.goto(closed);
    await says(page, 'This meeting is only for people who are logged in.');
    await looksGood(t, page, 'door-login');
    const [tab] = await Promise.all([
      page.context.waitForEvent('page'),
      page.page.getByRole('link', { name: 'Log in' }).click(),
    ]);
    const login = new ChromiumPage('ada-login', tab, page.context);
    await fillLogin(login, ada);
    await heading(login, 'Meetings');
    await tab.close();
    await page.clickButton('I have logged in');
    await waitForButton(page, 'Join');
    t.equal(page.url(), closed, 'with its secret');
  });

  await t.test('a passcode and a consent, each said when it lacks', async (t) => {
    await page.clickButton('Join');
    await says(page, 'Please type the passcode of the meeting.');
    await says(page, 'Please choose one of the two.');
    await looksGood(t, page, 'door-lacks');
    await page.fillTextbox('Passcode', 'stork');
    await page.page.getByText('I agree that this meeting is recorded').click();
    await page.clickButton('Join');
    await says(page, 'That is not the passcode of this meeting.');
    await looksGood(t, page, 'door-wrong-passcode');
    await page.fillTextbox('Passcode', passcode);
    await page.clickButton('Join');
    await waitForButton(page, 'Leave');
    t.equal(page.url(), closed);
  });

  await t.test('a new name and picture are seen at once, wherever the person is', async (t) => {
    await logIn(host, plenum.url, olga);
    await host.goto(closed);
    await join(host, olga.name);
    t.pass('the owner is asked for neither at the door');
    // In the room they are: it begins by itself, and nobody is recorded before a yes.
    await host.page
      .getByRole('alertdialog')
      .getByRole('button', { name: 'Yes, record me' })
      .click();
    await waitForTiles(host, 2);
    await host.clickButton('Chat');
    await page.clickButton('Chat');
    await page.fillTextbox('Message', 'good morning');
    await page.press('Enter');
    await says(host, 'good morning');
    const tab = await page.context.newPage();
    await tab.goto(new URL('account', plenum.url).href);
    await tab.getByLabel('Name', { exact: true }).fill('Ada L.');
    await tab.getByRole('button', { name: 'Save' }).first().click();
    const file = { name: 'me.png', mimeType: 'image/png', buffer: await page.page.screenshot() };
    await tab.locator('input[type="file"]').setInputFiles(file);
    await tab.getByRole('button', { name: 'Use picture' }).click();
    await page.clickButton('Stop video');
    await waitInPage(host, 'the chat', isShown, { name: 'Ada L.', where: '.message' });
    await waitInPage(host, 'the tile', isShown, { name: 'Ada L.', where: '.tile' });
    await looksGood(t, host, 'profile-in-chat');
    await host.clickButton('Participants');
    await waitInPage(host, 'the list', isShown, { name: 'Ada L.', where: '.person' });
    await looksGood(t, host, 'profile-in-list');
    await page.close();
    t.pass('name and picture in tile, chat and list');
  });

  await t.test('without its secret a link opens by the passcode alone', async (t) => {
    const guest = await open('guest');
    const [bare = ''] = guarded.split('#');
    await guest.goto(bare);
    await says(guest, 'This link does not open a meeting.');
    await guest.fillTextbox('Passcode', 'stork');
    await guest.clickButton('Open with the passcode');
    await says(guest, 'This link does not open a meeting.');
    await looksGood(t, guest, 'door-bare');
    await guest.fillTextbox('Passcode', passcode);
    await guest.clickButton('Open with the passcode');
    await waitForButton(guest, 'Join');
    t.notOk(await guest.evaluate(hasButton, 'Open with the passcode'));
    await join(guest, 'Gus');
    t.pass('in');
  });
});

/** Name and loaded picture together, in one of the places where people are shown. */
function isShown({ name, where }: { name: string; where: string }): boolean {
  return [...document.querySelectorAll(where)].some((place) => {
    const picture = place.querySelector<HTMLImageElement>('img');
    return place.textContent?.includes(name) && (picture?.naturalWidth ?? 0) > 0;
  });
}
