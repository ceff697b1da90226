/** Who is asked to write what a process has left, and what it means that one says nothing. */
import t from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { NotReached } from './not-reached.js';
import { SecondCopy } from './second-copy.js';

const named = (controlId: string) => ({
  ...{ controlId, fleetAddress: `${controlId}:1`, origin: null, region: 'here' },
});

/** Others of which each answers as the test says: at once, when that is told, or not at all. */
function among(...ids: string[]) {
  const up = new Set(ids);
  const leaving = new Set<string>();
  const asked: string[] = [];
  const answers = new Map<string, () => Promise<void>>();
  const all = (of: Iterable<string>) => [...of].map(named);
  const second = new SecondCopy({
    ...{ clock: new TestClock(), log: { warn: () => {} } },
    others: () => all(up),
    present: () => all([...up, ...leaving]),
    call: async ({ controlId }, _, body) => {
      asked.push(`${controlId} of ${body}`);
      await answers.get(controlId)?.();
    },
  });
  return { second, up, leaving, asked, answers };
}

const silent = async () => {
  throw new NotReached('no answer in time');
};

t.test('all that can be heard are asked, once for all rooms of a process', async (t) => {
  const { second, leaving, asked } = among('a', 'b');
  leaving.add('c');
  const told = await Promise.all([1, 2, 3].map(() => second.settle('gone')));
  t.strictSame(told, [true, true, true]);
  t.equal(await second.settle('gone'), true);
  t.strictSame(asked, ['a of gone', 'b of gone', 'c of gone']);
});

t.test('one that is up has not answered: not yet, until it has', async (t) => {
  const { second, answers, asked } = among('a', 'b');
  answers.set('b', silent);
  t.equal(await second.settle('gone'), false);
  t.equal(await second.settle('gone'), false, 'it is asked again');
  answers.delete('b');
  t.equal(await second.settle('gone'), true);
  t.strictSame(asked, ['a of gone', 'b of gone', 'b of gone', 'b of gone']);
});

t.test('one that is cut off, or ends meanwhile, is not waited for', async (t) => {
  const { second, up, answers, asked } = among('a', 'b');
  answers.set('b', async () => {
    up.delete('b');
    await silent();
  });
  t.equal(await second.settle('gone'), true);
  up.add('b');
  answers.delete('b');
  t.equal(await second.settle('gone'), true);
  t.equal(asked.at(-1), 'b of gone', 'when it is heard again it is asked');
});

t.test('who leaves is asked, and not waited for', async (t) => {
  const { second, leaving, answers } = among('a');
  leaving.add('b');
  answers.set('b', silent);
  t.equal(await second.settle('gone'), true);
});

t.test('a process that was taken for gone, lived, and is gone: all are asked anew', async (t) => {
  const { second, asked } = among('a');
  t.equal(await second.settle('gone'), true);
  second.left('gone');
  t.equal(await second.settle('gone'), true);
  t.strictSame(asked, ['a of gone', 'a of gone']);
});
