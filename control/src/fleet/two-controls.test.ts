/** Two control processes and media nodes: whoever is asked, the one that has a room answers. */
import { EventEmitter } from 'node:events';
import t, { type Test } from 'tap';
import type { WebSocket } from 'ws';
import { systemClock } from '../clock.js';
import { ControlError } from '../control-error.js';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import type { Database } from '../store/database.js';
import { makeAdmin, makeUser, send } from '../testing/test-accounts.js';
import { openRedis } from '../testing/test-bus.js';
import {
  createMeeting,
  enter,
  helloWith,
  post,
  resumeWith,
  TestClient,
} from '../testing/test-client.js';
import { TestClock } from '../testing/test-clock.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { type TestFleetOptions, testFleetControl, testNode } from '../testing/test-fleet.js';
import { publish } from '../testing/test-publishing.js';
import { eventually, testRedis } from '../testing/test-redis.js';
import { traceFrom } from '../trace.js';

const server = await testServer(t);

type Limits = Pick<TestFleetOptions, 'limits' | 'clock'>;

type Control = Awaited<ReturnType<typeof testFleetControl>>;

async function twoControls(t: Test, more: Limits = {}, ofOne: Limits = more) {
  const database = await testDatabase(t, server);
  const keys = KeyRing.ephemeral();
  const one = await testFleetControl(t, { database, keys, ...ofOne });
  const two = await testFleetControl(t, { database, keys, ...more });
  const node = await testNode(t, one);
  await bothReady([one, two], node);
  return { database, one, two, node };
}

/** They know the node and each other. */
async function bothReady(controls: readonly Control[], { nodeId }: { nodeId: string }) {
  for (const { fleet } of controls) {
    await eventually('the node', async () => fleet.nodes.find(nodeId) ?? undefined);
    await eventually('the other', async () =>
      fleet.controls.others.length > 0 ? true : undefined,
    );
  }
}

t.test('a meeting over both: join, chat, a host’s word, by either', async (t) => {
  const { one, two } = await twoControls(t);
  const meeting = await createMeeting(one.origin);
  const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
  const ada = await enter(two.origin, meeting, { name: 'Ada' });
  t.equal([...two.services.rooms.all].length, 0, 'the room is where it was opened');
  t.match(ada.joined.d, { room_id: host.joined.d.room_id, epoch: host.joined.d.epoch });
  t.match(await host.client.type('participant.joined'), { d: { participant: { id: ada.id } } });
  t.match(await ada.client.ask('chat.send', { body: 'Hello' }), { t: 'ok' });
  t.match(await host.client.type('chat.message'), { d: { body: 'Hello', from: ada.id } });

  const path = `/v1/meetings/${meeting.meeting.meeting_id}`;
  const bearer = { authorization: `Bearer ${(await host.client.type('token')).d.token}` };
  const seen = await fetch(`${two.origin}${path}/participants`, { headers: bearer });
  t.equal(seen.status, 200);
  t.match(((await seen.json()) as { items: object[] }).items, [{ id: host.id }, { id: ada.id }]);
  const removed = await fetch(`${two.origin}${path}/participants/${ada.id}`, {
    method: 'DELETE',
    headers: bearer,
  });
  t.equal(removed.status, 204);
  t.equal(await ada.client.closed(), 4403, 'the code comes through');
});

t.test('a request that is passed on counts once, where it came in', async (t) => {
  const { one, two } = await twoControls(t, { limits: { userRequestsPerMinute: 3 } });
  const meeting = await createMeeting(one.origin);
  const { client } = await enter(one.origin, meeting, { host: true });
  const { token } = (await client.type('token')).d;
  const path = `/v1/meetings/${meeting.meeting.meeting_id}/participants`;
  const ask = async (origin: string, claims: Record<string, string> = {}) => {
    const headers = { ...claims, authorization: `Bearer ${token}` };
    const answer = await fetch(`${origin}${path}`, { headers });
    return `${answer.status}, ${/r=\d+/.exec(answer.headers.get('ratelimit') ?? '')?.[0]}`;
  };
  for (let left = 2; left >= 0; left -= 1) t.equal(await ask(two.origin), `200, r=${left}`);
  t.equal(await ask(two.origin), '429, r=0', 'refused where it came in');
  t.equal(await ask(one.origin), '200, r=2', 'the owner has counted none of them');
  t.equal(await ask(one.origin, { 'x-plenum-passed': '1' }), '200, r=1', 'no header makes it free');
  t.equal(await ask(one.origin, { 'x-plenum-about': '{}' }), '200, r=0');
  t.equal(await ask(one.origin, { 'x-plenum-passed': '1' }), '429, r=0');
});

t.test('a socket that is passed on is counted where it came in', async (t) => {
  const limits = { messagesPerSecond: 10_000, messagesBurst: 10_000 };
  const { one, two } = await twoControls(t, {}, { limits });
  const meeting = await createMeeting(one.origin);
  await enter(one.origin, meeting, { host: true });
  const { client } = await enter(two.origin, meeting, { name: 'Ada' });
  for (let n = 0; n < 300; n++) client.send('ping', { ts: n });
  const refusal = await client.type('error');
  t.match(refusal.d, { code: 'rate_limited', fatal: true });
  t.equal(await client.closed(), 4429);
});

