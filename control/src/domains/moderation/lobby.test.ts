/** The lobby, from both sides of the door: real HTTP, real sockets, a real database. */
import t from 'tap';
import {
  createMeeting,
  enter,
  helloWith,
  join,
  knock,
  passTime,
  resumeWith,
  TestClient,
  type TestMeeting,
} from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { type TestControl, testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { publishes } from '../../testing/test-publications.js';

const server = await testServer(t);
const withLobby = { policy: { lobby: 'all' } };

/** The server has noticed that this one's socket is gone. */
async function disconnected(
  { services }: Pick<TestControl, 'services'>,
  meeting: TestMeeting,
  id: string,
): Promise<void> {
  const room = services.rooms.find(meeting.meeting.meeting_id);
  while (room?.lobby.find(id)?.seat.isConnected) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

t.test('who waits is told so, hosts hear the knock, and one word lets in', async (t) => {
  const database = await testDatabase(t, server);
  const { origin, node } = await testControl(t, database);
  const meeting = await createMeeting(origin, withLobby);
  const host = await enter(origin, meeting, { host: true });
  const guest = await enter(origin, meeting, { host: true, name: 'Second host' });
  const eve = await knock(origin, meeting, { name: 'Eve' });
  t.equal(eve.state, 'lobby');
  t.match(eve.waiting.d, { position: 1, resume_token: /^\S{80,}$/ });
  t.equal(eve.waiting.re, 'hello');
  for (const { client } of [host, guest]) {
    const list = await client.type('lobby.list', ({ d }) => d.knock);
    t.match(list.d.items, [{ participant_id: eve.id, name: 'Eve' }]);
  }
  t.match(await eve.client.ask('chat.send', { body: 'hello?' }), { d: { code: 'not_in_room' } });
  t.strictSame(
    node.callsOf('addParticipant').filter((call) => JSON.stringify(call).includes(eve.id)),
    [],
    'the node does not know who waits',
  );
  t.notOk(
    guest.joined.d.snapshot?.participants.some(({ id }) => id === eve.id),
    'nor do the participants',
  );

  t.match(await host.client.ask('mod.admit', { participant_ids: [eve.id] }), { t: 'ok' });
  const joined = await eve.client.type('joined');
  t.match(joined.d, { role: 'participant', participant_id: eve.id, resumed: false });
  t.equal(joined.re, undefined);
  t.match(await eve.client.type('token'), { d: { kind: 'participant' } });
  t.match(await eve.client.ask('chat.send', { body: 'hello!' }), { t: 'ok' });
  await guest.client.type('participant.joined', ({ d }) => d.participant.id === eve.id);
  await host.client.type('lobby.list', ({ d }) => d.items.length === 0);
  const log = await database.query<{ type: string }>(
    'select type from events where participant_id = $1 order by seq',
    [eve.id],
  );
  t.strictSame(
    log.map(({ type }) => type),
    ['participant.waiting', 'participant.admitted', 'participant.joined', 'message.created'],
  );

  eve.client.cut();
  const again = await new TestClient(origin).opened();
  again.send('hello', resumeWith(joined.d.resume_token, joined.seq));
  t.match((await again.type('joined')).d, { resumed: true });
});

t.test('in order, with a word to all, admitted all at once', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin, withLobby);
  const host = await enter(origin, meeting, { host: true });
  const first = await knock(origin, meeting, { name: 'First' });
  const second = await knock(origin, meeting, { name: 'Second' });
  t.equal(second.waiting.d.position, 2);
  await host.client.ask('mod.lobby_message', { body: 'Five minutes' });
  for (const { client } of [first, second]) {
    await client.type('lobby.waiting', ({ d }) => d.message === 'Five minutes');
  }
  const third = await knock(origin, meeting, { name: 'Third' });
  t.match(third.waiting.d, { position: 3, message: 'Five minutes' }, 'also who comes later');
  first.client.send('bye', {});
  await second.client.type('lobby.waiting', ({ d }) => d.position === 1);
  t.match(await host.client.ask('mod.admit', { all: true }), { t: 'ok' });
  await second.client.type('joined');
  await third.client.type('joined');
  t.match(await host.client.ask('mod.admit', { participant_ids: [second.id] }), {
    d: { code: 'unknown_participant' },
  });
});

