import t from 'tap';
import { AlrDetector } from './alr-detector.js';
import { DeficiencyProber } from './deficiency.js';
import { OneWayDelay } from './one-way-delay.js';
import { ProbeEstimator } from './probe-estimator.js';
import { StandingQueueGuard } from './standing-queue-guard.js';
import { ThroughputEstimator } from './throughput.js';

type Row = [sentMs: number, receivedMs: number, bytes?: number];

const probes: [name: string, packets: Row[], kbps: number | undefined][] = [
  [
    'one cluster',
    [
      [0, 10],
      [10, 20],
      [20, 30],
      [30, 40],
    ],
    800,
  ],
  [
    'slow receive',
    [
      [0, 10],
      [10, 40],
      [20, 70],
      [30, 85],
    ],
    304,
  ],
  [
    'too fast receive',
    [
      [0, 19],
      [10, 22],
      [20, 25],
      [40, 27],
    ],
    undefined,
  ],
  [
    'burst receive',
    [
      [0, 50],
      [10, 50],
      [20, 50],
      [40, 50],
    ],
    undefined,
  ],
  [
    'too few probes',
    [
      [0, 10, 2000],
      [10, 20, 2000],
      [20, 30, 2000],
    ],
    undefined,
  ],
  [
    'ignore last sent size',
    [
      [0, 10],
      [10, 20],
      [20, 30],
      [30, 40],
      [40, 50, 1500],
    ],
    800,
  ],
  [
    'ignore first received size',
    [
      [0, 10, 1500],
      [10, 20],
      [20, 30],
      [30, 40],
    ],
    760,
  ],
];

for (const [name, packets, kbps] of probes) {
  t.test(`[T1.20] ${name}`, async (t) => {
    const estimator = new ProbeEstimator();
    const facts = { id: 1, minPackets: 5, minBytes: 4000 };
    for (const [sent, received, bytes = 1000] of packets) {
      estimator.add(facts, 1000 * sent, 1000 * received, bytes);
    }
    const result = estimator.take();
    t.equal(result === undefined ? undefined : Math.round(result / 1000), kbps);
    t.equal(estimator.take(), undefined, 'taken once');
  });
}

t.test('[T1.13] a constant rate, before, during and after a stall of 400 ms', async (t) => {
  const estimator = new ThroughputEstimator();
  let worst = 0;
  for (let packet = 0; packet < 1000; packet += 1) {
    const sent = 9600 * packet;
    const isStalled = sent >= 4_000_000 && sent < 4_400_000;
    const received = 50_000 + (isStalled ? 4_400_000 : sent) + (isStalled ? packet : 0);
    estimator.add(sent, received, 1200);
    if (packet < 30) continue;
    worst = Math.max(worst, Math.abs((estimator.bps ?? 0) / 1_000_000 - 1));
  }
  t.ok(worst <= 0.01, `off by ${(100 * worst).toFixed(2)} %`);
  t.comment(`conformance T1.13 threshold=1% got=${(100 * worst).toFixed(2)}%`);
});

t.test('[T1.13] unknown with few packets, and after a packet from the past', async (t) => {
  const estimator = new ThroughputEstimator();
  for (let packet = 0; packet < 9; packet += 1) estimator.add(9600 * packet, 9600 * packet, 1200);
  t.equal(estimator.bps, undefined);
  for (let packet = 9; packet < 300; packet += 1) estimator.add(9600 * packet, 9600 * packet, 1200);
  t.ok(estimator.bps);
  estimator.add(0, 0, 1200);
  t.equal(estimator.bps, undefined);
});

t.test('[CC-16] half of the feedback is lost', async (t) => {
  const estimator = new ThroughputEstimator();
  let [lowest, highest] = [Number.POSITIVE_INFINITY, 0];
  for (let packet = 0; packet < 1000; packet += 1) {
    if (Math.floor(packet / 10) % 2 === 1) continue;
    estimator.add(9600 * packet, 50_000 + 9600 * packet, 1200, packet % 10 === 0);
    if (packet < 200) continue;
    lowest = Math.min(lowest, (estimator.bps ?? 0) / 1_000_000);
    highest = Math.max(highest, (estimator.bps ?? 0) / 1_000_000);
  }
  t.ok(lowest > 0.65, `of 1 Mbit/s at least ${lowest.toFixed(2)}`);
  t.ok(highest < 0.85, `on the low side: at most ${highest.toFixed(2)}`);
});

/** When the application limited region starts, seconds, at 30 frames a second. */
function alrStart(share: number, kbps: number, detector = new AlrDetector(1000 * kbps)) {
  for (let frame = 0; frame < 300; frame += 1) {
    detector.handleSent((share * 1000 * kbps) / 30 / 8, (1e6 * frame) / 30);
    if (detector.startUs !== undefined) return detector.startUs / 1e6;
  }
  return undefined;
}