t.test(
  'a process that ends: its rooms go on with the other, media and seats as they were',
  async (t) => {
    const { one, two, node } = await twoControls(t);
    const meeting = await createMeeting(one.origin);
    const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
    const ada = await enter(two.origin, meeting, { name: 'Ada' });
    const { room_id: roomId, epoch } = host.joined.d;
    t.match(await host.client.ask('chat.send', { body: 'Before' }), { t: 'ok' });
    for (const each of [host, ada]) await publish(each, epoch);
    await one.crash();
    t.equal(await ada.client.closed(), 4503, 'asked to come again');
    const back = [];
    for (const { joined } of [host, ada]) {
      const client = await new TestClient(two.origin).opened();
      client.send('hello', resumeWith(joined.d.resume_token, 1));
      back.push(await client.type('joined'));
    }
    for (const { d } of back) {
      t.match(d, { room_id: roomId, epoch: epoch + 1, resumed: false, transports: 'kept' });
      t.match(d.snapshot, { last_messages: [{ body: 'Before' }] });
    }
    t.strictSame(
      back.map(({ d }) => d.participant_id),
      [host.id, ada.id],
    );
    t.strictSame(node.node.description(), [{ roomId, epoch: epoch + 1, participants: 2 }]);
    const late = await enter(two.origin, meeting, { name: 'Late' });
    t.match(late.joined.d, { room_id: roomId, epoch: epoch + 1 });
  },
);

t.test('a room that was taken while nothing was written: its node says so', async (t) => {
  const { database, one, two, node } = await twoControls(t);
  const meeting = await createMeeting(one.origin);
  const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
  const { room_id: roomId, epoch } = host.joined.d;
  const { controlId } = two.fleet;
  await database.query('update rooms set epoch = epoch + 1, control_id = $1', [controlId]);
  await node.node.openRoom({ roomId, epoch: epoch + 1, adopt: true });
  await eventually('it is not here any more', async () =>
    [...one.services.rooms.all].length === 0 ? true : undefined,
  );
  t.equal(await host.client.closed(), 4404, 'they find it at the other one');
  const ada = await enter(one.origin, meeting, { name: 'Ada' });
  t.match(ada.joined.d, { room_id: roomId });
  t.equal([...two.services.rooms.all].length, 1);
});

t.test('a socket that was passed on is not passed on again', async (t) => {
  const { one, two } = await twoControls(t);
  const meeting = await createMeeting(one.origin);
  const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
  const sent: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    ...{ OPEN: 1, readyState: 1, bufferedAmount: 0 },
    send: (text: string) => sent.push(text),
    close: () => {},
    terminate: () => {},
  });
  const cause = { by: null, ip: '192.0.2.1', requestId: null, trace: traceFrom(undefined) };
  const about = { cause, region: 'local', isPassedOn: true };
  two.services.signaling.take(socket as unknown as WebSocket, about);
  const hello = { t: 'hello', id: 'one', d: resumeWith(host.joined.d.resume_token, 1) };
  socket.emit('message', Buffer.from(JSON.stringify(hello)), false);
  await eventually('an answer', async () => (sent.length > 0 ? true : undefined));
  t.match(JSON.parse(sent[0] as string), { t: 'error', d: { code: 'dependency_down' } });
});

t.test('what nobody asks for is inherited', async (t) => {
  const { one, two, node } = await twoControls(t);
  const meeting = await createMeeting(one.origin);
  const host = await enter(one.origin, meeting, { host: true });
  const { room_id: roomId, epoch, meeting_id } = host.joined.d;
  await one.crash();
  await eventually('the room', async () => two.services.rooms.find(meeting_id));
  t.strictSame(node.node.description(), [{ roomId, epoch: epoch + 1, participants: 1 }]);
});

t.test('a meeting ends although its process is gone and nobody has its room', async (t) => {
  // The clock of the other stands: what nobody asks for is not inherited.
  const { database, one, two, node } = await twoControls(t, { clock: new TestClock() }, {});
  const host = await enter(one.origin, await createMeeting(one.origin), { host: true });
  const { meeting_id: meetingId } = host.joined.d;
  await one.crash();
  await eventually('it is alone', async () =>
    two.fleet.controls.others.length === 0 ? true : undefined,
  );
  await two.services.meetings.end(meetingId);
  t.match(await database.query('select closed_at from rooms'), [{ closed_at: Date }]);
  const log = await database.query<{ type: string }>('select type from events order by seq');
  t.strictSame(
    log.slice(-2).map(({ type }) => type),
    ['participant.left', 'meeting.ended'],
  );
  await eventually('the node has nothing of it', async () =>
    node.node.description().length === 0 ? true : undefined,
  );
});

