/** What is joined to a place while it moves from one node to another. */
import t from 'tap';
import type { NodeClient } from '../../nodes/node-client.js';
import type { PlacedNode } from '../../nodes/nodes.js';
import { TestClock } from '../../testing/test-clock.js';
import { Links } from './links.js';
import { MediaPlace } from './media-place.js';

const settled = () => new Promise(setImmediate);

/** A room whose first place is joined to one other node: what each node of the room was asked, in order. */
async function joined() {
  const asked: string[] = [];
  const held = { participantIds: [], servedIds: [], links: [] };
  const opened = Promise.resolve({ ...held, linkAddresses: [{ address: '127.0.0.1', port: 1 }] });
  const nodeOf = (nodeId: string): PlacedNode => {
    const note =
      (method: string) =>
      async ({ epoch }: { epoch: number }) => {
        asked.push(`${method} ${nodeId} ${epoch}`);
      };
    const methods = ['openLink', 'closeLink', 'closeRoom'].map((name) => [name, note(name)]);
    const silent = { hearLink: async () => {}, repeatLink: async () => {} };
    const client = { ...Object.fromEntries(methods), ...silent } as NodeClient;
    return { nodeId, region: 'local', client } as PlacedNode;
  };
  let ids = 0;
  const next = () => `${++ids}`;
  const links = new Links('room', { clock: new TestClock(), ids: { next }, report: () => {} });
  links.begin();
  const places: MediaPlace[] = [];
  const link = () =>
    links.join(
      places.map(({ copies }) => copies),
      true,
    );
  const placeAt = (nodeId: string) => {
    const placed = nodeOf(nodeId);
    const place = new MediaPlace('room', { placed, epoch: 1 }, link);
    places.push(place);
    place.moveTo({ placed, epoch: 1, opened });
    return place;
  };
  const [place] = [placeAt('one'), placeAt('far')];
  await settled();
  const since = async () => {
    await settled();
    return asked.splice(0);
  };
  await since();
  return {
    place,
    since,
    moved: (nodeId: string) => ({ placed: nodeOf(nodeId), epoch: 2, opened }),
  };
}

t.test('while both nodes have it, what is joined to the former one stays so', async (t) => {
  const { place, since, moved } = await joined();
  place.moveTo(moved('two'), () => {});
  t.same(await since(), ['openLink two 2', 'openLink far 1'], 'one more');
  place.endFormer();
  t.same(await since(), ['closeLink one 1', 'closeLink far 1', 'closeRoom one 1']);
});

t.test('without an overlap it ends with the move', async (t) => {
  const { place, since, moved } = await joined();
  place.moveTo(moved('two'));
  t.same(await since(), [
    ...['closeLink one 1', 'closeLink far 1'],
    ...['openLink two 2', 'openLink far 1'],
  ]);
});

t.test('back to the one that it is leaving: that goes on under the new epoch', async (t) => {
  const { place, since, moved } = await joined();
  let isCalledOff = false;
  place.moveTo(moved('two'), () => {
    isCalledOff = true;
  });
  await since();
  place.moveTo({ ...moved('one'), epoch: 3 }, () => {});
  t.ok(isCalledOff);
  t.same(await since(), [
    ...['closeLink one 1', 'closeLink far 1'],
    ...['openLink one 3', 'openLink far 1'],
  ]);
  t.same(place.nodeIds, ['one', 'two']);
});

t.test('on to a third one: the first is closed, the second goes on', async (t) => {
  const { place, since, moved } = await joined();
  place.moveTo(moved('two'), () => {});
  await since();
  place.moveTo({ ...moved('three'), epoch: 3 }, () => {});
  const asked = await since();
  t.ok(asked.includes('closeRoom one 1'));
  t.notOk(
    asked.some((each) => each.includes('two')),
    'nobody asks it for anything',
  );
  t.same(place.nodeIds, ['three', 'two']);
});
