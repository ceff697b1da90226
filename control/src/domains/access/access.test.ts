import t from 'tap';
import { createMeeting, enter, type TestMeeting } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';

const server = await testServer(t);
const control = await testControl(t, await testDatabase(t, server));
const { origin, app } = control;
const [owner, other, admin] = [
  await testAccount(control),
  await testAccount(control),
  await testAccount(control, true),
];
const made = await caller(origin, owner.cookie)('POST', '/v1/meetings', {});
const id = made.body.meeting.meeting_id as string;
const anonymous = await createMeeting(origin);
const anonymousId = anonymous.meeting.meeting_id;

const meeting: TestMeeting = {
  ...made.body,
  code: made.body.meeting.code,
  hostSecret: made.body.host_invite.url.split('#k=')[1],
  participantSecret: made.body.participant_link.split('#k=')[1],
};

async function tokenOf(of: TestMeeting, host = false) {
  const entered = await enter(origin, of, { host });
  const { token } = (await entered.client.type('token')).d;
  return { ...entered, bearer: { authorization: `Bearer ${token}` } };
}

/** Every route of one meeting, by what it takes, from the document itself. */
async function routesOfMeetings() {
  const { paths } = (await app.inject('/v1/openapi.json')).json();
  const routes: { method: string; path: string; auth: string[]; scope?: string }[] = [];
  for (const [path, operations] of Object.entries<Record<string, object>>(paths)) {
    if (!path.startsWith('/v1/meetings/{meeting_id}')) continue;
    for (const [method, operation] of Object.entries(operations)) {
      const marks = operation as { 'x-plenum-auth': string[]; 'x-plenum-scope'?: string };
      const scope = marks['x-plenum-scope'];
      routes.push({
        method: method.toUpperCase(),
        path,
        auth: marks['x-plenum-auth'],
        ...(scope === undefined ? {} : { scope }),
      });
    }
  }
  return routes;
}

/** Bodies that pass the schemas of routes that need one. */
const bodies: Record<string, unknown> = {
  'POST /join': { display_name: 'Eve' },
  'POST /invites': { role: 'viewer' },
  'POST /ingest-keys': { scope: 'view' },
  'POST /messages': { body: 'x' },
  'POST /participants/mute-all': { source: 'microphone', self_unmute: true },
  'POST /lobby/message': { body: 'x' },
  'POST /lobby/admit': { all: true },
  'POST /lobby/deny': { all: true },
};

t.test('an unknown, a foreign and a malformed meeting are one and the same: 404', async (t) => {
  const unknown = '01993b5e-0000-7000-8000-000000000000';
  // Joining is by what is shown, and tells nothing apart in its own way (join/policy.ts).
  const routes = (await routesOfMeetings()).filter(({ path }) => !path.endsWith('/join'));
  t.ok(routes.length > 15);
  const { bearer } = await tokenOf(anonymous, true);
  for (const { method, path, auth } of routes) {
    const tail = path.replace('/v1/meetings/{meeting_id}', '');
    const url = (meetingId: string) =>
      `/v1/meetings/${meetingId}${tail.replaceAll(/\{\w+\}/g, unknown)}`;
    const body =
      method === 'GET' || method === 'DELETE' ? undefined : (bodies[`${method} ${tail}`] ?? {});
    for (const [name, credentials, ids] of [
      ['other', other.cookie, [unknown, id, anonymousId, 'x', unknown.toUpperCase()]],
      ['key', await other.key('meetings:write'), [unknown, id]],
      ['part', bearer, [unknown, id, 'x']],
    ] as const) {
      if (!auth.includes(name === 'other' ? 'user' : name)) continue;
      const answers: string[] = [];
      for (const meetingId of ids) {
        const ask = caller(origin, credentials);
        const answer = await ask(method, url(meetingId), body, { 'if-match': '*' });
        t.equal(answer.status, 404, `${name}: ${method} ${path} of ${meetingId}`);
        const { instance: _, ...problem } = answer.body;
        answers.push(JSON.stringify(problem));
      }
      t.equal(new Set(answers).size, 1, 'the very same answer');
    }
  }
});

t.test('no route of a meeting is open to nobody, and a key needs its scope', async (t) => {
  for (const { method, path, auth, scope } of await routesOfMeetings()) {
    const url = path.replace('{meeting_id}', id).replaceAll(/\{\w+\}/g, id);
    const tail = path.replace('/v1/meetings/{meeting_id}', '');
    const body =
      method === 'GET' || method === 'DELETE' ? undefined : (bodies[`${method} ${tail}`] ?? {});
    const name = `${method} ${path}`;
    t.notOk(auth.includes('none'), name);
    t.equal((await caller(origin)(method, url, body)).status, 401, name);
    const wrong = await owner.key(scope === 'users:read' ? 'webhooks:write' : 'users:read');
    t.equal((await caller(origin, wrong)(method, url, body)).status, 403, `${name}, other scope`);
    if (method !== 'GET') {
      const reading = await owner.key('meetings:read');
      t.equal((await caller(origin, reading)(method, url, body)).status, 403, `${name}, reading`);
    }
  }
});

t.test('an account has its own meetings, an administrator all', async (t) => {
  const statusOf = async (credentials: object, meetingId: string) =>
    (await caller(origin, { ...credentials })('GET', `/v1/meetings/${meetingId}`)).status;
  t.equal(await statusOf(owner.cookie, id), 200);
  t.equal(await statusOf(await owner.key('meetings:read'), id), 200);
  t.equal(await statusOf(await owner.key('meetings:write'), id), 200, 'writing holds reading');
  t.equal(await statusOf(admin.cookie, id), 200);
  t.equal(await statusOf(await admin.key('meetings:read'), id), 200);
  t.equal(await statusOf(admin.cookie, anonymousId), 200, 'also those of nobody');
  t.equal(await statusOf(owner.cookie, anonymousId), 404);
});

t.test('a participant token is worth what its seat is, while it is', async (t) => {
  const guest = await tokenOf(meeting);
  const host = await tokenOf(meeting, true);
  const url = `/v1/meetings/${id}/invites/default`;
  const statusOf = async ({ bearer }: typeof guest) =>
    (await caller(origin, bearer)('GET', url)).status;
  t.equal(await statusOf(guest), 403);
  t.equal(await statusOf(host), 200);
  await host.client.ask('mod.role', { participant_id: guest.id, role: 'co_host' });
  t.equal(await statusOf(guest), 200, 'the role at the act, not of the token');
  await host.client.ask('mod.role', { participant_id: guest.id, role: 'participant' });
  t.equal(await statusOf(guest), 403);
  await host.client.ask('mod.remove', { participant_id: guest.id, block: false });
  t.equal(await statusOf(guest), 401);
  await host.client.ask('bye', {});
  t.equal(await statusOf(host), 401);
  const single = await caller(origin, host.bearer)('GET', `/v1/meetings/${id}`);
  t.equal(single.status, 403, 'a route that takes no participants');
});
