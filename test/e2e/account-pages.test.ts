/** The pages outside of a meeting: no violation and nothing clipped, in every state and both ways. */

import t from 'tap';
import { generousLimits, person, signUp } from './support/accounts.js';
import type { ChromiumPage } from './support/browsers.js';
import { setStage } from './support/stage.js';
import { type Looker, logInWordlessly, visit, walkInLanguages } from './support/walks.js';

t.test('the pages outside of a meeting', async (t) => {
  const stage = await setStage(t, { plenum: { environment: generousLimits } });
  const { plenum, open } = stage;
  const at = (path: string) => new URL(path, plenum.url).href;
  const ada = person('Ada');
  const setUp = await open('setup');
  await signUp(setUp, plenum.url, ada);
  await setUp.goto(at('meetings/new'));
  const title = 'A title long enough to be wrapped somewhere in most of the places it is shown in';
  await setUp.page.getByLabel('Title').fill(title);
  await setUp.clickButton('Schedule meeting');
  await setUp.page.getByRole('heading', { level: 1, name: title }).waitFor();
  const details = new URL(setUp.url()).pathname;
  await setUp.close();

  await t.test('in English, Arabic and the pseudo-language', (t) =>
    walkInLanguages(t, stage, async (page, look) => {
      await entrances(page, look);
      await members(page, look);
    }),
  );

  /** The pages of those who are not logged in. */
  async function entrances(page: ChromiumPage, look: Looker) {
    for (const path of ['', 'login', 'signup', 'setup', 'setup#t=abc', 'reset', 'reset#t=abc']) {
      await visit(page, at(path));
      await look(path.replace('#t=abc', '-token') || 'start');
    }
    await visit(page, at('signup'));
    await page.page.locator('button[type="submit"]').click();
    await page.page.locator('[aria-invalid="true"]').first().waitFor();
    await look('signup-refused');
    await page.page.locator('.language-picker button').click();
    await page.page.getByRole('listbox').waitFor();
    await look('languages');
  }

  async function members(page: ChromiumPage, look: Looker) {
    await logInWordlessly(page, plenum.url, ada);
    await page.page.locator('.rows').waitFor();
    await look('dashboard');
    await page.page.getByRole('tab').last().click();
    await page.page.locator('.list-note p').first().waitFor();
    await look('dashboard-empty');
    await page.page.locator('.account-button').click();
    await page.page.getByRole('menu').waitFor();
    await look('menu');

    await page.page.route('**/v1/meetings?*', (route) => route.abort());
    await visit(page, at(''));
    await page.page.locator('.list .form-error').filter({ hasText: /./ }).waitFor();
    await look('dashboard-failed');
    await page.page.unroute('**/v1/meetings?*');

    await visit(page, at('meetings/new'));
    await page.page.locator('.disclosure [slot="trigger"]').click();
    await page.page.locator('.disclosure .switch').first().waitFor();
    await page.page.locator('button[type="submit"]').click();
    await page.page.locator('[aria-invalid="true"]').first().waitFor();
    await look('schedule');
    await page.page.locator('.date-group button').first().click();
    await page.page.getByRole('grid').waitFor();
    await look('calendar');

    await visit(page, at(details));
    await look('meeting');
    await dialog(page, look, 1, 'invite');
    await page.page.locator('.button.danger').click();
    await page.page.getByRole('alertdialog').waitFor();
    await look('delete');

    await visit(page, at('account'));
    await page.page.locator('.chip').waitFor();
    await look('account');
    await dialog(page, look, 5, 'api-key');
    const picture = await page.page.screenshot();
    const file = { name: 'me.png', mimeType: 'image/png', buffer: picture };
    await page.page.locator('input[type="file"]').setInputFiles(file);
    await page.page.locator('.crop').waitFor();
    await look('picture');
  }

  /** Opens the dialog of a card, looks, sends what it asks and looks again. */
  async function dialog(page: ChromiumPage, look: Looker, card: number, name: string) {
    const { page: tab } = page;
    await tab.locator('section.card').nth(card).locator('.form-actions .button').first().click();
    await tab.getByRole('dialog').waitFor();
    await look(name);
    const heard = await tab.getByRole('dialog').locator('[role="status"]').first().elementHandle();
    const field = tab.getByRole('dialog').locator('input[name="name"]');
    if ((await field.count()) > 0) await field.fill('Calendar');
    await tab.getByRole('dialog').locator('button[type="submit"]').click();
    await tab.getByRole('dialog').locator('.secret').waitFor();
    const said = await heard?.evaluate((region) => region.isConnected && region.textContent);
    t.ok(said, `${page.label}, ${name}: a region that was there before says that it is made`);
    await look(`${name}-made`);
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
  }
});
