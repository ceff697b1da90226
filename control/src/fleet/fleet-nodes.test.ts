/** When a node of which people hear nothing is lost, and when it only seems so; on a clock of the test. */
import t, { type Test } from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { FleetNodes } from './fleet-nodes.js';
import type { NodeHello } from './node-messages.js';

const load = {
  ...{ stress: 0, isFull: false, rooms: 0, participants: 0 },
  ...{ dropRatio: 0, lossRatio: 0 },
};
const nodeId = 'a node';

function aNode(t: Test) {
  const clock = new TestClock();
  const lost: string[] = [];
  /** Until when it shall be left, as rooms are told. */
  const draining: (number | null)[] = [];
  const standing = { isDrained: false };
  const nodes = new FleetNodes({
    ...{ clock, region: 'here', reserves: [], random: () => 0 },
    isDrained: () => standing.isDrained,
    ...{ log: { info: () => {}, warn: () => {} }, probe: async () => 'silent' },
    ...{ changed: () => {}, isHeardThere: () => false },
  });
  t.teardown(() => nodes.stop());
  nodes.listen({
    ...{ event: () => {}, described: () => {} },
    lost: (id) => lost.push(id),
    draining: (_, until) => draining.push(until),
  });
  const hello: NodeHello = {
    ...{ k: 'hello', incarnation: 'one', version: '0', region: 'here', probe: null, rooms: [] },
    ...{ session: { id: 'a session', received: 0 }, load, isLeaving: false },
  };
  const sent: string[] = [];
  const wire = { send: (text: string) => sent.push(text), close: () => {} };
  const dial = (incarnation = 'one') => {
    const { link, begin } = nodes.welcome(nodeId, { ...hello, incarnation }, wire);
    begin();
    return link;
  };
  const link = dial();
  const asked = () => sent.filter((text) => text.includes('"ping"')).length;
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise(setImmediate);
  };
  return { nodes, clock, standing, dial, link, lost, draining, asked, pass };
}

t.test('no word within 300 ms: it is lost, long before its lease is over', async (t) => {
  const { nodes, lost, asked, pass } = aNode(t);
  nodes.suspect(nodeId);
  nodes.suspect(nodeId);
  t.equal(asked(), 1, 'one question at a time');
  await pass(299);
  await pass(0);
  t.strictSame(lost, []);
  await pass(1);
  await pass(0);
  t.strictSame(lost, [nodeId]);
});

t.test('its word was not read in time, as this process stood still: it lives', async (t) => {
  const { nodes, link, lost, asked, pass } = aNode(t);
  nodes.suspect(nodeId);
  await pass(300);
  nodes.hear(link, { load, isLeaving: false });
  await pass(0);
  t.strictSame(lost, []);
  nodes.suspect(nodeId);
  t.equal(asked(), 2, 'it may be asked again');
});

t.test(
  'a drain keeps its deadline when the node dials anew, and when it goes itself',
  async (t) => {
    const { nodes, clock, standing, dial, draining } = aNode(t);
    standing.isDrained = true;
    const until = clock.monotonic() + 600_000;
    nodes.drain(nodeId, new Date(clock.now() + 600_000));
    clock.advance(1000);
    const link = dial('two');
    t.strictSame(draining, [until, until]);
    nodes.hear(link, { load, isLeaving: true });
    t.strictSame(draining.slice(2), [until]);
    nodes.drain(nodeId, null);
    t.strictSame(draining.slice(3), [Number.POSITIVE_INFINITY], 'it goes all the same');
  },
);

t.test('a node that goes by itself closes what is left itself', async (t) => {
  const { nodes, link, draining } = aNode(t);
  nodes.hear(link, { load, isLeaving: true });
  t.strictSame(draining, [Number.POSITIVE_INFINITY]);
});
