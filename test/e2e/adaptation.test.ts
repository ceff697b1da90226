/**
 * The way to a viewer narrows from 5 Mbit/s to 600 kbit/s and widens again: a smaller picture that
 * goes on, then the large one again; nobody else notices. How fast: ./run bench adaptation.
 */

import t from 'tap';
import { claimPort } from '../../control/src/testing/test-ports.js';
import type { BrowserPage } from './support/browsers.js';
import { type ReceivedStream, receivedStreams } from './support/page-scripts.js';
import { join, joinByLink, newMeeting, waitForMedia } from './support/people.js';
import { deadlineMs, eventually } from './support/plenum.js';
import { setStage } from './support/stage.js';
import { startUdpRelay } from './support/udp-relay.js';

/** The smallest camera of which Chromium sends three layers. */
const topHeight = 540;

t.test('the picture follows the link down and up again', async (t) => {
  const mediaPort = await claimPort();
  const relay = await startUdpRelay({ nodePort: mediaPort, loss: 0, seed: 1 });
  t.teardown(() => relay.close());
  const { plenum, open } = await setStage(t, {
    plenum: { mediaPort, announce: `127.0.0.1:${relay.port}` },
    cameraFps: 30,
  });
  const [ada, bo] = await Promise.all([
    open('ada', { localStorage: { 'plenum.cameraHeight': `${topHeight}` } }),
    open('bo', { permissions: false, viewport: { width: 1280, height: 800 } }),
  ]);
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  await waitForMedia(bo, 1, 5);
  await bo.evaluate(pinOf, 'Ada');

  relay.setRate(5_000_000);
  await heightBecomes(bo, 'the largest picture', (height) => height >= topHeight);
  relay.setRate(600_000);
  const small = await heightBecomes(bo, 'a smaller picture', (height) => height < topHeight);
  t.comment(`at 600 kbit/s: ${small} lines`);
  const before = await framesOf(bo);
  await eventually('the small picture moves', async () =>
    (await framesOf(bo)) > before ? true : undefined,
  );
  const said = await bo.evaluate(() => document.body.innerText, undefined);
  t.notMatch(said, /paused/i, 'nobody calls it paused');
  relay.setRate(5_000_000);
  await heightBecomes(bo, 'the largest picture again', (height) => height >= topHeight);
  t.pass('the largest picture again');
});

async function videoOf(page: BrowserPage): Promise<ReceivedStream | undefined> {
  const streams = await page.evaluate(receivedStreams, undefined);
  return streams.find(({ kind, framesDecoded }) => kind === 'video' && framesDecoded > 0);
}

/** Recovery may take 45 s (algorithms: probing backs off after a drop). */
async function heightBecomes(
  page: BrowserPage,
  what: string,
  isThere: (height: number) => boolean,
): Promise<number> {
  return eventually(
    what,
    async () => {
      const height = (await videoOf(page))?.frameHeight ?? 0;
      return isThere(height) ? height : undefined;
    },
    4 * deadlineMs,
  );
}

async function framesOf(page: BrowserPage): Promise<number> {
  return (await videoOf(page))?.framesDecoded ?? 0;
}

/** Keeps somebody's tile large. */
function pinOf(name: string): void {
  const pins = [...document.querySelectorAll<HTMLElement>('[data-pin]')];
  const pin = pins.find((button) => button.getAttribute('aria-label')?.includes(name));
  if (pin === undefined) throw new Error(`no pin for ${name}`);
  pin.click();
}
