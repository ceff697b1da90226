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
  const nodes = new FleetNodes({
    ...{ clock, region: 'here', reserves: [], random: () => 0, isDrained: () => false },
    ...{ log: { info: () => {}, warn: () => {} }, probe: async () => 'silent' },
    ...{ changed: () => {}, isHeardThere: () => false },
  });
  t.teardown(() => nodes.stop());
  nodes.listen({
    ...{ event: () => {}, described: () => {}, draining: () => {} },
    lost: (id) => lost.push(id),
  });
  const hello: NodeHello = {
    ...{ k: 'hello', incarnation: 'one', version: '0', region: 'here', probe: null, rooms: [] },
    ...{ session: { id: 'a session', received: 0 }, load, isLeaving: false },
  };
  const sent: string[] = [];
  const wire = { send: (text: string) => sent.push(text), close: () => {} };
  const { link, begin } = nodes.welcome(nodeId, hello, wire);
  begin();
  const asked = () => sent.filter((text) => text.includes('"ping"')).length;
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise(setImmediate);
  };
  return { nodes, link, lost, asked, pass };
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
