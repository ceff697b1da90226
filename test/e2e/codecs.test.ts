/** One meeting over IPv6 loopback, and one meeting each with VP8, H264, VP9 and AV1. */

import t from 'tap';
import { launchChromium, openChromiumPage } from './support/browsers.js';
import { join, joinByLink, newMeeting, waitForMedia } from './support/people.js';
import { discard, startPlenum } from './support/plenum.js';

t.test('a meeting over IPv6 loopback', async (t) => {
  const plenum = await startPlenum({ host: '::1' });
  t.teardown(() => discard(plenum));
  const chromium = await launchChromium();
  t.teardown(() => chromium.close());
  const ada = await openChromiumPage(chromium, 'ada');
  const bo = await openChromiumPage(chromium, 'bo');
  const link = await newMeeting(ada, plenum.url);
  t.match(link, /^http:\/\/\[::1\]:/);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  for (const page of [ada, bo]) await waitForMedia(page, 1, 10);
  for (const page of [ada, bo]) {
    t.equal(await page.evaluate(selectedFamily, undefined), 'ipv6', `${page.label} uses IPv6`);
  }
});

t.test('a meeting with each codec', async (t) => {
  const plenum = await startPlenum();
  t.teardown(() => discard(plenum));
  const chromium = await launchChromium();
  t.teardown(() => chromium.close());
  for (const codec of ['VP8', 'H264', 'VP9', 'AV1']) {
    await t.test(codec, async (t) => {
      const localStorage = { 'plenum.videoCodec': codec };
      const ada = await openChromiumPage(chromium, `ada-${codec}`, { localStorage });
      const bo = await openChromiumPage(chromium, `bo-${codec}`, { localStorage });
      const link = await newMeeting(ada, plenum.url);
      await join(ada, 'Ada');
      await joinByLink(bo, link, 'Bo');
      for (const page of [ada, bo]) {
        const { video } = await waitForMedia(page, 1, 10);
        t.equal(video[0]?.codec, `video/${codec}`, `${page.label} decodes ${codec}`);
      }
      await Promise.all([ada.close(), bo.close()]);
    });
  }
});

/** The address family of the candidate pairs in use: `ipv4`, `ipv6` or `mixed`. */
async function selectedFamily(): Promise<string> {
  const families = new Set<string>();
  const page = window as unknown as { recordedConnections: RTCPeerConnection[] };
  for (const connection of page.recordedConnections) {
    const report = await connection.getStats();
    for (const entry of report.values()) {
      if (entry.type !== 'transport' || !entry.selectedCandidatePairId) continue;
      const pair = report.get(entry.selectedCandidatePairId);
      const remote = report.get(pair.remoteCandidateId);
      families.add(String(remote.address ?? remote.ip).includes(':') ? 'ipv6' : 'ipv4');
    }
  }
  return families.size === 1 ? ([...families][0] as string) : 'mixed';
}
