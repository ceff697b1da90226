/** Fleets that go wrong in every way, on virtual time: what must hold does, and mistakes are found. */
import t from 'tap';
import type { Plant } from './plants.js';
import { regressions } from './regressions.js';
import { type Outcome, simulate } from './simulate.js';

const count = 1000;
const given = process.env.PLENUM_TEST_SEED;
/** Of so many runs with a check taken out at least one must fail. */
const mostToFind = 200;

async function explain({ seed }: Outcome, plant: Plant | null = null): Promise<string> {
  const { trace } = await simulate(seed, { plant, isTracing: true });
  return trace.slice(-200).join('\n');
}

t.test('every invariant holds', async (t) => {
  const [from, to] = given === undefined ? [1, count] : [Number(given), Number(given)];
  t.comment(`seeds ${from} to ${to}; PLENUM_TEST_SEED=… repeats one with its trace`);
  let steps = 0;
  for (let seed = from; seed <= to; seed++) {
    const outcome = await simulate(seed);
    steps += outcome.steps;
    if (outcome.failure === null) continue;
    t.comment(await explain(outcome));
    t.fail(`PLENUM_TEST_SEED=${seed}: ${outcome.failure}`);
    return;
  }
  t.comment(`${steps} steps`);
  t.ok(steps > (to - from) * 1000, 'and something happened');
});

t.test('a run follows from its seed, whether or not it is looked at', async (t) => {
  for (const seed of [1, 2, 3]) {
    const [one, other] = [await simulate(seed), await simulate(seed, { isTracing: true })];
    t.equal(one.hash, other.hash, `seed ${seed}`);
    t.equal(one.steps, other.steps);
  }
  t.not((await simulate(1)).hash, (await simulate(2)).hash, 'and another seed is another run');
});

t.test('seeds that have found something', async (t) => {
  for (const [seed, what] of regressions) t.equal((await simulate(seed)).failure, null, what);
});

/** With what the failure says: it is the planted mistake that was found, and no other. */
const found: [Plant, RegExp][] = [
  ['no epoch check', /did \w+ of epoch \d+ after it heard of \d+/],
  ['raise without compare', /goes from epoch \d+ to \d+|gives an epoch to/],
  ['no fence', /writes for|goes from epoch/],
  ['commands again', /is written twice/],
  ['a cut is a loss', /gives node-\d up for no reason/],
  ['who is cut off is gone', /control-\d is still gone for control-\d/],
  ['inherited behind a cut', /takes \S+ away from where it can be reached/],
  ['told before it is over', /hears that \S+ is over, and it is not/],
  ['seats outlive their room', /still sits in \S+, which is over/],
  ['a node keeps what is over', /node-\d (still has|has epoch \d+ of) /],
  ['an order for the next room', /is ended, and nobody wanted it/],
  ['moved before it is written', /is said to be at \S+ by epoch \d+, and is at undefined/],
  ['two places at one node', /two places of a room are at one node/],
];

for (const [plant, says] of found) {
  t.test(`a planted mistake is found: ${plant}`, async (t) => {
    for (let seed = 1; seed <= mostToFind; seed++) {
      const { failure } = await simulate(seed, { plant });
      if (failure === null || !says.test(failure)) continue;
      t.pass(`by seed ${seed}: ${failure}`);
      return;
    }
    t.fail(`not within ${mostToFind} seeds`);
  });
}