t.test('denied: told, closed, and the token is of no use; one may ask again', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin, withLobby);
  const host = await enter(origin, meeting, { host: true });
  const eve = await knock(origin, meeting, { name: 'Eve' });
  t.match(await host.client.ask('mod.deny', { participant_ids: [eve.id] }), { t: 'ok' });
  t.match((await eve.client.type('error')).d, { code: 'join_refused', fatal: true });
  t.equal(await eve.client.closed(), 4403);
  const returned = await new TestClient(origin).opened();
  returned.send('hello', resumeWith(eve.waiting.d.resume_token ?? '', 1));
  t.equal(await returned.closed(), 4401);
  t.equal((await knock(origin, meeting, { name: 'Eve' })).waiting.d.position, 1);
});

t.test('only hosts open the door; members may be spared, hosts always are', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const guest = await enter(origin, meeting, { name: 'Early' });
  t.match(await host.client.ask('mod.policy', { lobby: 'guests' }), { t: 'ok' });
  t.match((await guest.client.type('policy')).d, { lobby: 'guests' });
  const late = await knock(origin, meeting, { name: 'Late' });
  for (const [type, wanted] of [
    ['mod.admit', { all: true }],
    ['mod.deny', { all: true }],
    ['mod.lobby_message', { body: 'x' }],
    ['mod.policy', { lobby: 'off' }],
  ] as const) {
    t.match(await guest.client.ask(type, wanted as never), { d: { code: 'role_required' } }, type);
  }
  t.strictSame(guest.client.ofType('lobby.list'), [], 'guests do not hear who waits');
  t.match(await host.client.ask('mod.role', { participant_id: guest.id, role: 'co_host' }), {
    t: 'ok',
  });
  const list = await guest.client.type('lobby.list');
  t.match(list.d, { items: [{ participant_id: late.id }], knock: false });
  t.match(await guest.client.ask('mod.admit', { all: true }), { t: 'ok' });
  await late.client.type('joined');
});

t.test('a place in the lobby outlives its socket for 90 s, and a restart', async (t) => {
  const database = await testDatabase(t, server);
  const clock = new TestClock();
  const options = { clock };
  const first = await testControl(t, database, options);
  const meeting = await createMeeting(first.origin, withLobby);
  const host = await enter(first.origin, meeting, { host: true });
  const eve = await knock(first.origin, meeting, { name: 'Eve' });
  const gone = await knock(first.origin, meeting, { name: 'Gone' });
  eve.client.cut();
  await passTime(clock, 60_000, host.client, gone.client);
  const back = await new TestClient(first.origin).opened();
  back.send('hello', resumeWith(eve.waiting.d.resume_token ?? '', 1), 'again');
  const waiting = await back.type('lobby.waiting', ({ re }: { re?: string }) => re === 'again');
  t.match(waiting.d, { position: 1, since: eve.waiting.d.since });
  gone.client.cut();
  await host.client.type('lobby.list', ({ d }) => d.items.length === 2);
  await disconnected(first, meeting, gone.id);
  const seen = host.client.messages.length;
  await passTime(clock, 91_000, host.client, back);
  await host.client.find(
    (message, index) => index >= seen && message.t === 'lobby.list' && message.d.items.length === 1,
  );

  await first.services.rooms.shutDown();
  const second = await testControl(t, database, { keys: first.keys, clock });
  const after = await new TestClient(second.origin).opened();
  after.send('hello', resumeWith(waiting.d.resume_token ?? '', 1));
  t.match((await after.type('lobby.waiting')).d, { since: eve.waiting.d.since });
  const token = host.client.ofType('joined')[0]?.d.resume_token ?? '';
  const returned = await new TestClient(second.origin).opened();
  returned.send('hello', resumeWith(token, 1));
  const joined = await returned.type('joined');
  t.match(joined.d.snapshot?.lobby, [{ participant_id: eve.id }]);
  await returned.ask('mod.admit', { all: true });
  t.match((await after.type('joined')).d, { participant_id: eve.id });
});