/** How long 90 % must be sent after 10 s of 30 % until the region ends, seconds. */
function alrEnd(kbps: number) {
  const detector = new AlrDetector(1000 * kbps);
  for (let frame = 0; ; frame += 1) {
    const share = frame < 300 ? 0.3 : 0.9;
    detector.handleSent((share * 1000 * kbps) / 30 / 8, (1e6 * frame) / 30);
    if (frame > 300 && detector.startUs === undefined) return (frame - 299) / 30;
  }
}

for (const kbps of [300, 1000, 4000]) {
  t.test(`[T1.24] application limited at ${kbps} kbit/s`, async (t) => {
    for (const [share, wanted] of [
      [0.3, 0.77],
      [0.4, 1.07],
      [0.5, 1.73],
      [0.6, 5.2],
    ] as const) {
      const got = alrStart(share, kbps) ?? Number.NaN;
      t.ok(
        Math.abs(got - wanted) <= 0.1,
        `at ${100 * share} %: ${got.toFixed(2)} s is ${wanted} s`,
      );
    }
    t.equal(alrStart(0.7, kbps), undefined, 'never at 70 %');
    const took = alrEnd(kbps);
    t.ok(took >= 0.5 && took <= 0.73, `ends ${took.toFixed(2)} s after 90 % starts`);
  });
}

t.test('[CC-12] what is lacking is probed for', async (t) => {
  const second = 1_000_000;
  const asked = (nowS: number, probedS: number, estimateBps: number) => ({
    ...{ estimateBps, queueUs: 0, isNormal: true, throughputBps: 400_000 },
    bitsOf: (rateBps: number) => 0.03 * rateBps,
    ...{ nowUs: nowS * second, probedUs: probedS * second },
  });
  const prober = new DeficiencyProber();
  prober.demand = { wantBps: 500_000, isStepped: true };
  t.equal(prober.rateBps(asked(10, 4, 495_000)), 600_000, 'however little is lacking');
  prober.accept(600_000);
  t.equal(prober.rateBps(asked(14.9, 10, 400_000)), undefined);
  t.equal(prober.rateBps(asked(15.1, 10, 400_000)), 600_000, 'nothing was heard of it: 5 s');
  prober.handleAnswer();
  t.equal(prober.rateBps(asked(17, 10, 400_000)), undefined, 'a probe that failed: 7.5 s');
  t.equal(prober.rateBps(asked(18, 10, 400_000)), 600_000);
  prober.accept(600_000);
  prober.handleAnswer();
  prober.demand = { wantBps: 1_500_000, isStepped: true };
  t.equal(prober.rateBps(asked(19.1, 18, 560_000)), 1_120_000, 'one that brought its rate: 1 s');

  prober.demand = { wantBps: 500_000, isStepped: true };
  for (let failed = 0; failed < 6; failed += 1) {
    prober.rateBps(asked(100, 100, 400_000));
    prober.accept(600_000);
    prober.handleAnswer();
  }
  t.equal(prober.rateBps(asked(111.2, 100, 400_000)), undefined, 'many failed, and 18 kbit are');
  t.equal(prober.rateBps(asked(111.3, 100, 400_000)), 600_000, '0.4 % of 400 kbit/s in 11.25 s');
  prober.handleOutgrown();
  t.equal(prober.rateBps(asked(101.1, 100, 400_000)), 600_000, 'the link has grown: 1 s');
});

t.test('[CC-13] a queue that stands', async (t) => {
  const fires = (queueUs: number, lost: number) => {
    const [delay, guard] = [new OneWayDelay(), new StandingQueueGuard()];
    delay.add({ atUs: 0, delayUs: 0, packets: 10, lost: 0 });
    let fired = 0;
    for (let tick = 1; tick <= 60; tick += 1) {
      const atUs = 100_000 * tick;
      delay.add({ atUs, delayUs: queueUs, packets: 100, lost });
      if (guard.isDue(delay, true, atUs)) fired += 1;
    }
    return fired;
  };
  t.equal(
    fires(80_000, 0),
    3,
    '80 ms and nothing lost: three times, and then it must have drained',
  );
  t.equal(fires(60_000, 0), 0, '60 ms and nothing lost');
  t.ok(fires(50_000, 5) > 0, '50 ms and 5 % lost');
  t.equal(fires(50_000, 1), 0, 'v0 itself grows at 1 %');
  t.equal(fires(8000, 5), 0, 'random loss on a free way');
});
