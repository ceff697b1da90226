import t from 'tap';
import type { MediaNode } from '../../../client/src/index.js';
import { destinationsFrom, inOrder, stateOf, sumOf, toneOf } from './node-states.js';

function node(some: Partial<MediaNode> = {}): MediaNode {
  return {
    ...{ node_id: 'one', name: 'one', region: 'local', state: 'up', unfit: null, is_sole: false },
    ...{ kind: 'media', version: '0.1.0', enrolled_at: '', last_seen_at: '', draining_since: null },
    ...{ drain_until: null, stress_ratio: 0, loss_ratio: 0, drop_ratio: 0 },
    ...{ rooms: 0, participants: 0 },
    ...some,
  };
}

t.test('one word for each state', (t) => {
  t.equal(stateOf(node()), 'up');
  t.equal(stateOf(node({ state: 'draining', unfit: 'draining', rooms: 2 })), 'draining');
  t.equal(stateOf(node({ state: 'draining', unfit: 'draining', rooms: 0 })), 'drained');
  t.equal(stateOf(node({ state: 'draining', unfit: 'silent', rooms: 0 })), 'silent');
  t.equal(stateOf(node({ state: 'lost', unfit: 'lost', rooms: null })), 'lost');
  for (const unfit of ['silent', 'full', 'drops', 'loss'] as const) {
    t.equal(stateOf(node({ unfit })), unfit);
    t.equal(toneOf(unfit), 'bad');
  }
  t.same(
    [toneOf('up'), toneOf('draining'), toneOf('drained'), toneOf('lost')],
    ['good', 'calm', 'calm', 'bad'],
  );
  t.end();
});

t.test('an order that figures do not change', (t) => {
  const names = inOrder([
    node({ name: 'b10', region: 'eu' }),
    node({ name: 'b9', region: 'eu' }),
    node({ name: 'z', region: 'ap' }),
  ]).map(({ name }) => name);
  t.same(names, ['z', 'b9', 'b10']);
  t.end();
});

t.test('a room goes to another node that takes rooms', (t) => {
  const nodes = [
    node({ node_id: 'here' }),
    node({ node_id: 'full', unfit: 'full' }),
    node({ node_id: 'there' }),
    node({ node_id: 'gone', state: 'lost', unfit: 'lost' }),
  ];
  t.same(
    destinationsFrom('here', nodes).map(({ node_id }) => node_id),
    ['there'],
  );
  t.end();
});

t.test('what is lost counts for nothing', (t) => {
  const nodes = [node({ rooms: 2, participants: 9 }), node({ rooms: null, participants: null })];
  t.same(sumOf(nodes), { rooms: 2, people: 9 });
  t.end();
});
