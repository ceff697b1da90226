import t from 'tap';
import type { LossContext } from './loss-controller.js';
import { LossLedger } from './loss-ledger.js';
import { LossV0 } from './loss-v0.js';
import { LossV2 } from './loss-v2.js';

const SECOND = 1_000_000;

function context(nowUs: number, targetBps: number, own: Partial<LossContext> = {}): LossContext {
  return {
    ...{ nowUs, targetBps, delayBps: 10_000_000, remoteBps: undefined },
    ...{ throughputBps: targetBps, maxBps: 20_000_000, rttUs: 100_000, isAlr: false, ...own },
  };
}

/** Feeds 100 packets every 100 ms, of which `lossShare` are lost; the targets over time. */
function run(controller: LossV0 | LossV2, lossShare: number, seconds: number, startBps: number) {
  const targets: number[] = [];
  let target = startBps;
  let debt = 0;
  for (let step = 1; step <= 10 * seconds; step += 1) {
    const nowUs = 100 * SECOND + step * 100_000;
    debt += 100 * lossShare;
    const lost = Math.floor(debt);
    debt -= lost;
    const bytes = target / 80;
    const count = { packets: 100, lost, bytes, lostBytes: (bytes * lost) / 100 };
    const now = context(nowUs, target);
    controller.handleObservation(
      { ...count, firstSentUs: nowUs - 100_000, lastSentUs: nowUs },
      now,
    );
    target = Math.min(controller.nextTarget(now), 10_000_000);
    targets.push(target);
  }
  return targets;
}

t.test('[T1.14] 1.5 % loss rises by 8 % a second', async (t) => {
  const targets = run(new LossV0(), 0.015, 12, 1_000_000);
  const [before, after] = [targets[59] as number, targets[69] as number];
  t.ok(after / before > 1.07 && after / before < 1.1, `× ${(after / before).toFixed(3)} a second`);
});

t.test('[T1.14] 5 % loss holds for 30 s', async (t) => {
  const targets = run(new LossV0(), 0.05, 40, 1_000_000).slice(100);
  t.ok(Math.max(...targets) / Math.min(...targets) <= 1.01);
});

t.test('[T1.14] 20 % loss: × 0.9, once per 300 ms and round trip', async (t) => {
  const controller = new LossV0();
  const lossy = { packets: 100, lost: 20, bytes: 0, lostBytes: 0, firstSentUs: 0, lastSentUs: 0 };
  controller.handleObservation(lossy, context(SECOND, 1_000_000));
  const first = controller.nextTarget(context(SECOND, 1_000_000));
  t.ok(Math.abs(first - 900_000) < 1000, `${first}`);
  t.equal(controller.nextTarget(context(1.3 * SECOND, first)), first, 'the same report');
  controller.handleObservation(lossy, context(2.01 * SECOND, first));
  t.ok(controller.nextTarget(context(2.01 * SECOND, first)) < first, 'the next one');
});

t.test('a packet is lost once, and found again (R1.6)', async (t) => {
  const ledger = new LossLedger();
  const batch = (received: number) => ({
    sequences: Float64Array.of(7),
    receivedUs: Float64Array.of(received),
    sizes: Uint32Array.of(1000),
  });
  t.same(ledger.count(batch(Number.NaN)), { packets: 1, lost: 1, bytes: 1000, lostBytes: 1000 });
  t.same(ledger.count(batch(Number.NaN)), { packets: 0, lost: 0, bytes: 0, lostBytes: 0 });
  t.same(ledger.count(batch(5)), { packets: 0, lost: -1, bytes: 0, lostBytes: -1000 });
});

t.test('[T1.17] v2 keeps most of the rate at random loss where v0 collapses', async (t) => {
  const v2 = run(new LossV2(), 0.1, 60, 1_500_000);
  const v0 = run(new LossV0(), 0.12, 60, 1_500_000);
  t.ok((v0.at(-1) ?? 0) < 100_000, `v0 ends at ${v0.at(-1)}`);
  t.ok((v2.at(-1) ?? 0) > 500_000, `v2 ends at ${v2.at(-1)}`);
});
