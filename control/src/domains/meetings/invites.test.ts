import t from 'tap';
import { createMeeting, enter, type TestMeeting } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { type Caller, caller, testAccount } from '../../testing/test-principals.js';

const server = await testServer(t);

async function started(t: Parameters<typeof testControl>[0]) {
  const clock = new TestClock();
  const control = await testControl(t, await testDatabase(t, server), { clock });
  const account = await testAccount(control);
  const ask = caller(control.origin, account.cookie);
  const { body } = await ask('POST', '/v1/meetings', {});
  const url = `/v1/meetings/${body.meeting.meeting_id}/invites`;
  return { ...control, clock, ask, account, made: body, url, anybody: caller(control.origin) };
}

/** What a link opens, by the check that changes nothing. */
async function codeOf(anybody: Caller, link: string): Promise<string | undefined> {
  const [, code, secret] = /\/m\/(\w{12})#k=([\w-]{43})$/.exec(link) ?? [];
  return (await anybody('POST', '/v1/join/check', { code, secret })).body.code;
}

async function tokenOf(origin: string, meeting: TestMeeting, host: boolean) {
  const { client, id } = await enter(origin, meeting, { host });
  const { token } = (await client.type('token')).d;
  return { client, id, ask: caller(origin, { authorization: `Bearer ${token}` }) };
}

