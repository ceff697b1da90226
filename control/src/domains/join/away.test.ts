/** The database is away: people come into live meetings by link, wait, are let in, come back. */
import t, { type Test } from 'tap';
import type { Joined } from '../../schemas/http.js';
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
  type TestMeeting,
} from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { eventually } from '../../testing/test-redis.js';
import { testWay } from '../../testing/test-way.js';

const server = await testServer(t);

async function live(t: Test, policy: object = {}) {
  const direct = await testDatabase(t, server);
  const way = await testWay(t, server, direct);
  const control = await testControl(t, way.open());
  const { origin } = control;
  const meeting = await createMeeting(origin, { policy });
  const host = await enter(origin, meeting, { host: true, name: 'Host' });
  const back = async () => {
    await way.mend();
    await eventually('all is written', async () => control.keep.size === 0 || undefined);
  };
  return { ...control, direct, way, meeting, host, back };
}

const seatOf = async (database: Awaited<ReturnType<typeof testDatabase>>, id: string) =>
  (
    await database.query(
      `select display_name as name, role, joined_at is not null as "isThere",
         left_at is not null as "hasLeft" from participants where participant_id = $1`,
      [id],
    )
  )[0];

const asked = (meeting: TestMeeting, more: object = {}) => ({ ...joinBody(meeting), ...more });

t.test('a guest comes by link, writes, loses the socket and comes back', async (t) => {
  const { origin, meeting, host, way, direct, back } = await live(t);
  await way.break();
  await eventually('it is known', async () => {
    const ready = await fetch(`${origin}/readyz`);
    t.equal(ready.status, 200, 'somebody can be let in');
    const { dependencies } = (await ready.json()) as { dependencies: Record<string, string> };
    return dependencies.database === 'down' || undefined;
  });
  const { code, secret } = joinBody(meeting);
  const checked = await post(`${origin}/v1/join/check`, { code, secret });
  t.equal(checked.status, 200);
  const ada = await enter(origin, meeting, { name: 'Ada' });
  t.match(await host.client.type('participant.joined'), { d: { participant: { name: 'Ada' } } });
  t.match(await ada.client.ask('chat.send', { body: 'Here' }), { t: 'ok' });
  ada.client.cut();
  let token = ada.joined.d.resume_token;
  for (let times = 0; times < 2; times += 1) {
    const client = await new TestClient(origin).opened();
    client.send('hello', resumeWith(token, 1));
    const { d } = await client.type('joined');
    t.equal(d.participant_id, ada.id);
    t.not(d.resume_token, token);
    token = d.resume_token;
    client.cut();
  }
  await back();
  t.match(await seatOf(direct, ada.id), { name: 'Ada', role: 'participant', isThere: true });
  const client = await new TestClient(origin).opened();
  client.send('hello', resumeWith(token, 1));
  t.equal(
    (await client.type('joined')).d.participant_id,
    ada.id,
    'the database knows the last one',
  );
  const old = await new TestClient(origin).opened();
  old.send('hello', resumeWith(ada.joined.d.resume_token, 1));
  t.equal(await old.closed(), 4401, 'and not the first');
});

t.test('who was seated before comes back as well', async (t) => {
  const { origin, host, way } = await live(t);
  await way.break();
  host.client.cut();
  const client = await new TestClient(origin).opened();
  client.send('hello', resumeWith(host.joined.d.resume_token, 1));
  t.equal((await client.type('joined')).d.participant_id, host.id);
  const stranger = await new TestClient(origin).opened();
  const forged = `${host.joined.d.resume_token.slice(0, -8)}AAAAAAAA`;
  stranger.send('hello', resumeWith(forged, 1));
  t.equal(await stranger.closed(), 4401);
});

t.test('a join that is repeated is one', async (t) => {
  const { origin, meeting, way, direct, back } = await live(t);
  await way.break();
  const headers = { 'idempotency-key': 'the-same-key-again-0001' };
  const answers: string[] = [];
  const once = async () => {
    const answer = await post(
      `${origin}/v1/join`,
      asked(meeting, { device_id: 'phone-of-ada-0001' }),
      headers,
    );
    answers.push(((await answer.json()) as Joined).participant_id);
    return answer.status;
  };
  t.equal(await once(), 201);
  t.equal(await once(), 201);
  await back();
  t.equal(await once(), 201);
  t.equal(new Set(answers).size, 1);
  const [{ seats } = {}] = await direct.query(
    "select count(*) as seats from participants where role = 'participant'",
  );
  t.equal(seats, 1);
  const [{ uses } = {}] = await direct.query(
    "select sum(uses) as uses from invites where role = 'participant'",
  );
  t.equal(Number(uses), 1, 'its link counts them');
});

