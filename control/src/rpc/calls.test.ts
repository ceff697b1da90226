import t from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { CallError, type CallMessage, Calls } from './calls.js';

/** Two ends that hear each other at once. */
function pair(serve: (method: string, argument: unknown) => Promise<unknown>) {
  const clock = new TestClock();
  const ends: { asks: Calls; answers: Calls } = {
    asks: new Calls({
      clock,
      post: (message) => ends.answers.handle(message),
      serve: async () => null,
    }),
    answers: new Calls({ clock, post: (message) => ends.asks.handle(message), serve }),
  };
  return { clock, ...ends };
}

t.test('an answer, a refusal, what fails by accident', async (t) => {
  const { asks } = pair(async (method, argument) => {
    if (method === 'double') return Number(argument) * 2;
    if (method === 'no') throw new CallError('no_capacity', 'Full.');
    throw new TypeError('a fault');
  });
  t.equal(await asks.call('double', 4, 1000), 8);
  await t.rejects(asks.call('no', null, 1000), { code: 'no_capacity', message: 'Full.' });
  await t.rejects(asks.call('what', null, 1000), { code: 'internal' });
});

t.test('no answer in time; one that comes later is in vain', async (t) => {
  let answer: (value: unknown) => void = () => {};
  const waits = new Promise((resolve) => {
    answer = resolve;
  });
  const { asks, clock } = pair(() => waits);
  const call = asks.call('slow', null, 1000);
  clock.advance(1000);
  await t.rejects(call, { code: 'node_lost' });
  answer('late');
  await waits;
});

t.test('the end fails what waits, at once', async (t) => {
  const { asks } = pair(() => new Promise(() => {}));
  const calls = [asks.call('a', null, 1000), asks.call('b', null, 1000)];
  asks.end();
  for (const call of calls) await t.rejects(call, { code: 'node_lost' });
});

t.test('more calls than can be meant wait for nothing', async (t) => {
  const clock = new TestClock();
  const sent: CallMessage[] = [];
  const asks = new Calls({ clock, post: (message) => sent.push(message), serve: async () => {} });
  const waiting = Array.from({ length: 10_000 }, () => asks.call('x', null, 1000));
  await t.rejects(asks.call('x', null, 1000), { code: 'node_lost' });
  asks.end();
  await Promise.allSettled(waiting);
  t.equal(sent.length, 10_000);
});
