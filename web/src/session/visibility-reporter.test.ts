import t from 'tap';
import type { Publication, SubscriptionWish } from '../../../client/src/index.js';
import { ProtocolError } from '../../../client/src/index.js';
import { HandTimers } from '../../../client/src/testing/hand-timers.js';
import { VisibilityReporter } from './visibility-reporter.js';

const nobody = new Set<string>();
const size = { width: 640, height: 360 };

function camera(publication_id: string): Publication {
  const common = { participant_id: 'bob', muted: false, codec: 'vp8', layers: [] };
  return { publication_id, kind: 'video', source: 'camera', ...common };
}

function setUp(answer: () => Promise<unknown> = () => Promise.resolve()) {
  const timers = new HandTimers();
  const told: SubscriptionWish[][] = [];
  const reporter = new VisibilityReporter(timers, (items) => {
    told.push(items);
    return answer();
  });
  const seen = () => told.at(-1)?.map(({ publication_id, visible }) => [publication_id, visible]);
  return { timers, told, reporter, seen };
}

t.test('what happens together is told together, within the 500 ms of the contract', (t) => {
  const { timers, told, reporter, seen } = setUp();
  reporter.setPublications([camera('a'), camera('b')], nobody);
  reporter.tile('a', size);
  timers.advance(499);
  t.equal(told.length, 1);
  t.same(seen(), [
    ['a', true],
    ['b', false],
  ]);
  reporter.tile('a', size);
  timers.advance(499);
  t.equal(told.length, 1, 'the same again is not news');
  t.end();
});

t.test('a hidden page sees nothing, and everything again when it is back', (t) => {
  const { timers, reporter, seen } = setUp();
  reporter.setPublications([camera('a')], nobody);
  reporter.tile('a', size);
  timers.advance(500);
  reporter.setPageHidden(true);
  timers.advance(500);
  t.same(seen(), [['a', false]]);
  reporter.setPageHidden(false);
  timers.advance(500);
  t.same(seen(), [['a', true]]);
  t.end();
});

t.test('a seat taken anew and a refusal both lead to telling again', async (t) => {
  let refusals = 1;
  const { timers, told, reporter, seen } = setUp(() =>
    refusals-- > 0 ? Promise.reject(new ProtocolError('rate_limited', '')) : Promise.resolve(),
  );
  reporter.setPublications([camera('a')], nobody);
  timers.advance(500);
  await new Promise(setImmediate);
  timers.advance(2_000);
  t.equal(told.length, 2);
  reporter.forget();
  timers.advance(500);
  t.equal(told.length, 3);
  t.same(seen(), [['a', false]]);
});
