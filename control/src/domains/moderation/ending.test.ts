import t from 'tap';
import {
  createMeeting,
  enter,
  helloWith,
  join,
  joinBody,
  knock,
  post,
  resumeWith,
  TestClient,
} from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { untilBlocked } from '../../testing/test-locks.js';
import { eventually } from '../../testing/test-redis.js';

const server = await testServer(t);

t.test(
  'end for all: sockets, media, tokens, the link; written before it is answered',
  async (t) => {
    const database = await testDatabase(t, server);
    const { origin, node, services } = await testControl(t, database);
    const meeting = await createMeeting(origin);
    const host = await enter(origin, meeting, { host: true });
    const ada = await enter(origin, meeting, { name: 'Ada' });
    const unused = await join(origin, meeting, { name: 'On the way' });
    await host.client.ask('mod.policy', { lobby: 'all' });
    const waiting = await knock(origin, meeting, { name: 'Waiting' });
    t.match(await ada.client.ask('mod.end', {}), { d: { code: 'role_required' } });
    host.client.send('mod.end', {}, 'the end');
    for (const { client } of [host, ada, waiting]) t.equal(await client.closed(), 4410);
    await services.rooms.settled();
    const ref = { roomId: host.joined.d.room_id, epoch: 1 };
    t.strictSame(node.callsOf('closeRoom'), [ref]);
    t.equal(services.rooms.find(meeting.meeting.meeting_id), undefined);
    for (const hello of [resumeWith(ada.joined.d.resume_token, 1), helloWith(unused.join_token)]) {
      const client = await new TestClient(origin).opened();
      client.send('hello', hello);
      t.equal(await client.closed(), 4401);
    }
    const again = await post(`${origin}/v1/join`, joinBody(meeting));
    t.match(await again.json(), { status: 410, code: 'meeting_ended' });
    const log = await database.query<{ type: string }>('select type from events order by seq');
    t.strictSame(
      log.slice(-3).map(({ type }) => type),
      ['participant.left', 'participant.left', 'meeting.ended'],
    );
    const open = await database.query('select 1 from participants where left_at is null');
    t.strictSame(open, []);
  },
);

t.test('locked: nobody new, whoever is in may reconnect', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const ada = await enter(origin, meeting, { name: 'Ada' });
  t.match(await ada.client.ask('mod.lock', { locked: true }), { d: { code: 'role_required' } });
  t.match(await host.client.ask('mod.lock', { locked: true }), { t: 'ok' });
  t.match((await ada.client.type('policy')).d, { locked: true });
  const refused = await post(`${origin}/v1/join`, joinBody(meeting));
  t.match(await refused.json(), { code: 'meeting_locked' });
  await enter(origin, meeting, { host: true, name: 'Second host' });
  ada.client.cut();
  const back = await new TestClient(origin).opened();
  back.send('hello', resumeWith(ada.joined.d.resume_token, ada.joined.seq));
  t.match((await back.type('joined')).d, { participant_id: ada.id });
  await host.client.ask('mod.policy', { lobby: 'guests' });
  const eve = await knock(origin, meeting, { name: 'Eve' });
  t.equal(eve.state, 'lobby', 'with a lobby they wait there instead');
  await host.client.ask('mod.lock', { locked: false });
  await host.client.ask('mod.policy', { lobby: 'off' });
  await enter(origin, meeting, { name: 'Bob' });
});

t.test('nobody is sent away, and no media ends, before it is written', async (t) => {
  const database = await testDatabase(t, server);
  const { origin, node, services } = await testControl(t, database);
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const ada = await enter(origin, meeting, { name: 'Ada' });
  await database.transaction(async (tx) => {
    await tx.query('select from rooms for update');
    host.client.send('mod.end', {});
    await untilBlocked(database, () => 1);
    await ada.client.pinged();
    await host.client.pinged();
    t.strictSame(node.callsOf('closeRoom'), []);
  });
  for (const { client } of [host, ada]) t.equal(await client.closed(), 4410);
  await services.rooms.settled();
});

for (const order of ['before', 'after'] as const) {
  t.test(`who knocks ${order} it is ended, when neither is written: sent away`, async (t) => {
    const database = await testDatabase(t, server);
    const { origin, services } = await testControl(t, database);
    const meeting = await createMeeting(origin);
    const host = await enter(origin, meeting, { host: true });
    t.match(await host.client.ask('mod.policy', { lobby: 'all' }), { t: 'ok' });
    const { meeting_id: meetingId } = meeting.meeting;
    const room = services.rooms.live(meetingId);
    const { join_token } = await join(origin, meeting, { name: 'Ada' });
    const ada = await new TestClient(origin).opened();
    const knocks = async () => {
      ada.send('hello', helloWith(join_token));
      await eventually('it is to be written', async () =>
        room.placesTaken > room.seats.size ? true : undefined,
      );
    };
    const ends = async () => {
      host.client.send('mod.end', {});
      await host.client.pinged();
    };
    await database.transaction(async (tx) => {
      await tx.query('select from rooms where meeting_id = $1 for update', [meetingId]);
      host.client.send('chat.send', { body: 'What comes behind this is written together.' });
      await untilBlocked(database, () => 1);
      for (const happens of order === 'before' ? [knocks, ends] : [ends, knocks]) await happens();
    });
    t.equal(await host.client.closed(), 4410);
    t.equal(await ada.closed(), order === 'before' ? 4410 : 4401);
    await services.rooms.settled();
    t.strictSame(await database.query('select 1 from participants where left_at is null'), []);
    const log = await database.query<{ type: string }>('select type from events order by seq');
    t.equal(log.at(-1)?.type, 'meeting.ended');
  });
}
