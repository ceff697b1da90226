/** Start, stop and survival of the process, as its operator sees it. */

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import t from 'tap';
import type { Api } from '../../client/src/index.js';
import { makeMember, person } from './support/accounts.js';
import { launchChromium, openChromiumPage, waitInPage } from './support/browsers.js';
import { textInOrder } from './support/page-scripts.js';
import { join, joinByLink, newMeeting, says } from './support/people.js';
import { emptyFolder, eventually, startPlenum } from './support/plenum.js';

/** Processes whose command line names this folder (the embedded Postgres is started with it). */
function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}

t.test('prints one ready line, is ready, and leaves no process behind', async (t) => {
  const dataFolder = await emptyFolder();
  t.teardown(() => rm(dataFolder, { recursive: true, force: true }));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const plenum = await startPlenum({ dataFolder });
    t.match(plenum.stdout(), /^Plenum is ready: http:\/\/127\.0\.0\.1:\d+\/$/m);
    const ready = await fetch(new URL('readyz', plenum.url));
    t.equal(ready.status, 200);
    const { code } = await plenum.stop(signal);
    t.equal(code, 0, `${signal} ends it with exit code 0`);
    t.same(processesOf(plenum.dataFolder), [], 'no process is left');
  }
});

t.test('after kill -9 the next start works and has every acknowledged message', async (t) => {
  const first = await startPlenum();
  t.teardown(() => rm(first.dataFolder, { recursive: true, force: true }));
  const chromium = await launchChromium();
  t.teardown(() => chromium.close());
  const [scheduled, persistent] = await lastingLinks(await makeMember(first.url, person('Olga')));
  const ada = await openChromiumPage(chromium, 'ada');
  const link = await newMeeting(ada, first.url);
  await join(ada, 'Ada');
  await ada.clickButton('Chat');
  await ada.fillTextbox('Message', 'this must survive');
  await ada.press('Enter');
  await waitInPage(ada, 'the message is acknowledged', textInOrder, ['this must survive']);
  await eventually('the message is stored', async () =>
    (await ada.evaluate(noUnsent, undefined)) ? true : undefined,
  );
  await first.stop('SIGKILL');

  const second = await startPlenum({ dataFolder: first.dataFolder });
  t.teardown(() => second.stop());
  const bo = await openChromiumPage(chromium, 'bo');
  const again = (before: string) => new URL(before.slice(first.url.length), second.url).href;
  await joinByLink(bo, again(link), 'Bo');
  await bo.clickButton('Chat');
  await waitInPage(bo, 'reads the message', textInOrder, ['this must survive']);
  t.pass('the message is there after the crash');

  for (const [title, before] of [scheduled, persistent]) {
    await bo.goto(again(before));
    await says(bo, title);
    await join(bo, 'Bo');
    t.pass(`the link of the ${title} still opens it`);
  }
  await second.stop();
  t.same(processesOf(first.dataFolder), [], 'no process is left');
});

/** Of meetings in which nobody was yet, with their titles. */
async function lastingLinks(owner: Api): Promise<[Titled, Titled]> {
  const soon = Date.now() + 3_600_000;
  const times = { starts_at: iso(soon), ends_at: iso(soon + 1_800_000), time_zone: 'Asia/Tokyo' };
  const make = async (title: string, wish: object): Promise<Titled> => {
    const body = { title, ...wish };
    const made = await owner.call('POST /v1/meetings', { body, key: randomUUID() });
    return [title, made.participant_link];
  };
  return [
    await make('planning', { kind: 'scheduled', ...times }),
    await make('open office', { kind: 'persistent' }),
  ];
}

type Titled = [title: string, link: string];

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function noUnsent(): boolean {
  return !/sending|not sent/i.test(document.body.innerText);
}
