/** The twelve tasks by keyboard alone, and that no key acts while somebody types. */

import t from 'tap';
import { type ChromiumPage, waitInPage } from './support/browsers.js';
import { hasButton, knock, newMeeting, says, waitForButton } from './support/people.js';
import { setStage } from './support/stage.js';

const stage = setStage(t);

t.test('twelve tasks with 0 mouse events', async (t) => {
  const { plenum, open } = await stage;
  const [kay, bo] = await Promise.all([open('kay', { script: countMouse }), open('bo')]);
  const { keyboard } = kay.page;
  await kay.goto(plenum.url);
  await waitForButton(kay, 'New meeting');
  await tabTo(kay, 'New meeting');
  await keyboard.press('Enter');
  await waitForButton(kay, 'Join');
  const link = kay.url();

  await tabTo(kay, 'Your name');
  await keyboard.type('Kay');
  await tabTo(kay, 'Join');
  await keyboard.press('Enter');
  await waitInPage(kay, 'the focus is in the meeting', focusedRole, 'toolbar');
  t.pass('join');

  await tabTo(kay, 'Mute');
  await keyboard.press('Enter');
  await waitForButton(kay, 'Unmute');
  t.pass('mute');

  await tabTo(kay, 'Stop video');
  await keyboard.press('Space');
  await waitForButton(kay, 'Start video');
  t.pass('camera');

  await tabTo(kay, 'Share screen');
  await keyboard.press('Enter');
  await waitForButton(kay, 'Stop sharing');
  await keyboard.press('Enter');
  await waitForButton(kay, 'Share screen');
  t.pass('share');

  await tabTo(kay, 'Raise hand');
  await keyboard.press('Enter');
  await waitForButton(kay, 'Lower hand');
  t.pass('raise hand');

  await tabTo(kay, 'Chat');
  await keyboard.press('Enter');
  await waitInPage(kay, 'the focus is in the message', focusedTag, 'TEXTAREA');
  await keyboard.type('mvscpg says Kay');
  await keyboard.press('Enter');
  await says(kay, 'mvscpg says Kay');
  t.ok(await kay.evaluate(hasButton, 'Unmute'), 'no key acted while typing');
  await keyboard.press('Escape');
  await waitInPage(kay, 'the focus is back', focusedLabel, 'Chat');
  t.pass('chat');

  await keyboard.press('1');
  await waitForButton(kay, 'Unpin Kay (you)');
  t.pass('pin');

  await tabTo(kay, 'View');
  await keyboard.press('Enter');
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await waitInPage(kay, 'the layout', layoutIs, 'speaker');
  t.pass('change layout');

  await tabTo(kay, 'Participants');
  await keyboard.press('Enter');
  await tabTo(kay, 'Security');
  await keyboard.press('Enter');
  await tabTo(kay, 'Nobody Who waits to be let in');
  await chooseLast(kay);
  await keyboard.press('Escape');
  await waitInPage(kay, 'the focus is back', focusedLabel, 'Security');
  t.pass('open people');

  await knock(bo, link, 'Bo');
  await waitForButton(kay, 'Admit Bo');
  await keyboard.press('l');
  await tabTo(kay, 'Admit Bo');
  await keyboard.press('Enter');
  await waitForButton(bo, 'Leave');
  t.pass('admit');

  await keyboard.press('Escape');
  await tabTo(kay, 'Settings');
  await keyboard.press('Enter');
  await tabToMatch(kay, /Microphone$/);
  await chooseLast(kay);
  await waitInPage(kay, 'the device is kept', hasKept, 'plenum.device.audioinput');
  await keyboard.press('Escape');
  t.pass('change device');

  await keyboard.press('Shift+Q');
  await tabTo(kay, 'Leave');
  await keyboard.press('Enter');
  await says(kay, 'You left the meeting');
  t.pass('leave');
  t.equal(await kay.evaluate(mouseEvents, undefined), 0, '0 mouse events');
});