t.test('an invite opens the meeting in its role, and shows its link once', async (t) => {
  const { ask, url, origin, made, clock, database } = await started(t);
  const expiresAt = new Date(clock.now() + 60_000).toISOString();
  for (const [role, wish] of [
    ['host', {}],
    ['co_host', { expires_at: expiresAt }],
    ['participant', { max_uses: 3, lobby_bypass: true }],
    ['viewer', { max_uses: 1 }],
  ] as const) {
    const { status, body } = await ask('POST', url, { role, ...wish });
    t.equal(status, 201);
    const { url: link, ...invite } = body;
    t.match(invite, { role, expires_at: null, max_uses: null, lobby_bypass: false, ...wish });
    const secret = link.split('#k=')[1];
    const meeting = { ...made, code: made.meeting.code, participantSecret: secret };
    const { joined, client } = await enter(origin, meeting);
    t.equal(joined.d.role, role);
    const { items } = (await ask('GET', url)).body;
    const { uses, ...listed } = items.at(-1);
    const { uses: _, ...asMade } = invite;
    t.strictSame(listed, asMade);
    t.equal(uses, 1);
    t.notMatch(JSON.stringify(items), secret);
    client.close();
  }
  t.notMatch(JSON.stringify(await database.query('select * from invites')), /#k=/);
});

t.test('what cannot be is refused', async (t) => {
  const { ask, url, clock } = await started(t);
  for (const body of [
    {},
    { role: 'cohost' },
    { role: 'viewer', expires_at: new Date(clock.now()).toISOString() },
    { role: 'viewer', expires_at: 'tomorrow, or so, at noon' },
    { role: 'viewer', max_uses: 0 },
    { role: 'viewer', max_uses: 1_000_001 },
    { role: 'viewer', uses: 3 },
    { role: 'viewer', lobby_bypass: null },
  ]) {
    t.match((await ask('POST', url, body)).body, { status: 400 }, JSON.stringify(body));
  }
  t.equal((await ask('GET', url)).body.items.length, 2, 'those that the meeting began with');
  const keyless = await ask('POST', url, { role: 'viewer' }, { 'idempotency-key': '' });
  t.match(keyless.body, { status: 400, code: 'idempotency_key_missing' });
  const key = { 'idempotency-key': 'one link is enough' };
  const first = await ask('POST', url, { role: 'viewer' }, key);
  const again = await ask('POST', url, { role: 'viewer' }, key);
  t.equal(again.headers.get('idempotency-replayed'), 'true');
  t.strictSame(again.body, first.body);
  t.match((await ask('POST', url, { role: 'host' }, key)).body, { code: 'idempotency_mismatch' });
});

t.test('an invite ends: revoked, expired or used up', async (t) => {
  const { ask, url, anybody, clock, made, origin } = await started(t);
  const create = async (wish: object) =>
    (await ask('POST', url, { role: 'participant', ...wish })).body;
  const revoked = await create({});
  t.equal(await codeOf(anybody, revoked.url), undefined);
  t.equal((await ask('DELETE', `${url}/${revoked.invite_id}`)).status, 204);
  t.equal(await codeOf(anybody, revoked.url), 'join_refused', 'as if it never was');
  t.equal((await ask('DELETE', `${url}/${revoked.invite_id}`)).status, 404);
  t.equal((await ask('DELETE', `${url}/nothing`)).status, 404);
  const listed = (await ask('GET', url)).body.items as { invite_id: string }[];
  t.notOk(listed.some(({ invite_id }) => invite_id === revoked.invite_id));

  const single = await create({ max_uses: 1 });
  const secret = single.url.split('#k=')[1];
  await enter(origin, { ...made, code: made.meeting.code, participantSecret: secret });
  t.equal(await codeOf(anybody, single.url), 'invite_expired');

  const short = await create({ expires_at: new Date(clock.now() + 1000).toISOString() });
  clock.advance(999);
  t.equal(await codeOf(anybody, short.url), undefined);
  clock.advance(1);
  t.equal(await codeOf(anybody, short.url), 'invite_expired');
});

t.test("the meeting's own link is shown again and again; sealed at rest", async (t) => {
  const { ask, url, made, anybody, database, origin, account } = await started(t);
  const own = await ask('GET', `${url}/default`);
  t.match(own.body, { role: 'participant', url: made.participant_link });
  t.strictSame((await ask('GET', `${url}/default`)).body, own.body);
  const read = (tag = '') =>
    fetch(`${origin}${url}/default`, {
      headers: { ...account.cookie, 'if-none-match': tag },
    });
  const tag = (await read()).headers.get('etag') ?? '';
  t.match(tag, /^"[\w-]+"$/);
  t.equal((await read(tag)).status, 304);
  const secret = made.participant_link.split('#k=')[1];
  const rows = await database.query<{ secret_sealed: Buffer | null; role: string }>(
    'select * from invites order by invite_id',
  );
  t.equal(rows.find(({ role }) => role === 'host')?.secret_sealed, null, 'of no other invite');
  t.notOk(rows.some((row) => row.secret_sealed?.includes(secret)));

  await ask('DELETE', `${url}/${own.body.invite_id}`);
  t.equal(await codeOf(anybody, made.participant_link), 'join_refused');
  const fresh = await Promise.all(
    Array.from({ length: 8 }, async () => (await ask('GET', `${url}/default`)).body),
  );
  t.equal(new Set(fresh.map((one) => one.url)).size, 1, 'whoever asks first, it is one');
  t.not(fresh[0].url, made.participant_link);
  t.equal(await codeOf(anybody, fresh[0].url), undefined);
});

t.test('a meeting from before own links were kept gets a fresh one', async (t) => {
  const { ask, url, made, anybody, database } = await started(t);
  await database.query('update invites set secret_sealed = null');
  const { body } = await ask('GET', `${url}/default`);
  t.not(body.url, made.participant_link);
  t.equal(await codeOf(anybody, body.url), undefined);
  t.equal(await codeOf(anybody, made.participant_link), undefined, 'the old one still opens');
});

t.test('in the room: hosts may, co-hosts make and take no hosts, others nothing', async (t) => {
  const { origin } = await started(t);
  const meeting = await createMeeting(origin);
  const url = `/v1/meetings/${meeting.meeting.meeting_id}/invites`;
  const host = await tokenOf(origin, meeting, true);
  const other = await tokenOf(origin, meeting, false);
  t.match((await other.ask('GET', `${url}/default`)).body, { code: 'role_required' });
  t.match((await other.ask('POST', url, { role: 'viewer' })).body, { code: 'role_required' });
  t.match((await host.ask('GET', `${url}/default`)).body, { url: meeting.participant_link });
  const made = await host.ask('POST', url, { role: 'host' });
  t.equal(made.status, 201);
  await host.client.ask('mod.role', { participant_id: other.id, role: 'co_host' });
  t.match((await other.ask('GET', `${url}/default`)).body, { url: meeting.participant_link });
  for (const role of ['co_host', 'participant', 'viewer']) {
    t.equal((await other.ask('POST', url, { role })).status, 201, role);
  }
  t.match((await other.ask('POST', url, { role: 'host' })).body, { code: 'role_required' });
  const refused = await other.ask('DELETE', `${url}/${made.body.invite_id}`);
  t.match(refused.body, { code: 'role_required' });
  t.equal((await host.ask('DELETE', `${url}/${made.body.invite_id}`)).status, 204);
});
