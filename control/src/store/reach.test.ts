import t from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { Reach } from './reach.js';

/** A server whose probes the test answers. */
function make() {
  const probes: { answer: (isThere: boolean, why?: string) => Promise<void> }[] = [];
  const told: string[] = [];
  const clock = new TestClock();
  const reach = new Reach({
    clock,
    probe: () =>
      new Promise((resolve, reject) => {
        const answer = async (isThere: boolean, why = 'refused') => {
          if (isThere) resolve();
          else reject(new Error(why));
          await new Promise((done) => setImmediate(done));
        };
        probes.push({ answer });
      }),
    isSilence: (error) => (error as Error).message === 'silence',
    lost: () => told.push('lost'),
  });
  reach.onBack(() => told.push('back'));
  const answer = (is: boolean, why?: string) => probes.at(-1)?.answer(is, why);
  return { reach, clock, told, probes, answer };
}

t.test('a doubt that a probe dispels is nothing', async (t) => {
  const { reach, told, probes, answer } = make();
  reach.doubt();
  reach.doubt();
  t.equal(probes.length, 1, 'one asks for all');
  t.equal(reach.isAway, false, 'until it is known');
  await answer(true);
  t.equal(reach.isAway, false);
  t.strictSame(told, []);
});

t.test('while it is away one probe after the other looks whether it is back', async (t) => {
  const { reach, clock, told, probes, answer } = make();
  reach.doubt();
  await answer(false);
  t.equal(reach.isAway, true);
  reach.doubt();
  t.equal(probes.length, 1, 'a failure more is no news');
  for (const isThere of [false, false, true]) {
    clock.advance(200);
    await answer(isThere);
  }
  t.equal(probes.length, 4);
  t.equal(reach.isAway, false);
  t.strictSame(told, ['lost', 'back']);
  clock.advance(10_000);
  t.equal(probes.length, 4, 'nobody looks any more');
  reach.doubt();
  await answer(false);
  t.strictSame(told, ['lost', 'back', 'lost']);
  reach.stop();
  clock.advance(10_000);
  t.equal(probes.length, 5);
});

t.test('silence is no proof: the third in a row is', async (t) => {
  const { reach, told, answer } = make();
  reach.doubt();
  await answer(false, 'silence');
  await answer(false, 'silence');
  await answer(true);
  t.strictSame(told, [], 'it was slow');
  reach.doubt();
  for (const _ of [1, 2]) await answer(false, 'silence');
  t.equal(reach.isAway, false);
  await answer(false, 'silence');
  t.equal(reach.isAway, true);
  t.strictSame(told, ['lost']);
  reach.stop();
});
