/** Two regions, a control process and a media node in each: people meet, each on the node near to them. */

import t, { type Test } from 'tap';
import { launchChromium, openChromiumPage } from './support/browsers.js';
import { type Fleet, startFleet } from './support/fleet.js';
import { startLinkRelay } from './support/link-relay.js';
import {
  join,
  joinByLink,
  newMeeting,
  waitForMedia,
  waitForPictures,
  waitForTiles,
} from './support/people.js';
import { slowCamera } from './support/stage.js';

const viewport = { width: 840, height: 525 };

async function twoRegions(t: Test) {
  const relay = await startLinkRelay(t);
  const regions = ['eu', 'us'] as const;
  const fleet = await startFleet(t, {
    ...{ controls: 2, regions, nodes: regions, linkAnnounce: relay.announced },
  });
  const [eu, us] = fleet.nodes;
  if (eu === undefined || us === undefined) throw new Error('no nodes');
  relay.connect(eu.mediaPort, us.mediaPort);
  return { relay, fleet, eu, us };
}

async function meet(t: Test, fleet: Fleet) {
  const chromium = await launchChromium(slowCamera);
  t.teardown(() => chromium.close());
  const open = (label: string) => openChromiumPage(chromium, label, { viewport });
  const [eve, uma, ugo] = await Promise.all([open('eve'), open('uma'), open('ugo')]);
  const [euUrl, usUrl] = fleet.controls.map(({ url }) => url);
  const link = new URL(await newMeeting(eve, euUrl ?? ''));
  await join(eve, 'Eve');
  const usLink = new URL(`${link.pathname}${link.hash}`, usUrl).href;
  await joinByLink(uma, usLink, 'Uma');
  await joinByLink(ugo, usLink, 'Ugo');
  const loads = { count: 0 };
  for (const { page } of [eve, uma, ugo]) page.on('load', () => loads.count++);
  return { eve, uma, ugo, loads };
}

async function peopleAt(fleet: Fleet, nodeId: string) {
  const { items } = await fleet.admin('GET', `v1/nodes/${nodeId}/rooms`);
  return items as { participants: number }[];
}

t.test('they see each other over one link; cut, what is near goes on; it heals', async (t) => {
  const { relay, fleet, eu, us } = await twoRegions(t);
  const { eve, uma, ugo, loads } = await meet(t, fleet);
  for (const page of [eve, uma, ugo]) {
    await waitForTiles(page, 3);
    await waitForMedia(page, 2);
  }
  t.equal((await peopleAt(fleet, eu.nodeId)).length, 1, 'the room is on this node');
  t.equal((await peopleAt(fleet, us.nodeId)).length, 1, 'and on that one');

  relay.takeCrossings();
  await waitForMedia(uma, 2);
  const [toUs, toEu] = relay.takeCrossings();
  t.equal(toUs.repeated, 0, 'one link, each packet once, though two receive it');
  t.equal(toEu.repeated, 0);
  const sounds = [...toUs.packets.values()].filter((packets) => packets > 0).length;
  t.ok(sounds >= 2, 'sound and picture');
  t.ok(toUs.packets.size <= 4, `Eve's microphone and her camera's encodings: ${toUs.packets.size}`);
  await eve.screenshot('regions-eve');

  relay.setCut(true);
  await Promise.all([
    waitForPictures(eve, { moving: ['Eve'], still: ['Uma', 'Ugo'] }),
    waitForPictures(uma, { moving: ['Uma', 'Ugo'], still: ['Eve'] }),
    waitForPictures(ugo, { moving: ['Uma', 'Ugo'], still: ['Eve'] }),
  ]);
  for (const page of [uma, ugo]) {
    await waitForMedia(page, 1);
    await waitForTiles(page, 3);
  }
  relay.setCut(false);
  await Promise.all([
    waitForPictures(eve, { moving: ['Uma', 'Ugo'] }),
    waitForPictures(uma, { moving: ['Eve', 'Ugo'] }),
    waitForPictures(ugo, { moving: ['Eve', 'Uma'] }),
  ]);
  for (const page of [eve, uma, ugo]) await waitForMedia(page, 2);
  t.equal(loads.count, 0, 'no page was loaded anew');
  await uma.screenshot('regions-healed');
});
