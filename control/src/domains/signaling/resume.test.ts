import t from 'tap';
import {
  createMeeting,
  enter,
  helloWith,
  join,
  passTime,
  resumeWith,
  TestClient,
} from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

async function resume(origin: string, token: string, lastSeq: number) {
  const client = await new TestClient(origin).opened();
  client.send('hello', resumeWith(token, lastSeq), 'again');
  return client;
}

t.test('who comes back gets the seat and exactly the missed events', async (t) => {
  const { origin, node } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting, { name: 'Ada', host: true });
  const grace = await enter(origin, meeting, { name: 'Grace' });
  await grace.client.ask('chat.send', { body: 'one' });
  const seen = await ada.client.type('chat.message');
  ada.client.cut();
  const away = await grace.client.type('participant.updated');
  t.match(away.d, { id: ada.id, state: 'reconnecting' });
  await grace.client.ask('chat.send', { body: 'two' });
  await grace.client.ask('chat.send', { body: 'three' });

  const back = await resume(origin, ada.joined.d.resume_token, seen.seq);
  const joined = await back.type('joined');
  t.match(joined, {
    re: 'again',
    seq: seen.seq,
    d: { resumed: true, participant_id: ada.id, role: 'host', epoch: ada.joined.d.epoch },
  });
  t.equal(joined.d.snapshot, undefined);
  await back.type('chat.message', ({ d }) => d.body === 'three');
  t.strictSame(
    back.ofType('chat.message').map(({ seq, d }) => ({ seq, body: d.body })),
    [
      { seq: seen.seq + 1, body: 'two' },
      { seq: seen.seq + 2, body: 'three' },
    ],
  );
  const returned = await grace.client.type('participant.updated', ({ d }) => d.state === 'joined');
  t.equal(returned.d.id, ada.id);
  t.equal(node.callsOf('resync').length, 1);
  t.equal(node.callsOf('removeParticipant').length, 0, 'media is not touched');
  t.notSame(joined.d.resume_token, ada.joined.d.resume_token);
});

t.test('a command right behind `joined` is heard, however long the node takes', async (t) => {
  const { origin, node } = await testControl(t, await testDatabase(t, server));
  const ada = await enter(origin, await createMeeting(origin), { host: true });
  const release = node.holdResync();
  const back = await resume(origin, ada.joined.d.resume_token, ada.joined.seq);
  await back.type('joined');
  const answer = back.ask('chat.send', { body: 'I am back' });
  await back.pinged();
  t.equal(node.callsOf('resync').length, 1, 'the node has not answered');
  release();
  t.match(await answer, { t: 'ok' });
});

t.test('a resume token is exchanged at each use; the one before holds until then', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const ada = await enter(origin, await createMeeting(origin));
  const first = ada.joined.d.resume_token;
  const second = (await (await resume(origin, first, 1)).type('joined')).d.resume_token;
  const again = await resume(origin, first, 1);
  await again.type('joined');
  const third = await resume(origin, second, 1);
  t.equal(await third.closed(), 4401, 'it was replaced by the answer that got lost');
  const late = await resume(origin, 'nonsense', 1);
  t.match(await late.type('error'), { re: 'again', d: { code: 'unauthenticated', fatal: true } });
  t.equal(await late.closed(), 4401);
});

t.test('a newer socket replaces the older one, only after it has shown its token', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const ada = await enter(origin, await createMeeting(origin));
  const impostor = await resume(origin, `${ada.joined.d.resume_token.slice(0, -4)}AAAA`, 1);
  t.equal(await impostor.closed(), 4401);
  t.match(await ada.client.ask('chat.send', { body: 'still here' }), { t: 'ok' });
  const newer = await resume(origin, ada.joined.d.resume_token, 1);
  await newer.type('joined');
  t.equal(await ada.client.closed(), 4409);
  t.match(await newer.ask('chat.send', { body: 'here' }), { t: 'ok' });
});

t.test('unacknowledged events beyond what is kept cost a snapshot', async (t) => {
  const { origin, node } = await testControl(t, await testDatabase(t, server));
  const ada = await enter(origin, await createMeeting(origin));
  const room = { roomId: ada.joined.d.room_id, epoch: ada.joined.d.epoch };
  ada.client.cut();
  for (let count = 0; count < 1001; count++) {
    node.say({ ...room, type: 'subscribe_map', participantId: ada.id, rev: 1, map: [] });
  }
  const back = await resume(origin, ada.joined.d.resume_token, 1);
  const joined = await back.type('joined');
  t.match(joined, { seq: 1003, d: { resumed: false, snapshot: { participants: [{}] } } });
  t.equal(node.callsOf('addParticipant').length, 2, 'media starts anew');
});

