/** What a node's first word on a connection says of the session that it names. */
import { EventEmitter } from 'node:events';
import t, { type Test } from 'tap';
import type { WebSocket } from 'ws';
import { TestClock } from '../testing/test-clock.js';
import { FleetNodes } from './fleet-nodes.js';
import { NodeGate } from './node-gate.js';
import type { NodeHello } from './node-messages.js';

const hello: NodeHello = {
  ...{ k: 'hello', incarnation: 'one', version: '0', region: 'here', probe: null, rooms: [] },
  ...{ session: { id: 'a session', received: 0 }, isLeaving: false },
  load: {
    ...{ stress: 0, isFull: false, rooms: 0, participants: 0 },
    ...{ dropRatio: 0, lossRatio: 0 },
  },
};

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly bufferedAmount = 0;
  readonly sent: Record<string, unknown>[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.terminate();
  }
  terminate(): void {
    this.readyState = 3;
  }
  get isOpen(): boolean {
    return this.readyState === this.OPEN;
  }
}

function aGate(t: Test) {
  const clock = new TestClock();
  const lost: string[] = [];
  const log = { info: () => {}, warn: () => {} };
  const nodes = new FleetNodes({
    ...{ clock, region: 'here', reserves: [], random: () => 0, log },
    ...{ isDrained: () => false, changed: () => {}, isHeardThere: () => false },
    probe: async () => 'silent',
  });
  t.teardown(() => nodes.stop());
  nodes.listen({
    ...{ event: () => {}, described: () => {}, draining: () => {} },
    lost: (id) => lost.push(id),
  });
  const gate = new NodeGate({
    ...{ nodes, clock, log, controlId: 'this process' },
    ...{ controls: () => [], renew: async () => '' },
  });
  const dial = (session: NodeHello['session'], but: Partial<NodeHello> = {}) => {
    const socket = new FakeSocket();
    gate.accept(socket as unknown as WebSocket, 'a node');
    socket.emit('message', Buffer.from(JSON.stringify({ ...hello, session, ...but })), false);
    return socket;
  };
  return { nodes, lost, dial };
}

/** With the process that was at this address before. */
const ofAnother = { id: 'a session', controlId: 'another process', received: 17 };

t.test('a welcome that was lost: the session begins with the next one', async (t) => {
  const { nodes, lost, dial } = aGate(t);
  t.match(dial(ofAnother).sent, [{ k: 'welcome', received: null }]);
  const first = nodes.find('a node');
  const again = dial(ofAnother);
  t.match(again.sent, [{ k: 'welcome', received: null }], 'it has taken nothing of this one');
  t.ok(again.isOpen);
  t.equal(nodes.find('a node'), first, 'the same incarnation');
  t.strictSame(lost, []);
});

t.test('a welcome that came: it goes on from there', async (t) => {
  const { nodes, lost, dial } = aGate(t);
  const session = { id: 'a session', controlId: 'this process', received: 0 };
  dial(ofAnother);
  const first = nodes.find('a node');
  t.match(dial(session).sent, [{ k: 'welcome', received: 0 }]);
  t.match(dial({ ...session, controlId: null }).sent, [{ k: 'welcome', received: 0 }]);
  t.match(
    dial({ id: session.id, received: 0 }).sent,
    [{ k: 'welcome', received: 0 }],
    'an older node',
  );
  t.equal(nodes.find('a node'), first);
  const over = dial({ ...session, received: 17 });
  t.notOk(over.isOpen, 'it has taken what was never sent');
  t.strictSame(lost, []);
});

t.test('what says no region, or what is none, is no node', async (t) => {
  const { nodes, dial } = aGate(t);
  for (const region of [undefined, '', 'North', 'a\u0000b', 'x'.repeat(33)]) {
    const socket = dial(hello.session, { region: region as string });
    t.notOk(socket.isOpen, `${region}`);
    t.strictSame(socket.sent, []);
  }
  t.equal(nodes.find('a node'), null);
});
