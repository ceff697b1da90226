/** What people with an account look like in a room, and when they change it. */
import t from 'tap';
import { KeyRing } from '../../keys/key-ring.js';
import type { Joined } from '../../schemas/http.js';
import { makeAdmin, makeUser, readMe, send } from '../../testing/test-accounts.js';
import {
  createMeeting,
  enter,
  helloWith,
  joinBody,
  post,
  TestClient,
} from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

t.test(
  'an own name follows the account, a typed one stays, the picture always follows',
  async (t) => {
    const control = await testControl(t, await testDatabase(t, server));
    const { origin } = control;
    const meeting = await createMeeting(origin);
    const host = await enter(origin, meeting, { host: true });
    const user = await makeUser(control, { username: 'Ada' });
    const clients = [];
    for (const display_name of ['Ada', 'Countess']) {
      const body = { ...joinBody(meeting), display_name };
      const joined = await (await post(`${origin}/v1/join`, body, user.headers)).json();
      const client = await new TestClient(origin).opened();
      client.send('hello', helloWith((joined as { join_token: string }).join_token));
      clients.push((await client.type('joined')).d.participant_id);
    }
    const { etag } = await readMe(origin, user);
    const changed = await send(
      `${origin}/v1/users/me`,
      'PATCH',
      { ...user.headers, 'if-match': etag },
      { username: 'Ada L.' },
    );
    t.equal(changed.status, 200);
    const [own, typed] = clients;
    const first = await host.client.type('participant.updated', ({ d }) => d.id === own);
    t.match(first.d, { name: 'Ada L.', avatar_url: null });
    const second = await host.client.type('participant.updated', ({ d }) => d.id === typed);
    t.equal(second.d.name, undefined);
    await control.services.users.setAvatar(user.userId, 'a'.repeat(43));
    const pictured = await host.client.type(
      'participant.updated',
      ({ d }) => d.id === typed && typeof d.avatar_url === 'string',
    );
    const late = await enter(origin, meeting, { name: 'Late' });
    t.equal(
      late.joined.d.snapshot?.participants.find(({ id }) => id === own)?.avatar_url,
      pictured.d.avatar_url,
    );
  },
);

t.test('who waits follows the account too, and a restart remembers the new name', async (t) => {
  const database = await testDatabase(t, server);
  const keys = KeyRing.ephemeral();
  const control = await testControl(t, database, { keys });
  const { origin } = control;
  const meeting = await createMeeting(origin, { policy: { lobby: 'all' } });
  const host = await enter(origin, meeting, { host: true });
  const user = await makeUser(control, { username: 'Ada' });
  const body = { ...joinBody(meeting), display_name: 'Ada' };
  const joined = await (await post(`${origin}/v1/join`, body, user.headers)).json();
  const client = await new TestClient(origin).opened();
  client.send('hello', helloWith((joined as { join_token: string }).join_token));
  await client.type('lobby.waiting');
  const { etag } = await readMe(origin, user);
  const headers = { ...user.headers, 'if-match': etag };
  const began = performance.now();
  await send(`${origin}/v1/users/me`, 'PATCH', headers, { username: 'Ada L.' });
  const { d } = await host.client.type('lobby.list', ({ d }) => d.items[0]?.name === 'Ada L.');
  t.comment(`told after ${Math.round(performance.now() - began)} ms`);
  const [{ participant_id: id } = { participant_id: '' }] = d.items;
  await host.client.ask('mod.admit', { participant_ids: [id] });
  await client.type('joined');
  await send(
    `${origin}/v1/users/me`,
    'PATCH',
    { ...user.headers, 'if-match': '*' },
    { username: 'Ada K. L.' },
  );
  await host.client.type('participant.updated', ({ d }) => d.name === 'Ada K. L.');
  await control.services.rooms.shutDown();
  const next = await testControl(t, database, { keys });
  const again = await enter(next.origin, meeting, { host: true });
  t.match(
    again.joined.d.snapshot?.participants.find((one) => one.id === id),
    { name: 'Ada K. L.' },
  );
});

t.test('a disabled account, and a deleted one, leave every room at once', async (t) => {
  const control = await testControl(t, await testDatabase(t, server));
  const { origin } = control;
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const admin = await makeAdmin(control);
  for (const method of ['PATCH', 'DELETE']) {
    const user = await makeUser(control, { username: 'Ada' });
    const ask = async () =>
      (await (await post(`${origin}/v1/join`, joinBody(meeting), user.headers)).json()) as Joined;
    const [joined, unused] = [await ask(), await ask()];
    const client = await new TestClient(origin).opened();
    client.send('hello', helloWith(joined.join_token));
    await client.type('joined');
    const { etag } = await readMe(origin, user);
    const headers = { ...admin.headers, 'if-match': etag };
    const body = method === 'PATCH' ? { is_disabled: true } : undefined;
    const ended = await send(`${origin}/v1/users/${user.userId}`, method, headers, body);
    t.ok(ended.ok);
    t.equal(await client.closed(), 4403, method);
    const left = await host.client.type(
      'participant.left',
      ({ d }) => d.id === joined.participant_id,
    );
    t.equal(left.d.reason, 'removed');
    const late = await new TestClient(origin).opened();
    late.send('hello', helloWith(unused.join_token));
    t.equal(await late.closed(), 4401, 'an unused join token opens nothing');
  }
});

t.test(
  'the owner of a meeting is its host by any link, with the name of the account',
  async (t) => {
    const control = await testControl(t, await testDatabase(t, server));
    const { origin } = control;
    const owner = await makeUser(control, { username: 'Grace' });
    const created = await post(`${origin}/v1/meetings`, {}, owner.headers);
    const { meeting, participant_link } = (await created.json()) as {
      meeting: { meeting_id: string; code: string };
      participant_link: string;
    };
    const direct = await post(
      `${origin}/v1/meetings/${meeting.meeting_id}/join`,
      {},
      owner.headers,
    );
    t.equal(direct.status, 201);
    const client = await new TestClient(origin).opened();
    client.send('hello', helloWith(((await direct.json()) as { join_token: string }).join_token));
    const { d } = await client.type('joined');
    t.match(d, { role: 'host', snapshot: { participants: [{ name: 'Grace' }] } });
    const other = await makeUser(control);
    const stranger = await post(
      `${origin}/v1/meetings/${meeting.meeting_id}/join`,
      {},
      other.headers,
    );
    t.match(await stranger.json(), { status: 403, code: 'join_refused' });
    const secret = participant_link.split('#k=')[1];
    const byLink = { code: meeting.code, secret, display_name: 'G.' };
    const again = await post(`${origin}/v1/join`, byLink, owner.headers);
    const second = await new TestClient(origin).opened();
    second.send('hello', helloWith(((await again.json()) as { join_token: string }).join_token));
    t.match((await second.type('joined')).d, { role: 'host' });
  },
);