t.test('where newcomers get no history, who was away still gets what was said', async (t) => {
  const { origin, node } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin, { policy: { history: false } });
  const host = await enter(origin, meeting, { host: true });
  await host.client.ask('chat.send', { body: 'before' });
  const ada = await enter(origin, meeting, { name: 'Ada' });
  t.strictSame(ada.joined.d.snapshot?.last_messages, []);
  ada.client.cut();
  await host.client.type('participant.updated');
  await host.client.ask('chat.send', { body: 'meanwhile' });
  const room = { roomId: ada.joined.d.room_id, epoch: ada.joined.d.epoch };
  for (let count = 0; count < 1001; count++) {
    node.say({ ...room, type: 'subscribe_map', participantId: ada.id, rev: 1, map: [] });
  }
  const back = await resume(origin, ada.joined.d.resume_token, 1);
  const { snapshot } = (await back.type('joined')).d;
  t.match(snapshot?.last_messages, [{ body: 'meanwhile' }]);
  t.equal(snapshot?.last_messages.length, 1);
});

t.test('acknowledged events are not sent again', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const ada = await enter(origin, await createMeeting(origin));
  await ada.client.ask('chat.send', { body: 'one' });
  await ada.client.ask('chat.send', { body: 'two' });
  ada.client.sendRaw(JSON.stringify({ t: 'ping', ack: 3, d: { ts: 1 } }));
  await ada.client.type('pong');
  ada.client.cut();
  const back = await resume(origin, ada.joined.d.resume_token, 2);
  t.match((await back.type('joined')).d, { resumed: false }, 'two is gone: it was acknowledged');
});

t.test('a command sent again after a reconnect is answered, not repeated', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const ada = await enter(origin, await createMeeting(origin));
  await ada.client.ask('chat.send', { body: 'once' }, 'the command');
  ada.client.cut();
  const back = await resume(origin, ada.joined.d.resume_token, ada.joined.seq);
  await back.type('joined');
  t.match(await back.ask('chat.send', { body: 'once' }, 'the command'), { t: 'ok' });
  t.match(await back.ask('chat.send', { body: 'twice' }), { t: 'ok' });
  t.strictSame(
    back.ofType('chat.message').map(({ d }) => d.body),
    ['once', 'twice'],
  );
});

t.test('sent again after a crash it is answered, and nobody hears of it twice', async (t) => {
  const database = await testDatabase(t, server);
  const first = await testControl(t, database);
  const meeting = await createMeeting(first.origin);
  const host = await enter(first.origin, meeting, { host: true });
  const grace = await enter(first.origin, meeting, { name: 'Grace' });
  const eve = await enter(first.origin, meeting, { name: 'Eve' });
  const removal = { participant_id: eve.id, block: true };
  t.match(await host.client.ask('chat.send', { body: 'once' }, 'the message'), { t: 'ok' });
  t.match(await host.client.ask('mod.remove', removal, 'the removal'), { t: 'ok' });
  await first.services.rooms.shutDown();

  const { origin } = await testControl(t, database, { keys: first.keys });
  const other = await resume(origin, grace.joined.d.resume_token, 1);
  const { snapshot } = (await other.type('joined')).d;
  const again = await resume(origin, host.joined.d.resume_token, 1);
  await again.type('joined');
  t.match(await again.ask('chat.send', { body: 'once' }, 'the message'), { t: 'ok' });
  t.match(await again.ask('mod.remove', removal, 'the removal'), { t: 'ok' });
  t.match(await again.ask('mod.remove', removal, 'another removal'), {
    d: { code: 'unknown_participant' },
  });
  await again.ask('chat.send', { body: 'twice' });
  await other.type('chat.message', ({ d }) => d.body === 'twice');
  t.match(snapshot?.last_messages, [{ body: 'once' }]);
  t.equal(other.ofType('chat.message').length, 1);
  t.match(await database.query('select count(*) from blocks'), [{ count: 1 }]);
});

