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

function aNode(t: Test, probe: NodeHello['probe'] = null, says: ProbeResult = 'silent') {
  const clock = new TestClock();
  const lost: string[] = [];
  /** Until when it shall be left, as rooms are told. */
  const draining: (number | null)[] = [];
  const standing = { isDrained: false };
  const port = { says, asked: 0 };
  const nodes = new FleetNodes({
    ...{ clock, region: 'here', reserves: [], random: () => 0 },
    isDrained: () => standing.isDrained,
    ...{ log: { info: () => {}, warn: () => {} }, changed: () => {}, isHeardThere: () => false },
    probe: async () => {
      port.asked += 1;
      return port.says;
    },
  });
  t.teardown(() => nodes.stop());
  nodes.listen({
    ...{ event: () => {}, described: () => {} },
    lost: (id) => lost.push(id),
    draining: (_, until) => draining.push(until),
  });
  const hello: NodeHello = {
    ...{ k: 'hello', incarnation: 'one', version: '0', region: 'here', probe, rooms: [] },
    ...{ session: { id: 'a session', received: 0 }, load, isLeaving: false },
  };
  const sent: string[] = [];
  const wire = { send: (text: string) => sent.push(text), close: () => {} };
  const dial = (incarnation = 'one') => {
    const { link, begin } = nodes.welcome(
      nodeId,
      { ...hello, incarnation },
      { wire, isOurs: true },
    );
    begin();
    return link;
  };
  const link = dial();
  const asked = () => sent.filter((text) => text.includes('"ping"')).length;
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise(setImmediate);
  };
  const cut = (link: NodeLink) => nodes.disconnected(link, wire);
  return { nodes, clock, standing, port, dial, link, lost, draining, cut, asked, pass };
}

t.test('no word within 300 ms: it is lost, long before its lease is over', async (t) => {
  const { nodes, dial, lost, asked, pass } = aNode(t);
  dial();
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
  const { nodes, dial, lost, asked, pass } = aNode(t);
  const link = dial();
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

t.test('cut again before it beats, and there again each time: it lives', async (t) => {
  const { dial, link, lost, cut, pass } = aNode(t);
  for (let ms = 0; ms < 2 * lostAfterMs; ms += 800) {
    await pass(800);
    await cut(link);
    dial();
  }
  t.strictSame(lost, []);
});

t.test('a node that goes by itself closes what is left itself', async (t) => {
  const { nodes, link, draining } = aNode(t);
  nodes.hear(link, { load, isLeaving: true });
  t.strictSame(draining, [Number.POSITIVE_INFINITY]);
});

t.test(
  'its port was open and refuses now: its process has ended, and it is lost at once',
  async (t) => {
    const { port, dial, link, cut, lost } = aNode(t, place, 'open');
    await new Promise(setImmediate);
    await cut(link);
    t.strictSame(lost, [], 'the way is cut, and it listens');
    const again = dial();
    port.says = 'refused';
    await cut(again);
    t.strictSame(lost, [nodeId]);
  },
);

t.test('its sockets close one after the other: the port is asked again', async (t) => {
  const { port, link, cut, dial, lost, pass } = aNode(t, place, 'open');
  await pass(0);
  await cut(link);
  for (const ms of [20, 50]) await pass(ms);
  t.strictSame(lost, []);
  t.equal(port.asked, 4, 'when it came, when it went, and twice more');
  const again = dial();
  await pass(200);
  t.equal(port.asked, 4, 'nobody asks once it is there again');
  await cut(again);
  port.says = 'refused';
  await pass(20);
  t.strictSame(lost, [nodeId]);
});

t.test('what refuses while it lives proves nothing: its lease decides', async (t) => {
  for (const says of ['refused', 'silent'] as const) {
    const { port, link, cut, lost, pass } = aNode(t, place, says);
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
