/** Everything that pages show of recordings: no violation and nothing clipped, in every state and both ways. */

import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Recording, Render } from '../../client/src/index.js';
import { generousLimits, makeMember, person } from './support/accounts.js';
import type { ChromiumPage } from './support/browsers.js';
import { joinCrowd } from './support/crowd.js';
import { KeptRecordings } from './support/kept-recordings.js';
import { sampleFilm, sampleLines, sampleMs, sampleTracks } from './support/sample-meeting.js';
import { setStage } from './support/stage.js';
import { type Looker, logInWordlessly, visit, walkInLanguages } from './support/walks.js';

/** Without a second factor. */
const administrators = { PLENUM_ACCOUNTS_ADMIN_SECOND_FACTOR: 'optional' };
const passcode = 'stork nest';
const longTitle =
  'A title long enough to be wrapped somewhere in most of the places it is shown in';
const policy = { recording: { consent: 'all_must_accept', auto: false } } as const;
const room = { kind: 'persistent', title: longTitle, policy } as const;
const [ada, bo] = [person('Ada'), person('Bo')];

/** Jobs as they may stand, and nobody has to be quick to see it. */
const jobs = (['gallery', 'speaker', 'screen_first', 'audio'] as const).map((layout, n): Render => {
  const state = (['running', 'queued', 'failed', 'canceled'] as const)[n] ?? 'queued';
  const own = { render_id: randomUUID(), recording_id: randomUUID(), layout, state };
  const times = { created_at: new Date().toISOString(), finished_at: null };
  return { ...own, ...times, progress: 0.42, attempts: 1, file_id: null };
});
const states: readonly (readonly [Recording['status'], string?])[] = [
  ['waiting_consent'],
  ['starting'],
  ['recording'],
  ['paused'],
  ['processing'],
  ['degraded', 'recorder_lost'],
  ['failed', 'no_recorder'],
];
const rendersRoute = '**/renders?*';