t.test('a take-over that fails half way leaves nothing that acts later', async (t) => {
  const database = await testDatabase(t, server);
  const clock = new TestClock();
  const first = await testControl(t, database, { clock });
  const meeting = await createMeeting(first.origin);
  const host = await enter(first.origin, meeting, { host: true });
  const grace = await enter(first.origin, meeting, { name: 'Grace' });
  await first.services.rooms.shutDown();
  // The seat of the host is made by then; that of who came later, by an account, cannot be.
  const ofGrace = `where participant_id = '${grace.id}'`;
  await database.query(`update participants set user_id = gen_random_uuid() ${ofGrace}`);
  await database.query('alter table users rename to users_away');
  const { origin, services } = await testControl(t, database, { keys: first.keys, clock });
  t.equal(services.rooms.count, 0);
  await database.query('alter table users_away rename to users');
  const back = await resume(origin, host.joined.d.resume_token, 1);
  await back.type('joined');
  await passTime(clock, 91_000, back);
  await back.type('participant.left', ({ d }) => d.id === grace.id);
  t.match(await back.ask('chat.send', { body: 'still here' }), { t: 'ok' });
});

t.test(
  'the node of a new room fails at first: it is opened anew, and the log is whole',
  async (t) => {
    const { origin, node, database } = await testControl(t, await testDatabase(t, server));
    const meeting = await createMeeting(origin);
    node.failNext('openRoom', 'no_capacity');
    const { joined } = await enter(origin, meeting, { host: true });
    t.equal(joined.d.epoch, 2);
    const opened = node.callsOf('openRoom');
    t.match(opened, [{ epoch: 2 }]);
    t.equal(opened.length, 1);
    const log = await database.query('select type from events order by seq limit 2');
    t.strictSame(log, [{ type: 'meeting.started' }, { type: 'room.migrated' }]);
  },
);

t.test('a seat is freed after 90 seconds, not before', async (t) => {
  const clock = new TestClock();
  const { origin, services } = await testControl(t, await testDatabase(t, server), { clock });
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting, { host: true });
  const grace = await enter(origin, meeting);
  grace.client.cut();
  await ada.client.type('participant.updated');
  clock.advance(9_999);
  ada.client.sendRaw(JSON.stringify({ t: 'ping', d: { ts: 1 } }));
  await ada.client.type('pong');
  const room = services.rooms.live(meeting.meeting.meeting_id);
  const stay = async (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed += 5000) {
      const seen = ada.client.messages.length;
      ada.client.sendRaw(JSON.stringify({ t: 'ping', d: { ts: passed } }));
      await ada.client.find(({ t }, index) => index >= seen && t === 'pong');
      clock.advance(5000);
    }
  };
  await stay(80_000);
  t.ok(room.seats.has(grace.id));
  await stay(5000);
  const left = await ada.client.type('participant.left');
  t.strictSame(left.d, { id: grace.id, reason: 'timeout' });
  const late = await resume(origin, grace.joined.d.resume_token, 1);
  t.equal(await late.closed(), 4401);
});

t.test('the participant token comes with the joined, and anew at half its life', async (t) => {
  const clock = new TestClock();
  const { origin } = await testControl(t, await testDatabase(t, server), { clock });
  const ada = await enter(origin, await createMeeting(origin));
  const first = await ada.client.type('token');
  t.match(first.d, { kind: 'participant', expires_at: /Z$/ });
  for (let passed = 0; passed < 300_000; passed += 5000) {
    ada.client.sendRaw(JSON.stringify({ t: 'ping', d: { ts: passed } }));
    await ada.client.type('pong', ({ d }) => d.ts === passed);
    clock.advance(5000);
  }
  const second = await ada.client.type('token', ({ d }) => d.token !== first.d.token);
  t.equal(Date.parse(second.d.expires_at) - Date.parse(first.d.expires_at), 300_000);
});

t.test('a silent socket is dead after 10 seconds', async (t) => {
  const clock = new TestClock();
  const { origin } = await testControl(t, await testDatabase(t, server), { clock });
  const ada = await enter(origin, await createMeeting(origin));
  clock.advance(5000);
  ada.client.sendRaw(JSON.stringify({ t: 'pong', d: { ts: 1 } }));
  ada.client.sendRaw(JSON.stringify({ t: 'ping', d: { ts: 1 } }));
  await ada.client.type('pong');
  clock.advance(9_999);
  ada.client.sendRaw(JSON.stringify({ t: 'ping', d: { ts: 2 } }));
  await ada.client.type('pong', ({ d }) => d.ts === 2);
  t.ok(ada.client.ofType('ping').length >= 2);
  clock.advance(10_000);
  t.equal(await ada.client.closed(), 1006);
});

