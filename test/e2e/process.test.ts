/** Start, stop and survival of the process, as its operator sees it. */

import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import t from 'tap';
import { launchChromium, openChromiumPage, waitInPage } from './support/browsers.js';
import { textInOrder } from './support/page-scripts.js';
import { join, joinByLink, newMeeting } from './support/people.js';
import { eventually, startPlenum } from './support/plenum.js';

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
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const plenum = await startPlenum();
    t.teardown(() => rm(plenum.dataFolder, { recursive: true, force: true }));
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
  const again = link.replace(new URL(link).origin, new URL(second.url).origin);
  await joinByLink(bo, again, 'Bo');
  await bo.clickButton('Chat');
  await waitInPage(bo, 'reads the message', textInOrder, ['this must survive']);
  t.pass('the message is there after the crash');
  await second.stop();
  t.same(processesOf(first.dataFolder), [], 'no process is left');
});

function noUnsent(): boolean {
  return !/sending|not sent/i.test(document.body.innerText);
}
