/**
 * 5 % of all datagrams are lost both ways: retransmission keeps the video running. 10 % of one
 * person's: everybody sees whose connection is poor.
 */

import t from 'tap';
import { claimPort } from '../../control/src/testing/test-ports.js';
import { type BrowserPage, largerCamera } from './support/browsers.js';
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
/** Of the frames that are sent, so many are seen. */
const share = 0.8;
/** In one of so many windows. */
const looks = 3;

t.test('video keeps 80 % of its frame rate at 5 % loss; who loses 10 % is told', async (t) => {
  const mediaPort = await claimPort();
  const relay = await startUdpRelay({ nodePort: mediaPort, loss: 0, seed });
  t.teardown(() => relay.close());
  const { plenum, open } = await setStage(t, {
    plenum: { mediaPort, announce: `127.0.0.1:${relay.port}` },
    cameraFps: 30,
  });
  const larger = { localStorage: largerCamera };
  const [ada, bo] = await Promise.all([open('ada', larger), open('bo', larger)]);
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  await waitForMedia(bo, 1, 10);

  relay.setLoss(loss);
  const look = async () => {
    const { sent, received, height } = await frameRates(ada, bo);
    const told = `${received.toFixed(1)} of ${sent.toFixed(1)} frames/s, ${height} lines`;
    t.comment(`loss ${loss} seed ${seed}: ${relay.counts.dropped} datagrams dropped, ${told}`);
    return { told, areSeen: received >= share * sent };
  };
  let found = await look();
  // One may fall into a moment in which the node leaves out frames, as its estimate or the machine has it.
  for (let more = 1; more < looks && !found.areSeen; more += 1) found = await look();
  t.ok(relay.counts.dropped > 50, 'the path did lose datagrams');
  t.ok(found.areSeen, found.told);

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

/** What the one sends and the other sees, frames/s, for a window; how large that is in the end. */
async function frameRates(from: BrowserPage, to: BrowserPage) {
  const before = await from.evaluate(sentFrames, undefined);
  const { video } = await reception(to, windowMs);
  const after = await from.evaluate(sentFrames, undefined);
  const seconds = (after.timestampMs - before.timestampMs) / 1000;
  const sent = (after.framesEncoded - before.framesEncoded) / seconds;
  return { sent, received: video[0]?.fps ?? 0, height: video[0]?.height };
}

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
