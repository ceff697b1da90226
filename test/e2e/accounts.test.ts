/** Accounts and their meetings in the client: what a person does outside of a meeting. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import pg from 'pg';
import type { Route } from 'playwright-core';
import t from 'tap';
import {
  fillLogin,
  fillNewAccount,
  generousLimits,
  heading,
  logIn,
  person,
  shows,
  signUp,
} from './support/accounts.js';
import type { ChromiumPage } from './support/browsers.js';
import { looksGood } from './support/looks.js';
import { joinByLink, participantId, waitForButton } from './support/people.js';
import { eventually } from './support/plenum.js';
import { setStage } from './support/stage.js';

t.test('accounts', async (t) => {
  const { plenum, open } = await setStage(t, { plenum: { environment: generousLimits } });
  const at = (path: string) => new URL(path, plenum.url).href;
  const ada = person('Ada');
  const bo = person('Bo');

  await t.test('the link of the first start makes the administrator, once', async (t) => {
    const page = await open('first');
    const link = await eventually(
      'the link is printed',
      () => /^Make the first account: (http\S+)$/m.exec(plenum.stdout())?.[1],
    );
    await page.goto(link);
    await heading(page, 'Set up Plenum');
    await fillNewAccount(page, person('Root'));
    await heading(page, 'Meetings');
    t.notMatch(page.url(), /t=/, 'the token is out of the address');
    const user = await page.evaluate(ownAccount, undefined);
    t.match(user, { username: 'Root', is_admin: true });
    await page.close();
    const late = await open('late');
    await late.goto(link);
    await fillNewAccount(late, person('Late'));
    await shows(late, 'This link was used already');
    await late.close();
  });

  await t.test('signs up, out and in; a wrong password and nobody look the same', async (t) => {
    const page = await open('ada');
    await page.goto(plenum.url);
    await page.page.getByRole('link', { name: 'Create an account' }).click();
    await heading(page, 'Create an account');
    t.equal(await page.page.title(), 'Create an account · Plenum');
    const focused = () => document.activeElement?.tagName;
    t.equal(await page.evaluate(focused, undefined), 'H1', 'the focus goes with the page');
    await page.clickButton('Create account');
    await shows(page, 'Please look at the marked fields.');
    const first = () => document.activeElement?.getAttribute('name');
    t.equal(await page.evaluate(first, undefined), 'username', 'the first wrong field is focused');
    await page.page.route('**/member-pages-*.js', (route) => route.abort());
    await fillNewAccount(page, ada);
    await heading(page, 'Something went wrong. Try again.');
    await looksGood(t, page, 'crash', { themes: ['light'] });
    await page.page.unroute('**/member-pages-*.js');
    await page.clickButton('Load the page again');
    await heading(page, 'Meetings');
    await page.page.route('**/v1/sessions/current', (route) => route.fulfill({ status: 503 }));
    await menu(page, 'Log out');
    await shows(page, 'The server cannot be reached.');
    t.match(await page.evaluate(ownAccount, undefined), { username: 'Ada' }, 'still logged in');
    await page.page.unroute('**/v1/sessions/current');
    await menu(page, 'Log out');
    await page.page.getByRole('link', { name: 'Log in' }).click();
    await heading(page, 'Log in');
    await fillLogin(page, ada, 'not the right password');
    const refusal = 'E-mail address and password do not fit together.';
    await shows(page, refusal);
    await fillLogin(page, person('Nobody'));
    await page.page.getByText(refusal).waitFor();
    t.equal(await page.page.getByRole('alert').last().innerText(), refusal);
    await fillLogin(page, ada);
    await heading(page, 'Meetings');
    await page.close();
  });

  await t.test('a page that needs a login asks for it and is shown then', async (t) => {
    const page = await open('guarded');
    await page.goto(at('account'));
    await shows(page, 'This page is for people who are logged in.');
    await fillLogin(page, ada);
    await heading(page, 'Your account');
    t.equal(new URL(page.url()).pathname, '/account');
    await page.goto(at('no/such/page')).catch(() => {});
    await page.close();
  });

  await t.test('profile and picture: cut and converted in the browser', async (t) => {
    const page = await open('profile');
    await logIn(page, plenum.url, ada);
    await page.goto(at('account'));
    await page.page.getByLabel('Name', { exact: true }).fill('Ada L.');
    await page.page.getByLabel('About you').fill('Counts.');
    await page.clickButton('Save');
    await shows(page, 'Saved');
    await page.page.getByRole('button', { name: 'Account of Ada L.' }).waitFor();

    const picture = await page.page.screenshot();
    const [chooser] = await Promise.all([
      page.page.waitForEvent('filechooser'),
      page.clickButton('Choose a picture'),
    ]);
    await chooser.setFiles({ name: 'me.png', mimeType: 'image/png', buffer: picture });
    const view = page.page.getByRole('img', { name: /What will be shown/ });
    await view.focus();
    await page.page.keyboard.press('ArrowRight');
    await page.clickButton('Use picture');
    const [size] = await eventually('the picture is shown', async () => {
      const sizes = await page.evaluate(picturesShown, undefined);
      return sizes.length === 2 && sizes.every(({ width }) => width > 0) ? sizes : undefined;
    });
    t.match(size, { width: 400, height: 400, type: 'image/jpeg' });
    t.ok((size?.bytes ?? 0) <= 100_000, `${size?.bytes} bytes`);
    await page.clickButton('Remove');
    await eventually('the picture is gone', async () =>
      (await page.evaluate(picturesShown, undefined)).length === 0 ? true : undefined,
    );
    await page.close();
  });

  await t.test('schedules a meeting, hands out its link, starts it', async (t) => {
    const [page, guest] = await Promise.all([open('host'), open('guest')]);
    await page.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await logIn(page, plenum.url, ada);
    await page.page.getByRole('link', { name: 'Schedule' }).click();
    await heading(page, 'Schedule a meeting');
    await page.clickButton('Schedule meeting');
    await shows(page, 'Please fill this in.');
    await page.page.getByLabel('Title').fill('Weekly planning');
    await page.page.getByLabel('Description').fill('What is next?');
    await typeDate(page, 'Starts', '12302030', '0900', 'a');
    await page.context.clearCookies();
    await page.clickButton('Schedule meeting');
    await shows(page, 'Your login has ended.');
    await looksGood(t, page, 'login-again');
    await fillLogin(page, ada);
    await page.page.getByRole('dialog').waitFor({ state: 'detached' });
    t.equal(await page.page.getByLabel('Title').inputValue(), 'Weekly planning', 'nothing is lost');
    await page.clickButton('Schedule meeting');
    await heading(page, 'Weekly planning');
    await shows(page, 'Dec 30, 2030, 9:00 – 10:00 AM');

    const meetingId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const calendar = await page.evaluate(fetchText, `${new URL(page.url()).pathname}`);
    t.match(calendar, /BEGIN:VCALENDAR[\s\S]*SUMMARY:Weekly planning/);

    await page.clickButton('Copy invitation: Weekly planning');
    await shows(page, 'Copied');
    const invitation = await page.page.evaluate(() => navigator.clipboard.readText());
    const link = /http\S+\/m\/\S+#k=\S+/.exec(invitation)?.[0] ?? '';
    t.match(invitation, /^Weekly planning\n.*2030.*\nhttp/);

    await page.page.getByRole('link', { name: 'All meetings' }).click();
    await heading(page, 'Meetings');
    await page.page.getByRole('link', { name: 'Weekly planning' }).waitFor();
    await page.clickButton('Start: Weekly planning');
    const name = page.page.getByRole('textbox', { name: 'Your name' });
    t.equal(await name.inputValue(), 'Ada L.', 'the name of the account is there already');
    t.equal(await page.page.locator('.joins-as .portrait').count(), 1, 'and the picture');
    await page.clickButton('Join');
    await waitForButton(page, 'Leave');
    t.ok(await participantId(page, 'Ada L.'));
    await guest.goto(link);
    await shows(guest, 'The host is here.');
    t.pass('who started it is its host, and the link that was copied opens it');

    const hostLink = await page.evaluate(makeLink, { meetingId, role: 'host' });
    const personal = await page.evaluate(makeLink, { meetingId, role: 'participant', max_uses: 1 });
    await page.goto(hostLink);
    await page.clickButton('Join');
    await waitForButton(page, 'Leave');
    await page.clickButton('Copy link');
    await shows(page, 'Link copied');
    const copied = await page.page.evaluate(() => navigator.clipboard.readText());
    t.equal(copied, link, 'a host hands out the link for participants');
    const kept = await page.page.evaluate(() => Object.keys(localStorage));
    t.notMatch(kept.join(' '), /plenum\.host/, 'no secret of a host stays in the browser');

    await guest.goto('about:blank');
    await joinByLink(guest, personal, 'Gus');
    t.ok(await participantId(guest, 'Gus'), 'the room is known');
    const links = guest.page.getByRole('button', { name: 'Copy link' });
    t.equal(await links.count(), 0, 'a personal link is not handed out');
    await guest.evaluate(speakAnotherVersion, undefined);
    await guest.clickButton('Raise hand');
    await shows(guest, 'The server is older than this page.');
    await looksGood(t, guest, 'load-again');
    await loadAgain(guest);
    await guest.page.getByRole('textbox', { name: 'Your name' }).waitFor();
    t.pass('an error that asks to load the page again has a button for it');
    await page.close();
    await guest.close();
  });

  await t.test('changes a meeting, makes an invite, ends and deletes it', async (t) => {
    const page = await open('editor');
    await logIn(page, plenum.url, ada);
    await page.page.getByRole('link', { name: 'Weekly planning' }).click();
    await heading(page, 'Weekly planning');
    const title = page.page.getByLabel('Title');
    await page.page.route('**/v1/meetings/*', withoutVersion);
    await title.fill('Lost');
    await page.clickButton('Save');
    await shows(page, 'This was sent without its version.');
    await looksGood(t, page, 'load-again-form');
    await page.page.unroute('**/v1/meetings/*');
    await loadAgain(page);
    await eventually('the page is loaded again', async () =>
      (await title.inputValue()) === 'Weekly planning' ? true : undefined,
    );
    await title.fill('Monthly planning');
    await page.evaluate(describe, new URL(page.url()).pathname);
    await page.page.getByRole('textbox', { name: 'Passcode' }).fill('heron');
    await page.clickButton('Save');
    await shows(page, 'Somebody changed this in the meantime.');
    const description = page.page.getByLabel('Description');
    t.equal(await description.inputValue(), 'From elsewhere.', 'what was not touched follows');
    await page.clickButton('Save');
    await heading(page, 'Monthly planning');
    await shows(page, 'From elsewhere.');
    await page.page.reload();
    await heading(page, 'Monthly planning');
    t.equal(await page.page.getByRole('textbox', { name: 'Passcode' }).inputValue(), 'heron');

    await page.clickButton('New invite link');
    await page.clickButton('Make link');
    await shows(page, 'Copy the link now');
    await page.page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    await shows(page, 'used 0 of 1 times');
    await page.clickButton('End meeting');
    await page.page.getByRole('alertdialog').getByRole('button', { name: 'End meeting' }).click();
    await shows(page, 'Ended');
    await page.page.getByRole('link', { name: 'All meetings' }).click();
    await heading(page, 'Meetings');
    await page.page.getByRole('tab', { name: 'Past' }).click();
    await page.page.getByRole('link', { name: 'Monthly planning' }).click();
    await page.clickButton('Delete meeting');
    await page.page
      .getByRole('alertdialog')
      .getByRole('button', { name: 'Delete meeting' })
      .click();
    await heading(page, 'Meetings');
    await page.page.getByRole('tab', { name: 'Past' }).click();
    await shows(page, 'No meeting has ended yet.');
    await page.close();
  });

  await t.test('API keys are shown once; sessions end everywhere at once', async (t) => {
    const [page, other] = await Promise.all([open('bo'), open('bo-elsewhere')]);
    await signUp(page, plenum.url, bo);
    await logIn(other, plenum.url, bo);
    await page.goto(at('account'));
    await page.clickButton('New API key');
    await page.page.getByLabel('Name of the key').fill('Calendar');
    await page.clickButton('Make key');
    await shows(page, 'Copy the key now');
    await page.page.getByText(/^plk_/).waitFor();
    await page.page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    await shows(page, 'Calendar');
    t.equal(await page.page.getByText(/^plk_/).count(), 0);

    await shows(page, 'this browser');
    await page.clickButton('Log out everywhere');
    await page.page
      .getByRole('alertdialog')
      .getByRole('button', { name: 'Log out everywhere' })
      .click();
    await page.page.getByRole('button', { name: 'New meeting' }).waitFor();
    await page.page.getByRole('link', { name: 'Log in' }).waitFor();
    await other.goto(at('account'));
    await shows(other, 'This page is for people who are logged in.');
    await Promise.all([page.close(), other.close()]);
  });

  await t.test('a new password replaces the old one', async (t) => {
    const page = await open('password');
    await logIn(page, plenum.url, bo);
    await page.goto(at('account'));
    await page.page.getByLabel('Current password').fill('not the right password');
    await page.page.getByLabel('New password').fill('eleven loud geese and a barn');
    await page.clickButton('Change password');
    await shows(page, 'That is not right.');
    await page.page.getByLabel('Current password').fill(bo.password);
    await page.clickButton('Change password');
    await shows(page, 'all other sessions have ended');
    await menu(page, 'Log out');
    await logIn(page, plenum.url, { ...bo, password: 'eleven loud geese and a barn' });
    t.pass('the new password logs in');
    await page.close();
  });

  await t.test(
    'an authenticator app is added, asked for, and replaced by a recovery code',
    async (t) => {
      const page = await open('factor');
      const cy = person('Cy');
      await signUp(page, plenum.url, cy);
      await page.goto(at('account'));
      await page.clickButton('Add an authenticator app');
      const shown = page.page.getByRole('dialog').locator('.secret');
      const secret = (await shown.innerText()).replaceAll(' ', '');
      await page.page.getByLabel('Code', { exact: true }).fill('000000');
      await page.clickButton('Confirm');
      await shows(page, 'That code is not right.');
      await looksGood(t, page, 'factor');
      const code = () => new TOTP({ secret: Secret.fromBase32(secret) }).generate();
      await page.page.getByLabel('Code', { exact: true }).fill(code());
      await page.clickButton('Confirm');
      await shows(page, 'Your recovery codes');
      await looksGood(t, page, 'recovery-codes');
      const codes = await page.page.getByRole('dialog').getByRole('listitem').allInnerTexts();
      t.ok(codes.length >= 8, `${codes.length} recovery codes`);
      await page.clickButton('I have kept them');
      await shows(page, 'Since');
      await menu(page, 'Log out');

      await page.page.getByRole('link', { name: 'Log in' }).click();
      await fillLogin(page, cy);
      await shows(page, 'Now the code of your second factor.');
      await looksGood(t, page, 'second-factor');
      const field = page.page.getByLabel('Code of the second factor');
      t.equal(await field.getAttribute('autocomplete'), 'one-time-code');
      await field.fill('000000');
      await page.clickButton('Log in');
      await shows(page, 'E-mail address, password and code do not fit together.');
      await field.fill(codes[0] ?? '');
      await page.clickButton('Log in');
      await heading(page, 'Meetings');

      // As single sign-on begins a login.
      await alterLogins(plenum.dataFolder, 'second_factor = false');
      await page.goto(at('account'));
      await shows(page, 'Your second factor was not asked for at this login.');
      await page.clickButton('Confirm with your second factor');
      await field.fill('000000');
      await page.clickButton('Confirm with your second factor');
      await shows(page, 'That code is not right.');
      await looksGood(t, page, 'unshown-factor');
      await field.fill(codes[1] ?? '');
      await page.clickButton('Confirm with your second factor');
      await shows(page, 'Confirmed with your second factor.');
      await page.clickButton('Add an authenticator app');
      await page.page.getByRole('dialog').waitFor();
      await page.close();
    },
  );

  await t.test('a security key is added, asked for, and removed after a fresh login', async (t) => {
    const page = await open('key');
    // Browsers make keys for names, never for addresses.
    const local = (path: string) => at(path).replace('127.0.0.1', 'localhost');
    const eve = person('Eve');
    await signUp(page, local(''), eve);
    await page.goto(local('account'));
    const stick = await plugIn(page);
    await page.clickButton('Add a security key');
    await page.page.getByLabel('Name of the key').fill('Blue');
    await looksGood(t, page, 'security-key');
    await stick.touch(false);
    await page.clickButton('Continue');
    await page.page.getByRole('dialog').locator('.spinner').waitFor();
    const gone = page.page.waitForResponse((each) => each.request().method() === 'DELETE');
    await page.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    t.equal((await gone).status(), 204, 'what is given up leaves nothing behind');
    await stick.touch(true);
    await page.clickButton('Add a security key');
    await page.page.getByLabel('Name of the key').fill('Blue');
    await page.clickButton('Continue');
    await shows(page, 'Your recovery codes');
    await page.clickButton('I have kept them');
    await shows(page, 'Blue');
    await menu(page, 'Log out');

    await page.page.getByRole('link', { name: 'Log in' }).click();
    await fillLogin(page, eve);
    await shows(page, 'Now your security key.');
    await looksGood(t, page, 'asks-for-key');
    await stick.forge(true);
    await page.clickButton('Use your security key');
    await shows(page, 'This key does not fit');
    await stick.forge(false);
    await page.clickButton('Use your security key');
    await heading(page, 'Meetings');

    await page.goto(local('account'));
    await shows(page, 'Blue');
    await alterLogins(plenum.dataFolder, "created_at = created_at - interval '11 minutes'");
    const remove = async () => {
      await page.page.getByRole('listitem').filter({ hasText: 'Blue' }).getByText('Remove').click();
      await page.page.getByRole('alertdialog').getByText('Remove', { exact: true }).click();
    };
    await remove();
    await shows(page, 'Log in again first');
    await page.page.getByRole('alertdialog').getByText('Log in again', { exact: true }).click();
    await fillLogin(page, eve);
    await page.clickButton('Use your security key');
    await heading(page, 'Your account');
    await remove();
    await shows(page, 'None yet.');
    await page.close();
  });

  await t.test('a forgotten password is reset by the link of a mail, once', async (t) => {
    const page = await open('reset');
    const di = person('Di');
    await signUp(page, plenum.url, di);
    await menu(page, 'Log out');
    await page.goto(at('login'));
    await page.page.getByRole('link', { name: 'Forgot your password?' }).click();
    await heading(page, 'Reset your password');
    await page.page.getByLabel('E-mail address').fill(di.email);
    await page.clickButton('Send the link');
    await heading(page, 'Look into your mail');
    await looksGood(t, page, 'reset-sent');
    const link = await eventually('the mail is there', () => linkOfMail(plenum.dataFolder));
    await page.goto(link);
    await page.page.getByLabel('New password').fill('too short');
    await page.clickButton('Set password');
    await shows(page, 'A password has at least 12 characters.');
    const password = 'nine slow otters under a bridge';
    await page.page.getByLabel('New password').fill(password);
    await page.clickButton('Set password');
    await heading(page, 'The password is changed');
    await logIn(page, plenum.url, { ...di, password });
    await page.goto('about:blank');
    await page.goto(link);
    await page.page.getByLabel('New password').fill(password);
    await page.clickButton('Set password');
    await shows(page, 'This link was used already');
    await page.close();
  });

  await t.test('the keyboard alone logs in, schedules a meeting and logs out', async () => {
    const page = await open('keyboard');
    const { keyboard } = page.page;
    await page.goto(at('meetings/new'));
    await heading(page, 'Log in');
    await tabTo(page, 'E-mail address');
    await keyboard.type(ada.email);
    await tabTo(page, 'Password');
    await keyboard.type(ada.password);
    await keyboard.press('Enter');
    await heading(page, 'Schedule a meeting');
    await tabTo(page, 'Title');
    await keyboard.type('By keys');
    await tabTo(page, 'month');
    await keyboard.type('12302030');
    await tabTo(page, 'Schedule meeting');
    await keyboard.press('Enter');
    await heading(page, 'By keys');
    await shows(page, 'Dec 30, 2030');
    await tabTo(page, 'Delete meeting');
    await keyboard.press('Enter');
    await page.page.getByRole('alertdialog').waitFor();
    await keyboard.press('Escape');
    await page.page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await eventually(
      'the focus is back where it came from',
      async () => (await focusedName(page)) === 'Delete meeting' || undefined,
    );
    await tabTo(page, 'Account of Ada L.');
    await keyboard.press('Enter');
    await page.page.getByRole('menu').waitFor();
    await keyboard.press('End');
    await keyboard.press('Enter');
    await page.page.getByRole('link', { name: 'Log in' }).waitFor();
    await page.close();
  });

  await t.test('whom single sign-on sends back is told why', async (t) => {
    const page = await open('sent-back');
    await page.goto(at('v1/oidc/nobody/callback'));
    await heading(page, 'Log in');
    await shows(page, 'That is not there, or not any more.');
    await page.goto(at('login?error=forbidden'));
    await shows(page, 'There is no account for you here.');
    t.equal(
      await page.page.getByRole('alert').first().innerText(),
      'There is no account for you here. Ask whoever runs this server.',
    );
    await page.close();
  });

  await t.test('the language is chosen and kept', async (t) => {
    const page = await open('language');
    await page.goto(at('login'));
    await page.page.getByRole('button', { name: /Language/ }).click();
    await page.page.getByRole('option', { name: 'العربية' }).click();
    await page.page.getByRole('heading', { level: 1, name: 'تسجيل الدخول' }).waitFor();
    const root = () => [document.documentElement.lang, document.documentElement.dir];
    t.same(await page.evaluate(root, undefined), ['ar', 'rtl']);
    await page.page.reload();
    await page.page.getByRole('heading', { level: 1, name: 'تسجيل الدخول' }).waitFor();
    t.same(await page.evaluate(root, undefined), ['ar', 'rtl'], 'also after loading again');
    await page.close();
  });
});