t.test('the pages of recordings', async (t) => {
  const stage = await setStage(t, {
    plenum: { environment: { ...generousLimits, ...administrators } },
  });
  const { plenum } = stage;
  const at = (path: string) => new URL(path, plenum.url).href;
  const [host, other] = [await makeMember(plenum.url, ada), await makeMember(plenum.url, bo)];
  const kept = KeptRecordings.of(t, plenum);
  await kept.database.query('update users set is_admin = true where email = $1', [ada.email]);
  const ids = await fill();

  await t.test('in English, Arabic and the pseudo-language', (t) =>
    walkInLanguages(t, stage, async (page, look) => {
      await logInWordlessly(page, plenum.url, ada);
      await lists(page, look);
      await player(page, look);
      await links(page, look);
      await live(t, page, look);
    }),
  );

  /** All of somebody else, who looks at them as an administrator does: there is nothing of her own. */
  async function fill() {
    const made = await other.call('POST /v1/meetings', { body: room, key: randomUUID() });
    const tracks = await sampleTracks(plenum.dataFolder);
    const lines = sampleLines(tracks);
    const own = { meetingId: made.meeting.meeting_id, title: longTitle, recordedMs: sampleMs };
    // Of those that go on there is one in a meeting.
    for (const [status, reason] of states) {
      const { meeting } = await other.call('POST /v1/meetings', { body: room, key: randomUUID() });
      const meetingId = meeting.meeting_id;
      await kept.keep({ ...own, meetingId, status, ...(reason ? { reason } : {}) });
    }
    const film = await sampleFilm(plenum.dataFolder);
    const whole = await kept.keep({ ...own, lines, files: [...tracks, film] });
    await kept.consent(whole, 'Ada Lovelace', true);
    await kept.consent(whole, 'ليلى الفاسي', false);
    await kept.consent(whole, 'Hubert', null);
    const parts = await kept.keep({ ...own, lines, files: tracks });
    return { whole, parts, empty: await kept.keep(own) };
  }

  async function lists({ page }: ChromiumPage, look: Looker) {
    await page.goto(at('recordings'));
    await page.locator('.list-note .muted').waitFor();
    await look('recordings-empty');
    await page.route(rendersRoute, (route) =>
      route.fulfill({ json: { items: jobs, next_cursor: null } }),
    );
    await page.locator('.switch').click();
    await page
      .locator('.rows .chip')
      .nth(states.length + 2)
      .waitFor();
    await page.locator('.rows .row .node-counts + .node-counts').first().waitFor();
    await look('recordings');
    await page.locator('.row-actions .button, .row-actions .danger').first().click();
    await page.getByRole('dialog').waitFor();
    await look('recording-delete');
  }

  async function player(page: ChromiumPage, look: Looker) {
    const { page: tab } = page;
    await visit(page, at(`recordings/${ids.empty}`));
    await tab.locator('.replay-nothing').waitFor();
    await look('recording-nothing');
    await visit(page, at(`recordings/${ids.parts}`));
    await tab.locator('.progress').waitFor();
    await tab.locator('.disclosure [slot="trigger"]').click();
    await seek(page, 9.5);
    await look('recording-tracks');
    await tab.unroute(rendersRoute);
    await visit(page, at(`recordings/${ids.whole}`));
    await tab.locator('.rows .chip').nth(2).waitFor();
    await tab.getByRole('tab').last().click();
    await seek(page, 4);
    await look('recording-film');
  }

  async function links(page: ChromiumPage, look: Looker) {
    const { page: tab } = page;
    const dialog = tab.getByRole('dialog');
    await tab.locator('section.card').nth(2).locator('.form-actions .button').click();
    await dialog.waitFor();
    await dialog.locator('[name="passcode"]').fill(passcode);
    await look('share');
    await dialog.locator('button[type="submit"]').click();
    const link = (await dialog.locator('.secret').textContent()) ?? '';
    await look('share-made');
    const shareId = new URL(link).pathname.split('/').at(-1);
    const open = async () => {
      await visit(page, link);
      await tab.locator('[name="passcode"]').waitFor();
    };
    await open();
    await look('share-locked');
    await tab.locator('[name="passcode"]').fill('heron nest');
    await tab.locator('button[type="submit"]').click();
    await tab.locator('.form-error').filter({ hasText: /./ }).waitFor();
    await look('share-wrong');
    await tab.locator('[name="passcode"]').fill(passcode);
    await tab.locator('button[type="submit"]').click();
    await tab.locator('.replay').waitFor();
    await look('share-open');
    const expire = 'update recording_shares set expires_at = created_at where share_id = $1';
    await kept.database.query(expire, [shareId]);
    await visit(page, link);
    await tab.locator('.form-actions a').waitFor();
    await look('share-expired');
  }

  /** In the meeting: she is asked, waits for somebody who says nothing, and is recorded when he has left. */
  async function live(t: Test, page: ChromiumPage, look: Looker) {
    const { page: tab } = page;
    const made = await host.call('POST /v1/meetings', { body: room, key: randomUUID() });
    await page.goto(made.participant_link);
    await tab.locator('.prejoin-form [type="submit"]').click();
    await tab.locator('.toolbar').waitFor();
    const leave = await joinCrowd(t, made.participant_link, ['Wolfeschlegelsteinhausenberger']);
    await tab.locator('main').focus();
    await page.press('Shift+R');
    await tab.getByRole('alertdialog').waitFor();
    await look('consent');
    await tab.locator('.equal-actions .button').first().click();
    await tab.locator('[data-state="waiting_consent"] .recording-note').waitFor();
    await look('recording-waits');
    leave();
    await tab.locator('.recording-status[data-state="recording"]').waitFor();
    await look('recording-on');
  }
});

/** By the bar; seconds. */
async function seek(page: ChromiumPage, second: number): Promise<void> {
  await page.page.locator('[data-seek]').fill(String(1000 * Math.floor(second)));
}
