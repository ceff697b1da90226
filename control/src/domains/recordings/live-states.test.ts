import t from 'tap';
import { TestClock } from '../../testing/test-clock.js';
import { type LiveFacts, stateOf } from './live-states.js';
import { RecordedTime } from './live-time.js';

const going: LiveFacts = {
  ...{ isPaused: false, isHeld: false, hasBegun: true, recorder: 'there', trouble: null },
};

t.test('the state that everybody is shown', async (t) => {
  const cases: [Partial<LiveFacts>, string, string | null][] = [
    [{}, 'recording', null],
    [{ hasBegun: false, recorder: 'none' }, 'starting', null],
    [{ hasBegun: false, recorder: 'opening' }, 'starting', null],
    [{ recorder: 'none' }, 'degraded', 'recorder_lost'],
    [{ recorder: 'opening' }, 'degraded', 'recorder_lost'],
    [{ trouble: 'disk_low' }, 'degraded', 'disk_low'],
    [{ isPaused: true, trouble: 'disk_low' }, 'paused', null],
    [{ isPaused: true, recorder: 'none' }, 'paused', null],
    [{ isHeld: true, isPaused: true, recorder: 'none' }, 'waiting_consent', null],
  ];
  for (const [change, state, reason] of cases) {
    t.same(stateOf({ ...going, ...change }), { state, reason }, JSON.stringify(change));
  }
});

t.test('recorded time stands still, runs, and follows what the recorder says', async (t) => {
  const clock = new TestClock();
  const time = new RecordedTime(clock, 1000);
  clock.advance(500);
  t.equal(time.ms, 1000);
  time.run(true);
  clock.advance(500);
  time.run(true);
  t.equal(time.ms, 1500);
  time.set(1450);
  clock.advance(50);
  t.equal(time.ms, 1500);
  time.run(false);
  clock.advance(1000);
  t.equal(time.ms, 1500);
});
