/** Whose a room is while its control process is not heard: the node's side, on a clock of the test. */
import t, { type Test } from 'tap';
import { createNode, FakeEngine } from '../../../lib/index.js';
import { systemIds } from '../ids.js';
import { InProcessNode } from '../nodes/in-process-node.js';
import { TestClock } from '../testing/test-clock.js';
import { eventually } from '../testing/test-redis.js';
import type { DialListener } from './control-contact.js';
import { NodeAgent } from './node-agent.js';
import { NodeLink } from './node-link.js';
import { type ControlFrame, isPlainFrame, type NodeFrame } from './node-messages.js';

const room = { roomId: 'a room', epoch: 1 };
const [owner, other] = ['10.0.0.1:7000', '10.0.0.2:7000'];

/** A control process as a node reaches it, over a way that the test cuts. */
class ControlEnd {
  /** The control processes of which it tells nodes. */
  named: readonly string[] = [owner, other];
  link: NodeLink | null = null;
  isCut = false;
  /** With which process the node says that its session is, at each connection. */
  readonly saidToBeWith: unknown[] = [];

  constructor(
    private readonly address: string,
    private readonly clock: TestClock,
  ) {}

  dialled(listener: DialListener): void {
    if (this.isCut) {
      listener.closed('no answer');
      return;
    }
    listener.opened({
      send: (text) => {
        if (!this.isCut) this.take(text, listener);
      },
      close: () => listener.closed('given up'),
    });
  }

  private take(text: string, listener: DialListener): void {
    if (isPlainFrame(text)) this.answer(JSON.parse(text) as NodeFrame, listener);
    else this.link?.take(text);
  }

  private answer(frame: NodeFrame, { received }: DialListener): void {
    const say = (answer: ControlFrame) => received(JSON.stringify(answer));
    const controls = [...this.named];
    if (frame.k !== 'hello') {
      say({ k: 'beat', controls });
      return;
    }
    this.saidToBeWith.push(frame.session.controlId);
    const known = this.link?.received ?? null;
    this.link ??= new NodeLink('a node', frame, this.clock, { event: () => {}, broken: () => {} });
    say({ k: 'welcome', controlId: this.address, received: known, controls });
    const send = (text: string) => {
      if (!this.isCut) received(text);
    };
    this.link.attach({ send, close: () => {} }, frame.session.received);
  }
}

/** A node in contact with two control processes, of which one has a room there. */
async function aNode(t: Test) {
  const clock = new TestClock();
  const ends = { [owner]: new ControlEnd(owner, clock), [other]: new ControlEnd(other, clock) };
  const node = new InProcessNode(createNode({ engine: new FakeEngine() })).client;
  const agent = new NodeAgent({
    ...{ node, clock, ids: systemIds(clock), region: 'here', version: '0', probe: null },
    ...{ log: { info: () => {}, warn: () => {}, error: () => {} }, random: () => 0 },
    ...{ controls: [owner, other], certified: () => {} },
    dial: (address, listener) => clock.after(1, () => ends[address]?.dialled(listener)),
  });
  t.teardown(() => node.close());
  t.teardown(() => agent.stop());
  clock.advance(1);
  const [ofOwner, ofOther] = [ends[owner] as ControlEnd, ends[other] as ControlEnd];
  await ofOwner.link?.client.openRoom(room);
  const isThere = () => node.description().length === 1;
  const closed = () => eventually('it is closed', async () => (isThere() ? undefined : true));
  return { clock, ofOwner, ofOther, isThere, closed };
}

t.test('another process names its owner: it stays however long that is cut off', async (t) => {
  const { clock, ofOwner, isThere } = await aNode(t);
  ofOwner.isCut = true;
  clock.advance(3_600_000);
  t.ok(isThere());
  ofOwner.isCut = false;
  clock.advance(2000);
  await ofOwner.link?.client.closeRoom(room);
  t.notOk(isThere(), 'its owner is back');
});

t.test('nobody names its owner any more: it is closed when that is silent for 120 s', async (t) => {
  const { clock, ofOwner, ofOther, isThere, closed } = await aNode(t);
  ofOwner.isCut = true;
  clock.advance(60_000);
  ofOther.named = [other];
  clock.advance(59_000);
  t.ok(isThere());
  clock.advance(7000);
  await closed();
});

t.test('the owner is named by a process that is cut off itself: that is no word', async (t) => {
  const { clock, ofOwner, ofOther, isThere, closed } = await aNode(t);
  ofOwner.isCut = true;
  ofOther.isCut = true;
  clock.advance(119_000);
  t.ok(isThere(), 'meanwhile it goes on');
  clock.advance(7000);
  await closed();
});

t.test(
  'the owner was named for longer than 120 s, and is not any more: it is closed',
  async (t) => {
    const { clock, ofOwner, ofOther, isThere, closed } = await aNode(t);
    ofOwner.isCut = true;
    clock.advance(600_000);
    t.ok(isThere());
    ofOther.named = [other];
    // Its next word, and the next look.
    clock.advance(6000);
    await closed();
  },
);

t.test('it says with which process its session is: there may be another one by now', async (t) => {
  const { clock, ofOwner } = await aNode(t);
  t.strictSame(ofOwner.saidToBeWith, [null], 'with none yet');
  ofOwner.isCut = true;
  clock.advance(10_000);
  ofOwner.isCut = false;
  clock.advance(5000);
  t.strictSame(ofOwner.saidToBeWith, [null, owner]);
});
