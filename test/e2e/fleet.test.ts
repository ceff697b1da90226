/** Several control processes and media nodes: a meeting of browsers survives the end of each. */

import { once } from 'node:events';
import t, { type Test } from 'tap';
import { ClickHouseStore } from '../../control/src/clickhouse/clickhouse-store.js';
import {
  type BrowserPage,
  launchChromium,
  openChromiumPage,
  waitInPage,
} from './support/browsers.js';
import { type Fleet, nodeOfTheRoom, startFleet } from './support/fleet.js';
import { textInOrder } from './support/page-scripts.js';
import {
  join,
  joinByLink,
  newMeeting,
  participantId,
  waitForMedia,
  waitForTiles,
} from './support/people.js';
import { eventually } from './support/plenum.js';
import { slowCamera } from './support/stage.js';

const viewport = { width: 840, height: 525 };

async function meet(t: Test, fleet: Fleet) {
  const chromium = await launchChromium(slowCamera);
  t.teardown(() => chromium.close());
  const open = (label: string) => openChromiumPage(chromium, label, { viewport });
  const [ada, bo] = await Promise.all([open('ada'), open('bo')]);
  const link = await newMeeting(ada, fleet.url);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  const people = [ada, bo] as const;
  for (const page of people) {
    await waitForTiles(page, 2);
    await waitForMedia(page, 1);
  }
  const ids = await Promise.all([participantId(ada, 'Bo'), participantId(bo, 'Ada')]);
  const loads = { count: 0 };
  for (const page of people) page.page.on('load', () => loads.count++);
  /** Everybody sees and hears the other, under the same ids, and nobody has loaded the page anew. */
  const goesOn = async (t: Test, what: string) => {
    for (const page of people) {
      await waitForTiles(page, 2);
      await waitForMedia(page, 1);
    }
    const now = await Promise.all([participantId(ada, 'Bo'), participantId(bo, 'Ada')]);
    t.strictSame(now, ids, `${what}: the same people`);
    t.equal(loads.count, 0, 'no page was loaded anew');
  };
  return { ada, bo, people, goesOn };
}

async function write(page: BrowserPage, line: string): Promise<void> {
  await page.fillTextbox('Message', line);
  await page.press('Enter');
}

/** Ends the meeting, of which there is one, and compares what Kafka and the sink made of its log. */
async function rowsEqualTheLog(t: Test, { admin, events }: Fleet): Promise<void> {
  if (events === null) throw new Error('this fleet has no events');
  const store = new ClickHouseStore(events.clickhouse.address);
  t.teardown(() => store.close());
  const meetings = () =>
    store.ask<{ id: string }>('select distinct toString(meeting_id) as id from room_events');
  const id = await eventually('rows', async () => (await meetings())[0]?.id);
  await admin('POST', `v1/meetings/${id}/end`);
  const { items } = await admin('GET', `v1/meetings/${id}/events?limit=200`);
  const log = (items as { seq: number; type: string }[]).map(({ seq, type }) => [seq, type]);
  const rows = await eventually('a row for each', async () => {
    const found = await store.ask<{ seq: number; event_type: string }>(
      'select toUInt32(room_seq) as seq, event_type from room_events final order by room_seq',
    );
    return found.length >= log.length ? found : undefined;
  });
  const stored = rows.map(({ seq, event_type }) => [seq, event_type]);
  t.strictSame(stored, log);
  t.equal(log.at(-1)?.[1], 'meeting.ended');
}

t.test('its node, control, Redis, Kafka: each is killed, the meeting goes on', async (t) => {
  const nodes = ['local', 'local', 'local'];
  const fleet = await startFleet(t, { controls: 2, nodes, hasEvents: true });
  const { ada, bo, people, goesOn } = await meet(t, fleet);

  await t.test('kill -9 of the node', async (t) => {
    const node = await nodeOfTheRoom(fleet);
    await node.kill();
    await eventually('another node has the room', async () => {
      const other = await nodeOfTheRoom(fleet).catch(() => undefined);
      return other === undefined || other === node ? undefined : true;
    });
    await goesOn(t, 'another node');
  });

  await Promise.all(people.map((page) => page.clickButton('Chat')));
  await t.test('kill -9 of a control process', async (t) => {
    await fleet.controls[0]?.kill();
    await write(ada, 'Still here?');
    await waitInPage(bo, 'reads it', textInOrder, ['Still here?']);
    await goesOn(t, 'another control process');
  });

  await t.test('kill -9 of Redis', async (t) => {
    await fleet.redis.kill();
    await write(bo, 'Yes.');
    await waitInPage(ada, 'reads it', textInOrder, ['Still here?', 'Yes.']);
    await goesOn(t, 'without Redis');
    await fleet.redis.restart();
  });

  await t.test("kill -9 of Kafka's broker", async (t) => {
    await fleet.events?.kafka.kill();
    await write(ada, 'Good.');
    await waitInPage(bo, 'reads it', textInOrder, ['Still here?', 'Yes.', 'Good.']);
    await goesOn(t, 'without Kafka');
  });
  // It comes back while the meeting goes on.
  const brokerIsBack = fleet.events?.kafka.restart();

  await t.test('a node is drained', async (t) => {
    const node = await nodeOfTheRoom(fleet);
    await fleet.admin('POST', `v1/nodes/${node.nodeId}/drain`, { deadline_s: 60 });
    await eventually('it is empty', async () => {
      const { rooms } = await fleet.admin('GET', `v1/nodes/${node.nodeId}`);
      return rooms === 0 ? true : undefined;
    });
    await goesOn(t, 'drained');
    await fleet.admin('DELETE', `v1/nodes/${node.nodeId}/drain`);
  });

  await t.test('a node is asked to stop: it waits until its room has moved', async (t) => {
    const node = await nodeOfTheRoom(fleet);
    node.process.kill('SIGTERM');
    const [code] = await once(node.process, 'exit');
    t.equal(code, 0);
    await goesOn(t, 'without a gap');
  });
  for (const page of people) await page.screenshot('fleet-end');

  await t.test('its events are in ClickHouse as they are in its log', async (t) => {
    await brokerIsBack;
    await rowsEqualTheLog(t, fleet);
  });
});
