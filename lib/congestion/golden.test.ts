// The same numbers on every machine: a recorded list of batches and the estimates that it gave when
// the fixture was made (Node 24, x64; tools/record-estimates.mjs). Only log, exp and pow may differ
// between mathematical libraries, in the last bit. Run so far on x64 only, with Node 22 and 24: on
// arm64 nobody has run it yet; this test is what would show a difference there.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { type Estimates, estimatesOf, type RecordedBatch } from '../testing/recorded-batches.js';
import { PROFILES, type ProfileName } from './config.js';

const MOST = 1e-9;

interface Golden {
  readonly batches: readonly RecordedBatch[];
  readonly want: Readonly<Record<ProfileName, Estimates>>;
}

const golden: Golden = JSON.parse(
  readFileSync('test/fixtures/congestion/golden_estimates.json', 'utf8'),
);

function worstDeviation(got: readonly number[], want: readonly number[]): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  return Math.max(...got.map((bps, index) => Math.abs(bps / (want[index] as number) - 1)));
}

for (const profile of Object.keys(PROFILES) as ProfileName[]) {
  t.test(`[T0.2] ${profile}: recorded feedback gives the recorded estimates`, async (t) => {
    const want = golden.want[profile];
    const got = estimatesOf(golden.batches, PROFILES[profile]);
    t.ok(new Set(want.target).size > 100, 'the estimate moves');
    const worst = Math.max(
      worstDeviation(got.target, want.target),
      worstDeviation(got.delay, want.delay),
    );
    t.ok(worst <= MOST, `${worst} at most`);
    // Probe rates are rounded to bits: one bit may fall to the other side.
    const batches = (estimates: Estimates) => estimates.probes.map(([batch]) => batch);
    t.same(batches(got), batches(want), 'probes at the same batches');
    for (const [index, [, rateBps]] of got.probes.entries()) {
      t.ok(Math.abs(rateBps - (want.probes[index]?.[1] ?? 0)) <= 1);
    }
    t.comment(
      `conformance T0.2 ${profile} threshold=${MOST} got=${worst} (Node ${process.versions.node}, ${process.arch})`,
    );
  });
}
