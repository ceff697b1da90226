/**
 * Silence means loss: who is alone and shows nothing hears the node all the same and blames nobody;
 * when nothing comes any more, the browser says so within a second or two, and when it comes again.
 */

import t, { type Test } from 'tap';
import { claimPort } from '../../control/src/testing/test-ports.js';
import type { BrowserPage } from './support/browsers.js';
import { join, newMeeting, says, saysNoMore, waitForButton } from './support/people.js';
import { deadlineMs, eventually, type Plenum } from './support/plenum.js';
import { setStageWithFirefox } from './support/stage.js';
import { startUdpRelay } from './support/udp-relay.js';

/** Four a second: five times what a detector waits for. */
const beats = 20;

t.test('a node is heard when nobody speaks, and missed when it is silent', async (t) => {
  const mediaPort = await claimPort();
  const relay = await startUdpRelay({ nodePort: mediaPort, loss: 0, seed: 1 });
  t.teardown(() => relay.close());
  const announce = `127.0.0.1:${relay.port}`;
  const environment = { PLENUM_MEDIA_TCP_PORT: 'none' };
  const { plenum, open, openFirefox } = await setStageWithFirefox(t, {
    plenum: { mediaPort, announce, environment },
  });
  const pages = await Promise.all([open('chromium'), openFirefox('firefox')]);
  for (const page of pages) {
    await newMeeting(page, plenum.url);
    await join(page, 'Ada');
    for (const key of ['m', 'v']) await page.press(key);
    await waitForButton(page, 'Unmute');
    await waitForButton(page, 'Start video');
  }
  for (const page of pages) await hearsBeats(t, page);
  t.equal(await lossesOf(plenum), 0, 'alone and muted: nothing is missed');

  relay.setLoss(1);
  for (const page of pages) await says(page, 'Reconnecting media…');
  await eventually('both ways of both are said to be lost', async () =>
    (await lossesOf(plenum)) >= 2 * pages.length ? true : undefined,
  );
  relay.setLoss(0);
  for (const page of pages) await saysNoMore(page, 'Reconnecting media…');
});

/** What the browser counts, as the client's detector reads it, goes up on each connection. */
async function hearsBeats(t: Test, page: BrowserPage): Promise<void> {
  const first = await page.evaluate(received, undefined);
  t.comment(`${page.label} counts ${JSON.stringify(first)}`);
  t.equal(first.length, 2, 'a connection each way');
  const last = await eventually(
    `${page.label} has heard ${beats} beats each way`,
    async () => {
      const now = await page.evaluate(received, undefined);
      const hasHeard = ({ bytes }: { bytes: number }, at: number) =>
        bytes - (first[at]?.bytes ?? 0) >= beats * beatBytes;
      return now.length === first.length && now.every(hasHeard) ? now : undefined;
    },
    2 * deadlineMs,
  );
  t.comment(`then ${JSON.stringify(last)}`);
}

/** A receiver report without blocks: 8, with index and tag of SRTCP (AES-GCM). */
const beatBytes = 8 + 4 + 16;

/** Of open connections, over all their pairs: packets and bytes, without ICE's own. */
async function received(): Promise<{ packets: number | null; bytes: number }[]> {
  const { recordedConnections } = window as unknown as { recordedConnections: RTCPeerConnection[] };
  const open = recordedConnections.filter(({ connectionState }) => connectionState === 'connected');
  const reports = await Promise.all(open.map((connection) => connection.getStats()));
  return reports.map((report) => {
    const pairs = [...report.values()].filter(({ type }) => type === 'candidate-pair');
    const sum = (field: string) => pairs.reduce((all, pair) => all + (pair[field] ?? 0), 0);
    const hasPackets = pairs.some((pair) => pair.packetsReceived !== undefined);
    return { packets: hasPackets ? sum('packetsReceived') : null, bytes: sum('bytesReceived') };
  });
}

/** How many messages say so, of everybody. */
async function lossesOf({ adminUrl }: Plenum): Promise<number> {
  const metrics = await (await fetch(`${adminUrl}metrics`)).text();
  const line = /^plenum_ws_messages_total\{(?=.*type="media\.lost").*\} (\d+)$/m.exec(metrics);
  return Number(line?.[1] ?? 0);
}
