/**
 * A recording of which there is no film yet: pictures and voices of five people, each a file, played at
 * once. Begun together, sought, faster, by addresses that have run out, in Chromium and in Firefox.
 */

import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { ManifestLine } from '../../recorder/src/index.js';
import { makeSampleFile, type SampleFile } from '../../recorder/src/render/sample.js';
import { makeMember, person } from './support/accounts.js';
import { type BrowserPage, waitInPage } from './support/browsers.js';
import { type KeptFile, KeptRecordings } from './support/kept-recordings.js';
import { setStageWithFirefox } from './support/stage.js';

const people = 5;
const lengthMs = 80_000;
const span = [{ from: 0, to: lengthMs }];

/** One picture, with a key frame at its beginning alone, and one voice: each of them has a copy. */
async function filesOf(folder: string): Promise<KeptFile[]> {
  const own = { fileId: randomUUID(), participantId: '', spans: span };
  const camera: SampleFile = {
    ...{ ...own, source: 'camera', codec: 'vp8', drawing: 'testsrc2=s=640x360:r=10' },
  };
  const voice: SampleFile = {
    ...{ ...own, fileId: randomUUID(), source: 'microphone', codec: 'opus' },
    drawing: 'sine=300,tremolo=f=3:d=0.9',
  };
  const paths = await Promise.all([camera, voice].map((one) => makeSampleFile(folder, one)));
  return Array.from({ length: people }, () => randomUUID()).flatMap((participantId) =>
    [camera, voice].map((track, index) => ({
      path: paths[index] as string,
      track: { ...track, fileId: randomUUID(), participantId },
    })),
  );
}

interface Place {
  /** Of the recording, s: it has to be there, or further. */
  from: number;
  rate: number;
}

/**
 * All play, at one moment of the recording: no two of them further apart than 100 ms, each time it is
 * looked. Runs in the page.
 */
async function areTogether({ from, rate }: Place): Promise<boolean> {
  for (let look = 0; look < 5; look += 1) {
    const media = [
      ...document.querySelectorAll<HTMLMediaElement>('.replay-stage :is(video, audio)'),
    ];
    const times = media.map(({ currentTime }) => currentTime);
    const play = media.filter(({ paused, seeking }) => !paused && !seeking);
    const isFast = media.every(({ playbackRate }) => Math.abs(playbackRate / rate - 1) < 0.09);
    const apart = Math.max(...times) - Math.min(...times);
    if (play.length < 10 || !isFast || apart > 0.1 || Math.min(...times) < from) return false;
    // Some pictures later.
    for (let frame = 0; frame < 12; frame += 1) await new Promise(requestAnimationFrame);
  }
  return true;
}

function seekTo(ms: number): void {
  const bar = document.querySelector<HTMLInputElement>('[data-seek]');
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value') ?? {};
  set?.call(bar, String(ms));
  bar?.dispatchEvent(new Event('input', { bubbles: true }));
}

function waitForPlayer(page: BrowserPage): Promise<void> {
  const isThere = () => document.querySelector('.replay') !== null;
  return waitInPage(page, 'has a player', isThere, undefined);
}

async function playsTogether(page: BrowserPage): Promise<void> {
  const play = (what: string, place: Place) => waitInPage(page, what, areTogether, place);
  await waitForPlayer(page);
  await page.press('k');
  await play('plays', { from: 2, rate: 1 });
  await page.evaluate(seekTo, lengthMs / 2);
  await play('plays from the middle', { from: lengthMs / 2000, rate: 1 });
  for (let step = 0; step < 4; step += 1) await page.press('>');
  await play('plays at twice the speed', { from: lengthMs / 2000, rate: 2 });
  await page.evaluate(seekTo, 0);
  await play('plays from the beginning', { from: 0, rate: 2 });
}

t.test('five people at once', async (t) => {
  const { plenum, open, openFirefox } = await setStageWithFirefox(t);
  const kept = KeptRecordings.of(t, plenum);
  const api = await makeMember(plenum.url, person('Ada'));
  const { meeting } = await api.call('POST /v1/meetings', { body: {}, key: randomUUID() });
  const files = await filesOf(plenum.dataFolder);
  const ids = files.flatMap((file) => ('track' in file ? [file.track.participantId] : []));
  const lines = [...new Set(ids)].map((id, n): ManifestLine => {
    return { type: 'joined', t: 0, participant_id: id, name: `Person ${n + 1}` };
  });
  const own = { meetingId: meeting.meeting_id, title: 'Five', recordedMs: lengthMs };
  const recording_id = await kept.keep({ ...own, files, lines });
  const share = await api.call('POST /v1/recordings/{recording_id}/shares', {
    params: { recording_id },
    body: { expires_at: new Date(Date.now() + 86_400_000).toISOString() },
    key: randomUUID(),
  });

  await t.test('in Chromium, whose first addresses have run out', async (t) => {
    const page = await open('five');
    const refused = new Set<string>();
    await page.page.route('**/v1/recording-files/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      if (refused.has(pathname)) return route.continue();
      refused.add(pathname);
      await route.fulfill({ status: 403 });
    });
    await page.goto(share.url);
    await playsTogether(page);
    t.equal(refused.size, 2 * people);
    await page.screenshot('five-at-once');
    await page.close();
  });

  await t.test('in Firefox', async (t) => {
    const page = await openFirefox('five');
    await page.goto(share.url);
    await waitForPlayer(page);
    // It plays no sound where there is nothing to hear it by.
    await page.press('m');
    await playsTogether(page);
    await page.screenshot('five-at-once-firefox');
    t.pass();
    await page.close();
  });
});
