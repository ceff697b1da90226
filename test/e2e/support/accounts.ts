/** What people with an account do in the client, by the names that they see. */

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
  await waitInPage(page, `shows “${text}”`, textShown, text);
}

function textShown(text: string): boolean {
  return document.body.innerText.includes(text);
}
