/** What people do in the client, by the names that they see. */

import { type BrowserPage, waitInPage } from './browsers.js';
import { framesShown, type ReceivedStream, receivedStreams, tiles } from './page-scripts.js';
import { deadlineMs, eventually, pause } from './plenum.js';

const meetingLink = /\/m\/[^#]+#k=.+/;

/** Landing page → "New meeting" → pre-join page. Returns the link that stands in the address bar. */
export async function newMeeting(page: BrowserPage, url: string): Promise<string> {
  await page.goto(url);
  await page.clickButton('New meeting');
  return eventually('the join link is in the address bar', () =>
    meetingLink.test(page.url()) ? page.url() : undefined,
  );
}

/** Pre-join page → in the meeting (the page shows the button "Leave"). */
export async function join(page: BrowserPage, name: string): Promise<void> {
  await page.fillTextbox('Your name', name);
  await page.clickButton('Join');
  await waitInPage(page, 'is in the meeting', hasButton, 'Leave');
}

export async function joinByLink(page: BrowserPage, link: string, name: string): Promise<void> {
  await page.goto(link);
  await join(page, name);
}

export function hasButton(name: string): boolean {
  return [...document.querySelectorAll('button')].some(
    (button) => (button.getAttribute('aria-label') ?? button.innerText).trim() === name,
  );
}

/** The id of the tile that carries `name`. */
export async function participantId(page: BrowserPage, name: string): Promise<string> {
  return eventually(`${page.label} sees ${name}`, async () => {
    const found = Object.entries(await page.evaluate(tiles, undefined));
    return found.find(([, text]) => text.includes(name))?.[0];
  });
}

export async function waitForTiles(page: BrowserPage, count: number): Promise<void> {
  await eventually(`${page.label} sees ${count} tiles`, async () => {
    const found = await page.evaluate(tiles, undefined);
    return Object.keys(found).length === count ? true : undefined;
  });
}

export interface Reception {
  /** Video streams of at least `minimumFps`, with their measured rate. */
  video: { fps: number; width: number; height: number; codec: string }[];
  /** Audio streams whose energy rose. */
  audio: number;
  /** Of all streams of a kind, payloads alone. */
  bps: { video: number };
}

/** Two looks at the statistics, `windowMs` apart. */
export async function reception(page: BrowserPage, windowMs: number): Promise<Reception> {
  const before = await page.evaluate(receivedStreams, undefined);
  await pause(windowMs);
  const after = await page.evaluate(receivedStreams, undefined);
  const earlier = (stream: ReceivedStream) =>
    before.find((other) => other.ssrc === stream.ssrc && other.kind === stream.kind);
  const video = [];
  let audio = 0;
  const bps = { video: 0 };
  for (const stream of after) {
    const first = earlier(stream);
    if (!first) continue;
    const seconds = (stream.timestampMs - first.timestampMs) / 1000;
    if (stream.kind === 'audio') {
      if (stream.totalAudioEnergy > first.totalAudioEnergy) audio += 1;
    } else if (seconds > 0) {
      bps.video += (8 * (stream.bytesReceived - first.bytesReceived)) / seconds;
      video.push({
        fps: (stream.framesDecoded - first.framesDecoded) / seconds,
        width: stream.frameWidth,
        height: stream.frameHeight,
        codec: stream.codec,
      });
    }
  }
  return { video, audio, bps };
}

/** A camera of a stage moves, with one of three temporal layers left out (half of 10) too; frames/s. */
const movingFps = 3;
/** A synthetic microphone beeps twice a second. */
const lookMs = 700;

/** Waits until `count` videos run at `minimumFps` or more and `count` audio streams carry sound. */
export async function waitForMedia(
  page: BrowserPage,
  count: number,
  minimumFps = movingFps,
): Promise<Reception> {
  let last: Reception | undefined;
  try {
    return await eventually(
      `${page.label} receives ${count} videos and sounds`,
      async () => {
        last = await reception(page, lookMs);
        const running = last.video.filter(
          (video) => video.fps >= minimumFps && video.width > 0 && video.height > 0,
        );
        return running.length >= count && last.audio >= count ? last : undefined;
      },
      deadlineMs * 2,
    );
  } catch (error) {
    throw new Error(`${(error as Error).message}; last seen: ${JSON.stringify(last)}`);
  }
}

/** Waits until the pictures of these people move in their tiles, and those of the others stand still. */
export async function waitForPictures(
  page: BrowserPage,
  { moving, still = [] }: { moving: readonly string[]; still?: readonly string[] },
): Promise<void> {
  const what = `${page.label}: ${moving.join(', ')} move, ${still.join(', ') || 'nobody'} does not`;
  await eventually(what, async () => {
    const before = await page.evaluate(framesShown, undefined);
    await pause(lookMs);
    const after = await page.evaluate(framesShown, undefined);
    const framesOf = (name: string) => {
      const tile = Object.keys(after).find((text) => text.includes(name)) ?? '';
      return (after[tile] ?? 0) - (before[tile] ?? 0);
    };
    const isAsWanted =
      moving.every((name) => framesOf(name) > 1) && still.every((name) => framesOf(name) === 0);
    return isAsWanted ? true : undefined;
  });
}

/** The page says so somewhere. */
export async function says(page: BrowserPage, text: string): Promise<void> {
  await waitInPage(page, `says “${text}”`, textShown, text);
}

export async function saysNoMore(page: BrowserPage, text: string): Promise<void> {
  await waitInPage(page, `does not say “${text}”`, textGone, text);
}

function textGone(text: string): boolean {
  return !document.body.innerText.includes(text);
}

function textShown(text: string): boolean {
  return document.body.innerText.includes(text);
}

export async function waitForButton(page: BrowserPage, name: string): Promise<void> {
  await waitInPage(page, `has the button “${name}”`, hasButton, name);
}

/** Pre-join page → in the lobby. */
export async function knock(page: BrowserPage, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.fillTextbox('Your name', name);
  await page.clickButton('Join');
  await says(page, 'A host will let you in');
}

/** With the list of people open: an entry of somebody's menu. */
export async function actOn(page: BrowserPage, name: string, action: string): Promise<void> {
  await page.clickButton(`Actions for ${name}`);
  await page.choose(action);
}

/** Of the tile that shows a person: what a screen reader says of it. */
export async function tileSays(page: BrowserPage, name: string, state: string): Promise<void> {
  await waitInPage(page, `tile of ${name}: ${state}`, tileHas, { name, state, has: true });
}

export async function tileNoLongerSays(page: BrowserPage, name: string, state: string) {
  await waitInPage(page, `tile of ${name}: not ${state}`, tileHas, { name, state, has: false });
}

function tileHas(wanted: { name: string; state: string; has: boolean }): boolean {
  const labels = [...document.querySelectorAll('[data-source="camera"]')].map(
    (tile) => tile.getAttribute('aria-label') ?? '',
  );
  const own = labels.find((label) => label.startsWith(wanted.name));
  return own !== undefined && own.includes(wanted.state) === wanted.has;
}

/** A button of the meeting's controls; narrow screens keep most of them in a menu. */
export async function useTool(page: BrowserPage, name: string): Promise<void> {
  if (await page.evaluate(hasButton, name)) return page.clickButton(name);
  await page.clickButton('More');
  await page.choose(name);
}

/** Product §5: what a person can do, they can do on a phone that is this small; CSS pixels. */
export const smallPhone = { width: 320, height: 568 };
