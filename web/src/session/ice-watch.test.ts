import t from 'tap';
import { HandTimers } from '../../../client/src/testing/hand-timers.js';
import { IceWatch } from './ice-watch.js';

/** A transport whose restarts are answered by hand. */
function setUp() {
  const timers = new HandTimers();
  const connection = Object.assign(new EventTarget(), { iceConnectionState: 'connected' });
  const answers: (() => void)[] = [];
  const restart = () => new Promise<void>((resolve) => answers.push(resolve));
  const watch = new IceWatch(connection as unknown as RTCPeerConnection, timers, restart);
  const become = (state: string) => {
    connection.iceConnectionState = state;
    connection.dispatchEvent(new Event('iceconnectionstatechange'));
  };
  const answer = async (index: number) => {
    answers[index]?.();
    // The watch goes on in a later turn than the answer.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { timers, watch, become, answers, answer };
}

t.test('failed: at once; disconnected: when it has not healed after 4 s', (t) => {
  const one = setUp();
  one.become('failed');
  one.timers.advance(0);
  t.equal(one.answers.length, 1);
  const two = setUp();
  two.become('disconnected');
  two.timers.advance(3_999);
  two.become('connected');
  two.timers.advance(60_000);
  t.equal(two.answers.length, 0);
  two.become('disconnected');
  two.timers.advance(4_000);
  t.equal(two.answers.length, 1);
  t.end();
});

t.test('a minute without a server is one restart; answered in vain, another follows', async (t) => {
  const { timers, become, answers, answer } = setUp();
  become('failed');
  timers.advance(30_000);
  become('disconnected');
  become('failed');
  timers.advance(30_000);
  t.equal(answers.length, 1, 'nothing is asked while an answer is missing');
  await answer(0);
  timers.advance(4_999);
  t.equal(answers.length, 1, 'the new credentials are given their time');
  timers.advance(1);
  t.equal(answers.length, 2);
});

t.test('an answer after the end of a transport restarts nothing', async (t) => {
  const { timers, watch, become, answers, answer } = setUp();
  become('failed');
  timers.advance(0);
  watch.close();
  await answer(0);
  timers.advance(60_000);
  t.equal(answers.length, 1);
});
