/** The bus on more than one server: the contract, and what happens when one is killed. */

import t from 'tap';
import { answers, openRedis, redisMaker } from '../testing/test-bus.js';
import { eventually, testCluster, testSentinels } from '../testing/test-redis.js';
import type { Bus } from './bus.js';
import { busContract, fenceOf } from './contract.js';

/** Resolves when notices pass from one to the other. */
async function hears(sender: Bus, heard: string[], word: string): Promise<void> {
  await eventually(`${word} is heard`, async () => {
    await sender.publish('news', word).catch(() => {});
    return heard.includes(word) ? true : undefined;
  });
}

t.test('a master behind sentinels, which is killed in the middle', async (t) => {
  const { master, replica, url } = await testSentinels(t);
  let serving = master;
  const maker = redisMaker(url, () => [serving]);
  await t.test('before', async (t) => busContract(t, maker));
  const [bus, other] = [await openRedis(t, url), await openRedis(t, url)];
  const heard: string[] = [];
  await bus.subscribe('news', (message) => heard.push(message));
  await bus.setFenced('room:1', fenceOf(3), 'owner three', 600_000);

  await master.kill();
  await eventually('it is refused', async () => ((await answers(bus)) ? undefined : true));
  await t.rejects(bus.get('any'), { code: 'dependency_down' });
  serving = replica;
  await eventually('the replica took over', async () =>
    bus.setFenced('room:1', fenceOf(4), 'owner four', 600_000).catch(() => undefined),
  );
  await eventually('the other finds it, too', () => answers(other));
  t.strictSame(await other.getFenced('room:1'), { ...fenceOf(4), value: 'owner four' });
  t.equal(await other.setFenced('room:1', fenceOf(3), 'owner three', 600_000), false);
  await hears(other, heard, 'after the failover');
  await t.test('after', async (t) => busContract(t, maker));
});

t.test('a cluster of three masters, of which one is killed', async (t) => {
  const { nodes, url } = await testCluster(t);
  const maker = redisMaker(url, () => nodes);
  await t.test('before', async (t) => busContract(t, maker));
  const [bus, other] = [await openRedis(t, url), await openRedis(t, url)];
  const keys = Array.from({ length: 50 }, (_, number) => `spread:${number}`);
  for (const key of keys) await bus.set(key, key, 600_000);
  for (const node of nodes) t.not(await node.cli('dbsize'), '0', 'keys lie on every node');
  for (const key of keys) t.equal(await other.get(key), key);
  for (const number of [1, 2, 3, 4, 5]) await bus.set(`room:{tag}:${number}`, '', 600_000);
  const tagged = nodes.map((node) => node.cli('keys', 'plenum:room:{tag}:*'));
  t.equal((await Promise.all(tagged)).filter(Boolean).length, 1, 'one tag is one node');
  await bus.delete(...keys);
  for (const key of keys) t.equal(await other.get(key), null);

  const heard: string[] = [];
  await bus.subscribe('news', (message) => heard.push(message));
  const [, lost] = nodes;
  await lost?.kill();
  const taken = () => Promise.all(keys.map((key) => bus.set(key, 'again', 600_000)));
  await eventually('some keys are refused', async () =>
    taken().then(
      () => undefined,
      (error) => t.match(error, { code: 'dependency_down' }),
    ),
  );
  await lost?.restart();
  await eventually('all are taken again', () => taken().catch(() => undefined));
  await hears(other, heard, 'after the return');
  await t.test('after', async (t) => busContract(t, maker));
});
