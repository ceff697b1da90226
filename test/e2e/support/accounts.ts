/** What people with an account do in the client, by the names that they see. */

import { randomUUID } from 'node:crypto';
import { type Api, createApi } from '../../../client/src/index.js';
import { type ChromiumPage, waitInPage } from './browsers.js';

export interface Person {
  name: string;
  email: string;
  password: string;
}

export function person(name: string): Person {
  const email = `${name.toLowerCase()}@example.org`;
  return { name, email, password: `${name} and seven quiet herons` };
}

/** What tests need more of than a person at a time. */
export const generousLimits = {
  PLENUM_LIMITS_REQUESTS_PER_MINUTE: '100000',
  PLENUM_LIMITS_USER_REQUESTS_PER_MINUTE: '100000',
  PLENUM_LIMITS_ACCOUNT_LOGINS_PER_MINUTE: '10000',
  PLENUM_LIMITS_ADDRESS_LOGINS_PER_MINUTE: '10000',
};

/** An account that is logged in without a browser. */
export async function makeMember(url: string, who: Person): Promise<Api> {
  const { name: username, email, password } = who;
  const anybody = createApi((path, init) => fetch(new URL(path, url), init));
  const account = { username, email, password };
  await anybody.call('POST /v1/users', { body: account, key: randomUUID() });
  const login = await fetch(new URL('v1/sessions', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const cookie = /^[^;]+/.exec(login.headers.get('set-cookie') ?? '')?.[0] ?? '';
  return createApi((path, init) =>
    fetch(new URL(path, url), { ...init, headers: { ...init.headers, cookie } }),
  );
}

export async function fillNewAccount(page: ChromiumPage, who: Person): Promise<void> {
  await page.page.getByLabel('Name', { exact: true }).fill(who.name);
  await page.page.getByLabel('E-mail address').fill(who.email);
  await page.page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.clickButton('Create account');
}

/** From any page: an account of their own, and its dashboard. */
export async function signUp(page: ChromiumPage, url: string, who: Person): Promise<void> {
  await page.goto(new URL('signup', url).href);
  await fillNewAccount(page, who);
  await heading(page, 'Meetings');
}

export async function fillLogin(page: ChromiumPage, who: Person, password = who.password) {
  await page.page.getByLabel('E-mail address').fill(who.email);
  await page.page.getByLabel('Password', { exact: true }).fill(password);
  await page.clickButton('Log in');
}

export async function logIn(page: ChromiumPage, url: string, who: Person): Promise<void> {
  await page.goto(new URL('login', url).href);
  await fillLogin(page, who);
  await heading(page, 'Meetings');
}

export async function heading(page: ChromiumPage, title: string): Promise<void> {
  await page.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
}

export async function shows(page: ChromiumPage, text: string): Promise<void> {
  try {
    await waitInPage(page, `shows “${text}”`, textShown, text);
  } catch (error) {
    const shown = await page.evaluate(() => document.body.innerText, undefined);
    throw new Error(`${(error as Error).message}; it shows:\n${shown}`);
  }
}

function textShown(text: string): boolean {
  return document.body.innerText.includes(text);
}
