import fc from 'fast-check';
import t from 'tap';
import { seedOf } from '../testing/seed.js';
import { type Candidate, placeRoom, unfitBecause } from './placement.js';

function node(nodeId: string, also: Partial<Candidate> = {}): Candidate {
  const well = { stress: 0.1, isFull: false, dropRatio: 0, lossRatio: 0, silentMs: 100 };
  return { nodeId, region: 'here', isDraining: false, promised: 0, ...well, ...also };
}

const wish = { region: 'here', reserves: ['near'], except: [] };
const always = (value: number) => () => value;

t.test('who gets no new rooms, and why', async (t) => {
  t.equal(unfitBecause(node('a')), null);
  t.equal(unfitBecause(node('a', { isDraining: true })), 'draining');
  t.equal(unfitBecause(node('a', { silentMs: 2100 })), 'silent');
  t.equal(unfitBecause(node('a', { isFull: true })), 'full');
  t.equal(unfitBecause(node('a', { stress: 0.8 })), 'full', 'before it refuses those who are in');
  t.equal(
    unfitBecause(node('a', { promised: 71 })),
    'full',
    'what it was given and has not felt yet',
  );
  t.equal(unfitBecause(node('a', { dropRatio: 0.002 })), 'drops');
  t.equal(unfitBecause(node('a', { lossRatio: 0.2 })), 'loss');
});

t.test('its region, then what stands in for it, then anywhere, else nowhere', async (t) => {
  const nodes = [node('far', { region: 'far' }), node('near', { region: 'near' }), node('here')];
  const placed = (...some: Candidate[]) => placeRoom(some, wish, always(0))?.nodeId;
  t.equal(placed(...nodes), 'here');
  t.equal(placed(...nodes.slice(0, 2)), 'near');
  t.equal(placed(nodes[0] as Candidate), 'far');
  t.equal(placed(), undefined);
  t.equal(placed(node('here', { isFull: true })), undefined);
  t.equal(placeRoom([node('here')], { ...wish, except: ['here'] }, always(0)), null);
});

t.test('never the busiest of several, never one that is unfit, and all are used', async () => {
  const stress = fc.double({ min: 0, max: 1, noNaN: true });
  const some = fc.array(fc.record({ stress, isDraining: fc.boolean() }), {
    minLength: 3,
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      some,
      fc.infiniteStream(fc.double({ min: 0, max: 0.999_999, noNaN: true })),
      (list, random) => {
        const nodes = list.map((also, index) => node(`${index}`, also));
        const next = () => random.next().value as number;
        const fit = nodes.filter((one) => unfitBecause(one) === null);
        const placed = placeRoom(nodes, wish, next);
        if (fit.length === 0) return placed === null;
        const busiest = Math.max(...fit.map((one) => one.stress));
        const isTie = fit.filter((one) => one.stress === busiest).length > 1;
        return (
          placed !== null &&
          fit.includes(placed) &&
          (fit.length === 1 || isTie || placed.stress < busiest)
        );
      },
    ),
    { numRuns: 1000, seed: seedOf(t) },
  );
});
