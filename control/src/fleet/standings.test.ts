/** What is read of the nodes' table, on a clock of the test: once a second for all who want to know. */
import t, { type Test } from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { Standings, type WrittenNode } from './standings.js';

function aNode(nodeId: string, but: Partial<WrittenNode> = {}): WrittenNode {
  return {
    ...{ nodeId, kind: 'media', name: nodeId, region: 'eu', isDrained: false, drainUntil: null },
    ...{ lastSeenAt: new Date(0), state: 'joined', incarnation: 'one', seq: 1 },
    isRemoved: false,
    ...but,
  };
}

async function begun(
  t: Test,
  first: readonly WrittenNode[],
  there: { nodeId: string; region: string }[] = [],
) {
  const clock = new TestClock();
  const seen: unknown[] = [];
  const table = { rows: first, reads: 0 };
  const heard = { readings: 0, removed: [] as string[] };
  const standings = new Standings({
    clock,
    read: async () => {
      table.reads += 1;
      return table.rows;
    },
    wasRead: () => {
      heard.readings += 1;
    },
    heard: () => there,
    markSeen: async (nodes) => {
      seen.push(nodes);
      const regions = new Map(nodes.map(({ nodeId, region }) => [nodeId, region]));
      const isThere = ({ nodeId, region }: WrittenNode) => regions.get(nodeId) ?? region;
      table.rows = table.rows.map((row) => ({ ...row, region: isThere(row) }));
    },
    areOthersFar: () => false,
    report: (error) => t.fail(`${error}`),
    drained: () => {},
    removed: (nodeId) => heard.removed.push(nodeId),
  });
  t.teardown(() => standings.stop());
  await standings.start();
  const pass = async (seconds: number) => {
    for (let left = seconds; left > 0; left -= 1) {
      clock.advance(1000);
      await new Promise(setImmediate);
    }
  };
  return { standings, table, heard, pass, seen };
}

t.test('it is read once a second, and each reading is told', async (t) => {
  const { standings, table, heard, pass } = await begun(t, [aNode('one')]);
  await pass(10);
  t.equal(table.reads, 11);
  t.equal(heard.readings, 11);
  table.rows = [aNode('one', { seq: 2 })];
  await pass(1);
  t.match(standings.written, [{ nodeId: 'one', seq: 2 }]);
});

t.test(
  'a node that was removed belongs no more, also while that is still to be told',
  async (t) => {
    const { standings, table, heard, pass } = await begun(t, [aNode('one'), aNode('two')]);
    table.rows = [aNode('one', { isRemoved: true }), aNode('two')];
    await pass(1);
    t.strictSame(heard.removed, ['one']);
    t.match(standings.written, [{ nodeId: 'one', isRemoved: true }, { nodeId: 'two' }]);
    t.notOk(await standings.belongsHere('one'));
    t.ok(await standings.belongsHere('two'));
  },
);

t.test('a node is of the region that it says, from its next reading on', async (t) => {
  const there = [{ nodeId: 'one', region: 'eu' }];
  const { standings, pass, seen } = await begun(t, [aNode('one'), aNode('two')], there);
  await pass(5);
  t.equal(seen.length, 1, 'once in ten seconds, where nobody far away asks');
  there[0] = { nodeId: 'one', region: 'us' };
  await pass(1);
  t.strictSame(seen[1], [{ nodeId: 'one', region: 'us' }], 'at once: it moved');
  await pass(1);
  t.equal(standings.regionOf('one'), 'us');
  t.equal(standings.regionOf('two'), 'eu');
  t.equal(standings.regionOf('three'), null);
  t.equal(standings.regionOf(null), null);
  await pass(5);
  t.equal(seen.length, 2, 'it is written');
});
