import t from 'tap';
import type { Publication, SubscriptionWish } from '../../../client/src/index.js';
import { ProtocolError } from '../../../client/src/index.js';
import { HandTimers } from '../../../client/src/testing/hand-timers.js';
import { savingData } from './video-budget.js';
import { VisibilityReporter } from './visibility-reporter.js';

const nobody = { large: new Set<string>() };
const size = { width: 640, height: 360 };

function camera(publication_id: string): Publication {
  const layers = [{ spatial: 0, temporal: 0, max_bitrate_bps: 150_000 }];
  const common = { participant_id: 'bob', muted: false, codec: 'vp8', layers };
  return { publication_id, kind: 'video', source: 'camera', ...common };
}

function setUp(answer: () => Promise<unknown> = () => Promise.resolve()) {
  const timers = new HandTimers();
  const told: SubscriptionWish[][] = [];
  const out: string[][] = [];
  const tell = (items: SubscriptionWish[]) => {
    told.push(items);
    return answer();
  };
  const reporter = new VisibilityReporter(timers, tell, (ids) => out.push([...ids]));
  const seen = () => told.at(-1)?.map(({ publication_id, visible }) => [publication_id, visible]);
  return { timers, told, out, reporter, seen };
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

t.test('what is left out while data is saved is said, once, and when it is not any more', (t) => {
  const { timers, out, reporter, seen } = setUp();
  reporter.setPublications([camera('a'), camera('b')], nobody);
  reporter.tile('a', size);
  reporter.tile('b', size);
  timers.advance(500);
  t.same(out, []);
  reporter.setBudget(savingData);
  timers.advance(500);
  reporter.tile('b', size);
  timers.advance(500);
  t.same(out, [['b']]);
  reporter.setPageHidden(true);
  timers.advance(500);
  t.same(seen(), [['a', false]]);
  t.same(out, [['b'], []]);
  t.end();
});

t.test('what another node has to know is told once more, of those alone', (t) => {
  const { timers, told, reporter } = setUp();
  reporter.setPublications([camera('a'), camera('b')], nobody);
  reporter.tile('a', size);
  timers.advance(500);
  const { length } = told;
  reporter.retell(['a', 'c']);
  timers.advance(500);
  t.equal(told.length, length + 1);
  t.same(
    told.at(-1)?.map(({ publication_id }) => publication_id),
    ['a'],
  );
  t.end();
});
