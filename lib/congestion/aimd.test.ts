import t from 'tap';
import { readGccVectors } from '../testing/gcc-vectors.js';
import { AimdRateControl } from './aimd.js';

const vectors = readGccVectors().aimd;
const near = (got: number, wanted: number, tolerance = 1e-3) => Math.abs(got - wanted) <= tolerance;

t.test('[T1.11] multiplicative increase up to 1.5 × throughput', async (t) => {
  const aimd = new AimdRateControl(300_000, 5000);
  const got = vectors.multiplicative.kbps.map(
    (_, second) => aimd.update('normal', 400_000, 1e6 * second) / 1000,
  );
  for (const [index, wanted] of vectors.multiplicative.kbps.entries()) {
    t.ok(near(got[index] as number, wanted, 6e-4), `${got[index]} is ${wanted}`);
  }
});

t.test('[T1.11] the cap', async (t) => {
  const aimd = new AimdRateControl(10_000, 5000);
  for (let step = 0; step <= 200; step += 1) aimd.update('normal', 10_000, 1e5 * step);
  t.equal(aimd.estimateBps, 25_000);
});

t.test('[T1.11] decrease and link capacity', async (t) => {
  const aimd = new AimdRateControl(1_000_000, 5000);
  aimd.update('overuse', 900_000, 0);
  t.ok(near(aimd.estimateBps / 1000, vectors.decrease.estimate));
  t.ok(near((aimd.linkCapacity.estimateBps ?? 0) / 1000, vectors.decrease.link_capacity));
  t.ok(near(aimd.linkCapacity.upperBps / 1000, vectors.decrease.upper_3sigma));
  t.ok(near(aimd.linkCapacity.lowerBps / 1000, vectors.decrease.lower_3sigma));
});

t.test('[T1.11] from 264 to 216, then additively', async (t) => {
  const aimd = new AimdRateControl(264_000, 5000);
  aimd.rttUs = 200_000;
  t.ok(near(aimd.update('overuse', 221_000 / 0.85, 0), 216_000, 1));
  aimd.update('normal', 260_000, 1e6);
  const before = aimd.estimateBps;
  aimd.update('normal', 260_000, 2e6);
  t.ok(near(aimd.estimateBps - before, 12_000, 20), 'half a packet per response time');
});

for (const { rate, rtt_ms, value } of vectors.near_max_increase_kbps_per_s) {
  t.test(`[T1.11] additive increase at ${rate} kbit/s and ${rtt_ms} ms`, async (t) => {
    const aimd = new AimdRateControl(1000 * rate, 5000);
    aimd.rttUs = 1000 * rtt_ms;
    t.ok(near(aimd.nearMaxIncreaseBps / 1000, value, 1e-4), `${aimd.nearMaxIncreaseBps}`);
  });
}

t.test('[CC-15] a link that carries more than when it was last over-used', async (t) => {
  const isOutgrown = (throughputBps: number, standingUs: number) => {
    const aimd = new AimdRateControl(1_000_000, 5000);
    aimd.update('overuse', 900_000, 0);
    aimd.standingUs = standingUs;
    aimd.update('normal', throughputBps, 1e6);
    return aimd.linkCapacity.estimateBps === undefined;
  };
  t.ok(isOutgrown(960_000, 100_000), 'beyond three sigma, whatever stands');
  t.ok(isOutgrown(930_000, 1000), '3 % more, and no queue');
  t.notOk(isOutgrown(930_000, 5000), '3 % more, and a queue');
  t.notOk(isOutgrown(915_000, 0), 'less than 3 % more');
});

t.test('[T1.12] two over-uses within a round trip decrease once', async (t) => {
  const aimd = new AimdRateControl(1_000_000, 5000);
  aimd.rttUs = 100_000;
  aimd.setEstimate(1_000_000, 0);
  t.ok(aimd.isFurtherReductionDue(800_000, 1_000_000));
  aimd.update('overuse', 800_000, 1_000_000);
  t.notOk(aimd.isFurtherReductionDue(0.8 * aimd.estimateBps, 1_050_000));
  t.ok(aimd.isFurtherReductionDue(0.4 * aimd.estimateBps, 1_050_000), 'unless it was far too much');
});
