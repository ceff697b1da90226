import t from 'tap';
import { Placement } from './placement.js';

function enter(placement: Placement, shard: number, count: number): void {
  for (let i = 0; i < count; i++) placement.enter(shard);
}

t.test('a room goes to the shard with the least', async (t) => {
  const placement = new Placement([0, 1, 2]);
  enter(placement, 0, 2);
  enter(placement, 1, 1);
  t.equal(placement.leastLoaded(), 2);
  enter(placement, 2, 3);
  t.equal(placement.leastLoaded(), 1);
  placement.leave(0);
  placement.leave(0);
  t.equal(placement.leastLoaded(), 0);
});

t.test('participants stay together while that costs no more than the margin', async (t) => {
  const placement = new Placement([0, 1]);
  enter(placement, 0, 16);
  t.equal(placement.forParticipant(0), 0);
  enter(placement, 0, 1);
  t.equal(placement.forParticipant(0), 1);
  t.equal(placement.forParticipant(1), 1);
});

t.test('a large room fills both shards: at most the margin apart', async (t) => {
  const placement = new Placement([0, 1]);
  const counts = [0, 0];
  for (let i = 0; i < 200; i++) {
    const shard = placement.forParticipant(0);
    placement.enter(shard);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  const [home = 0, other = 0] = counts;
  t.ok(home - other <= 18 && home - other >= 14, `${home} and ${other}`);
});

t.test('apart: always the least loaded', async (t) => {
  const placement = new Placement([0, 1], 'apart');
  placement.enter(0);
  t.equal(placement.forParticipant(0), 1);
});

t.test('what was measured counts more than what is usual', async (t) => {
  const placement = new Placement([0, 1]);
  enter(placement, 0, 10);
  placement.measure([
    { shard: 0, nowUs: 0, cpuUs: 0 },
    { shard: 1, nowUs: 0, cpuUs: 0 },
  ]);
  t.equal(placement.load(0), 0.05);
  placement.measure([
    { shard: 0, nowUs: 2_000_000, cpuUs: 200_000 },
    { shard: 1, nowUs: 2_000_000, cpuUs: 1_000_000 },
  ]);
  t.equal(placement.load(0), 0.1);
  t.equal(placement.load(1), 0.5);
  t.equal(placement.forParticipant(0), 0);
  t.equal(placement.forParticipant(1), 0, 'its own is much busier');
  placement.enter(0);
  t.ok(placement.load(0) > 0.1, 'who came since is added');
});

t.test('spans that are too short, and rows of the same moment, change nothing', async (t) => {
  const placement = new Placement([0]);
  placement.measure([{ shard: 0, nowUs: 1000, cpuUs: 0 }]);
  placement.measure([{ shard: 0, nowUs: 1000, cpuUs: 0 }]);
  placement.measure([{ shard: 0, nowUs: 101_000, cpuUs: 100_000 }]);
  t.equal(placement.load(0), 0);
  placement.measure([{ shard: 0, nowUs: 1_001_000, cpuUs: 500_000 }]);
  t.equal(placement.load(0), 0.5);
});

t.throws(() => new Placement([0]).enter(1), RangeError);
