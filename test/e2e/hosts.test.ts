/** A host's powers, as the host and those concerned see them; one of them has a small phone. */

import t from 'tap';
import { type ChromiumPage, waitInPage } from './support/browsers.js';
import { looksGood } from './support/looks.js';
import { cutSocket } from './support/page-scripts.js';
import {
  actOn,
  join,
  joinByLink,
  knock,
  newMeeting,
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
import { setStage } from './support/stage.js';

t.test('a host mutes, stops, promotes, removes, locks and ends', async (t) => {
  const { plenum, open } = await setStage(t);
  const [ada, bo, cy, di] = await Promise.all([
    open('ada'),
    open('bo', { viewport: smallPhone }),
    open('cy'),
    open('di'),
  ]);
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await Promise.all([joinByLink(bo, link, 'Bo'), joinByLink(cy, link, 'Cy')]);
  for (const page of [ada, cy]) await waitForMedia(page, 2);
  await ada.clickButton('Participants');

  await t.test('mute: silent for the others, told to the one, undone by the one', async (t) => {
    await ada.clickButton('Actions for Bo');
    await looksGood(t, ada, 'person-menu');
    await ada.choose('Mute');
    await says(bo, 'You were muted by the host');
    await tileSays(cy, 'Bo', 'muted');
    await heard(cy, 1);
    const before = await bo.evaluate(speakAnyway, undefined);
    await waitInPage(bo, 'a modified client speaks on', hasSpoken, before);
    const { audio } = await reception(cy, 1000);
    t.equal(audio, 1, 'the node lets nothing of it through');
    await bo.clickButton('Unmute');
    await tileNoLongerSays(cy, 'Bo', 'muted');
    await heard(cy, 2);
    t.pass('0 sound while muted, sound again after');
  });

  await t.test('mute all without leave to unmute holds until the host asks', async (t) => {
    await ada.clickButton('Mute all');
    await ada.page.getByText('They may unmute themselves').click();
    await looksGood(t, ada, 'mute-all');
    await ada.page.getByRole('alertdialog').getByRole('button', { name: 'Mute all' }).click();
    for (const name of ['Bo', 'Cy']) await tileSays(ada, name, 'muted');
    await bo.clickButton('Unmute');
    await says(bo, 'The host does not allow you to unmute');
    await heard(ada, 0);
    await actOn(ada, 'Bo', 'Ask to unmute');
    await says(bo, 'The host asks you to unmute');
    const denial = bo.page.getByText('The host does not allow you to unmute');
    t.equal(await denial.count(), 0, 'that holds no more');
    await looksGood(t, bo, 'asked-to-unmute');
    await bo.page.locator('.banner').getByRole('button', { name: 'Unmute' }).click();
    await tileNoLongerSays(ada, 'Bo', 'muted');
    await heard(ada, 1);
    await actOn(ada, 'Cy', 'Allow to unmute');
    await waitInPage(cy, 'may unmute', hasEnabledButton, 'Unmute');
    await eventually('Cy is heard again', async () => {
      await cy.page.getByRole('button', { name: 'Unmute', exact: true }).click();
      return (
        (await cy.page.getByRole('button', { name: 'Mute', exact: true }).count()) || undefined
      );
    });
  });

  await t.test('stop video: gone at once, back when the person wants', async (t) => {
    await actOn(ada, 'Bo', 'Stop video');
    await says(bo, 'Your camera was stopped by the host');
    await eventually('Cy sees one picture', async () => {
      const { video } = await reception(cy, 1000);
      return video.filter(({ fps }) => fps > 0).length === 1 ? true : undefined;
    });
    await bo.clickButton('Start video');
    await waitForMedia(cy, 2);
    t.pass('0 pictures, then pictures again');
  });

  await t.test('a viewer sends nothing, and may again as a participant', async (t) => {
    await actOn(ada, 'Bo', 'Make viewer');
    await says(bo, 'You now watch and listen only');
    await waitInPage(bo, 'has no microphone to switch', hasDisabledButton, 'Unmute');
    await eventually('Cy receives only Ada', async () => {
      const { video, audio } = await reception(cy, 1000);
      return video.filter(({ fps }) => fps > 0).length === 1 && audio === 1 ? true : undefined;
    });
    await looksGood(t, bo, 'viewer');
    await actOn(ada, 'Bo', 'Make participant');
    await waitInPage(bo, 'may send again', hasEnabledButton, 'Unmute');
    await bo.clickButton('Unmute');
    await bo.clickButton('Start video');
    await waitForMedia(cy, 2);
  });

  await t.test('the host hands the meeting over', async (t) => {
    await actOn(ada, 'Bo', 'Make host…');
    await looksGood(t, ada, 'hand-over');
    await ada.clickButton('Make host');
    await says(bo, 'You are now the host');
    await useTool(bo, 'Participants');
    for (const page of [ada, bo]) {
      await waitInPage(page, 'shows the roles', rolesAre, { Ada: 'co_host', Bo: 'host' });
    }
    t.notOk(await ada.page.getByRole('button', { name: 'End for all' }).count(), 'Ada cannot');
  });

  await t.test('a locked meeting refuses, the people inside stay', async (t) => {
    await bo.clickButton('Security');
    await bo.page.getByText('Lock the meeting').click();
    await bo.page.keyboard.press('Escape');
    await di.goto(link);
    await says(di, 'The host has locked this meeting.');
    await looksGood(t, di, 'locked');
    const sockets = await cy.evaluate(cutSocket, undefined);
    await waitInPage(cy, 'is back, though it is locked', hasNewSocket, sockets);
    await waitForTiles(cy, 3);
    await tileNoLongerSays(ada, 'Cy', 'reconnecting');
    await bo.clickButton('Security');
    await bo.page.getByText('Lock the meeting').click();
    await bo.page.keyboard.press('Escape');
    await di.clickButton('Try again');
    await waitForButton(di, 'Join');
    t.pass('locked and unlocked');
  });

  await t.test(
    'removed: out and back; blocked: kept out, and back when the block is lifted',
    async (t) => {
      await actOn(bo, 'Cy', 'Remove…');
      await bo.clickButton('Remove');
      await says(cy, 'A host took you out. You can join again.');
      await cy.clickButton('Rejoin');
      await join(cy, 'Cy');
      await waitForTiles(ada, 3);
      await actOn(bo, 'Cy', 'Remove and block…');
      await looksGood(t, bo, 'block-question');
      await bo.clickButton('Remove and block');
      await says(cy, 'You were removed from this meeting and cannot join it again.');
      await waitForTiles(ada, 2);
      await cy.goto('about:blank');
      await cy.goto(link);
      await refused(cy);
      await looksGood(t, cy, 'blocked');
      await bo.clickButton('Close participants');
      await knock(di, link, 'Di');
      await bo.clickButton('Show');
      await waitForButton(bo, 'Deny Di');
      await bo.page.keyboard.press('Escape');
      await waitInPage(bo, 'the focus is on the controls: “Show” is gone', focusIsOn, '.toolbar');
      await bo.clickButton('Show');
      await bo.clickButton('Deny Di');
      await says(di, 'You were not let in');
      await looksGood(t, di, 'denied');
      t.pass('a guest in a fresh browser waits for a host');
      await bo.page.route('**/blocks', (route) => route.abort());
      await bo.clickButton('Security');
      await says(bo, 'The server cannot be reached.');
      await bo.page.unroute('**/blocks');
      await bo.clickButton('Try again');
      await bo.evaluate(escapeWhenSaid, 'Nobody is kept out of this meeting.');
      await bo.clickButton('Lift the block of Cy');
      await waitInPage(
        bo,
        'the dialog is closed, though the button is gone',
        hasNone,
        '[role=dialog]',
      );
      await cy.goto('about:blank');
      await joinByLink(cy, link, 'Cy');
      await waitForTiles(ada, 3);
      t.pass('lifted');
    },
  );

  await t.test('the end is the end for all', async (t) => {
    await useTool(bo, 'End for all');
    await looksGood(t, bo, 'end-question');
    await bo.page.getByRole('alertdialog').getByRole('button', { name: 'End for all' }).click();
    for (const page of [ada, bo, cy]) await says(page, 'The meeting has ended');
    await cy.goto('about:blank');
    await cy.goto(link);
    await says(cy, 'This meeting has ended.');
    await looksGood(t, bo, 'ended');
    t.pass('and the link does not open it again');
  });
});

/** How many others are heard. */
async function heard(page: ChromiumPage, count: number): Promise<void> {
  await eventually(`${page.label} hears ${count}`, async () => {
    const { audio } = await reception(page, 1000);
    return audio === count ? true : undefined;
  });
}

/** By the check, or by the join where the check does not know the device. */
async function refused(page: ChromiumPage): Promise<void> {
  await eventually(`${page.label} is refused`, async () => {
    const button = page.page.getByRole('button', { name: 'Join', exact: true });
    if ((await button.count()) > 0) {
      await page.fillTextbox('Your name', 'Cy');
      await button.click();
    }
    const text = await page.page.locator('body').innerText();
    return text.includes('cannot join it again') ? true : undefined;
  });
}

/** What the client has switched off is on again, past the client. Gives the energy sent so far. */
async function speakAnyway(): Promise<number> {
  const page = window as unknown as { recordedConnections: RTCPeerConnection[] };
  let energy = 0;
  for (const sender of page.recordedConnections.flatMap((each) => each.getSenders())) {
    if (sender.track?.kind !== 'audio') continue;
    sender.track.enabled = true;
    for (const entry of (await sender.getStats()).values()) energy += entry.totalAudioEnergy ?? 0;
  }
  return energy;
}

async function hasSpoken(before: number): Promise<boolean> {
  const page = window as unknown as { recordedConnections: RTCPeerConnection[] };
  const reports = await Promise.all(page.recordedConnections.map((each) => each.getStats()));
  const energies = reports
    .flatMap((report) => [...report.values()])
    .filter((entry) => entry.type === 'media-source' && entry.kind === 'audio')
    .map((entry) => entry.totalAudioEnergy ?? 0);
  return Math.max(0, ...energies) > before;
}

/** One more than there were, and open. */
function hasNewSocket(before: number): boolean {
  const { recordedSockets } = window as unknown as { recordedSockets: WebSocket[] };
  return recordedSockets.length > before && recordedSockets.at(-1)?.readyState === WebSocket.OPEN;
}

function focusIsOn(selector: string): boolean {
  return document.activeElement?.matches(selector) ?? false;
}

/** Presses Esc as soon as it is said, where the focus is then: no frame later. */
function escapeWhenSaid(said: string): void {
  const watch = new MutationObserver(() => {
    if (!document.body.innerText.includes(said)) return;
    watch.disconnect();
    const key = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true });
    document.activeElement?.dispatchEvent(key);
  });
  watch.observe(document.body, { subtree: true, childList: true });
}

function hasNone(selector: string): boolean {
  return document.querySelector(selector) === null;
}

function hasEnabledButton(name: string): boolean {
  return [...document.querySelectorAll('button')].some(
    (button) => button.getAttribute('aria-label') === name && !button.disabled,
  );
}

function hasDisabledButton(name: string): boolean {
  return [...document.querySelectorAll('button')].some(
    (button) => button.getAttribute('aria-label') === name && button.disabled,
  );
}

function rolesAre(wanted: Record<string, string>): boolean {
  const roles = Object.fromEntries(
    [...document.querySelectorAll<HTMLElement>('[data-person]')].map((row) => [
      row.querySelector('bdi')?.textContent?.replace(' (you)', '') ?? '',
      row.dataset.role,
    ]),
  );
  return Object.entries(wanted).every(([name, role]) => roles[name] === role);
}
