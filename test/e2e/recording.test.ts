/**
 * Three people who can be told apart (a colour and a tone each) are recorded: one comes later, one goes, one
 * is mute for a while, one shares a screen. The film is looked at and listened to, picture by picture.
 */

import { writeFile } from 'node:fs/promises';
import { join as pathOf } from 'node:path';
import t, { type Test } from 'tap';
import { person, signUp } from './support/accounts.js';
import { type ChromiumPage, waitInPage } from './support/browsers.js';
import { looksAt, tonesAt } from './support/film.js';
import { looksGood } from './support/looks.js';
import { join, joinByLink, newMeeting, says, useTool } from './support/people.js';
import { emptyFolder, eventually, pause } from './support/plenum.js';
import { signalDevices } from './support/signal-devices.js';
import { setStage } from './support/stage.js';

const signals = {
  ada: { camera: 'rgb(200 30 30)', screen: 'rgb(120 120 120)', toneHz: 400 },
  bo: { camera: 'rgb(30 160 30)', screen: 'rgb(220 200 30)', toneHz: 900 },
  cy: { camera: 'rgb(200 40 200)', screen: 'rgb(120 120 120)', toneHz: 1500 },
};
const colours = {
  ada: [200, 30, 30],
  bo: [30, 160, 30],
  cy: [200, 40, 200],
  screen: [220, 200, 30],
} as const;
const tones = { ada: 400, bo: 900, cy: 1500 };

/** What is said of a moment holds from so long after it: signals travel, pages draw, a film decides. */
const slackMs = 1500;

/** When things happened, in recorded time. */
class Story {
  private readonly beganAt: number;
  readonly moments = new Map<string, number>();

  constructor() {
    this.beganAt = performance.now();
  }

  note(what: string): void {
    this.moments.set(what, performance.now() - this.beganAt);
  }

  at(what: string): number {
    return this.moments.get(what) as number;
  }

  /** All of those that lie between two moments, and not near to either. */
  between<T extends { atMs: number }>(those: readonly T[], from: string, to: string): T[] {
    const [after, before] = [this.at(from) + slackMs, this.at(to) - slackMs / 3];
    return those.filter(({ atMs }) => atMs > after && atMs < before);
  }
}

interface Shown {
  status: string;
  duration_ms: number;
  files: { file_id: string; kind: string; layout?: string }[];
}