t.test('let in while away: the seat waits, and the next hello finds the room', async (t) => {
  const { origin, services, node } = await testControl(t, await testDatabase(t, server));
  const policy = { lobby: 'all', mute_on_entry: true };
  const meeting = await createMeeting(origin, { policy });
  const host = await enter(origin, meeting, { host: true });
  const eve = await knock(origin, meeting, { name: 'Eve' });
  eve.client.cut();
  await disconnected({ services }, meeting, eve.id);
  await host.client.ask('mod.admit', { all: true });
  t.strictSame(host.client.ofType('participant.joined'), []);
  const back = await new TestClient(origin).opened();
  back.send('hello', resumeWith(eve.waiting.d.resume_token ?? '', 1));
  const joined = await back.type('joined');
  t.match(joined.d, { participant_id: eve.id, resumed: false });
  const heard = await host.client.type('participant.joined');
  t.match(heard.d.participant, { id: eve.id, state: 'joined' });
  const microphone = await publishes(node, { client: back, joined, id: eve.id }, 'microphone');
  const muted = { publicationId: microphone, muted: true, by: 'host' };
  t.match(node.callsOf('publishMute'), [muted], 'the meeting mutes who comes');
});

t.test('a socket that breaks at any moment of the admission leaves no ghost', async (t) => {
  const clock = new TestClock();
  const { origin, services } = await testControl(t, await testDatabase(t, server), { clock });
  const meeting = await createMeeting(origin, withLobby);
  const host = await enter(origin, meeting, { host: true });
  const returned: TestClient[] = [];
  const stay = new Set([host.id]);
  for (let turns = 0; turns < 24; turns++) {
    const eve = await knock(origin, meeting, { name: `Eve ${turns}` });
    const admitted = host.client.ask('mod.admit', { participant_ids: [eve.id] });
    for (let turn = 0; turn < turns; turn++) await new Promise((next) => setImmediate(next));
    eve.client.cut();
    if (turns % 2 === 0) {
      const back = await new TestClient(origin).opened();
      back.send('hello', resumeWith(eve.waiting.d.resume_token ?? '', 1));
      await back.type('joined');
      returned.push(back);
      stay.add(eve.id);
    }
    t.match(await admitted, { t: 'ok' });
  }
  const room = services.rooms.live(meeting.meeting.meeting_id);
  const away = () => [...room.seats.values()].filter((seat) => !seat.isConnected).length;
  while (away() < 12) await new Promise((next) => setImmediate(next));
  await passTime(clock, 91_000, host.client, ...returned);
  t.strictSame(new Set(room.seats.keys()), stay);
  t.equal(room.lobby.size, 0);
});

t.test('a full room takes nobody from the lobby; they go on waiting', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin, { policy: { lobby: 'all', max_participants: 2 } });
  const host = await enter(origin, meeting, { host: true });
  const first = await knock(origin, meeting, { name: 'First' });
  const second = await knock(origin, meeting, { name: 'Second' });
  await host.client.ask('mod.admit', { participant_ids: [first.id] });
  await first.client.type('joined');
  const full = { d: { code: 'meeting_full' } };
  t.match(await host.client.ask('mod.admit', { participant_ids: [second.id] }), full);
  first.client.send('bye', {});
  await host.client.type('participant.left');
  t.match(await host.client.ask('mod.admit', { participant_ids: [second.id] }), { t: 'ok' });
  await second.client.type('joined');
});

t.test('a join token opens the lobby once', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin, withLobby);
  await enter(origin, meeting, { host: true });
  const seat = await join(origin, meeting, { name: 'Eve' });
  const one = await new TestClient(origin).opened();
  one.send('hello', helloWith(seat.join_token));
  await one.type('lobby.waiting');
  const two = await new TestClient(origin).opened();
  two.send('hello', helloWith(seat.join_token));
  t.equal(await two.closed(), 4401);
});
