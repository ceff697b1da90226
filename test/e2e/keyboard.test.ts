/** The twelve tasks by keyboard alone, in Chromium and Firefox; no key acts while somebody types. */

import t, { type Test } from 'tap';
import { type BrowserPage, waitInPage } from './support/browsers.js';
import { hasButton, knock, newMeeting, says, waitForButton } from './support/people.js';
import { setStageWithFirefox } from './support/stage.js';

const stage = setStageWithFirefox(t);

t.test('twelve tasks with 0 mouse events, in two browsers', async (t) => {
  const { plenum, open, openFirefox } = await stage;
  const [kay, fay, ...guests] = await Promise.all([
    open('kay', { script: countMouse }),
    openFirefox('fay-firefox', countMouse),
    open('bo'),
    open('cy'),
  ]);
  const [bo, cy] = guests;
  await Promise.all([
    twelveTasks(t, plenum.url, { kay, bo, isWellEquipped: true }),
    twelveTasks(t, plenum.url, { kay: fay, bo: cy, isWellEquipped: false }),
  ]);
});

interface People {
  /** By keyboard alone. */
  kay: BrowserPage;
  /** Knocks. */
  bo: BrowserPage;
  isWellEquipped: boolean;
}

/** `isWellEquipped`: Firefox's synthetic devices are one microphone, one camera and no screen. */
async function twelveTasks(
  t: Test,
  url: string,
  { kay, bo, isWellEquipped }: People,
): Promise<void> {
  const done = (task: string) => t.pass(`${kay.label}: ${task}`);
  await kay.goto(url);
  await waitForButton(kay, 'New meeting');
  await tabTo(kay, 'New meeting');
  await kay.press('Enter');
  await waitForButton(kay, 'Join');
  const link = kay.url();

  await tabTo(kay, 'Your name');
  await kay.type('Kay');
  await tabTo(kay, 'Join');
  await kay.press('Enter');
  await waitInPage(kay, 'the focus is in the meeting', focusedRole, 'toolbar');
  done('join');

  await tabTo(kay, 'Mute');
  await kay.press('Enter');
  await waitForButton(kay, 'Unmute');
  done('mute');

  await tabTo(kay, 'Stop video');
  await kay.press(' ');
  await waitForButton(kay, 'Start video');
  done('camera');

  await tabTo(kay, 'Share screen');
  if (isWellEquipped) {
    await kay.press('Enter');
    await waitForButton(kay, 'Stop sharing');
    await kay.press('Enter');
    await waitForButton(kay, 'Share screen');
    done('share');
  }

  await tabTo(kay, 'Raise hand');
  await kay.press('Enter');
  await waitForButton(kay, 'Lower hand');
  done('raise hand');

  await tabTo(kay, 'Chat');
  await kay.press('Enter');
  await waitInPage(kay, 'the focus is in the message', focusedTag, 'TEXTAREA');
  await kay.type('mvscpg says Kay');
  await kay.press('Enter');
  await says(kay, 'mvscpg says Kay');
  t.ok(await kay.evaluate(hasButton, 'Unmute'), `${kay.label}: no key acted while typing`);
  await kay.press('Escape');
  await waitInPage(kay, 'the focus is back', focusedLabel, 'Chat');
  done('chat');

  await kay.press('1');
  await waitForButton(kay, 'Unpin Kay (you)');
  done('pin');

  await tabTo(kay, 'View');
  await kay.press('Enter');
  await kay.press('ArrowDown');
  await kay.press('Enter');
  await waitInPage(kay, 'the layout', layoutIs, 'speaker');
  done('change layout');

  await tabTo(kay, 'Participants');
  await kay.press('Enter');
  await tabTo(kay, 'Security');
  await kay.press('Enter');
  await tabTo(kay, 'Nobody Who waits to be let in');
  await chooseLast(kay);
  await kay.press('Escape');
  await waitInPage(kay, 'the focus is back', focusedLabel, 'Security');
  done('open people');

  await knock(bo, link, 'Bo');
  await waitForButton(kay, 'Admit Bo');
  await kay.press('l');
  await tabTo(kay, 'Admit Bo');
  await kay.press('Enter');
  await waitForButton(bo, 'Leave');
  done('admit');

  await kay.press('Escape');
  await tabTo(kay, 'Settings');
  await kay.press('Enter');
  await tabToMatch(kay, /Microphone$/);
  await chooseLast(kay);
  if (isWellEquipped) {
    await waitInPage(kay, 'the device is kept', hasKept, 'plenum.device.audioinput');
  }
  await kay.press('Escape');
  done('change device');

  await kay.press('Shift+Q');
  await tabTo(kay, 'Leave');
  await kay.press('Enter');
  await says(kay, 'You left the meeting');
  done('leave');
  t.equal(await kay.evaluate(mouseEvents, undefined), 0, `${kay.label}: 0 mouse events`);
}

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

  // Were Space to mute somebody who is heard, M would unmute.
  await keyboard.press('Space');
  await keyboard.press('m');
  await waitForButton(kay, 'Unmute');
  await keyboard.down('Space');
  await waitForButton(kay, 'Mute');
  await keyboard.up('Space');
  await waitForButton(kay, 'Unmute');
  t.pass('Space is push-to-talk while muted, and nothing while heard');

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
async function chooseLast(page: BrowserPage): Promise<void> {
  await page.press('ArrowDown');
  await waitInPage(page, 'a list opens', listIsOpen, true);
  await page.press('End');
  await page.press('Enter');
  await waitInPage(page, 'the list closes', listIsOpen, false);
  await waitInPage(page, 'the focus is back', focusIsOn, '.select-button');
}

function focusIsOn(selector: string): boolean {
  return document.activeElement?.matches(selector) ?? false;
}

function listIsOpen(isOpen: boolean): boolean {
  return (document.querySelector('[role="listbox"]') !== null) === isOpen;
}

async function tabTo(page: BrowserPage, name: string): Promise<void> {
  await tabToMatch(page, new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
}

/** Presses Tab until an element with such an accessible name has the focus. */
async function tabToMatch(page: BrowserPage, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    const focused = await page.evaluate(focusedName, undefined);
    if (name.test(focused)) return;
    seen.push(focused);
    await page.press('Tab');
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