/** What a screen reader calls the focused element, in short. */
function focusedName(page: ChromiumPage): Promise<string> {
  return page.page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement)) return '';
    const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
    const label = labels.map(({ innerText }) => innerText).join(' ');
    const spoken = element.getAttribute('aria-label')?.replace(/,.*/, '');
    return (spoken ?? (label || element.innerText)).trim();
  });
}

/** Presses Tab until what is called so has the focus. */
async function tabTo(page: ChromiumPage, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if ((await focusedName(page)) === name) return;
    await page.page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached ${name}`);
}

/** Of the newest mail, which is a file on a server without an SMTP server (RFC 2045 §6.7). */
function linkOfMail(dataFolder: string): string | undefined {
  const folder = join(dataFolder, 'mail');
  const newest = existsSync(folder) ? readdirSync(folder).sort().at(-1) : undefined;
  if (newest === undefined) return undefined;
  const text = readFileSync(join(folder, newest), 'utf8')
    .replace(/=\r?\n/g, '')
    .replaceAll('=3D', '=');
  return /http\S+\/reset#t=\S+/.exec(text)?.[0];
}

/** Gives the page a security key. `touch`: does somebody touch it? `forge`: does it sign nonsense? */
async function plugIn(page: ChromiumPage) {
  const devices = await page.context.newCDPSession(page.page);
  await devices.send('WebAuthn.enable');
  const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  return {
    touch: (enabled: boolean) =>
      devices.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    forge: (isBogusSignature: boolean) =>
      devices.send('WebAuthn.setResponseOverrideBits', { authenticatorId, isBogusSignature }),
  };
}

/** Changes every login of the server. */
async function alterLogins(dataFolder: string, change: string): Promise<void> {
  const host = join(dataFolder, 'postgres', 'socket');
  const database = new pg.Client({ host, port: 5432, user: 'plenum', database: 'postgres' });
  await database.connect();
  await database.query(`update login_sessions set ${change}`);
  await database.end();
}

/** Chooses from the account's menu. */
async function menu(page: ChromiumPage, item: string): Promise<void> {
  await page.page.getByRole('button', { name: /^Account of/ }).click();
  await page.page.getByRole('menuitem', { name: item }).click();
}

/** Types into the parts of a date field, in the order of American English. */
async function typeDate(
  page: ChromiumPage,
  label: string,
  date: string,
  time: string,
  half: string,
): Promise<void> {
  const group = page.page.getByRole('group', { name: label });
  await group.getByRole('spinbutton').first().click();
  await page.page.keyboard.type(`${date}${time}${half}`);
}

async function ownAccount(): Promise<unknown> {
  return (await fetch('/v1/users/me')).json();
}

/** As another page of the same account. */
async function describe(pagePath: string): Promise<void> {
  const meeting = `/v1${pagePath}`;
  const etag = (await fetch(meeting)).headers.get('etag') ?? '';
  await fetch(meeting, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', 'if-match': etag },
    body: JSON.stringify({ description: 'From elsewhere.' }),
  });
}

async function makeLink({ meetingId, ...invite }: { meetingId: string } & object): Promise<string> {
  const made = await fetch(`/v1/meetings/${meetingId}/invites`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify(invite),
  });
  return (await made.json()).url;
}

/** What this page asks for, no server knows. */
function speakAnotherVersion(): void {
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (said) {
    send.call(this, String(said).replace('"hand.set"', '"hand.wave"'));
  };
}

function withoutVersion(route: Route): Promise<void> {
  const { 'if-match': _, ...headers } = route.request().headers();
  return route.continue({ headers });
}

/** By the keyboard. */
async function loadAgain(page: ChromiumPage): Promise<void> {
  await page.page.getByRole('button', { name: 'Load the page again' }).press('Enter');
}

async function fetchText(pagePath: string): Promise<string> {
  return (await fetch(`/v1${pagePath}/calendar.ics`)).text();
}

/** Of the person's picture, wherever it is shown. */
async function picturesShown() {
  const pictures = [...document.querySelectorAll<HTMLImageElement>('img.portrait')];
  return Promise.all(
    pictures.map(async ({ src, naturalWidth, naturalHeight }) => {
      const file = await (await fetch(src)).blob();
      return { width: naturalWidth, height: naturalHeight, type: file.type, bytes: file.size };
    }),
  );
}
