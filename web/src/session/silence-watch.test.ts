import t from 'tap';
import { HandTimers } from '../../../client/src/testing/hand-timers.js';
import { type Silence, SilenceWatch } from './silence-watch.js';
import { settled } from './testing/fake-devices.js';

/** A path whose counters the test moves. */
function setUp(beatMs = 300) {
  const timers = new HandTimers();
  const path = { received: new Map<string, number>(), requests: 0 };
  const losses: Silence[] = [];
  const told = { back: 0 };
  const watch = new SilenceWatch({
    ...{ timers, beatMs },
    counters: async () => ({ received: new Map(path.received), requests: path.requests }),
    lost: (silence) => losses.push(silence),
    back: () => {
      told.back += 1;
    },
  });
  const receive = (id = 'pair') => path.received.set(id, (path.received.get(id) ?? 0) + 1);
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      timers.advance(50);
      await settled();
    }
  };
  return { timers, path, losses, told, watch, receive, pass };
}

t.test('a second without a packet is a loss: told once, then each three seconds', async (t) => {
  const { path, losses, told, receive, pass } = setUp();
  receive();
  await pass(250);
  path.requests = 2;
  await pass(950);
  t.same(losses, []);
  await pass(50);
  t.same(losses, [{ silenceMs: 1_000, failedChecks: 2 }]);
  await pass(2_900);
  t.equal(losses.length, 1);
  await pass(150);
  t.match(losses[1], { silenceMs: 4_000, failedChecks: 2 });
  receive();
  await pass(250);
  t.equal(told.back, 1);
  await pass(1_000);
  t.match(losses[2], { failedChecks: 0 }, 'another loss');
});

t.test('a beat that comes is no silence; of a slow one three have to be missing', async (t) => {
  const { losses, receive, pass } = setUp(500);
  for (let count = 0; count < 20; count++) {
    receive();
    await pass(500);
  }
  await pass(800);
  t.same(losses, []);
  await pass(450);
  t.equal(losses.length, 1);
});

t.test('what never came is not lost, and another path is as good', async (t) => {
  const { path, losses, receive, pass } = setUp();
  await pass(5_000);
  t.same(losses, [], 'it does not connect: ICE sees to that');
  for (let count = 0; count < 10; count++) receive('first');
  await pass(750);
  path.received.delete('first');
  receive('second');
  await pass(1_000);
  t.same(losses, []);
  await pass(500);
  t.equal(losses.length, 1);
});

t.test('a page that stood still, or whose timers come late, blames nobody for it', async (t) => {
  const { timers, losses, receive, pass } = setUp();
  receive();
  await pass(250);
  for (let count = 0; count < 10; count++) {
    timers.stall(60_000);
    await pass(250);
  }
  t.same(losses, []);
  await pass(1_000);
  t.equal(losses.length, 1, 'from then on it is watched again');
});

t.test('nothing is said after the end', async (t) => {
  const { losses, receive, pass, watch } = setUp();
  receive();
  await pass(500);
  watch.close();
  await pass(5_000);
  t.same(losses, []);
});