t.test('keys can be changed, and all be turned off', async (t) => {
  const { plenum, open } = await stage;
  const kay = await open('kay-other-keys');
  await newMeeting(kay, plenum.url);
  await kay.fillTextbox('Your name', 'Kay');
  await kay.clickButton('Join');
  await waitForButton(kay, 'Leave');
  const { keyboard } = kay.page;
  await keyboard.press('?');
  await kay.page.getByRole('button', { name: /^Raise or lower your hand/ }).click();
  await keyboard.press('m');
  await says(kay, 'That key is used for: Mute or unmute');
  await keyboard.press('y');
  await kay.page
    .getByRole('button', { name: 'Raise or lower your hand: Y. Change the key' })
    .waitFor();
  await keyboard.press('Escape');
  await keyboard.press('y');
  await waitForButton(kay, 'Lower hand');
  await keyboard.press('h');
  t.ok(await kay.evaluate(hasButton, 'Lower hand'), 'the old key does nothing');

  await keyboard.press('m');
  await waitForButton(kay, 'Unmute');
  await keyboard.down('Space');
  await waitForButton(kay, 'Mute');
  await keyboard.up('Space');
  await waitForButton(kay, 'Unmute');
  t.pass('Space is push-to-talk while muted');

  await keyboard.press('?');
  await kay.page.getByText('Use single-key shortcuts').click();
  await keyboard.press('Escape');
  await keyboard.press('m');
  await keyboard.press('y');
  t.ok(await kay.evaluate(hasButton, 'Unmute'), 'off: no key acts');
  t.ok(await kay.evaluate(hasButton, 'Lower hand'));
});

interface Counting extends Window {
  mouseEvents?: number;
}

/** A click by the keyboard is a click event too: what is counted is a pointer that was pressed. */
function countMouse(): void {
  const page = window as Counting;
  page.mouseEvents = 0;
  for (const type of ['mousedown', 'mousemove', 'pointerdown', 'touchstart']) {
    window.addEventListener(
      type,
      () => {
        page.mouseEvents = (page.mouseEvents ?? 0) + 1;
      },
      true,
    );
  }
}

function mouseEvents(): number | undefined {
  return (window as Counting).mouseEvents;
}

function focusedRole(role: string): boolean {
  return document.activeElement?.getAttribute('role') === role;
}

function focusedTag(tag: string): boolean {
  return document.activeElement?.tagName === tag;
}

function focusedLabel(label: string): boolean {
  const element = document.activeElement;
  const name = element?.getAttribute('aria-label') ?? element?.textContent ?? '';
  return name.trim() === label;
}

function layoutIs(layout: string): boolean {
  return document.querySelector<HTMLElement>('.gallery')?.dataset.layout === layout;
}

function hasKept(key: string): boolean {
  return localStorage.getItem(key) !== null;
}

/** The last option of the select that has the focus; a list that opens and closes takes its time. */
async function chooseLast(page: ChromiumPage): Promise<void> {
  const list = page.page.getByRole('listbox');
  await page.page.keyboard.press('ArrowDown');
  await list.waitFor();
  await page.page.keyboard.press('End');
  await page.page.keyboard.press('Enter');
  await list.waitFor({ state: 'detached' });
}

async function tabTo(page: ChromiumPage, name: string): Promise<void> {
  await tabToMatch(page, new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
}

/** Presses Tab until an element with such an accessible name has the focus. */
async function tabToMatch(page: ChromiumPage, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    const focused = await page.page.evaluate(focusedName);
    if (name.test(focused)) return;
    seen.push(focused);
    await page.page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached ${name}, only ${[...new Set(seen)].join(' | ')}`);
}

function focusedName(): string {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement)) return '';
  const labelledBy = element.getAttribute('aria-labelledby');
  const byIds = (ids: string) =>
    ids
      .split(' ')
      .map((id) => document.getElementById(id)?.innerText ?? '')
      .filter((text) => text !== '')
      .join(' ');
  const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
  const own = labels.map((label) => label.innerText).join(' ') || element.innerText;
  return (element.getAttribute('aria-label') ?? (labelledBy ? byIds(labelledBy) : own)).trim();
}
