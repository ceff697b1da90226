/**
 * 5 % of all datagrams are lost both ways: retransmission keeps the video running. 10 % of one
 * person's: everybody sees whose connection is poor.
 */

import t from 'tap';
import { claimPort } from '../../control/src/testing/test-ports.js';
import { looksGood } from './support/looks.js';
import { sentFrames } from './support/page-scripts.js';
import {
  join,
  joinByLink,
  newMeeting,
  reception,
  tileNoLongerSays,
  tileSays,
  waitForMedia,
} from './support/people.js';
import { setStage } from './support/stage.js';
import { startUdpRelay } from './support/udp-relay.js';

const loss = 0.05;
/** Product row 32. */
const poorLoss = 0.1;
const seed = 20261124;
const windowMs = 6000;

t.test('video keeps 80 % of its frame rate at 5 % loss; who loses 10 % is told', async (t) => {
  const mediaPort = await claimPort();
  const relay = await startUdpRelay({ nodePort: mediaPort, loss: 0, seed });
  t.teardown(() => relay.close());
  const { plenum, open } = await setStage(t, {
    plenum: { mediaPort, announce: `127.0.0.1:${relay.port}` },
    cameraFps: 30,
  });
  const [ada, bo] = await Promise.all([open('ada'), open('bo')]);
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  await waitForMedia(bo, 1, 10);

  relay.setLoss(loss);
  const before = await ada.evaluate(sentFrames, undefined);
  const received = await reception(bo, windowMs);
  const after = await ada.evaluate(sentFrames, undefined);
  const seconds = (after.timestampMs - before.timestampMs) / 1000;
  const sentFps = (after.framesEncoded - before.framesEncoded) / seconds;
  const receivedFps = received.video[0]?.fps ?? 0;
  t.comment(
    `loss ${loss} seed ${seed}: ${relay.counts.dropped} datagrams dropped, ` +
      `${relay.counts.passed} passed; sent ${sentFps.toFixed(1)} frames/s, ` +
      `decoded ${receivedFps.toFixed(1)} frames/s`,
  );
  t.ok(relay.counts.dropped > 50, 'the path did lose datagrams');
  t.ok(receivedFps >= 0.8 * sentFps, `${receivedFps.toFixed(1)} of ${sentFps.toFixed(1)} frames/s`);

  relay.setLoss(0);
  for (const page of [ada, bo]) await tileSays(page, 'Bo', 'Good connection');
  const ports = await bo.evaluate(reflexivePorts, undefined);
  t.equal(relay.setLossOf(ports, poorLoss), 2, 'both ways of Bo');
  await tileSays(ada, 'Bo', 'Poor connection: what they');
  await tileSays(bo, 'Bo (you)', 'Poor connection');
  await tileNoLongerSays(ada, 'Ada (you)', 'Poor');
  await looksGood(t, ada, 'poor-connection');
  relay.setLossOf(ports, 0);
  await tileSays(ada, 'Bo', 'Good connection');
});

/** Of the paths in use, as the node sees them. */
async function reflexivePorts(): Promise<number[]> {
  const page = window as unknown as { recordedConnections: RTCPeerConnection[] };
  const reports = await Promise.all(page.recordedConnections.map((each) => each.getStats()));
  return reports.flatMap((report) => {
    const transport = [...report.values()].find((entry) => entry.selectedCandidatePairId);
    const pair = report.get(transport?.selectedCandidatePairId);
    return pair ? [Number(report.get(pair.localCandidateId)?.port)] : [];
  });
}
