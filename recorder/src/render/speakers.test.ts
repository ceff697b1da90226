import t from 'tap';
import { seededRandom } from '../../../lib/testing/seeded-random.js';
import { steadyTurns, type Turn } from './speakers.js';

/** `a2000 -500 b3000`: who speaks for how long. */
function turns(words: string): Turn[] {
  let at = 0;
  return words.split(' ').map((word) => {
    const participantId = word[0] === '-' ? null : (word[0] as string);
    const from = at;
    at += Number(word.slice(1));
    return { participantId, from, to: at };
  });
}

const shown = (list: readonly Turn[]) =>
  list.map(({ participantId, from }) => `${participantId ?? '-'}@${from}`).join(' ');

const steady = (words: string) => shown(steadyTurns(turns(words), 1500));

t.test('a picture does not jump at each cough', async (t) => {
  t.equal(steady('a5000 b400 a5000'), 'a@0', 'a word in between');
  t.equal(steady('a5000 b1400 c5000'), 'a@0 c@6400', 'too short to be shown');
  t.equal(steady('a5000 b1600 c5000'), 'a@0 b@5000 c@6600', 'long enough, from its beginning');
  t.equal(steady('a1000 -300 a1000 b3000'), 'a@0 b@2300', 'taking breath parts no turn');
});

t.test('in silence the last one stays; at first there is nobody', async (t) => {
  t.equal(steady('-3000 a2000 -60000'), '-@0 a@3000');
  t.equal(steady('a500 -3000 b2000'), '-@0 b@3500');
  t.same(steadyTurns([], 1500), []);
});

t.test('turns: without holes, each long enough, whatever was heard', async (t) => {
  const random = seededRandom(7);
  for (let round = 0; round < 1000; round++) {
    const heard = turns(
      Array.from({ length: 1 + random(20) }, () => `${'-abc'[random(4)]}${1 + random(4000)}`).join(
        ' ',
      ),
    );
    const list = steadyTurns(heard, 1500);
    const isWhole = list.every(
      (turn, index) =>
        turn.from === (list[index - 1]?.to ?? 0) &&
        turn.participantId !== list[index - 1]?.participantId &&
        (turn.participantId === null || turn.to - turn.from >= 1500),
    );
    const end = list.at(-1)?.to === heard.at(-1)?.to;
    if (!isWhole || !end) t.fail(`round ${round}: ${shown(heard)} → ${shown(list)}`);
  }
  t.pass('1000 meetings');
});
