/** A network that lets no UDP through: the same meeting over TCP (RFC 6544). */

import t, { type Test } from 'tap';
import { claimPort } from '../../control/src/testing/test-ports.js';
import type { BrowserPage } from './support/browsers.js';
import { join, joinByLink, newMeeting, waitForMedia } from './support/people.js';
import { setStage, setStageWithFirefox } from './support/stage.js';
import { startUdpRelay } from './support/udp-relay.js';

t.test('Chromium without UDP, by its own policy', async (t) => {
  const { plenum, open } = await setStage(t, {
    flags: ['--webrtc-ip-handling-policy=disable_non_proxied_udp'],
  });
  const [ada, bo] = await Promise.all([open('ada-tcp'), open('bo-tcp')]);
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  await meetByTcp(t, [ada, bo]);
  for (const page of [ada, bo]) await page.screenshot('tcp');
  const metrics = await (await fetch(`${plenum.adminUrl}metrics`)).text();
  const connections = Number(/^plenum_sfu_tcp_connections (\d+)$/m.exec(metrics)?.[1]);
  t.ok(connections >= 4, `${connections} TCP connections are open`);
});

t.test('UDP lost on its way: Chromium and Firefox find the TCP port', async (t) => {
  const [mediaPort, mediaTcpPort] = [await claimPort(), await claimPort()];
  const relay = await startUdpRelay({ nodePort: mediaPort, loss: 1, seed: 1 });
  t.teardown(() => relay.close());
  const announce = `127.0.0.1:${relay.port}`;
  const { plenum, open, openFirefox } = await setStageWithFirefox(t, {
    plenum: { mediaPort, mediaTcpPort, announce },
  });
  const [ada, bo] = await Promise.all([open('ada-relay'), openFirefox('bo-relay')]);
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  await meetByTcp(t, [ada, bo]);
  t.ok(relay.counts.dropped > 0, 'UDP was tried');
});

async function meetByTcp(t: Test, pages: readonly BrowserPage[]): Promise<void> {
  await Promise.all(pages.map((page) => waitForMedia(page, 1)));
  for (const page of pages) {
    const protocols = await selectedProtocols(page);
    t.same(protocols, ['tcp', 'tcp'], `${page.label} sends and receives by TCP`);
  }
}

/** The protocol of the pair in use, of every open connection of the page. */
function selectedProtocols(page: BrowserPage): Promise<string[]> {
  return page.evaluate(async () => {
    const protocols: string[] = [];
    const { recordedConnections } = window as unknown as {
      recordedConnections: RTCPeerConnection[];
    };
    for (const connection of recordedConnections) {
      const report = await connection.getStats();
      const entries = [...report.values()];
      const transport = entries.find((entry) => entry.selectedCandidatePairId);
      // Firefox says it in the pair.
      const pair = transport
        ? report.get(transport.selectedCandidatePairId)
        : entries.find((entry) => entry.type === 'candidate-pair' && entry.selected);
      protocols.push(String(report.get(pair?.remoteCandidateId)?.protocol));
    }
    return protocols;
  }, undefined);
}
