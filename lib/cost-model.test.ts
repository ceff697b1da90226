import t from 'tap';
import { CostModel, type Measured } from './cost-model.js';

/** Counters that grow as a thread of a given busy share and speed would make them. */
class Thread {
  readonly row: Measured = { shard: 0, nowUs: 0, cpuUs: 0, packetsReceived: 0, packetsSent: 0 };

  run(seconds: number, busy: number, packetsPerCpuSecond: number, lost = 0): Measured {
    const row = this.row as Required<Measured>;
    row.nowUs += 1e6 * seconds;
    row.cpuUs += 1e6 * seconds * busy;
    row.packetsReceived += (seconds * busy * packetsPerCpuSecond) / 10;
    row.packetsSent += (seconds * busy * packetsPerCpuSecond * 9) / 10;
    row.kernelDrops = (row.kernelDrops ?? 0) + lost;
    return { ...row };
  }
}

function fed(model: CostModel, thread: Thread, seconds: number, ...how: [number, number, number?]) {
  for (let i = 0; i < seconds; i++) model.measure([thread.run(1, ...how)]);
  return model.load();
}

t.test('before anything is measured: what is expected', async (t) => {
  const load = new CostModel([0, 1]).load();
  t.match(load, { stressRatio: 0, packetsPerCpuSecond: 400_000, isFull: false });
  t.equal(Math.round(load.headroomPacketsPerSecond), 640_000, 'two threads at 0.8 of a core');
});

t.test('busy share, stress, cost and headroom under load', async (t) => {
  const model = new CostModel([0]);
  const load = fed(model, new Thread(), 30, 0.4, 1_000_000);
  t.ok(Math.abs(load.stressRatio - 0.5) < 1e-9, `${load.stressRatio}`);
  t.ok(Math.abs(load.packetsPerCpuSecond - 1e6) < 20_000, `${load.packetsPerCpuSecond}`);
  t.ok(Math.abs(load.headroomPacketsPerSecond / 400_000 - 1) < 0.02);
  t.match(load.shards, [{ shard: 0, overloadDrops: 0 }]);
});

t.test('an idle thread says little about its capacity', async (t) => {
  const model = new CostModel([0]);
  const thread = new Thread();
  fed(model, thread, 30, 0.5, 1_000_000);
  const idle = fed(model, thread, 600, 0.01, 50_000);
  t.ok(idle.packetsPerCpuSecond > 950_000, `${idle.packetsPerCpuSecond}`);
  t.ok(idle.stressRatio < 0.02);
  const slower = fed(model, thread, 30, 0.5, 500_000);
  t.ok(slower.packetsPerCpuSecond < 550_000, 'under load it is learned anew');
});

t.test('a moment of work does not make a thread full, lasting work does', async (t) => {
  const model = new CostModel([0]);
  const thread = new Thread();
  fed(model, thread, 10, 0.3, 5e5);
  t.notOk(fed(model, thread, 1, 1, 5e5).isFull);
  t.ok(fed(model, thread, 5, 0.95, 5e5).isFull);
});

t.test('full from stress 1 on, until it falls below 0.9', async (t) => {
  const model = new CostModel([0], 0.5);
  const thread = new Thread();
  t.notOk(fed(model, thread, 20, 0.48, 5e5).isFull);
  t.ok(fed(model, thread, 20, 0.51, 5e5).isFull);
  t.match(fed(model, thread, 20, 0.46, 5e5), { isFull: true });
  t.match(fed(model, thread, 20, 0.44, 5e5), { isFull: false });
});

t.test('packets lost to overload: the cliff has come, whatever the CPU time says', async (t) => {
  const model = new CostModel([0]);
  const thread = new Thread();
  fed(model, thread, 5, 0.2, 5e5);
  t.notOk(fed(model, thread, 1, 0.2, 5e5, 50).isFull, 'less than 0.1 % of 100 000');
  const load = fed(model, thread, 1, 0.2, 5e5, 200);
  t.match(load, { isFull: true, stressRatio: 1, headroomPacketsPerSecond: 0 });
  t.equal(load.shards[0]?.overloadDrops, 250);
  t.notOk(fed(model, thread, 1, 0.2, 5e5).isFull);
});

t.test('without a limit nobody is refused, and stress is that of the default', async (t) => {
  const model = new CostModel([0], null);
  const load = fed(model, new Thread(), 10, 0.96, 5e5);
  t.equal(load.isFull, false);
  t.equal(model.isFull(0, 0.5), false);
  t.ok(Math.abs(load.stressRatio - 1.2) < 1e-9);
});

t.test(
  'the busiest thread is the stress of the node; rows too close together are left',
  async (t) => {
    const model = new CostModel([0, 1]);
    model.measure([
      { shard: 0, nowUs: 0, cpuUs: 0 },
      { shard: 1, nowUs: 0, cpuUs: 0 },
    ]);
    t.same(model.measure([{ shard: 0, nowUs: 499_999, cpuUs: 400_000 }]), []);
    t.same(
      model.measure([
        { shard: 0, nowUs: 1_000_000, cpuUs: 200_000 },
        { shard: 1, nowUs: 1_000_000, cpuUs: 400_000 },
      ]),
      [0, 1],
    );
    t.equal(model.load().stressRatio, 0.5);
    t.throws(() => model.busy(2), RangeError);
  },
);
