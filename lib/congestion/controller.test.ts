import t from 'tap';
import { FeedbackPath, type PathOptions } from '../testing/feedback-path.js';
import { type CongestionConfig, maxBpsFor, PROFILES, startBpsAfter } from './config.js';
import { CongestionController } from './congestion-controller.js';
import type { FeedbackBatch } from './feedback-batch.js';

function makePath(options: PathOptions, own: Partial<CongestionConfig> = {}) {
  return new FeedbackPath(new CongestionController({ ...PROFILES['gcc-base'], ...own }), options);
}

/** The targets and probes that a recorded list of batches gives. */
function replay(batches: readonly FeedbackBatch[], timeoutLagUs: (batch: FeedbackBatch) => number) {
  const controller = new CongestionController(PROFILES['gcc-sfu']);
  controller.handleDemand({ wantBps: 5_000_000, isStepped: true });
  controller.start(1_000_000_000);
  return batches.map((batch) => {
    controller.handleTimeout(batch.feedbackUs - timeoutLagUs(batch));
    const rates = controller.handleFeedback(batch);
    return [controller.reading().targetBps, rates?.probes.map(({ rateBps }) => rateBps)];
  });
}

t.test('[T0.1] stalls of JavaScript change nothing', async (t) => {
  const path = makePath({ capacityBps: 1_000_000, jitterUs: 5000 }, PROFILES['gcc-sfu']);
  path.run(20);
  path.options.capacityBps = 400_000;
  path.run(20);
  const live = replay(path.batches, () => 250_000);
  t.ok(new Set(live.map(([bps]) => bps)).size > 50, 'the estimate moves');
  t.same(
    replay(path.batches, ({ feedbackUs }) => (feedbackUs % 700_000 < 2e5 ? 3e5 : 4.5e5)),
    live,
  );
  t.same(
    replay(path.batches, () => Number.POSITIVE_INFINITY),
    live,
    'all at once',
  );
});

t.test('[T1.31] a duplicate feedback message has no effect', async (t) => {
  const path = makePath({ capacityBps: 800_000 });
  path.run(5);
  const before = path.controller.reading();
  const [last] = path.batches.slice(-1) as [FeedbackBatch];
  const empty = {
    ...last,
    sequences: new Float64Array(),
    sentUs: new Float64Array(),
    receivedUs: new Float64Array(),
    sizes: new Uint32Array(),
    clusters: new Int32Array(),
    flags: new Uint8Array(),
    sentBinUs: new Float64Array(),
    sentBinBytes: new Uint32Array(),
  };
  t.equal(path.controller.handleFeedback(empty), undefined);
  t.same(path.controller.reading(), before);
});

for (const [sigmaMs, most] of [
  [5, 0],
  [10, 1],
] as const) {
  t.test(`[T1.10] [T1.23] jitter of ${sigmaMs} ms for 10 minutes`, async (t) => {
    const path = makePath({
      ...{ capacityBps: 100_000_000, rateBps: 1_000_000, isFramed: false },
      jitterUs: 1000 * sigmaMs,
    });
    path.run(5);
    const probes = path.probes.length;
    let overuses = 0;
    let previous = 'normal';
    path.run(600, () => {
      const { usage } = path.controller.reading();
      if (usage === 'overuse' && previous !== usage) overuses += 1;
      previous = usage;
    });
    t.ok(overuses / 10 <= most, `${overuses / 10} over-uses a minute`);
    t.comment(`conformance T1.10 threshold=${most}/min got=${overuses / 10}/min`);
    t.equal(path.probes.length, probes, 'no probe while nothing changes');
  });
}

t.test('[T1.15] feedback stops', async (t) => {
  const path = makePath({ capacityBps: 1_100_000 });
  path.run(20);
  const before = path.controller.reading().targetBps;
  path.isFeedbackLost = true;
  path.run(2.9);
  t.equal(path.controller.reading().targetBps, before, 'unchanged for 2.9 s');
  path.run(0.8);
  t.ok(path.controller.reading().targetBps < before, 'then down');
  path.run(6.3);
  const at10 = path.controller.reading().targetBps / before;
  t.ok(at10 >= 0.13 && at10 <= 0.28, `${at10.toFixed(3)} of it after 10 s`);
  t.comment(`conformance T1.15 threshold=0.13..0.26 got=${at10.toFixed(3)}`);
  path.isFeedbackLost = false;
  let seconds = 0;
  for (; seconds < 30 && path.controller.reading().targetBps < 0.8 * before; seconds += 1) {
    path.run(1);
  }
  t.ok(seconds <= 20, `80 % again after ${seconds} s`);
  t.comment(`conformance T1.15 threshold=20s got=${seconds}s`);
});

