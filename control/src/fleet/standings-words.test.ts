/** What an operator says here while the table is being read: the read is older, and says nothing of it. */
import t, { type Test } from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { Standings } from './standings.js';

const until = new Date(3_600_000);

/** As it is written. */
function aRow(drainUntil: Date | null = null) {
  return {
    ...{
      nodeId: 'one',
      kind: 'media' as const,
      name: 'one',
      region: 'eu',
      isDrained: drainUntil !== null,
      drainUntil,
    },
    ...{ lastSeenAt: new Date(0), state: 'joined' as const, incarnation: 'one', seq: 1 },
    isRemoved: false,
  };
}

/** Standings whose reads the test answers, with whatever was written when they were asked. */
async function begun(t: Test, first: ReturnType<typeof aRow>[]) {
  const clock = new TestClock();
  const table = { rows: first };
  const answers: (() => void)[] = [];
  const told: (Date | null | 'removed')[] = [];
  const context = {
    clock,
    read: () => {
      const { rows } = table;
      return new Promise<typeof rows>((resolve) => answers.push(() => resolve(rows)));
    },
    wasRead: () => {},
    ...{ heard: () => [], markSeen: async () => {}, areOthersFar: () => false },
    report: (error: unknown) => t.fail(`${error}`),
    drained: (_: string, drainUntil: Date | null) => told.push(drainUntil),
    removed: () => told.push('removed'),
  };
  const standings = new Standings(context);
  t.teardown(() => standings.stop());
  const answer = async () => {
    answers.shift()?.();
    await new Promise(setImmediate);
  };
  const started = standings.start();
  await answer();
  await started;
  const ask = () => clock.advance(1000);
  return { standings, table, told, ask, answer };
}

t.test('a drain holds against an older read, and so does its end', async (t) => {
  const { standings, table, told, ask, answer } = await begun(t, [aRow()]);
  ask();
  table.rows = [aRow(until)];
  standings.setDrained('one', until);
  await answer();
  t.ok(standings.isDrained('one'));
  ask();
  table.rows = [aRow()];
  standings.setDrained('one', null);
  await answer();
  t.notOk(standings.isDrained('one'));
  ask();
  await answer();
  t.strictSame(told, [until, null], 'each word once');
});

t.test('who is removed does not come back by an older read', async (t) => {
  const { standings, table, told, ask, answer } = await begun(t, [aRow()]);
  ask();
  table.rows = [];
  standings.remove('one');
  await answer();
  const asked = standings.belongsHere('one');
  await answer();
  t.notOk(await asked);
  t.strictSame(told, ['removed']);
});

t.test('a drain a moment after a node came holds', async (t) => {
  const { standings, table, told, ask, answer } = await begun(t, []);
  ask();
  table.rows = [aRow(until)];
  standings.belongs('one', 'media');
  standings.setDrained('one', until);
  await answer();
  t.ok(standings.isDrained('one'));
  t.strictSame(told, [until]);
});

t.test('another process says so: it is known with the next read', async (t) => {
  const { standings, table, told, ask, answer } = await begun(t, [aRow()]);
  standings.setDrained('one', until);
  table.rows = [aRow()];
  ask();
  await answer();
  t.notOk(standings.isDrained('one'));
  t.strictSame(told, [until, null]);
});
