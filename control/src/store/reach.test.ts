import t from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { Reach } from './reach.js';

/** A server whose probes the test answers. */
function make() {
  const probes: { answer: (isThere: boolean) => Promise<void> }[] = [];
  const told: string[] = [];
  const clock = new TestClock();
  const reach = new Reach({
    clock,
    probe: () =>
      new Promise((resolve, reject) => {
        const answer = async (isThere: boolean) => {
          if (isThere) resolve();
          else reject(new Error('refused'));
          await new Promise((done) => setImmediate(done));
        };
        probes.push({ answer });
      }),
    lost: () => told.push('lost'),
  });
  reach.onBack(() => told.push('back'));
  return { reach, clock, told, probes, answer: (is: boolean) => probes.at(-1)?.answer(is) };
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
