import t from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { Sightings } from './sightings.js';

/** A node, written each second by others until that ends; read each second, until that ends too. */
function seen() {
  const clock = new TestClock();
  const sightings = new Sightings(clock);
  let written = 0;
  const pass = (seconds: number, { isWritten = true, isRead = true } = {}) => {
    for (let n = 0; n < seconds; n += 1) {
      clock.advance(1000);
      if (isWritten) written += 1000;
      // By a clock of its own, hours behind.
      if (isRead) sightings.note([{ id: 'node', writtenAt: new Date(written) }]);
    }
    return sightings.isSeen('node');
  };
  return { pass, sightings };
}

t.test('as long as its line changes, and a while longer', async (t) => {
  const { pass } = seen();
  t.equal(pass(1), false, 'the first look says nothing about when');
  t.equal(pass(1), true);
  t.equal(pass(100), true);
  t.equal(pass(3, { isWritten: false }), true);
  t.equal(pass(1, { isWritten: false }), false);
  t.equal(pass(1), true, 'again');
});

t.test('while nobody can tell it counts as seen, and for a while after that', async (t) => {
  const { pass } = seen();
  pass(2);
  t.equal(pass(10, { isWritten: false, isRead: false }), true);
  t.equal(pass(4, { isWritten: false }), true, 'others could not write either');
  t.equal(pass(1, { isWritten: false }), false);
});

t.test('a node that nobody has written of is not seen', async (t) => {
  const { pass, sightings } = seen();
  pass(2);
  t.equal(sightings.isSeen('another'), false);
});

t.test(
  'a look that lacks it, as of a database whose clock is another by now, says nothing',
  async (t) => {
    const { pass, sightings } = seen();
    pass(2);
    sightings.note([]);
    t.equal(sightings.isSeen('node'), true);
    t.equal(pass(1), true);
    t.equal(pass(3, { isWritten: false }), true);
    t.equal(pass(1, { isWritten: false }), false);
  },
);

t.test('what a look found of somebody is told once', async (t) => {
  const { pass, sightings } = seen();
  pass(2);
  const other = (written: number) => [{ id: 'other', writtenAt: new Date(written) }];
  const news = [1, 1, 2, 2].map((written) => [...sightings.note(other(written))]);
  t.strictSame(news, [[], [], ['other'], []]);
});

t.test('who has been written of and is no more is silent; not who is new', async (t) => {
  const { pass, sightings } = seen();
  const isSilent = () => sightings.isSilent('node');
  t.notOk(isSilent(), 'never heard of');
  pass(1);
  t.notOk(isSilent(), 'new');
  pass(3, { isWritten: false });
  t.notOk(isSilent());
  pass(1, { isWritten: false });
  t.ok(isSilent(), 'nothing has been written of it since');
  pass(1);
  t.notOk(isSilent());
  pass(4, { isWritten: false });
  t.ok(isSilent());
  pass(3, { isWritten: false, isRead: false });
  t.notOk(isSilent(), 'nobody can tell');
});
