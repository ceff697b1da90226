import t from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { Deadlines } from './deadlines.js';

t.test('who is not answered in time is given up, once, at its own time', (t) => {
  const clock = new TestClock();
  const deadlines = new Deadlines(1000, clock);
  const given: string[] = [];
  const begin = (name: string) => deadlines.begin(() => given.push(`${name} ${clock.monotonic()}`));
  const first = begin('first');
  clock.advance(400);
  begin('second');
  const third = begin('third');
  clock.advance(500);
  first();
  third();
  clock.advance(499);
  begin('fourth');
  t.strictSame(given, []);
  clock.advance(1);
  t.strictSame(given, ['second 1400']);
  clock.advance(5000);
  t.strictSame(given, ['second 1400', 'fourth 2399']);
  begin('fifth');
  clock.advance(1000);
  t.strictSame(given.at(-1), 'fifth 7400', 'after a time with nobody');
  begin('sixth');
  deadlines.close();
  clock.advance(5000);
  t.equal(given.length, 3, 'nobody after the end');
  t.end();
});

t.test('without a limit nobody is given up', (t) => {
  const clock = new TestClock();
  new Deadlines(null, clock).begin(() => t.fail('given up'));
  clock.advance(1e9);
  t.end();
});
