/** A meeting over IPv6 loopback with each codec. */

import t, { type Test } from 'tap';
import { type ChromiumPage, largerCamera } from './support/browsers.js';
import { join, joinByLink, newMeeting, waitForMedia } from './support/people.js';
import { setStage } from './support/stage.js';

t.test('a meeting over IPv6 loopback with each codec', async (t) => {
  const { plenum, open } = await setStage(t, { plenum: { host: '::1' } });
  for (const codec of ['VP8', 'H264', 'VP9', 'AV1']) {
    await t.test(codec, async (t) => {
      // VP8 is what a browser chooses by itself.
      const chosen = codec === 'VP8' ? {} : { 'plenum.videoCodec': codec };
      const localStorage = { ...largerCamera, ...chosen };
      const pages = await Promise.all([
        open(`ada-${codec}`, { localStorage }),
        open(`bo-${codec}`, { localStorage }),
      ]);
      const [ada, bo] = pages;
      const link = await newMeeting(ada, plenum.url);
      t.match(link, /^http:\/\/\[::1\]:/);
      await join(ada, 'Ada');
      await joinByLink(bo, link, 'Bo');
      await Promise.all(pages.map((page) => decodes(t, page, codec)));
      for (const page of pages) {
        t.equal(await page.evaluate(selectedFamily, undefined), 'ipv6', `${page.label}: IPv6`);
        await page.close();
      }
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
