/** The page of administrators about nodes, on a fleet of real processes. */

import t, { type Test } from 'tap';
import { heading, logIn, person, shows, signUp } from './support/accounts.js';
import { type ChromiumPage, launchChromium, openChromiumPage } from './support/browsers.js';
import { fleetAdmin, nodeOfTheRoom, startFleet } from './support/fleet.js';
import { everythingFits, looksGood } from './support/looks.js';
import { joinByLink, waitForTiles } from './support/people.js';
import { slowCamera } from './support/stage.js';

const wide = { width: 1280, height: 800 };
const narrow = { width: 360, height: 740 };
const title = 'Weekly planning';

/** In both themes, wide and narrow. */
async function look(t: Test, page: ChromiumPage, state: string): Promise<void> {
  await looksGood(t, page, `${state}-wide`);
  await page.page.setViewportSize(narrow);
  await looksGood(t, page, `${state}-narrow`, { themes: ['dark'], rules: 'colours' });
  await page.page.setViewportSize(wide);
}

t.test('nodes, a room that moves, a drain and its end', async (t) => {
  const starting = startFleet(t, { controls: 1, nodes: ['local', 'local'] });
  const chromium = await launchChromium(slowCamera);
  t.teardown(() => chromium.close());
  const fleet = await starting;
  const open = (label: string) => openChromiumPage(chromium, label, { viewport: wide });
  const [page, ada] = await Promise.all([open('admin'), open('ada')]);
  const { page: tab } = page;
  const policy = { join_before_host: true };
  const { participant_link: link } = await fleet.admin('POST', 'v1/meetings', { title, policy });
  await Promise.all([joinByLink(ada, `${link}`, 'Ada'), logIn(page, fleet.url, fleetAdmin)]);
  await waitForTiles(ada, 1);
  const names = new Map(fleet.nodes.map(({ nodeId }, n) => [nodeId, `node-${n + 1}`]));
  const first = await nodeOfTheRoom(fleet);
  const other = fleet.nodes.find((node) => node !== first);
  const [from, to] = [names.get(first.nodeId) ?? '', names.get(other?.nodeId ?? '') ?? ''];
  const button = (name: string) => tab.getByRole('button', { name, exact: true });
  const inDialog = (name: string) =>
    tab.getByRole('dialog').getByRole('button', { name, exact: true });
  const chip = (name: string) => tab.locator('.chip').filter({ hasText: new RegExp(`^${name}$`) });

  await t.test('two nodes are listed', async (t) => {
    await button('Account of Admin').click();
    await tab.getByRole('menuitem', { name: 'Nodes' }).click();
    await heading(page, 'Nodes');
    await tab.getByRole('link', { name: from }).waitFor();
    await tab.getByRole('link', { name: to }).waitFor();
    await shows(page, '2 nodes');
    await shows(page, '1 person');
    t.equal(await chip('Up').count(), 2);
    await look(t, page, 'nodes');
  });

  await t.test('a room is moved', async (t) => {
    await tab.getByRole('link', { name: from }).click();
    await heading(page, from);
    await shows(page, title);
    await look(t, page, 'node');
    await button(`Move ${title}`).click();
    await tab.getByRole('dialog').waitFor();
    await looksGood(t, page, 'node-move', { themes: ['light'] });
    await tab.getByRole('dialog').locator('.select-button').click();
    await tab.getByRole('option', { name: `${to} (local)` }).click();
    await inDialog('Move').click();
    await shows(page, `${title} goes to ${to}`);
    await shows(page, 'None.');
    t.equal(await nodeOfTheRoom(fleet), other);
    await waitForTiles(ada, 1);
  });

  await t.test('a node is drained until it is empty, and takes rooms again', async (t) => {
    await tab.getByRole('link', { name: 'All nodes' }).click();
    await button(`Drain ${to}`).focus();
    await tab.keyboard.press('Enter');
    await tab.getByRole('dialog').waitFor();
    await looksGood(t, page, 'nodes-drain', { themes: ['dark'] });
    await inDialog('Drain').focus();
    await tab.keyboard.press('Enter');
    await chip('Drained').waitFor();
    t.equal(await nodeOfTheRoom(fleet), first, 'the room is on the other one');
    await waitForTiles(ada, 1);
    await button(`Stop draining ${to}`).click();
    await inDialog('Stop draining').click();
    await button(`Drain ${to}`).waitFor();
    await shows(page, 'It takes rooms again');
  });

  await t.test('a token is shown once', async (t) => {
    await button('Add a node').click();
    await button('Make token').click();
    await tab.locator('.secret').waitFor();
    await looksGood(t, page, 'node-token', { themes: ['light'] });
    t.match(await tab.locator('.secret').innerText(), /\S{40,}/);
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    await button('Add a node').click();
    t.equal(await tab.locator('.secret').count(), 0);
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
  });

  await t.test('a node that is gone is removed', async (t) => {
    await other?.kill();
    await chip('Lost').waitFor();
    await looksGood(t, page, 'nodes-lost');
    await button(`Remove ${to}`).click();
    await inDialog('Remove').click();
    await tab.getByRole('link', { name: to }).waitFor({ state: 'detached' });
    await t.rejects(fleet.admin('GET', `v1/nodes/${other?.nodeId}`), /404/);
  });

  await t.test('what is shown stays when the server fails, and an act says why', async (t) => {
    await tab.route('**/v1/nodes**', (route) => route.abort());
    const old = tab.getByText('What is shown may be old');
    await old.waitFor();
    await tab.getByRole('link', { name: from }).waitFor();
    await button(`Drain ${from}`).click();
    await tab.getByRole('dialog').locator('.select-button').click();
    await tab.getByRole('option', { name: '30 minutes' }).click();
    await inDialog('Drain').click();
    const refusal = tab.getByRole('dialog').locator('.form-error').filter({ hasText: 'reached' });
    await refusal.waitFor();
    await looksGood(t, page, 'nodes-failed', { themes: ['dark'] });
    await tab.unroute('**/v1/nodes**');
    await inDialog('Drain').click();
    await chip('Draining').waitFor();
    await old.waitFor({ state: 'detached' });
    const drained = await fleet.admin('GET', `v1/nodes/${first.nodeId}`);
    const [since, until] = [drained.draining_since, drained.drain_until].map((at) =>
      Date.parse(`${at}`),
    );
    t.equal((until ?? 0) - (since ?? 0), 1_800_000, 'as it was chosen before the failure');
  });

  await t.test('in Arabic it fits as well', async (t) => {
    await page.evaluate(() => localStorage.setItem('plenum.language', 'ar'), undefined);
    await tab.reload();
    await tab.getByRole('link', { name: from }).waitFor();
    await everythingFits(t, page, 'nodes-ar');
    await tab.getByRole('link', { name: from }).click();
    await shows(page, title);
    await tab.setViewportSize(narrow);
    await everythingFits(t, page, 'node-ar-narrow');
    await page.screenshot('look-node-ar-narrow');
  });

  await t.test('nobody else sees it', async () => {
    await signUp(ada, fleet.url, person('Bo'));
    await ada.goto(new URL('nodes', fleet.url).href);
    await heading(ada, 'This page is for administrators');
  });
});
