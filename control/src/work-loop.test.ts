import t from 'tap';
import { TestClock } from './testing/test-clock.js';
import { WorkLoop } from './work-loop.js';

t.test('a turn at the start, at every poke and after every pause', async (t) => {
  const clock = new TestClock();
  let turns = 0;
  const turn = async () => {
    turns += 1;
  };
  const loop = new WorkLoop({ clock, idleMs: 250, turn, onFailure: t.error });
  loop.poke();
  await loop.settled();
  t.equal(turns, 0, 'not before the start');
  loop.start();
  await loop.settled();
  t.equal(turns, 1);
  clock.advance(249);
  await loop.settled();
  t.equal(turns, 1);
  clock.advance(1);
  await loop.settled();
  t.equal(turns, 2);
  loop.poke();
  await loop.settled();
  t.equal(turns, 3);
  await loop.stop();
  loop.poke();
  clock.advance(1000);
  await loop.settled();
  t.equal(turns, 3, 'nor after the stop');
});

t.test('one turn at a time; pokes during it make one more follow', async (t) => {
  const clock = new TestClock();
  let running = 0;
  let turns = 0;
  let release = () => {};
  const turn = async () => {
    running += 1;
    turns += 1;
    t.equal(running, 1);
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    running -= 1;
  };
  const loop = new WorkLoop({ clock, idleMs: 250, turn, onFailure: t.error });
  loop.start();
  loop.poke();
  loop.poke();
  release();
  await new Promise(setImmediate);
  t.equal(turns, 2);
  loop.poke();
  const stopped = loop.stop();
  release();
  await stopped;
  t.equal(turns, 2, 'a stop comes before what was poked');
});

t.test('a failure is told, and the next turn comes', async (t) => {
  const clock = new TestClock();
  const failures: unknown[] = [];
  let turns = 0;
  const turn = async () => {
    turns += 1;
    if (turns === 1) throw new Error('away');
  };
  const onFailure = (error: unknown) => failures.push(error);
  const loop = new WorkLoop({ clock, idleMs: 250, turn, onFailure });
  loop.start();
  await loop.settled();
  t.match(failures, [{ message: 'away' }]);
  clock.advance(250);
  await loop.settled();
  t.equal(turns, 2);
  await loop.stop();
});