/** What the page of somebody who is logged in may ask for. */
function ask<T>(page: ChromiumPage, method: string, path: string, body?: object): Promise<T> {
  return page.evaluate(
    async ([method, path, body]) => {
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      };
      const answer = await fetch(path, {
        ...{ method, headers },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    [method, path, body ?? null] as const,
  );
}

/** One that is stored whole, by its signed address. */
async function filmOf(t: Test, page: ChromiumPage, id: string, layout: string): Promise<string> {
  const path = `/v1/recordings/${id}`;
  const fileId = await eventually(
    `${layout} is composed`,
    async () => {
      const { files } = await ask<Shown>(page, 'GET', path);
      return files.find((file) => file.layout === layout)?.file_id;
    },
    120_000,
  );
  const { url } = await ask<{ url: string }>(page, 'POST', `${path}/files/${fileId}/url`, {});
  const answer = await fetch(new URL(url, page.url()));
  t.equal(answer.status, 200);
  const file = pathOf(await emptyFolder(), `${layout}.mp4`);
  await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  return file;
}

/** Runs in a page. Null: none. */
function signIs(state: string | null): boolean {
  const sign = document.querySelector<HTMLElement>('.recording-status');
  return (sign?.dataset.state ?? null) === state;
}

/** The story: how long each part of it takes, so that there is something to look at. */
const partMs = 3500;

t.test('what is recorded is what there was', async (t) => {
  const { plenum, open } = await setStage(t);
  const [ada, bo, cy] = await Promise.all([
    open('ada', { script: signalDevices(signals.ada) }),
    open('bo', { script: signalDevices(signals.bo) }),
    open('cy', { script: signalDevices(signals.cy) }),
  ]);
  await signUp(ada, plenum.url, person('Ada'));
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  await useTool(ada, 'Recording');
  await ada.choose('Start recording');
  for (const page of [ada, bo]) await waitInPage(page, 'is told', signIs, 'recording');
  const story = new Story();
  story.note('begin');
  await looksGood(t, bo, 'recording');
  await pause(partMs);
  story.note('cy is on the way');
  await joinByLink(cy, link, 'Cy');
  story.note('cy comes');
  await waitInPage(cy, 'is told', signIs, 'recording');
  await pause(partMs);
  await bo.clickButton('Mute');
  story.note('bo mutes');
  await pause(partMs);
  await bo.clickButton('Unmute');
  story.note('bo speaks');
  await useTool(bo, 'Share screen');
  story.note('bo shares');
  await pause(partMs);
  await bo.page.getByRole('button', { name: /^Stop/ }).first().click();
  story.note('bo shares no more');
  await cy.page.keyboard.press('Shift+Q');
  await cy.page.getByRole('alertdialog').getByRole('button', { name: 'Leave' }).click();
  story.note('cy goes');
  await pause(partMs);
  await useTool(ada, 'Recording');
  await ada.choose('Stop recording…');
  await ada.page.getByRole('alertdialog').getByRole('button', { name: 'Stop recording' }).click();
  story.note('end');
  for (const page of [ada, bo]) await waitInPage(page, 'is told', signIs, null);

  await ada.goto(new URL('recordings', plenum.url).href);
  await says(ada, 'Ready');
  const [made] = (await ask<{ items: { recording_id: string }[] }>(ada, 'GET', '/v1/recordings'))
    .items;
  const id = made?.recording_id as string;
  await looksGood(t, ada, 'recordings');

  await t.test('each is in its place while it is there', async (t) => {
    const manifest = await ada.evaluate(
      (path) => fetch(path).then((answer) => answer.text()),
      `/v1/recordings/${id}/manifest`,
    );
    t.comment([...story.moments].map(([what, at]) => `${what} ${Math.round(at)}`).join(', '));
    t.comment(manifest);
    const film = await filmOf(t, ada, id, 'gallery');
    const looks = await looksAt(film, colours);
    const sounds = await tonesAt(film, tones);
    const seen = (from: string, to: string) =>
      story.between(looks, from, to).map(({ areas }) => Object.keys(areas).sort().join(' '));
    const heard = (from: string, to: string) =>
      story.between(sounds, from, to).map(({ heard }) => heard.join(' '));
    const all = (those: string[], wanted: string, what: string) => {
      t.ok(those.length > 0, `${what}: something to look at`);
      t.strictSame([...new Set(those)], [wanted], what);
    };
    all(seen('begin', 'cy is on the way'), 'ada bo', 'two are seen');
    all(heard('begin', 'cy is on the way'), 'ada bo', 'two are heard');
    all(seen('cy comes', 'bo mutes'), 'ada bo cy', 'three are seen');
    all(heard('cy comes', 'bo mutes'), 'ada bo cy', 'three are heard');
    all(heard('bo mutes', 'bo speaks'), 'ada cy', 'who is mute is not heard');
    all(seen('bo mutes', 'bo speaks'), 'ada bo cy', 'and seen all the same');
    all(seen('bo shares', 'bo shares no more'), 'ada bo cy screen', 'the screen');
    all(seen('cy goes', 'end'), 'ada bo', 'who has gone is not seen');
    all(heard('cy goes', 'end'), 'ada bo', 'nor heard');
    for (const { areas } of story.between(looks, 'begin', 'cy is on the way')) {
      t.ok((areas.ada?.x ?? 1) < (areas.bo?.x ?? 0), 'who came first stands first');
    }
  });

  await t.test('it can be played', async (t) => {
    await ada.goto(new URL(`recordings/${id}`, plenum.url).href);
    await ada.clickButton('Play');
    await eventually('the picture moves', () =>
      ada.evaluate(
        () =>
          [...document.querySelectorAll('video')].some((one) => one.currentTime > 1) || undefined,
        undefined,
      ),
    );
    await looksGood(t, ada, 'playback');
  });
});
