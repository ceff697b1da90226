import t from 'tap';
import { FakeEngine } from './engine/fake-engine.js';
import { createNode } from './node.js';
import { FakeClock } from './testing/fake-clock.js';
import { join, openMeeting, publish } from './testing/meeting.js';
import { tellCounters } from './testing/shard-counters.js';

/** A node whose media threads are as busy as a test says. */
function busyNode(shards = 1, maxLoad?: number | null) {
  const engine = new FakeEngine({ shards });
  const clock = new FakeClock();
  const cpuUs = Array.from({ length: shards }, () => 0);
  let nowUs = 0;
  let reads = 0;
  /** So much of the threads' time has passed; `busy` of a core. */
  const tell = (spanUs: number, busy: readonly number[]) => {
    nowUs += spanUs;
    for (const shard of cpuUs.keys()) {
      cpuUs[shard] = (cpuUs[shard] ?? 0) + spanUs * (busy[shard] ?? 0);
    }
    tellCounters(engine, ...cpuUs.map((us, shard) => ({ shard, nowUs, cpuUs: us })));
    const { readStats } = engine;
    engine.readStats = (buffer) => {
      reads += 1;
      return readStats(buffer);
    };
  };
  tell(0, []);
  const node = createNode({ engine, clock, ...(maxLoad === undefined ? {} : { maxLoad }) });
  const run = async (seconds: number, ...busy: number[]) => {
    for (let i = 0; i < seconds; i++) {
      tell(1e6, busy);
      await clock.pass(1000);
    }
  };
  return { node, clock, run, tell, reads: () => reads };
}

t.test('a busy node refuses newcomers, and takes them again', async (t) => {
  const { node, run } = busyNode();
  const room = node.createRoom({ id: 'a' });
  const anna = room.addParticipant({ id: 'anna' });
  await run(10, 0.9);
  t.ok(node.stats().load.stressRatio > 1);
  t.throws(() => node.createRoom({ id: 'b' }), { code: 'no_capacity' });
  t.throws(() => room.addParticipant({ id: 'bert' }), { code: 'no_capacity' });
  t.throws(() => room.checkCapacity(), { code: 'no_capacity' });
  t.equal(room.participants.get('anna'), anna, 'who is in stays');
  t.ok(room.addParticipant({ id: 'cleo', evenWhenFull: true }));
  t.ok(node.createRoom({ id: 'c', evenWhenFull: true }));
  await run(10, 0.75);
  t.throws(() => node.createRoom({ id: 'b' }), { code: 'no_capacity' }, 'still above 0.9 of it');
  await run(10, 0.6);
  t.ok(room.addParticipant({ id: 'bert' }));
  t.ok(node.createRoom({ id: 'b' }));
});

t.test('who is in can publish and receive on a full node', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const bert = join(meeting, 'bert');
  for (let second = 1; second <= 5; second++) {
    tellCounters(meeting.engine, { nowUs: 1e6 * second, cpuUs: 0.95e6 * second });
    await meeting.clock.pass(1000);
  }
  t.throws(() => join(meeting, 'cleo'), { code: 'no_capacity' });
  await publish(anna);
  t.equal(bert.subscriptions.size, 2);
  t.same(meeting.refused, []);
});

t.test('two shards: only what gives a full one more to do is refused', async (t) => {
  const { node, run } = busyNode(2);
  const [busy, calm] = ['busy', 'calm'].map((id) => node.createRoom({ id }));
  busy?.addParticipant({ id: 'anna' });
  calm?.addParticipant({ id: 'bert' });
  await run(10, 0.9, 0.1);
  t.throws(() => busy?.addParticipant({ id: 'x' }), { code: 'no_capacity' });
  t.equal(calm?.addParticipant({ id: 'x' }).shard, 1);
  t.equal(node.createRoom({ id: 'third' }).shard, 1);
  t.match(node.stats().load, { isFull: true, shards: [{ shard: 0 }, { shard: 1 }] });
});

t.test('a crowd between two measurements is counted, but let in on an idle node', async (t) => {
  const { node, run } = busyNode();
  const room = node.createRoom({ id: 'a' });
  for (let i = 0; i < 400; i++) room.addParticipant({ id: `${i}` });
  await run(10, 0.7);
  let admitted = 0;
  t.throws(
    () => {
      for (; admitted < 100; admitted++) room.addParticipant({ id: `late ${admitted}` });
    },
    { code: 'no_capacity' },
  );
  t.ok(admitted >= 19 && admitted <= 21, `${admitted} at half a percent each`);
});

t.test(
  'load is measured while somebody is there; an empty node is not full for ever',
  async (t) => {
    const { node, clock, run } = busyNode();
    t.equal(clock.waiting, 0);
    const room = node.createRoom({ id: 'a' });
    await run(3, 1);
    t.equal(clock.waiting, 0, 'nobody is there');
    room.addParticipant({ id: 'anna', evenWhenFull: true });
    await run(10, 1);
    t.throws(() => node.checkCapacity(), { code: 'no_capacity' });
    room.close();
    await run(30, 0);
    t.equal(clock.waiting, 0);
    node.checkCapacity();
    t.ok(node.createRoom({ id: 'a' }));
    node.close();
    await clock.pass(1000);
    t.equal(clock.waiting, 0);
    t.throws(() => node.checkCapacity(), { code: 'closed' });
  },
);

t.test('with nobody there counters are read once in half a second; rooms count', async (t) => {
  const { node, clock, run, tell, reads } = busyNode(1, 0.05);
  node.checkCapacity();
  await run(1, 0.032);
  node.createRoom({ id: '0' });
  const before = reads();
  await clock.pass(499);
  tell(500_000, [0.02]);
  for (const id of ['1', '2', '3']) node.createRoom({ id });
  t.throws(() => node.createRoom({ id: '4' }), { code: 'no_capacity' }, 'half a percent each');
  t.equal(reads(), before, 'none of them had the counters read');
  await clock.pass(1);
  t.ok(node.createRoom({ id: '4' }), 'the four are measured now');
  t.equal(reads(), before + 1);
});

t.test('the limit is an option', async (t) => {
  const open = busyNode(1, null);
  open.node.createRoom({ id: 'a' }).addParticipant({ id: 'anna' });
  await open.run(10, 1);
  t.ok(open.node.createRoom({ id: 'b' }));
  const careful = busyNode(1, 0.3);
  careful.node.createRoom({ id: 'a' }).addParticipant({ id: 'anna' });
  await careful.run(10, 0.35);
  t.throws(() => careful.node.createRoom({ id: 'b' }), { code: 'no_capacity' });
  for (const maxLoad of [0, 1.1, Number.NaN]) {
    t.throws(() => createNode({ engine: new FakeEngine(), maxLoad }), { code: 'bad_request' });
  }
});
