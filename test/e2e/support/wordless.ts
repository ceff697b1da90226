/** A walk through a meeting by what is the same in every language: keys, and the places of things. */

import type { Locator } from 'playwright-core';
import type { Test } from 'tap';
import type { ChromiumPage } from './browsers.js';
import { everythingFits } from './looks.js';
import { smallPhone } from './people.js';

/** The last one stays. */
const viewports = [smallPhone, { width: 768, height: 1024 }, { width: 1440, height: 900 }];

/** A key, and what is there when it has been pressed. */
const opened = [
  ['c', '.composer'],
  ['p', '.people-list'],
  ['r', '.stage [role="toolbar"]'],
  ['?', '[role="dialog"]'],
  ['Shift+Q', '[role="alertdialog"]'],
  ['i', '.stats'],
] as const;

/** Does everything fit on phones, tablets and desktops? From the landing page on. */
export async function walkWordlessly(t: Test, page: ChromiumPage, url: string): Promise<void> {
  const { page: tab } = page;
  const look = async (state: string) => {
    for (const viewport of viewports) {
      await tab.setViewportSize(viewport);
      await everythingFits(t, page, `${state} at ${viewport.width}`);
      await page.screenshot(`fits-${state}-${viewport.width}`);
    }
  };
  const press = async (place: Locator, shows: string) => {
    await place.click();
    await tab.locator(shows).first().waitFor();
  };
  await page.goto(url);
  await press(tab.locator('.landing-actions .button.primary'), '.prejoin-form form');
  await press(tab.locator('.prejoin-form [type="submit"]'), '[aria-invalid="true"]');
  await look('pre-join');
  const name = tab.locator('.prejoin-form input').first();
  await name.fill('Ada');
  await name.press('Enter');
  await tab.locator('.toolbar').waitFor();
  await look('meeting');
  for (const [key, shows] of opened) {
    await tab.locator('main').focus();
    await tab.keyboard.press(key);
    await tab.locator(shows).waitFor();
    await look(shows.replaceAll(/\W/g, ''));
    await tab.keyboard.press('Escape');
  }
  await tab.keyboard.press('p');
  await press(tab.locator('.panel-foot .button').last(), '[role="dialog"]');
  await look('security');
  await tab.keyboard.press('Escape');
  await press(tab.locator('.toolbar-side .tool').last(), '[role="dialog"]');
  await look('settings');
  await tab.keyboard.press('Escape');
  await press(tab.locator('.toolbar [data-danger]').first(), '.notice-page');
  await look('left');
}
