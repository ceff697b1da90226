/** The database is away from two control processes: live rooms go on, and one of the two may die. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Bus } from '../bus/bus.js';
import { KeyRing } from '../keys/key-ring.js';
import { openRedis } from '../testing/test-bus.js';
import { createMeeting, enter, post, resumeWith, TestClient } from '../testing/test-client.js';
import { testDatabase, testFolder, testServer } from '../testing/test-database.js';
import { testFleetControl, testNode } from '../testing/test-fleet.js';
import { eventually, testRedis } from '../testing/test-redis.js';
import { testWay } from '../testing/test-way.js';

const server = await testServer(t);

/** Each with a pool, and with a folder, of its own. */
async function twoControls(t: Test, buses: Bus[] = []) {
  const direct = await testDatabase(t, server);
  const way = await testWay(t, server, direct);
  const keys = KeyRing.ephemeral();
  const folder = testFolder(t);
  const [first, second] = [join(folder, 'one'), join(folder, 'two')];
  const more = (n: number) => (buses[n] === undefined ? {} : { bus: buses[n] });
  const given = (n: number) => ({ database: way.open(), keys, ...more(n) });
  const one = await testFleetControl(t, { ...given(0), keptIn: first });
  const two = await testFleetControl(t, { ...given(1), keptIn: second });
  const node = await testNode(t, one);
  for (const { fleet } of [one, two]) {
    await eventually('the node', async () => fleet.nodes.find(node.nodeId) ?? undefined);
    await eventually('the other', async () => fleet.controls.answering.length > 0 || undefined);
  }
  return { direct, way, one, two, folders: { first, second }, node };
}

t.test(
  'chat and a host’s word go on; the second process has a copy until it is over',
  async (t) => {
    const { direct, way, one, two, folders } = await twoControls(t);
    const meeting = await createMeeting(one.origin);
    const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
    const ada = await enter(two.origin, meeting, { name: 'Ada' });
    await way.break();
    for (let n = 0; n < 20; n += 1) {
      const { client } = n % 2 === 0 ? host : ada;
      t.match(await client.ask('chat.send', { body: `Number ${n}` }), { t: 'ok' });
    }
    const role = { participant_id: ada.id, role: 'co_host' } as const;
    t.match(await host.client.ask('mod.role', role), { t: 'ok' });
    t.ok(readdirSync(folders.second).includes(`${one.fleet.controlId}.log`), 'a copy');
    const refused = await post(`${two.origin}/v1/meetings`, {});
    t.equal(refused.status, 503);
    t.equal(refused.headers.get('retry-after'), '1');
    await way.mend();
    await eventually('it is written', async () => one.keep.size === 0 || undefined);
    const messages = await direct.query('select content from messages order by message_id');
    t.strictSame(
      messages.map(({ content }) => content),
      Array.from({ length: 20 }, (_, n) => `Number ${n}`),
    );
    const [seat] = await direct.query('select role from participants where participant_id = $1', [
      ada.id,
    ]);
    t.match(seat, { role: 'co_host' });
    await eventually('no copy is left', async () => {
      return readdirSync(folders.second).length === 0 || undefined;
    });
  },
);

t.test(
  'the process that has the room dies before its return: the other writes, then takes',
  async (t) => {
    const { direct, way, one, two } = await twoControls(t);
    const meeting = await createMeeting(one.origin);
    const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
    const ada = await enter(two.origin, meeting, { name: 'Ada' });
    const { room_id: roomId, epoch } = host.joined.d;
    await way.break();
    for (const body of ['one', 'two', 'three']) {
      t.match(await host.client.ask('chat.send', { body }), { t: 'ok' });
    }
    await one.crash();
    await ada.client.closed();
    await way.mend();
    // Its journals would write as well: another life of a process has none of them.
    await one.database.close();
    const back = await eventually('a seat', async () => {
      const client = await new TestClient(two.origin).opened();
      client.send('hello', resumeWith(ada.joined.d.resume_token, 1));
      const answer = await Promise.race([client.type('joined'), client.closed()]);
      return typeof answer === 'number' ? undefined : answer;
    });
    t.match(back.d, { room_id: roomId, epoch: epoch + 1 });
    t.strictSame(
      (back.d.snapshot as { last_messages: { body: string }[] }).last_messages.map(
        ({ body }) => body,
      ),
      ['one', 'two', 'three'],
    );
    const log = await direct.query<{ seq: number; type: string }>(
      'select seq, type from events where room_id = $1 order by seq',
      [roomId],
    );
    t.strictSame(
      log.map(({ seq }) => seq),
      log.map((_, n) => n + 1),
      'without gaps',
    );
    t.equal(log.filter(({ type }) => type === 'message.created').length, 3);
  },
);

t.test('whichever process is asked, people come in and come back', async (t) => {
  const redis = await testRedis(t);
  const url = `redis://${redis.address}`;
  const buses = [await openRedis(t, url), await openRedis(t, url)];
  const { way, one, two } = await twoControls(t, buses);
  const meeting = await createMeeting(one.origin);
  const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
  await way.break();
  const ada = await enter(two.origin, meeting, { name: 'Ada' });
  t.match(await host.client.type('participant.joined'), { d: { participant: { id: ada.id } } });
  ada.client.cut();
  const client = await new TestClient(two.origin).opened();
  client.send('hello', resumeWith(ada.joined.d.resume_token, 1));
  t.equal((await client.type('joined')).d.participant_id, ada.id);
});
