/** What webhooks are told of nodes, by processes that see the same, or not, or fail. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import type { NodePresence, ToldNode } from '../../fleet/node-fleet.js';
import { systemIds } from '../../ids.js';
import type { Database } from '../../store/database.js';
import { TestClock } from '../../testing/test-clock.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import type { FleetEvent, WebhookFeed } from '../webhooks/service.js';
import { NodeNews } from './news.js';
import { insertNode, removeNode, standings } from './repository.js';

const server = await testServer(t);
const up = (incarnation: string): NodePresence => ({ state: 'joined', incarnation });
const draining = (incarnation: string): NodePresence => ({ state: 'draining', incarnation });
const lost: NodePresence = { state: 'lost', incarnation: null };

/** One node, and processes that all speak for it. */
async function aNode(t: Test) {
  const database = await testDatabase(t, server);
  await database.query('create table heard (seq bigint, type text, facts jsonb)');
  const clock = new TestClock();
  const nodeId = randomUUID();
  const named = { nodeId, kind: 'media', name: 'a node', region: 'eu' } as const;
  await insertNode(database, { ...named, at: new Date(clock.now()) });
  const view: { present: NodePresence | null; toldNodes: ToldNode[] } = {
    ...{ present: null, toldNodes: [] },
  };
  const speaker = (tell: WebhookFeed['tell'] = hear) => {
    const news = new NodeNews({
      ...{ database, clock, ids: systemIds(clock), log: { error: () => {} } },
      fleet: {
        presenceOf: () => view.present,
        get toldNodes() {
          return view.toldNodes;
        },
        onPresence: () => {},
      },
      webhooks: { tell, taken: () => {} },
    });
    t.teardown(() => news.stop());
    return news;
  };
  const sees = async (present: NodePresence | null, news: readonly NodeNews[]) => {
    view.present = present;
    view.toldNodes = await standings(database);
    for (const one of news) one.start();
    clock.advance(1000);
    await Promise.all(news.map((one) => one.settled()));
  };
  return { database, nodeId, speaker, sees };
}

const hear: WebhookFeed['tell'] = async (tx, events) => {
  for (const { seq, type, facts } of events as FleetEvent[]) {
    await tx.query('insert into heard values ($1, $2, $3)', [seq, type, JSON.stringify(facts)]);
  }
};

async function heard(database: Database): Promise<string[]> {
  const rows = await database.query<{ seq: number; type: string }>(
    'select * from heard order by seq',
  );
  return rows.map(({ seq, type }) => `${seq} ${type}`);
}

t.test('it comes, drains, is taken back, and goes', async (t) => {
  const { database, speaker, sees } = await aNode(t);
  const news = [speaker()];
  await sees(null, news);
  t.strictSame(await heard(database), [], 'another process speaks for it');
  await sees(lost, news);
  t.strictSame(await heard(database), [], 'it was never there');
  for (const present of [up('a'), up('a'), draining('a'), up('a'), lost, lost]) {
    await sees(present, news);
  }
  const told = ['1 node.joined', '2 node.draining', '3 node.joined', '4 node.lost'];
  t.strictSame(await heard(database), told);
  t.match(await database.query('select facts from heard order by seq'), [
    { facts: { name: 'a node', region: 'eu', was: 'lost' } },
    { facts: { was: 'joined' } },
    { facts: { was: 'draining' } },
    { facts: { was: 'joined' } },
  ]);
});

t.test('another process of the node: the one before is lost, seen or not', async (t) => {
  const { database, speaker, sees } = await aNode(t);
  const news = [speaker()];
  for (const present of [up('a'), draining('b'), up('c')]) await sees(present, news);
  const told = ['1 node.joined', '2 node.lost', '3 node.joined', '4 node.draining'];
  t.strictSame(await heard(database), [...told, '5 node.lost', '6 node.joined']);
});

t.test('who is removed is lost', async (t) => {
  const { database, nodeId, speaker, sees } = await aNode(t);
  const news = [speaker()];
  await sees(up('a'), news);
  await removeNode(database, nodeId, new Date());
  await sees(up('a'), news);
  await sees(lost, news);
  t.strictSame(await heard(database), ['1 node.joined', '2 node.lost']);
});

t.test('several processes that all think that it is theirs tell it once', async (t) => {
  const { database, speaker, sees } = await aNode(t);
  const news = [speaker(), speaker(), speaker(), speaker()];
  for (const present of [up('a'), draining('a'), lost]) await sees(present, news);
  t.strictSame(await heard(database), ['1 node.joined', '2 node.draining', '3 node.lost']);
});

t.test('who fails, or ends, in the middle has told nothing: the next one does', async (t) => {
  const { database, speaker, sees } = await aNode(t);
  const failing = speaker(async (tx, events) => {
    await hear(tx, events);
    throw new Error('it ends here');
  });
  await sees(up('a'), [failing]);
  t.strictSame(await heard(database), []);
  await failing.stop();
  await sees(up('a'), [speaker()]);
  t.strictSame(await heard(database), ['1 node.joined']);
});