t.test(
  '[T1.8] [R1.19] a capacity drop is answered, whatever the receiver clock does',
  async (t) => {
    const reaction = (clockJumpUs: number) => {
      const path = makePath({ capacityBps: 1_000_000 });
      path.run(30);
      path.clockOffsetUs += clockJumpUs;
      path.options.capacityBps = 500_000;
      path.run(0.1);
      const start = path.nowUs - 100_000;
      while (path.controller.reading().targetBps > 500_000) path.run(0.1);
      return (path.nowUs - start) / 1000;
    };
    for (const [name, jumpUs, mostMs] of [
      ['no jump', 0, 1000],
      ['+30 s', 30_000_000, 1000],
      ['-30 s', -30_000_000, 1000],
    ] as const) {
      const ms = reaction(jumpUs);
      t.ok(ms <= mostMs, `${name}: below the new capacity after ${ms} ms`);
      t.comment(`conformance T1.8 ${name} threshold=${mostMs}ms got=${ms}ms`);
    }
  },
);

t.test('[R1.22] a paused subscriber keeps its estimate', async (t) => {
  const path = makePath({ capacityBps: 1_000_000 });
  path.run(20);
  const before = path.controller.reading().targetBps;
  path.isPaused = true;
  path.run(20);
  t.ok(path.controller.reading().targetBps >= 0.9 * before);
  path.isPaused = false;
  path.run(5);
  const after = path.controller.reading().targetBps;
  t.ok(after > 0.7 * before && after < 1.3 * before, `${before} before, ${after} after`);
});

t.test('[CC-10] an over-use whose queue passes', async (t) => {
  const estimateAfter = (isStepped: boolean, stepUs: number) => {
    const path = makePath({ capacityBps: 100_000_000, rateBps: 150_000 }, PROFILES['gcc-sfu']);
    path.controller.handleDemand({ wantBps: 0, isStepped });
    path.run(10);
    const before = path.controller.reading().targetBps;
    let usage = 'normal';
    for (let tick = 0; tick < 8; tick += 1) {
      path.clockOffsetUs += stepUs;
      path.run(0.1);
      if (path.controller.reading().usage === 'overuse') usage = 'overuse';
    }
    t.equal(usage, 'overuse', `${stepUs} us later with each feedback: over-use`);
    return path.controller.reading().targetBps / before;
  };
  t.ok(estimateAfter(true, 5000) >= 1, 'layers, 40 ms at most: the estimate stays');
  t.ok(estimateAfter(false, 5000) < 0.9, 'a source that follows the target: down');
  t.ok(estimateAfter(true, 20_000) < 0.9, 'layers, up to 160 ms: down');
});

t.test('[CC-10] a layer above the link', async (t) => {
  const path = makePath({ capacityBps: 2_000_000 }, PROFILES['gcc-sfu']);
  path.run(10);
  path.options.rateBps = 500_000;
  path.run(10);
  path.options.capacityBps = 300_000;
  path.run(1);
  const { targetBps } = path.controller.reading();
  t.ok(targetBps < 300_000, `${targetBps} a second after the link fell to 300 kbit/s`);
});

t.test('[CC-13] a way that becomes longer', async (t) => {
  const path = makePath({ capacityBps: 1_000_000 }, PROFILES['gcc-sfu']);
  path.controller.handleDemand({ wantBps: 3_000_000, isStepped: false });
  path.run(20);
  path.options.oneWayUs = 150_000;
  path.run(20);
  const { targetBps, queueUs, guardsFired } = path.controller.reading();
  t.ok(queueUs < 70_000, `${queueUs} us are called a queue`);
  t.ok(guardsFired <= 3, `${guardsFired} decreases`);
  t.ok(targetBps > 800_000, `${targetBps} of 1 Mbit/s`);
});

t.test('[CC-17] what arrives is not taken back by a probe', async (t) => {
  const options = { capacityBps: 1_000_000, rateBps: 900_000, jitterUs: 5000 };
  const path = makePath(options, PROFILES['gcc-sfu']);
  path.controller.handleDemand({ wantBps: 3_000_000, isStepped: false });
  path.run(5);
  const shares: number[] = [];
  let beforeBps = path.controller.reading().targetBps;
  path.run(120, () => {
    const { targetBps, throughputBps = 0, usage } = path.controller.reading();
    const isProbe = path.batches.at(-1)?.clusters.some((cluster) => cluster >= 0);
    if (isProbe && usage === 'normal') shares.push(targetBps / Math.min(beforeBps, throughputBps));
    beforeBps = targetBps;
  });
  t.ok(shares.length > 4, `${shares.length} probes`);
  const least = Math.min(...shares).toFixed(3);
  t.ok(Number(least) >= 1, `the target is at least ${least} of what arrives`);
});

