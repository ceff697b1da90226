/** A host's powers over HTTP: the same rules as on the WebSocket, by participant token. */
import t from 'tap';
import { createMeeting, enter, knock, tokenOf } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { publishes } from '../../testing/test-publications.js';

const server = await testServer(t);
const { origin, node } = await testControl(t, await testDatabase(t, server));
const meeting = await createMeeting(origin);
const host = await enter(origin, meeting, { host: true, name: 'Host' });
const ada = await enter(origin, meeting, { name: 'Ada' });
const base = `${origin}/v1/meetings/${meeting.meeting.meeting_id}`;

async function call(by: typeof host, method: string, path: string, body?: object) {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await tokenOf(by.client)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

t.test('the roster, page by page', async (t) => {
  const first = await call(ada, 'GET', '/participants?limit=1');
  t.match(first.body, { items: [{ name: 'Host', role: 'host' }], next_cursor: host.id });
  const rest = await call(ada, 'GET', `/participants?limit=1&cursor=${first.body.next_cursor}`);
  t.match(rest.body, { items: [{ name: 'Ada' }], next_cursor: null });
  t.match(await call(ada, 'GET', '/participants?cursor=zzz'), {
    status: 400,
    body: { code: 'bad_request' },
  });
  t.match(await call(ada, 'GET', `/participants/${host.id}`), {
    status: 200,
    body: { id: host.id },
  });
  t.match(await call(ada, 'GET', '/participants/nobody'), {
    status: 404,
    body: { code: 'unknown_participant' },
  });
});

t.test('one of them has a tag that changes with what is shown', async (t) => {
  const authorization = `Bearer ${await tokenOf(ada.client)}`;
  const read = (tag = '') =>
    fetch(`${base}/participants/${ada.id}`, { headers: { authorization, 'if-none-match': tag } });
  const tag = (await read()).headers.get('etag') ?? '';
  t.match(tag, /^"[\w-]+"$/);
  t.equal((await read(tag)).status, 304);
  for (const [role, status] of [
    ['viewer', 200],
    ['participant', 304],
  ] as const) {
    await call(host, 'PATCH', `/participants/${ada.id}`, { role });
    t.equal((await read(tag)).status, status);
  }
});

t.test('what hosts change, and what others may not', async (t) => {
  await publishes(node, ada, 'microphone');
  await publishes(node, ada, 'camera');
  const change = {
    role: 'co_host',
    can_unmute: true,
    audio_muted: true,
    video_muted: true,
    spotlight: true,
  };
  t.match(await call(ada, 'PATCH', `/participants/${host.id}`, { role: 'viewer' }), {
    status: 403,
    body: { code: 'role_required' },
  });
  t.match(await call(host, 'PATCH', `/participants/${ada.id}`, change), {
    status: 200,
    body: { id: ada.id, role: 'co_host' },
  });
  t.match((await ada.client.type('spotlight')).d.publication_ids, [`camera of ${ada.id}`]);
  t.strictSame(
    (node.callsOf('publishMute') as { publicationId: string }[]).map((one) => one.publicationId),
    [`microphone of ${ada.id}`, `camera of ${ada.id}`],
  );
  const released = { audio_muted: false, video_muted: false };
  t.match(await call(host, 'PATCH', `/participants/${ada.id}`, released), { status: 200 });
  t.strictSame(
    (node.callsOf('publishMute') as { publicationId: string; muted: boolean; by: string }[])
      .slice(2)
      .map(({ publicationId, muted, by }) => ({ publicationId, muted, by })),
    [`microphone of ${ada.id}`, `camera of ${ada.id}`].flatMap((publicationId) => [
      { publicationId, muted: true, by: 'participant' },
      { publicationId, muted: false, by: 'host' },
    ]),
    'a host lifts what hosts have done, and switches nobody on',
  );
  t.match(await call(host, 'PATCH', `/participants/${ada.id}`, { role: 'participant' }), {
    status: 200,
  });
  const half = { role: 'co_host', can_unmute: false, audio_muted: true, spotlight: true };
  const eve = await enter(origin, meeting, { name: 'Eve' });
  t.match(await call(host, 'PATCH', `/participants/${eve.id}`, half), {
    status: 404,
    body: { code: 'unknown_publication' },
  });
  t.match(
    (await call(host, 'GET', `/participants/${eve.id}`)).body,
    { role: 'participant', can_unmute: true },
    'refused in one part, nothing of it is done',
  );
  eve.client.send('bye', {});
  const muteAll = { source: 'microphone', self_unmute: true };
  t.match(await call(ada, 'POST', '/participants/mute-all', muteAll), { status: 403 });
  t.match(await call(host, 'POST', '/participants/mute-all', muteAll), { status: 204 });
});

t.test('lobby over HTTP', async (t) => {
  await host.client.ask('mod.policy', { lobby: 'all' });
  const bob = await knock(origin, meeting, { name: 'Bob' });
  const eve = await knock(origin, meeting, { name: 'Eve' });
  t.match(await call(ada, 'GET', '/lobby'), { status: 403 });
  t.match(await call(host, 'GET', '/lobby'), {
    status: 200,
    body: { items: [{ participant_id: bob.id }, { participant_id: eve.id }] },
  });
  t.match(await call(host, 'POST', '/lobby/message', { body: 'Soon' }), { status: 204 });
  await bob.client.type('lobby.waiting', ({ d }) => d.message === 'Soon');
  const chosen = { participant_ids: [bob.id] };
  t.match(await call(host, 'POST', '/lobby/admit', chosen), { status: 204 });
  await bob.client.type('joined');
  t.match(await call(host, 'POST', '/lobby/admit', chosen), {
    status: 404,
    body: { code: 'unknown_participant' },
  });
  t.match(await call(host, 'POST', '/lobby/deny', { all: true }), { status: 204 });
  t.equal(await eve.client.closed(), 4403);
  t.match(await call(host, 'POST', '/lobby/deny', {}), { status: 400 });
});

t.test('removal; a token is worth nothing without its seat', async (t) => {
  const eve = await enter(origin, meeting, { host: true, name: 'Eve' });
  const token = await tokenOf(eve.client);
  t.match(await call(ada, 'DELETE', `/participants/${eve.id}`), { status: 403 });
  t.match(await call(host, 'DELETE', `/participants/${eve.id}?block=true`), { status: 204 });
  t.equal(await eve.client.closed(), 4403);
  const late = await fetch(`${base}/participants`, {
    headers: { authorization: `Bearer ${token}` },
  });
  t.equal(late.status, 401);
  t.match(await call(host, 'DELETE', `/participants/${eve.id}`), { status: 404 });
});

t.test('a guest of another room finds nothing here', async (t) => {
  const other = await createMeeting(origin);
  const stranger = await enter(origin, other, { host: true });
  for (const [method, path, body] of [
    ['GET', '/participants'],
    ['GET', `/participants/${ada.id}`],
    ['PATCH', `/participants/${ada.id}`, { role: 'viewer' }],
    ['DELETE', `/participants/${ada.id}`],
    ['GET', '/lobby'],
    ['POST', '/lobby/admit', { all: true }],
    ['GET', '/blocks'],
    ['GET', '/messages'],
    ['DELETE', '/messages'],
  ] as [string, string, object?][]) {
    t.match(await call(stranger, method, path, body), { status: 404 }, `${method} ${path}`);
  }
});
