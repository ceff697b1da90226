import t from 'tap';
import { TestClock } from '../../testing/test-clock.js';
import { LossReports } from './loss-reports.js';

function setUp(people = 10) {
  const clock = new TestClock();
  const reports = new LossReports(clock);
  const say = (roomId: string, participantId: string, nodeId = 'node') =>
    reports.add(nodeId, { roomId, participantId }, people);
  return { clock, say };
}

t.test('two rooms say so within a second', async (t) => {
  const { clock, say } = setUp();
  t.notOk(say('a', 'ada'));
  clock.advance(999);
  t.ok(say('b', 'bo'));
  t.notOk(say('b', 'bo'), 'counting has begun anew');
  clock.advance(1000);
  t.notOk(say('a', 'ada'), 'too long after');
});

t.test('one room: half of all people on the node', async (t) => {
  const { say } = setUp(6);
  t.notOk(say('a', 'ada'));
  t.notOk(say('a', 'ada'), 'both ways of one person count once');
  t.notOk(say('a', 'bo'));
  t.ok(say('a', 'cy'));
});

t.test('one person alone is never enough, and nodes are counted apart', async (t) => {
  const { say } = setUp(1);
  t.notOk(say('a', 'ada'));
  t.notOk(say('a', 'ada'));
  t.notOk(say('b', 'bo', 'another node'));
});
