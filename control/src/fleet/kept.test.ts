/** The database is away from two control processes: live rooms go on, and one of the two may die. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Bus } from '../bus/bus.js';
import { KeyRing } from '../keys/key-ring.js';
import { openRedis } from '../testing/test-bus.js';
import { createMeeting, enter, post, resumeWith, TestClient } from '../testing/test-client.js';
import { TestClock } from '../testing/test-clock.js';
import { testDatabase, testFolder, testServer } from '../testing/test-database.js';
import { type TestFleetOptions, testFleetControl, testNode } from '../testing/test-fleet.js';
import { eventually, testRedis } from '../testing/test-redis.js';
import { testWay } from '../testing/test-way.js';

const server = await testServer(t);

type Two = { buses?: Bus[]; later?: Pick<TestFleetOptions, 'clock'> };

/** Each with a pool, and with a folder, of its own. @param later for the second one. */
async function twoControls(t: Test, { buses = [], later = {} }: Two = {}) {
  const direct = await testDatabase(t, server);
  const way = await testWay(t, server, direct);
  const keys = KeyRing.ephemeral();
  const all = testFolder(t);
  let begun = 0;
  const more = async (also: Pick<TestFleetOptions, 'clock'> = {}) => {
    const folder = join(all, `${begun}`);
    const found = buses[begun];
    const bus = found === undefined ? {} : { bus: found };
    begun += 1;
    const given = { database: way.open(), keys, ...bus };
    return { ...(await testFleetControl(t, { ...given, ...also, keptIn: folder })), folder };
  };
  const [one, two] = [await more(), await more(later)];
  const node = await testNode(t, one);
  for (const { fleet } of [one, two]) {
    await eventually('the node', async () => fleet.nodes.find(node.nodeId) ?? undefined);
    await eventually('the other', async () => fleet.controls.answering.length > 0 || undefined);
  }
  return { direct, way, one, two, more, node };
}

/** Whoever refuses for now is asked again. */
function resumed(origin: string, token: string) {
  return eventually('a seat', async () => {
    const client = await new TestClient(origin).opened();
    client.send('hello', resumeWith(token, 1));
    const answer = await Promise.race([client.type('joined'), client.closed()]);
    return typeof answer === 'number' ? undefined : answer;
  });
}

t.test(
  'chat and a host’s word go on; the second process has a copy until it is over',
  async (t) => {
    const { direct, way, one, two } = await twoControls(t);
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
    t.ok(readdirSync(two.folder).includes(`${one.fleet.controlId}.log`), 'a copy');
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
      return readdirSync(two.folder).length === 0 || undefined;
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
    const back = await resumed(two.origin, ada.joined.d.resume_token);
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

t.test('the database is away when a process ends: what nobody asks for is inherited', async (t) => {
  const clock = new TestClock();
  const { way, one, two } = await twoControls(t, { later: { clock } });
  const meeting = await createMeeting(one.origin);
  const { joined } = await enter(one.origin, meeting, { host: true });
  await way.break();
  await one.crash();
  await one.database.close();
  const isHeard = () => two.fleet.controls.find(one.fleet.controlId) !== null;
  await eventually('its end', async () => !isHeard() || undefined);
  clock.advance(1000);
  await way.mend();
  const found = await eventually('the room', async () => {
    clock.advance(1000);
    return two.services.rooms.find(joined.d.meeting_id);
  });
  t.equal(found.key.epoch, joined.d.epoch + 1);
});

/** Longer than a process waits until others have a copy of what it keeps. */
const patientMs = 2500;

t.test(
  'the process that has the copy takes its time to write it: until then nobody takes the room',
  async (t) => {
    const { direct, way, one, two, more } = await twoControls(t);
    const three = await more();
    for (const { fleet } of [one, two]) {
      await eventually('all three', async () => fleet.controls.answering.length > 1 || undefined);
    }
    const first = await createMeeting(one.origin);
    const second = await createMeeting(one.origin);
    const before = await enter(one.origin, first, { host: true, name: 'Host' });
    const host = await enter(one.origin, second, { host: true, name: 'Host' });
    const ada = await enter(one.origin, second, { name: 'Ada' });
    await way.break();
    t.match(await before.client.ask('chat.send', { body: 'one' }), { t: 'ok' });
    const role = { participant_id: ada.id, role: 'co_host' } as const;
    t.match(await host.client.ask('mod.role', role), { t: 'ok' });
    const copied = `${one.fleet.controlId}.log`;
    const [holder, taker] = readdirSync(two.folder).includes(copied) ? [two, three] : [three, two];
    t.ok(readdirSync(holder.folder).includes(copied), 'a copy');
    await one.crash();
    await one.database.close();

    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const lock = 'select 1 from rooms where room_id = $1 for update';
    const locked = direct.transaction(async (tx) => {
      await tx.query(lock, [before.joined.d.room_id]);
      await way.mend();
      await held;
    });
    const back = resumed(taker.origin, ada.joined.d.resume_token);
    // What is first in the copy is not written yet, and so is not what concerns Ada.
    const isEarly = await Promise.race([
      back.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, patientMs, false)),
    ]);
    t.notOk(isEarly);
    release();
    await locked;
    t.match((await back).d, { room_id: ada.joined.d.room_id, role: 'co_host' });
  },
);

t.test('whichever process is asked, people come in and come back', async (t) => {
  const redis = await testRedis(t);
  const url = `redis://${redis.address}`;
  const buses = [await openRedis(t, url), await openRedis(t, url)];
  const { way, one, two } = await twoControls(t, { buses });
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
