// What ./run bench rmcat makes of the packets at both ends of a real link.
import t from 'tap';
import { mediaOf, type Passage } from '../../bench/rmcat/passage.js';
import { recordsOf } from '../../bench/rmcat/record.js';
import { tolerated } from '../../bench/rmcat/tolerance.js';
import { conditionsOf } from '../../bench/scorecard/conditions.js';
import { measure } from '../../bench/scorecard/metrics.js';
import type { Threshold } from '../../bench/scorecard/scenario-file.js';
import { readScenarios } from '../../bench/scorecard/scenarios.js';
import { Vp8Packets } from '../../bench/scorecard/vp8-packets.js';

const { file, runs } = readScenarios('test/fixtures/congestion/rfc8867.json', '^5\\.[14]$');
const [run] = runs;
if (!run) throw new Error('no scenario 5.1');
const conditions = conditionsOf(file, run);
const [threshold] = run.thresholds as [Threshold];

/** Of 952 bytes, with the addresses 1000: 8 ms on a link of 1 Mbit/s. */
function packet(sequence: number, atUs: number, releasedUs = atUs): Passage {
  return { ssrc: 7, sequence, bytes: 952, atUs, releasedUs };
}

t.test('waits, losses and rates', async (t) => {
  const zeroUs = 5e9;
  const entered = [0, 1, 2].map((sequence) => packet(sequence, zeroUs + 1e6 * sequence));
  const left = [
    packet(0, zeroUs + 8_000, zeroUs + 58_000),
    packet(2, zeroUs + 2_028_000, zeroUs + 2_078_000),
  ];
  const flowOf = new Map([[7, 'm1']]);
  const [flow] = recordsOf(conditions, { zeroUs, entered, left, flowOf });
  if (!flow) throw new Error('no flow');
  t.equal(flow.count, 3);
  t.equal(flow.waitUs(0), 0);
  t.equal(flow.isLost(1), true);
  t.equal(flow.waitUs(1), 300_000, 'the queue was full');
  t.equal(flow.waitUs(2), 20_000);
  t.equal(flow.arrivedUs(2), 2_078_000, 'delay and jitter are behind the queue');
  const wanted = { ...threshold, metric: 'utilisation', window_s: [0, 4] as const };
  const record = { flows: [flow] };
  t.equal(measure({ conditions, record, threshold: wanted }), (100 * 2 * 8000) / 4e6);
});

t.test('streams of nobody are left out', async (t) => {
  const passages = { zeroUs: 0, entered: [packet(0, 1)], left: [], flowOf: new Map() };
  t.equal(recordsOf(conditions, passages)[0]?.count, 0);
});

t.test('RTP is told from everything else on the path', async (t) => {
  const packets = new Vp8Packets(7, 0);
  const datagram = Buffer.alloc(32);
  for (const sequence of [0, 1]) {
    packets.write(datagram, 0, { size: 20, isFirst: true, isLast: true, timestamp: 9 });
    t.same(mediaOf(datagram), { ssrc: 7, sequence });
  }
  t.equal(mediaOf(Buffer.of(0x80, 205, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1)), undefined, 'RTCP');
  t.equal(mediaOf(Buffer.alloc(20)), undefined, 'STUN');
});

t.test('T2.2 allows utilisation 10 points and the queue 2 s', async (t) => {
  const limits = ['utilisation', 'queue_drain_below_50ms', 'jain'].map(
    (metric) => tolerated({ ...threshold, metric, worst_seed: 50 }).worst_seed,
  );
  t.same(limits, [40, 52, 50]);
});
