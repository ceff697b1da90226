/** One meeting over IPv6 loopback with VP8, and one meeting each with H264, VP9 and AV1. */

import t, { type Test } from 'tap';
import type { ChromiumPage } from './support/browsers.js';
import { join, joinByLink, newMeeting, waitForMedia } from './support/people.js';
import { setStage } from './support/stage.js';

t.test('a meeting over IPv6 loopback', async (t) => {
  const { plenum, open } = await setStage(t, { plenum: { host: '::1' } });
  const [ada, bo] = await Promise.all([open('ada'), open('bo')]);
  const link = await newMeeting(ada, plenum.url);
  t.match(link, /^http:\/\/\[::1\]:/);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  await Promise.all([decodes(t, ada, 'VP8'), decodes(t, bo, 'VP8')]);
  for (const page of [ada, bo]) {
    t.equal(await page.evaluate(selectedFamily, undefined), 'ipv6', `${page.label} uses IPv6`);
  }
});

t.test('a meeting with each other codec', async (t) => {
  const { plenum, open } = await setStage(t);
  for (const codec of ['H264', 'VP9', 'AV1']) {
    await t.test(codec, async (t) => {
      const localStorage = { 'plenum.videoCodec': codec };
      const [ada, bo] = await Promise.all([
        open(`ada-${codec}`, { localStorage }),
        open(`bo-${codec}`, { localStorage }),
      ]);
      const link = await newMeeting(ada, plenum.url);
      await join(ada, 'Ada');
      await joinByLink(bo, link, 'Bo');
      await Promise.all([decodes(t, ada, codec), decodes(t, bo, codec)]);
      await Promise.all([ada.close(), bo.close()]);
    });
  }
});

async function decodes(t: Test, page: ChromiumPage, codec: string): Promise<void> {
  const { video } = await waitForMedia(page, 1);
  t.equal(video[0]?.codec, `video/${codec}`, `${page.label} decodes ${codec}`);
}

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