t.test('[CC-11] when all is paused, the way is asked', async (t) => {
  const path = makePath({ capacityBps: 100_000 }, PROFILES['gcc-sfu']);
  path.controller.handleDemand({ wantBps: 160_000, isStepped: true });
  path.run(20);
  path.isPaused = true;
  path.options.capacityBps = 2_000_000;
  path.run(40);
  const { targetBps } = path.controller.reading();
  t.ok(targetBps >= 160_000, `${targetBps} without anything sent but probes`);
});

t.test('[R1.17] without transport-wide feedback', async (t) => {
  const make = () => {
    const controller = new CongestionController(PROFILES['gcc-base']);
    controller.start(0);
    return controller;
  };
  t.test('neither REMB nor reports: the start rate, fixed', async (t) => {
    const controller = make();
    for (let second = 1; second < 30; second += 1) controller.handleTimeout(1e6 * second);
    t.equal(controller.reading().targetBps, 300_000);
  });
  t.test('REMB is the limit', async (t) => {
    const controller = make();
    t.match(controller.handleRemoteEstimate(700_000, 1e6), { targetBps: 700_000 });
    t.match(controller.handleRemoteEstimate(400_000, 2e6), { targetBps: 400_000 });
    t.equal(controller.reading().reason, 'remote');
  });
  t.test('loss in reports lowers it', async (t) => {
    const controller = make();
    controller.handleRemoteEstimate(1_000_000, 1e6);
    const report = { expected: 100, lost: 20, rttUs: 100_000 };
    controller.handleReception({ ...report, atUs: 2e6 });
    t.ok(Math.abs(controller.reading().targetBps - 900_000) < 1000, '20 % → × 0.9 [T1.14]');
    controller.handleReception({ ...report, atUs: 2.3e6 });
    t.ok(Math.abs(controller.reading().targetBps - 900_000) < 1000, 'once per 300 ms + RTT');
  });
});

t.test('[T1.19] v2 without loss is the delay estimate', async (t) => {
  const path = makePath({ capacityBps: 1_000_000 }, PROFILES['loss-v2']);
  path.run(10);
  path.run(20, () => {
    const { targetBps, delayBps, reason } = path.controller.reading();
    if (reason !== 'minimum') t.equal(targetBps, delayBps);
  });
});

t.test('smoke tests of libwebrtc', async (t) => {
  for (const [kbps, oneWayMs, seconds, tolerance] of [
    [500, 100, 25, 100],
    [800, 100, 20, 150],
    [100, 200, 50, 25],
  ] as const) {
    const path = makePath({ capacityBps: 1000 * kbps, oneWayUs: 1000 * oneWayMs });
    path.run(seconds);
    const got = path.controller.reading().targetBps / 1000;
    t.ok(Math.abs(got - kbps * 0.92) <= tolerance, `${got.toFixed(0)} on ${kbps} kbit/s`);
  }
  const path = makePath({ capacityBps: 2_000_000, oneWayUs: 25_000 }, { startBps: 1_000_000 });
  path.run(10);
  t.ok(path.controller.reading().targetBps > 1_500_000);
});

t.test('limits', async (t) => {
  t.equal(maxBpsFor(1_000_000, 5_000_000), 1_650_000);
  t.equal(maxBpsFor(1_050_000, 1_650_000), 1_650_000, 'hysteresis');
  const config = { ...PROFILES['gcc-base'], startBps: 600_000 };
  t.equal(startBpsAfter(config, undefined), 600_000);
  t.equal(startBpsAfter(config, { estimateBps: 2_000_000, ageUs: 59e6 }), 1_600_000);
  t.equal(startBpsAfter(config, { estimateBps: 2_000_000, ageUs: 60e6 }), 600_000);
  const path = makePath({ capacityBps: 5_000_000 });
  path.controller.handleLimit(1_000_000, path.nowUs);
  path.run(20);
  t.equal(path.controller.reading().targetBps, 1_000_000);
  t.equal(path.controller.reading().reason, 'maximum');
});
