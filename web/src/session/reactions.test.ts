import t from 'tap';
import { type ShownReaction, withoutReaction, withReaction } from './reactions.js';

function reaction(serial: number, participantId: string): ShownReaction {
  return { serial, participantId, name: 'clap' };
}

t.test('one per person: the newer takes the place', (t) => {
  const shown = withReaction(withReaction([], reaction(1, 'ada')), reaction(2, 'bob'));
  const again = withReaction(shown, reaction(3, 'ada'));
  t.same(
    again.map(({ serial }) => serial),
    [2, 3],
  );
  t.end();
});

t.test('the end of an older one leaves the newer', (t) => {
  const shown = withReaction(withReaction([], reaction(1, 'ada')), reaction(2, 'ada'));
  t.same(withoutReaction(shown, 1), [reaction(2, 'ada')]);
  t.same(withoutReaction(shown, 2), []);
  t.end();
});

t.test('a crowd is not shown whole', (t) => {
  let shown: readonly ShownReaction[] = [];
  for (let n = 0; n < 40; n += 1) shown = withReaction(shown, reaction(n, `person ${n}`));
  t.equal(shown.length, 12);
  t.equal(shown.at(-1)?.serial, 39);
  t.end();
});
