/** When a node that is not heard is lost, and when it only seems so; on a clock of the test. */
import t, { type Test } from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { FleetNodes } from './fleet-nodes.js';
import type { NodeLink } from './node-link.js';
import { lostAfterMs, type NodeHello } from './node-messages.js';
import type { ProbeResult } from './port-probe.js';

const load = {
  ...{ stress: 0, isFull: false, rooms: 0, participants: 0 },
  ...{ dropRatio: 0, lossRatio: 0 },
};
const nodeId = 'a node';
const place = { address: '192.0.2.1', port: 40_000 };

function aNode(t: Test, probe: NodeHello['probe'] = null) {
  const clock = new TestClock();
  const lost: string[] = [];
  const port: { says: ProbeResult; asked: number } = { says: 'silent', asked: 0 };
  const nodes = new FleetNodes({
    ...{ clock, region: 'here', reserves: [], random: () => 0, isDrained: () => false },
    ...{ log: { info: () => {}, warn: () => {} }, changed: () => {}, isHeardThere: () => false },
    probe: async () => {
      port.asked += 1;
      return port.says;
    },
  });
  t.teardown(() => nodes.stop());
  nodes.listen({
    ...{ event: () => {}, described: () => {}, draining: () => {} },
    lost: (id) => lost.push(id),
  });
  const hello: NodeHello = {
    ...{ k: 'hello', incarnation: 'one', version: '0', region: 'here', probe, rooms: [] },
    ...{ session: { id: 'a session', received: 0 }, load, isLeaving: false },
  };
  const sent: string[] = [];
  const wire = { send: (text: string) => sent.push(text), close: () => {} };
  const connect = () => {
    const { link, begin } = nodes.welcome(nodeId, hello, wire);
    begin();
    return link;
  };
  const asked = () => sent.filter((text) => text.includes('"ping"')).length;
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise(setImmediate);
  };
  const cut = (link: NodeLink) => nodes.disconnected(link, wire);
  return { nodes, port, connect, cut, lost, asked, pass };
}

t.test('no word within 300 ms: it is lost, long before its lease is over', async (t) => {
  const { nodes, connect, lost, asked, pass } = aNode(t);
  connect();
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
  const { nodes, connect, lost, asked, pass } = aNode(t);
  const link = connect();
  nodes.suspect(nodeId);
  await pass(300);
  nodes.hear(link, { load, isLeaving: false });
  await pass(0);
  t.strictSame(lost, []);
  nodes.suspect(nodeId);
  t.equal(asked(), 2, 'it may be asked again');
});

t.test(
  'its port was open and refuses now: its process has ended, and it is lost at once',
  async (t) => {
    const { port, connect, cut, lost } = aNode(t, place);
    port.says = 'open';
    const link = connect();
    await new Promise(setImmediate);
    await cut(link);
    t.strictSame(lost, [], 'the way is cut, and it listens');
    connect();
    port.says = 'refused';
    await cut(link);
    t.strictSame(lost, [nodeId]);
  },
);

t.test('what refuses while it lives proves nothing: its lease decides', async (t) => {
  for (const says of ['refused', 'silent'] as const) {
    const { port, connect, cut, lost, pass } = aNode(t, place);
    port.says = says;
    const link = connect();
    await new Promise(setImmediate);
    t.equal(port.asked, 1);
    port.says = 'refused';
    await cut(link);
    t.strictSame(lost, [], says);
    await pass(lostAfterMs - 200);
    t.strictSame(lost, []);
    await pass(400);
    t.strictSame(lost, [nodeId]);
  }
});
