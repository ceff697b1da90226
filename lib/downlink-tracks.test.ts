import t from 'tap';
import { tracksOf } from './downlink-tracks.js';
import { EstimateMemory } from './estimate-memory.js';
import type { LiveSubscription, SubscriptionSettings } from './subscription.js';

const layering = { structureOf: () => 'simulcast', rates: [], declaredBps: [] };

function subscription(id: string, settings: Partial<SubscriptionSettings>): LiveSubscription {
  const isWanted = settings.visible !== false;
  const publication = { id, participant: { id: `person ${id}` }, codec: 'vp8', layering };
  const all = { enabled: true, visible: true, priority: 100, ...settings };
  return { publication, settings: all, isWanted, layer: null } as unknown as LiveSubscription;
}

const staged = (subscriptions: LiveSubscription[]) =>
  tracksOf(subscriptions, []).flatMap(({ id, isOnStage }) => (isOnStage ? id : []));

t.test('the tile that is larger by far is on stage', async (t) => {
  const large = subscription('A', { width: 1280, height: 720 });
  const small = subscription('B', { width: 320, height: 180 });
  const unknown = subscription('C', {});
  t.same(staged([small, large, small, unknown]), ['A']);
  t.same(staged([small, small]), [], 'a gallery has none');
  t.same(staged([unknown, unknown]), []);
  t.same(staged([subscription('D', { width: 400, height: 300, visible: false }), small]), ['B']);
});

t.test('who spoke last comes first, the others stay in their order', async (t) => {
  const all = ['A', 'B', 'C', 'D'].map((id) => subscription(id, {}));
  const order = tracksOf(all, ['person D', 'person B', 'somebody']).map(({ id }) => id);
  t.same(order, ['D', 'B', 'A', 'C']);
});

t.test('estimates are forgotten after a minute', async (t) => {
  const memory = new EstimateMemory();
  memory.keep('anna', 500_000, 1000);
  t.same(memory.recall('anna', 31_000), { estimateBps: 500_000, ageUs: 30_000_000 });
  t.equal(memory.recall('bert', 1000), undefined);
  memory.keep('bert', 600_000, 70_000);
  t.equal(memory.recall('anna', 70_000), undefined);
  for (let n = 0; n < 2000; n++) memory.keep(`${n}`, 1, 70_000);
  t.equal(memory.recall('bert', 70_000), undefined, 'the oldest of too many');
});
