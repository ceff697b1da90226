import t from 'tap';
import { readGccVectors } from '../testing/gcc-vectors.js';
import { ArrivalGroups } from './arrival-groups.js';
import { Trendline } from './trendline.js';

const letters = { normal: 'N', overuse: 'O', underuse: 'U' } as const;

for (const vector of readGccVectors().trendline.cases) {
  t.test(`[T1.9] receive interval × ${vector.recv_interval_factor}`, async (t) => {
    const trendline = new Trendline();
    const arrival = (update: number) => Math.trunc(vector.recv_interval_factor * 20 * update);
    const rows: [number, string, number, number][] = [];
    for (let update = 1; update <= 59; update += 1) {
      trendline.update(arrival(update) - arrival(update - 1), 20, arrival(update));
      const { usage, slope, thresholdMs } = trendline;
      rows.push([update, letters[usage], slope, thresholdMs]);
    }
    const changes = rows.filter(([, state], index) => state !== rows[index - 1]?.[1]);
    t.same(
      changes.map(([update, state]) => [update, state]),
      vector.state_changes.map(([update, state]) => [update, state]),
    );
    for (const [update, state, slope, threshold] of [vector.update_24, vector.update_59]) {
      const row = rows[update - 1] as (typeof rows)[number];
      t.equal(row[1], state);
      t.ok(Math.abs(row[2] - slope) <= 1e-6, `slope ${row[2]} of update ${update} is ${slope}`);
      t.ok(Math.abs(row[3] - threshold) <= 1e-4, `threshold ${row[3]} is ${threshold}`);
    }
  });
}

t.test('[T1.6] paced bursts are one group each', async (t) => {
  const groups = new ArrivalGroups();
  const deltas = [];
  for (let burst = 0; burst < 10; burst += 1) {
    for (let packet = 0; packet < 5; packet += 1) {
      const sent = 1000 * (30 * burst + packet);
      const delta = groups.add(sent, sent + 50_000, sent + 100_000);
      if (delta) deltas.push([delta.sentUs, delta.receivedUs]);
    }
  }
  t.same(deltas, new Array(8).fill([30_000, 30_000]));
});

function wifi(jitterMs: number) {
  const groups = new ArrivalGroups();
  const trendline = new Trendline();
  const deltas = [];
  const states = new Set<string>();
  let random = 1;
  const noise = () => {
    random = (random * 48_271) % 2_147_483_647;
    return (
      jitterMs * (((random % 1000) + ((random >> 10) % 1000) + ((random >> 20) % 1000)) / 500 - 3)
    );
  };
  for (let clump = 0; clump < 1500; clump += 1) {
    const at = 40_000 * (clump + 1) + Math.round(1000 * noise()) + 60_000;
    for (let packet = 0; packet < 4; packet += 1) {
      const sent = 40_000 * clump + 10_000 * packet;
      const delta = groups.add(sent, at + 250 * packet, at + 100_000);
      if (!delta) continue;
      deltas.push([delta.sentUs, delta.receivedUs]);
      states.add(
        trendline.update(delta.receivedUs / 1e3, delta.sentUs / 1e3, delta.arrivalUs / 1e3),
      );
    }
  }
  return { deltas, states };
}

t.test('[T1.7] clumps of a radio link are one group each, and no over-use', async (t) => {
  const { deltas, states } = wifi(0);
  t.same(deltas, new Array(1498).fill([40_000, 40_000]));
  t.same([...states], ['normal']);
  t.same([...wifi(3).states], ['normal'], 'with 3 ms of noise per clump');
});

t.test('packets that were overtaken are ignored; three groups in a row start anew', async (t) => {
  const groups = new ArrivalGroups();
  groups.add(100_000, 200_000, 1e6);
  t.equal(groups.add(50_000, 201_000, 1e6), undefined, 'sent before its group');
  groups.add(110_000, 210_000, 1e6);
  t.match(groups.add(120_000, 220_000, 1e6), { sentUs: 10_000, receivedUs: 10_000 });
});

t.test('a jump of the receiver clock gives no delta', async (t) => {
  const groups = new ArrivalGroups();
  groups.add(0, 0, 100_000);
  groups.add(10_000, 10_000, 110_000);
  groups.add(20_000, 30_020_000, 120_000);
  t.equal(groups.add(30_000, 30_030_000, 130_000), undefined);
  groups.add(40_000, 30_040_000, 140_000);
  groups.add(50_000, 30_050_000, 150_000);
  t.match(groups.add(60_000, 30_060_000, 160_000), { sentUs: 10_000, receivedUs: 10_000 });
});