t.test('what could not be inherited at first is tried again', async (t) => {
  const database = await testDatabase(t, server);
  const keys = KeyRing.ephemeral();
  const clock = new TestClock();
  const failing = ['where control_id = $1 and closed_at', 'from participants'];
  const unreliable = Object.assign(Object.create(database) as Database, {
    async query(sql: string, values?: unknown[]) {
      if (isArmed && failing[0] !== undefined && sql.includes(failing[0])) {
        failing.shift();
        throw new ControlError('dependency_down', 'gone');
      }
      return database.query(sql, values);
    },
  });
  let isArmed = false;
  const one = await testFleetControl(t, { database, keys });
  const two = await testFleetControl(t, { database: unreliable, keys, clock });
  await bothReady([one, two], await testNode(t, one));
  const host = await enter(one.origin, await createMeeting(one.origin), { host: true });
  const { meeting_id } = host.joined.d;
  isArmed = true;
  await one.crash();
  await eventually('it is alone', async () =>
    two.fleet.controls.others.length === 0 ? true : undefined,
  );
  await eventually('the room', async () => {
    clock.advance(1000);
    return two.services.rooms.find(meeting_id);
  });
  t.strictSame(failing, [], 'the first try failed, and the next one half way');
});

t.test('it is passed on to a process that is gone: answered here, once', async (t) => {
  const { one, two } = await twoControls(t);
  const meeting = await createMeeting(one.origin);
  await enter(one.origin, meeting, { host: true });
  const body = {
    ...{ code: meeting.code, secret: meeting.participantSecret, display_name: 'Ada' },
  };
  const crash = one.crash();
  const joined = await post(`${two.origin}/v1/join`, body);
  t.equal(joined.status, 201);
  await crash;
});

t.test('an account that is disabled is out of rooms of other processes too', async (t) => {
  const { one, two } = await twoControls(t);
  t.teardown(one.services.accountNews.watch());
  const [admin, ada] = [await makeAdmin(two), await makeUser(two, { username: 'ada' })];
  const meeting = await createMeeting(one.origin);
  const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
  const joined = await send(
    `${one.origin}/v1/join`,
    'POST',
    { ...ada.headers, 'idempotency-key': 'by an account' },
    { code: meeting.code, secret: meeting.participantSecret, display_name: 'ada' },
  );
  const { join_token } = (await joined.json()) as { join_token: string };
  const client = await new TestClient(one.origin).opened();
  client.send('hello', helloWith(join_token));
  const { participant_id: id } = (await client.type('joined')).d;
  const account = `${two.origin}/v1/users/${ada.userId}`;
  const headers = { ...admin.headers, 'if-match': '*' };
  t.equal((await send(account, 'PATCH', headers, { username: 'Countess' })).status, 200);
  t.match(await host.client.type('participant.updated'), { d: { id, name: 'Countess' } });
  t.equal((await send(account, 'PATCH', headers, { is_disabled: true })).status, 200);
  t.match(await host.client.type('participant.left'), { d: { id, reason: 'removed' } });
  t.equal(await client.closed(), 4403);
});

t.test('the registry on Redis: rooms under their epochs, back after it was emptied', async (t) => {
  const redis = await testRedis(t);
  const database = await testDatabase(t, server);
  const keys = KeyRing.ephemeral();
  const url = `redis://${redis.address}`;
  const control = await testFleetControl(t, { database, keys, bus: await openRedis(t, url) });
  const node = await testNode(t, control);
  await eventually('the node', async () => control.fleet.nodes.find(node.nodeId) ?? undefined);
  const meeting = await createMeeting(control.origin);
  const bus = await openRedis(t, url);
  // Of a room that the meeting had before, and that its process could not take back.
  const former = { id: systemIds(systemClock).next(), epoch: 5 };
  await bus.setFenced(`room:${meeting.meeting.meeting_id}`, former, '{}', 60_000);
  const { joined } = await enter(control.origin, meeting, { host: true });
  const { meeting_id: meetingId, room_id: roomId, epoch } = joined.d;
  const entry = () => bus.getFenced(`room:${meetingId}`).catch(() => null);
  const written = async () => (await entry()) ?? undefined;
  const found = await eventually('the room', written);
  t.equal(found.epoch, epoch);
  const { controlId } = control.fleet;
  t.strictSame(JSON.parse(found.value), { roomId, nodeId: node.nodeId, controlId });
  const older = { id: roomId, epoch: epoch - 1 };
  for (const fence of [former, older]) {
    t.notOk(await bus.setFenced(`room:${meetingId}`, fence, 'an older owner', 60_000));
  }
  await eventually('the node', async () => (await bus.get(`node:${node.nodeId}`)) ?? undefined);
  await redis.cli('flushall');
  t.match(await eventually('it is back', written), { epoch });
  await redis.kill();
  const late = await enter(control.origin, meeting, { name: 'Late' });
  t.match(late.joined.d, { room_id: roomId }, 'nobody needs it');
  await redis.restart();
  t.match(await eventually('it is back', written), { epoch });
  const other = await testFleetControl(t, { database, keys, bus });
  await eventually('the other', async () =>
    other.fleet.controls.others.length > 0 ? true : undefined,
  );
  const ada = await enter(other.origin, meeting, { name: 'Ada' });
  t.match(ada.joined.d, { room_id: roomId, epoch });
});
