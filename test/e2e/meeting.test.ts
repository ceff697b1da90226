/** Three Chromium participants and one Firefox participant meet through the bundled client. */

import t from 'tap';
import { type BrowserPage, waitInPage } from './support/browsers.js';
import { bodyText, textInOrder, tiles } from './support/page-scripts.js';
import {
  hasButton,
  join,
  joinByLink,
  newMeeting,
  participantId,
  waitForMedia,
  waitForTiles,
} from './support/people.js';
import { eventually } from './support/plenum.js';
import { setStageWithFirefox } from './support/stage.js';

t.test(
  'four people in three browsers and Firefox meet, write, are removed and leave',
  async (t) => {
    const { plenum, open, openFirefox } = await setStageWithFirefox(t);
    const [ada, bo, cy, fay] = await Promise.all([
      open('ada'),
      open('bo'),
      open('cy'),
      openFirefox('fay-firefox'),
    ]);
    const everyone = [ada, bo, cy, fay];

    await ada.goto(plenum.url);
    await ada.screenshot('1-landing');
    const link = await newMeeting(ada, plenum.url);
    await waitInPage(ada, 'shows the button Join', hasButton, 'Join');
    await waitInPage(ada, 'shows the own camera', showsVideo, undefined);
    await ada.screenshot('2-pre-join');
    await join(ada, 'Ada');
    t.equal(ada.url(), link, 'the address bar of the meeting is the join link');
    await ada.screenshot('3-alone');
    await Promise.all([
      joinByLink(bo, link, 'Bo'),
      joinByLink(cy, link, 'Cy'),
      joinByLink(fay, link, 'Fay'),
    ]);

    const together = async (page: BrowserPage) => {
      await waitForTiles(page, 4);
      const seen = await waitForMedia(page, 3);
      t.comment(`${page.label} receives ${JSON.stringify(seen)}`);
      await waitInPage(page, 'says how good each connection is', hasQualityMarks, 4);
      await page.screenshot('4-together');
    };
    await Promise.all(everyone.map(together));
    t.pass('each decodes three moving videos and hears three people');

    await t.test('who stops the camera is seen no more', async (t) => {
      await Promise.all(everyone.map((page) => page.clickButton('Stop video')));
      for (const page of everyone) await waitInPage(page, 'shows no video', showsNone, undefined);
      t.pass('four screens without a picture');
    });

    await t.test('chat arrives in order', async (t) => {
      const lines: string[] = [];
      await Promise.all(everyone.map((page) => page.clickButton('Chat')));
      for (const page of everyone) {
        for (const n of [1, 2]) {
          const line = `${page.label} says ${n}`;
          await page.fillTextbox('Message', line);
          await page.press('Enter');
          await waitInPage(page, 'sees the own line', textInOrder, [line]);
          lines.push(line);
        }
      }
      const hasAll = async (page: BrowserPage) => {
        await waitInPage(page, 'has every line in order', textInOrder, lines);
        await page.screenshot('5-chat');
      };
      await Promise.all(everyone.map(hasAll));
      t.pass(`${lines.length} lines in the same order on four screens`);
    });

    await t.test('a removed person is out and cannot return', async (t) => {
      const cyId = await participantId(ada, 'Cy');
      await ada.clickButton('Participants');
      await ada.screenshot('6-participants');
      await ada.clickButton('Actions for Cy');
      await ada.choose('Remove and block…');
      await ada.clickButton('Remove and block');
      await waitInPage(cy, 'is told', textInOrder, ['removed']);
      await cy.screenshot('7-removed');
      for (const page of [ada, bo, fay]) {
        await waitInPage(page, 'no longer sees Cy', goneFrom, cyId);
      }
      await cy.goto('about:blank');
      await cy.goto(link);
      const text = await eventually('Cy is refused', async () => {
        if (await cy.evaluate(hasButton, 'Join')) {
          await cy.fillTextbox('Your name', 'Cy');
          await cy.clickButton('Join');
        }
        const shown = await cy.evaluate(bodyText, undefined);
        return /removed|blocked|cannot/i.test(shown) ? shown : undefined;
      });
      await cy.screenshot('8-return-refused');
      t.notMatch(text, /Leave/, 'Cy is not in the meeting again');
    });

    await t.test('one leaves and is gone from the others', async (t) => {
      const boId = await participantId(ada, 'Bo');
      await bo.clickButton('Leave');
      for (const page of [ada, fay]) await waitInPage(page, 'no longer sees Bo', goneFrom, boId);
      await ada.screenshot('9-after-leave');
      await bo.screenshot('9-left');
      t.equal(Object.keys(await ada.evaluate(tiles, undefined)).length, 2);
    });
  },
);

/** The own one too. */
function hasQualityMarks(count: number): boolean {
  return document.querySelectorAll('.tile [data-quality]').length === count;
}

function showsVideo(): boolean {
  return (document.querySelector('video')?.videoWidth ?? 0) > 0;
}

function showsNone(): boolean {
  return document.querySelector('video') === null;
}

function goneFrom(id: string): boolean {
  return document.querySelector(`[data-participant-id="${id}"]`) === null;
}