t.test('others see a missed heartbeat, and its return; the socket stays', async (t) => {
  const clock = new TestClock();
  const { origin, node } = await testControl(t, await testDatabase(t, server), { clock });
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting, { host: true });
  const { join_token, participant_id } = await join(origin, meeting, { name: 'Grace' });
  const grace = await new TestClient(origin).opened();
  grace.send('hello', { ...helloWith(join_token), heartbeat_ms: 750 }, 'hello');
  await grace.type('joined');
  const states = () =>
    ada.client.ofType('participant.updated').map(({ d }) => `${d.id} ${d.state}`);
  const passes = async (milliseconds: number) => {
    clock.advance(milliseconds);
    await ada.client.pinged();
  };

  await passes(1_250);
  await grace.pinged();
  await passes(1_250);
  t.strictSame(states(), []);
  await passes(500);
  t.strictSame(states(), [`${participant_id} reconnecting`], 'within 2 s');
  const late = await enter(origin, meeting, { name: 'Late' });
  t.match(
    late.joined.d.snapshot?.participants.find(({ id }) => id === participant_id),
    { state: 'reconnecting' },
  );
  await grace.pinged();
  await ada.client.pinged();
  t.strictSame(states(), [`${participant_id} reconnecting`, `${participant_id} joined`]);

  const taken = { t: 'ping', d: { ts: 9, heartbeat_ms: null } };
  grace.sendRaw(JSON.stringify(taken));
  t.strictSame((await grace.type('pong', ({ d }) => d.ts === 9)).d, { ts: 9 });
  await passes(5_000);
  await passes(4_999);
  t.equal(states().length, 2, 'the promise was taken back: nothing to miss');
  t.equal(grace.closeCode, null);
  await passes(1);
  t.equal(await grace.closed(), 1006);
  await ada.client.type('participant.updated', ({ d }) => d.state === 'reconnecting');
  t.equal(node.callsOf('removeParticipant').length, 0, 'media is not touched');
});

t.test('a heartbeat that is missed until the socket is dead is told once', async (t) => {
  const clock = new TestClock();
  const { origin, services } = await testControl(t, await testDatabase(t, server), { clock });
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting, { host: true });
  const { join_token, participant_id } = await join(origin, meeting);
  const grace = await new TestClient(origin).opened();
  grace.send('hello', { ...helloWith(join_token), heartbeat_ms: 500 }, 'hello');
  const { d } = await grace.type('joined');
  for (let passed = 0; passed < 10_000; passed += 2_500) {
    clock.advance(2_500);
    await ada.client.pinged();
  }
  t.equal(await grace.closed(), 1006);
  const back = await resume(origin, d.resume_token, 1);
  t.match((await back.type('joined')).d, { resumed: true, participant_id });
  await ada.client.type('participant.updated', (message) => message.d.state === 'joined');
  const states = ada.client.ofType('participant.updated').map((message) => message.d.state);
  t.strictSame(states, ['reconnecting', 'joined']);
  t.ok(services.rooms.live(meeting.meeting.meeting_id).seats.has(participant_id));
});

t.test('a join token works once', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const { join_token } = await join(origin, meeting);
  const [first, second] = await Promise.all([
    new TestClient(origin).opened(),
    new TestClient(origin).opened(),
  ]);
  first.send('hello', helloWith(join_token));
  second.send('hello', helloWith(join_token));
  const codes = await Promise.race([first.closed(), second.closed()]);
  t.equal(codes, 4401);
  const entered = [first, second].filter((client) => client.ofType('joined').length === 1);
  t.equal(entered.length, 1);
});

t.test('an empty room closes; the next one is another room', async (t) => {
  const clock = new TestClock();
  const { origin, services, node, database } = await testControl(t, await testDatabase(t, server), {
    clock,
  });
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting);
  await ada.client.ask('bye', {});
  t.equal(await ada.client.closed(), 1000);
  const room = services.rooms.live(meeting.meeting.meeting_id);
  clock.advance(150_000);
  await services.rooms.settled();
  t.equal(services.rooms.find(meeting.meeting.meeting_id), undefined);
  t.strictSame(node.callsOf('closeRoom'), [{ roomId: room.key.roomId, epoch: 1 }]);
  const log = await database.query<{ type: string }>('select type from events order by seq');
  t.strictSame(
    log.map(({ type }) => type),
    ['meeting.started', 'participant.joined', 'participant.left', 'meeting.ended'],
  );
  const next = await enter(origin, meeting);
  t.not(next.joined.d.room_id, room.key.roomId);
});
