import t from 'tap';
import type { CreatedMeeting } from '../../schemas/http.js';
import { createMeeting, enter, join, type TestMeeting } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';

const server = await testServer(t);
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

async function started(t: Parameters<typeof testControl>[0], options = {}) {
  const control = await testControl(t, await testDatabase(t, server), options);
  const account = await testAccount(control);
  return { ...control, control, account, ask: caller(control.origin, account.cookie) };
}

function withSecrets(created: CreatedMeeting): TestMeeting {
  return {
    ...created,
    code: created.meeting.code,
    hostSecret: created.host_invite.url.split('#k=')[1] as string,
    participantSecret: created.participant_link.split('#k=')[1] as string,
  };
}

const scheduled = {
  title: 'Weekly',
  description: 'What was,\r\nwhat comes',
  kind: 'scheduled',
  starts_at: '2026-12-01T09:00:00Z',
  ends_at: '2026-12-01T11:30:00+01:00',
  time_zone: 'Europe/Berlin',
};

t.test('an account makes each kind of meeting, and sees it again', async (t) => {
  const { ask, account, origin } = await started(t);
  const made = await ask('POST', '/v1/meetings', scheduled);
  t.equal(made.status, 201);
  t.match(made.body.meeting, {
    title: 'Weekly',
    description: 'What was,\nwhat comes',
    kind: 'scheduled',
    host_id: account.userId,
    starts_at: '2026-12-01T09:00:00.000Z',
    ends_at: '2026-12-01T10:30:00.000Z',
    time_zone: 'Europe/Berlin',
    policy: { lobby: 'off', has_passcode: false },
    passcode: null,
    is_live: false,
    started_at: null,
    ended_at: null,
  });
  t.match(made.body.host_invite, { role: 'host', url: /^http.*\/m\/\w{12}#k=[\w-]{43}$/ });
  t.match(made.body.participant_link, /^http.*\/m\/\w{12}#k=[\w-]{43}$/);
  const shown = await ask('GET', `/v1/meetings/${made.body.meeting.meeting_id}`);
  t.strictSame(shown.body, made.body.meeting);
  for (const kind of ['instant', 'persistent', undefined]) {
    const { body, status } = await ask('POST', '/v1/meetings', { kind });
    t.equal(status, 201);
    t.match(body.meeting, { kind: kind ?? 'instant', starts_at: null, ends_at: null, title: '' });
  }
  const byKey = caller(origin, await account.key('meetings:write'));
  t.match((await byKey('POST', '/v1/meetings', {})).body.meeting, { host_id: account.userId });
  const readOnly = caller(origin, await account.key('meetings:read', 'users:read'));
  t.match((await readOnly('POST', '/v1/meetings', {})).body, { status: 403, code: 'forbidden' });
  t.equal((await readOnly('GET', '/v1/meetings')).body.items.length, 5);
});

t.test('what cannot be is refused, with a pointer to it', async (t) => {
  const { ask, database } = await started(t);
  const at = (ms: number) => new Date(Date.parse(scheduled.starts_at) + ms).toISOString();
  const cases: [object, string][] = [
    [{ kind: 'scheduled' }, '/starts_at'],
    [{ ...scheduled, starts_at: undefined }, '/starts_at'],
    [{ ...scheduled, ends_at: undefined }, '/ends_at'],
    [{ ...scheduled, ends_at: at(0) }, '/ends_at'],
    [{ ...scheduled, ends_at: at(-1) }, '/ends_at'],
    [{ ...scheduled, ends_at: at(30 * dayMs + 1) }, '/ends_at'],
    [{ ...scheduled, starts_at: '2026-02-30T09:00:00Z' }, '/starts_at'],
    [{ ...scheduled, starts_at: 'the first of december' }, '/starts_at'],
    [{ ...scheduled, starts_at: '2026-12-01 09:00:00.000' }, '/starts_at'],
    [{ ...scheduled, time_zone: 'Europe/Atlantis' }, '/time_zone'],
    [{ ...scheduled, time_zone: '+01:00' }, '/time_zone'],
    [{ ...scheduled, title: 'x'.repeat(201) }, '/title'],
    [{ ...scheduled, description: 'x'.repeat(501) }, '/description'],
    [{ kind: 'instant', starts_at: at(0) }, '/starts_at'],
    [{ kind: 'persistent', ends_at: at(0) }, '/ends_at'],
    [{ kind: 'weekly' }, '/kind'],
    [{ policy: { passcode: '123' } }, '/policy/passcode'],
    [{ policy: { passcode: 'x'.repeat(65) } }, '/policy/passcode'],
    [{ policy: { max_participants: 0 } }, '/policy/max_participants'],
  ];
  for (const [body, pointer] of cases) {
    const answer = await ask('POST', '/v1/meetings', body);
    const name = JSON.stringify(body).slice(0, 90);
    t.match(answer.body, { status: 400, code: 'bad_request' }, name);
    t.ok(
      answer.body.errors?.some((one: { pointer: string }) => one.pointer.startsWith(pointer)),
      `${name} names ${pointer}: ${JSON.stringify(answer.body.errors)}`,
    );
  }
  t.match(await database.query('select count(*) from meetings'), [{ count: 0 }]);
  const longest = { ...scheduled, ends_at: at(30 * dayMs) };
  t.equal((await ask('POST', '/v1/meetings', longest)).status, 201, '30 days');
  const wide = { title: '👩'.repeat(200), description: '👩'.repeat(500) };
  const { body } = await ask('POST', '/v1/meetings', wide);
  t.match(body.meeting, wide, 'limits count characters, not bytes');
});

t.test('texts lose what does not show or turns text around, and nothing else', async (t) => {
  const { ask } = await started(t);
  const made = await ask('POST', '/v1/meetings', {
    title: '  Plan\u202ening\n \u0000of\u200f  👩‍👩‍👧 می‌خواهم\u0301 ',
    description: ' a\r\nb\rc\u0007\td\u2028\u0000 \ud800',
  });
  t.match(made.body.meeting, {
    title: 'Planning of 👩‍👩‍👧 می‌خواهم\u0301',
    description: 'a\nb\nc\td',
  });
  const nothing = await ask('POST', '/v1/meetings', { title: '\u202e', description: '\n \u0007' });
  t.match(nothing.body.meeting, { title: '', description: null });
});

t.test('without an account: an instant meeting, where that is on', async (t) => {
  const { origin } = await started(t);
  const anybody = caller(origin);
  t.match((await anybody('POST', '/v1/meetings', {})).body.meeting, { host_id: null });
  for (const body of [scheduled, { kind: 'persistent' }]) {
    t.match((await anybody('POST', '/v1/meetings', body)).body, { code: 'unauthenticated' });
  }
  t.match((await anybody('GET', '/v1/meetings')).body, { code: 'unauthenticated' });
  const off = await started(t, { config: { meetings: { anonymous: false } } });
  const answer = await caller(off.origin)('POST', '/v1/meetings', {});
  t.match(answer.body, { status: 401, code: 'unauthenticated' });
  t.equal((await off.ask('POST', '/v1/meetings', {})).status, 201, 'with an account it is on');
});

t.test('a passcode is sealed at rest and shown to hosts alone', async (t) => {
  const { ask, database, origin } = await started(t);
  const made = await ask('POST', '/v1/meetings', { policy: { passcode: 'geheim é' } });
  const id = made.body.meeting.meeting_id;
  t.match(made.body.meeting, { passcode: 'geheim é', policy: { has_passcode: true } });
  t.notOk('passcode' in made.body.meeting.policy);
  const rows = await database.query('select * from meetings');
  t.notMatch(JSON.stringify(rows), 'geheim');
  const { code } = made.body.meeting;
  const check = async (passcode: string) =>
    (await caller(origin)('POST', '/v1/join/check', { code, passcode })).status;
  t.equal(await check('geheim e\u0301'), 200, 'however it is composed');
  t.equal(await check('Geheim é'), 403);
  const patch = (policy: object) =>
    ask('PATCH', `/v1/meetings/${id}`, { policy }, { 'if-match': '*' });
  t.match((await patch({ lobby: 'all' })).body, {
    passcode: 'geheim é',
    policy: { lobby: 'all', has_passcode: true },
  });
  t.match((await patch({ passcode: null })).body, {
    passcode: null,
    policy: { lobby: 'all', has_passcode: false },
  });
});

t.test('a change changes what it names, and null clears', async (t) => {
  const { ask } = await started(t);
  const { body } = await ask('POST', '/v1/meetings', scheduled);
  const url = `/v1/meetings/${body.meeting.meeting_id}`;
  const patch = (change: object) => ask('PATCH', url, change, { 'if-match': '*' });
  t.match((await patch({ title: 'Other' })).body, { ...body.meeting, title: 'Other' });
  t.match((await patch({ description: null, time_zone: null })).body, {
    title: 'Other',
    description: null,
    time_zone: null,
    starts_at: body.meeting.starts_at,
  });
  t.match((await patch({ ends_at: '2026-12-01T12:00:00.5Z' })).body, {
    ends_at: '2026-12-01T12:00:00.500Z',
  });
  for (const change of [
    { starts_at: null },
    { starts_at: '2026-12-02T00:00:00Z' },
    { kind: 'instant' },
    { title: null },
    { policy: { has_passcode: true } },
  ]) {
    t.match((await patch(change)).body, { status: 400 }, JSON.stringify(change));
  }
  t.match((await ask('GET', url)).body, { title: 'Other', ends_at: '2026-12-01T12:00:00.500Z' });
});

t.test('a list has the meetings of the account alone: all, open or ended', async (t) => {
  const { ask, control, origin } = await started(t);
  const ids: string[] = [];
  for (const title of ['a', 'b', 'c']) {
    ids.push((await ask('POST', '/v1/meetings', { title })).body.meeting.meeting_id);
  }
  const other = caller(origin, (await testAccount(control, true)).cookie);
  await other('POST', '/v1/meetings', {});
  await ask('POST', `/v1/meetings/${ids[1]}/end`, {});
  const titles = async (query: string) =>
    (await ask('GET', `/v1/meetings${query}`)).body.items.map(
      (one: { title: string }) => one.title,
    );
  t.strictSame(await titles(''), ['a', 'b', 'c']);
  t.strictSame(await titles('?when=open'), ['a', 'c']);
  t.strictSame(await titles('?when=ended'), ['b']);
  const first = await ask('GET', '/v1/meetings?limit=2');
  t.equal(first.body.items.length, 2);
  const second = await ask('GET', `/v1/meetings?limit=2&cursor=${first.body.next_cursor}`);
  t.match(second.body, { items: [{ title: 'c' }], next_cursor: null });
  t.strictSame(await titles('?order=asc'), ['a', 'b', 'c']);
  t.strictSame(await titles('?order=desc'), ['c', 'b', 'a']);
  t.strictSame(await titles('?order=desc&when=open'), ['c', 'a']);
  const newest = (await ask('GET', '/v1/meetings?limit=2&order=desc')).body.next_cursor;
  t.strictSame(await titles(`?order=desc&cursor=${newest}`), ['a']);
  const ofAnotherOrder = [`?cursor=${newest}`, `?order=desc&cursor=${first.body.next_cursor}`];
  const wrong = ['?limit=0', '?limit=201', '?cursor=x', '?when=never', '?offset=1', '?order=up'];
  for (const query of [...wrong, ...ofAnotherOrder, '?order=desc&cursor=desc.x']) {
    t.equal((await ask('GET', `/v1/meetings${query}`)).status, 400, query);
  }
});

t.test('a deleted meeting is as if it never was, and its links too', async (t) => {
  const { ask, origin, services } = await started(t);
  const meeting = await createMeeting(origin);
  const own = await ask('POST', '/v1/meetings', {});
  const id = own.body.meeting.meeting_id;
  const url = `/v1/meetings/${id}`;
  const { client } = await enter(origin, withSecrets(own.body));
  t.equal((await ask('DELETE', url, undefined, { 'if-match': '*' })).status, 204);
  t.equal(await client.closed(), 4410, 'a live room ends');
  t.equal(services.rooms.find(id), undefined);
  await t.rejects(services.rooms.open(id), { code: 'not_found' });
  for (const [method, path] of [
    ['GET', url],
    ['DELETE', url],
    ['PATCH', url],
    ['POST', `${url}/end`],
    ['GET', `${url}/invites/default`],
  ] as const) {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    const answer = await ask(method, path, body, { 'if-match': '*' });
    t.match(answer.body, { status: 404, code: 'not_found' }, `${method} ${path}`);
  }
  t.strictSame((await ask('GET', '/v1/meetings')).body.items, []);
  const anybody = caller(origin);
  const check = (link: string) => {
    const [, code, secret] = /\/m\/(\w{12})#k=(.+)$/.exec(link) ?? [];
    return anybody('POST', '/v1/join/check', { code, secret });
  };
  t.equal((await check(meeting.participant_link)).status, 200);
  const gone = await check(own.body.participant_link);
  const unknown = await check(meeting.participant_link.replace(/\w{12}#/, 'zzzzzzzzzzzz#'));
  const { instance: _, ...answer } = gone.body;
  t.match(unknown.body, answer, 'its link answers like an unknown one');
  t.match(gone.body, { status: 403, code: 'join_refused' });
});

t.test(
  'a live meeting is deleted and its room ended in one transaction, or nothing is',
  async (t) => {
    const { ask, origin, services, database } = await started(t);
    const own = await ask('POST', '/v1/meetings', {});
    const id = own.body.meeting.meeting_id;
    const url = `/v1/meetings/${id}`;
    const [ada, bob] = [
      await enter(origin, withSecrets(own.body), { host: true }),
      await enter(origin, withSecrets(own.body), { name: 'Bob' }),
    ];
    const read = await ask('GET', url);
    await ask('PATCH', url, { title: 'Another' }, { 'if-match': '*' });
    const stale = await ask('DELETE', url, undefined, {
      'if-match': read.headers.get('etag') ?? '',
    });
    t.equal(stale.status, 412);
    t.match(await ada.client.ask('chat.send', { body: 'Still here?' }), { t: 'ok' });
    t.match((await bob.client.type('chat.message')).d, { body: 'Still here?' });
    t.strictSame(await database.query(`select 1 from events where type like '%.left'`), []);
    t.equal((await ask('DELETE', url, undefined, { 'if-match': '*' })).status, 204);
    for (const { client } of [ada, bob]) t.equal(await client.closed(), 4410);
    t.equal(services.rooms.find(id), undefined);
    // A crash can only come between two transactions.
    const written = await database.query(
      `select 'meeting' as what, xmin::text as tx from meetings where deleted_at is not null
     union all select 'room', xmin::text from rooms where closed_at is not null
     union all select 'seat', xmin::text from participants where left_at is not null
     union all select type, xmin::text from events where type in ('participant.left', 'meeting.ended')
     order by what`,
    );
    const [{ tx } = { tx: '' }] = written as { tx: string }[];
    t.strictSame(
      written,
      [
        'meeting',
        'meeting.ended',
        'participant.left',
        'participant.left',
        'room',
        'seat',
        'seat',
      ].map((what) => ({ what, tx })),
    );
  },
);

t.test('the end: for good, but of a persistent meeting', async (t) => {
  const { ask, origin, services } = await started(t);
  for (const [kind, opensAgain] of [
    ['instant', false],
    ['persistent', true],
  ] as const) {
    const made = await ask('POST', '/v1/meetings', { kind });
    const id = made.body.meeting.meeting_id;
    const { client } = await enter(origin, withSecrets(made.body));
    const first = await ask('POST', `/v1/meetings/${id}/end`, {});
    t.equal(first.status, 200);
    t.equal(await client.closed(), 4410);
    t.equal(first.body.ended_at === null, opensAgain);
    t.equal(first.body.is_live, false);
    const again = await ask('POST', `/v1/meetings/${id}/end`);
    t.strictSame(again.body, first.body, 'twice is once');
    const link = made.body.participant_link;
    const check = { code: made.body.meeting.code, secret: link.split('#k=')[1] };
    const answer = await caller(origin)('POST', '/v1/join/check', check);
    t.equal(answer.body.code, opensAgain ? undefined : 'meeting_ended');
    if (opensAgain) await enter(origin, withSecrets(made.body));
    // Whoever was let in a moment before the end opens no room behind it.
    else await t.rejects(services.rooms.open(id), { code: 'meeting_ended' });
  }
});

t.test('a host in the room ends it too; nobody else in the room does', async (t) => {
  const { origin } = await started(t);
  const meeting = await createMeeting(origin);
  const url = `/v1/meetings/${meeting.meeting.meeting_id}/end`;
  const host = await enter(origin, meeting, { host: true });
  const guest = await enter(origin, meeting);
  const tokenOf = async ({ client }: typeof host) => ({
    authorization: `Bearer ${(await client.type('token')).d.token}`,
  });
  const refused = await caller(origin, await tokenOf(guest))('POST', url, {});
  t.match(refused.body, { status: 403, code: 'role_required' });
  const elsewhere = await createMeeting(origin);
  const foreign = `/v1/meetings/${elsewhere.meeting.meeting_id}/end`;
  const asHost = caller(origin, await tokenOf(host));
  t.match((await asHost('POST', foreign, {})).body, { status: 404, code: 'not_found' });
  t.match((await asHost('POST', url, {})).body, { is_live: false, ended_at: /Z$/ });
  t.equal(await guest.client.closed(), 4410);
  t.match((await asHost('POST', url, {})).body, { status: 401 }, 'the seat is gone');
});

t.test('is_live and started_at tell of the room', async (t) => {
  const clock = new TestClock();
  const { ask, origin, services } = await started(t, { clock });
  const made = await ask('POST', '/v1/meetings', { kind: 'persistent' });
  const { meeting_id: id } = made.body.meeting;
  const first = await ask('GET', `/v1/meetings/${id}`);
  t.match(first.body, { is_live: false, started_at: null });
  const { client } = await enter(origin, withSecrets(made.body));
  const live = await ask('GET', `/v1/meetings/${id}`);
  t.match(live.body, { is_live: true, started_at: new Date(clock.now()).toISOString() });
  await client.ask('bye', {});
  clock.advance(hourMs);
  await services.rooms.settled();
  const idle = await ask('GET', `/v1/meetings/${id}`);
  t.match(idle.body, { is_live: false, started_at: live.body.started_at });
  const tags = [first, live, idle].map(({ headers }) => headers.get('etag'));
  t.equal(new Set(tags).size, 3, 'another representation has another ETag');
});

t.test('an empty persistent meeting holds nothing on the node', async (t) => {
  const clock = new TestClock();
  const { ask, node, services, origin } = await started(t, { clock });
  const made = await ask('POST', '/v1/meetings', { kind: 'persistent' });
  await ask('GET', `/v1/meetings/${made.body.meeting.meeting_id}`);
  t.strictSame(node.calls, [], 'making and reading it touches no node');
  const { client } = await enter(origin, withSecrets(made.body));
  t.equal(node.callsOf('openRoom').length, 1);
  await client.ask('bye', {});
  clock.advance(hourMs);
  await services.rooms.settled();
  t.equal(node.callsOf('closeRoom').length, 1, 'and when all have left, none again');
  t.equal(services.rooms.find(made.body.meeting.meeting_id), undefined);
  t.equal(
    (await join(origin, withSecrets(made.body))).state,
    'admitted',
    'its link opens it again',
  );
});

t.test('a live room has a new policy at once', async (t) => {
  const { ask, origin } = await started(t);
  const made = await ask('POST', '/v1/meetings', {});
  const id = made.body.meeting.meeting_id;
  const { client } = await enter(origin, withSecrets(made.body));
  const patch = (change: object) => ask('PATCH', `/v1/meetings/${id}`, change, { 'if-match': '*' });
  await patch({ title: 'No policy' });
  await patch({ policy: { chat: 'none' } });
  await patch({ policy: { chat: 'off', passcode: 'sesame' } });
  t.strictSame((await client.type('policy')).d, { chat: 'off', has_passcode: true });
  t.match(await client.ask('chat.send', { body: 'Hello' }), { t: 'error' });
  t.equal(client.ofType('policy').length, 1, 'a refused change is none');
});