t.test('the lobby: they wait, a host lets them in', async (t) => {
  const { origin, meeting, host, way, direct, back } = await live(t, { lobby: 'all' });
  await way.break();
  const ada = await knock(origin, meeting, { name: 'Ada' });
  t.equal(ada.state, 'lobby');
  const those = { participant_ids: [ada.id] };
  t.match(await host.client.ask('mod.admit', those), { t: 'ok' });
  t.equal((await ada.client.type('joined')).d.participant_id, ada.id);
  await back();
  t.match(await seatOf(direct, ada.id), { isThere: true, hasLeft: false });
});

t.test('what a host says holds at the door', async (t) => {
  const { origin, meeting, host, way, direct, back } = await live(t);
  await way.break();
  const ada = await enter(origin, meeting, { name: 'Ada', deviceId: 'phone-of-ada-0001' });
  const removal = { participant_id: ada.id, block: true };
  t.match(await host.client.ask('mod.remove', removal), { t: 'ok' });
  const again = await post(`${origin}/v1/join`, asked(meeting, { device_id: 'phone-of-ada-0001' }));
  t.match(await again.json(), { code: 'blocked' });
  t.match(await host.client.ask('mod.lock', { locked: true }), { t: 'ok' });
  const locked = await post(
    `${origin}/v1/join`,
    asked(meeting, { device_id: 'phone-of-eve-0001' }),
  );
  t.match(await locked.json(), { code: 'meeting_locked' });
  await back();
  t.match(await seatOf(direct, ada.id), { hasLeft: true });
  t.equal((await direct.query('select 1 from blocks')).length, 1);
  const [{ policy } = {}] = await direct.query('select policy from meetings');
  t.match(policy, { locked: true });
});

t.test('a block from before its room opened holds too', async (t) => {
  const { origin, meeting, host, way, services } = await live(t);
  const ada = await enter(origin, meeting, { name: 'Ada', deviceId: 'phone-of-ada-0001' });
  await host.client.ask('mod.remove', { participant_id: ada.id, block: true });
  const { meeting_id: meetingId } = meeting.meeting;
  services.rooms.live(meetingId).blocks = await services.moderation.blocksOf(meetingId);
  await way.break();
  const again = await post(`${origin}/v1/join`, asked(meeting, { device_id: 'phone-of-ada-0001' }));
  t.match(await again.json(), { code: 'blocked' });
});

t.test('what opens nothing opens nothing, and what is not here is said soon', async (t) => {
  const { origin, meeting, way } = await live(t, { passcode: '135790' });
  const other = await createMeeting(origin);
  await way.break();
  const wrong = await post(`${origin}/v1/join`, asked(meeting, { secret: 'wrong' }));
  t.match(await wrong.json(), { code: 'join_refused' });
  const lacking = await post(`${origin}/v1/join`, asked(meeting));
  t.match(await lacking.json(), { code: 'passcode_required' });
  const right = await post(`${origin}/v1/join`, asked(meeting, { passcode: '135790' }));
  t.equal(right.status, 201);
  for (const [path, body] of [
    ['join', asked(other)],
    ['meetings', {}],
    ['sessions', { email: 'ada@example.org', password: 'of no use to anybody' }],
  ] as const) {
    const refused = await post(`${origin}/v1/${path}`, body);
    t.equal(refused.status, 503, path);
    t.equal(refused.headers.get('retry-after'), '1');
  }
});

t.test('links that were made or revoked while it was live are known', async (t) => {
  const { origin, meeting, host, way, direct } = await live(t);
  const { meeting_id } = meeting.meeting;
  const headers = { authorization: `Bearer ${(await host.client.type('token')).d.token}` };
  const made = await post(
    `${origin}/v1/meetings/${meeting_id}/invites`,
    { role: 'co_host' },
    headers,
  );
  const { url } = (await made.json()) as { url: string };
  const secret = url.split('#k=')[1] as string;
  const [own] = await direct.query(
    "select invite_id as id from invites where role = 'participant'",
  );
  const revoked = await fetch(`${origin}/v1/meetings/${meeting_id}/invites/${own?.id}`, {
    method: 'DELETE',
    headers,
  });
  t.equal(revoked.status, 204);
  await way.break();
  t.equal((await post(`${origin}/v1/join`, asked(meeting, { secret }))).status, 201);
  t.match(await (await post(`${origin}/v1/join`, asked(meeting))).json(), { code: 'join_refused' });
});

t.test('a token from before is used when the database is away', async (t) => {
  const { origin, meeting, way, direct, back } = await live(t);
  const { join_token, participant_id } = await join(origin, meeting);
  await way.break();
  const client = await new TestClient(origin).opened();
  client.send('hello', helloWith(join_token));
  t.equal((await client.type('joined')).d.participant_id, participant_id);
  const second = await new TestClient(origin).opened();
  second.send('hello', helloWith(join_token));
  t.equal(await second.closed(), 4401, 'once');
  await back();
  t.match(await seatOf(direct, participant_id), { isThere: true });
});
