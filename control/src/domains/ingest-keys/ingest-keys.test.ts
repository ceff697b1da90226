import { randomUUID } from 'node:crypto';
import t from 'tap';
import { createMeeting, enter, post, type TestMeeting } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { controlWithNode, makeKey, postOffer, sdpFixture } from '../../testing/test-endpoints.js';
import { caller, testAccount } from '../../testing/test-principals.js';

const server = await testServer(t);
const dayMs = 86_400_000;
const offer = sdpFixture('gstreamer-whip-offer');

const keysOf = (origin: string, { meeting }: TestMeeting) =>
  `${origin}/v1/meetings/${meeting.meeting_id}/ingest-keys`;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

t.test('a key is shown once, kept as a hash, and lives for a day unless told', async (t) => {
  const clock = new TestClock();
  const database = await testDatabase(t, server);
  const { origin } = await controlWithNode(t, database, { clock });
  const meeting = await createMeeting(origin);
  const made = await makeKey(origin, meeting, { scope: 'publish', name: ' Main\u202e stage ' });
  t.match(made, {
    scope: 'publish',
    name: 'Main stage',
    url: `${origin}/v1/whip/${meeting.meeting.meeting_id}`,
    expires_at: new Date(clock.now() + dayMs).toISOString(),
  });
  t.equal(Buffer.from(made.key, 'base64url').length, 32);
  const rows = await database.query('select * from ingest_keys');
  t.notMatch(JSON.stringify(rows), made.key);
  const listed = await fetch(keysOf(origin, meeting), { headers: bearer(meeting.hostSecret) });
  const { key: _, url: __, ...shown } = made;
  t.strictSame(await listed.json(), { items: [shown], next_cursor: null });

  const create = (body: object, key = randomUUID()) =>
    post(keysOf(origin, meeting), body, {
      ...bearer(meeting.hostSecret),
      'idempotency-key': key,
    });
  const at = (ms: number) => new Date(clock.now() + ms).toISOString();
  const refused: object[] = [
    {},
    { scope: 'both' },
    { scope: 'view', unknown: 1 },
    { scope: 'view', expires_at: at(30 * dayMs + 1) },
    { scope: 'view', expires_at: at(0) },
    { scope: 'view', expires_at: 'some day after tomorrow' },
    { scope: 'view', name: '\u200b' },
  ];
  for (const body of refused) t.equal((await create(body)).status, 400, JSON.stringify(body));
  t.equal((await create({ scope: 'view', expires_at: at(30 * dayMs) })).status, 201);
  const again = { scope: 'view' } as const;
  const key = randomUUID();
  const [first, second] = [await create(again, key), await create(again, key)];
  t.equal(second.headers.get('idempotency-replayed'), 'true');
  t.strictSame(await second.json(), await first.json());

  t.equal((await postOffer(made, offer)).status, 201);
  clock.advance(dayMs);
  t.equal((await postOffer(made, offer)).status, 401, 'it has expired');
});

t.test('pages in order, none twice', async (t) => {
  const { origin } = await controlWithNode(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const made: string[] = [];
  for (let count = 0; count < 5; count++) {
    made.push((await makeKey(origin, meeting, { scope: 'view' })).ingest_key_id);
  }
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = `?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const url = keysOf(origin, meeting) + query;
    const page = await (await fetch(url, { headers: bearer(meeting.hostSecret) })).json();
    const { items, next_cursor } = page as {
      items: { ingest_key_id: string }[];
      next_cursor: string | null;
    };
    seen.push(...items.map(({ ingest_key_id }) => ingest_key_id));
    cursor = next_cursor;
  }
  t.strictSame(seen, made);
  const odd = await fetch(`${keysOf(origin, meeting)}?cursor=x`, {
    headers: bearer(meeting.hostSecret),
  });
  t.equal(odd.status, 400);
});

t.test('hosts make keys: by their token in the room, or by their invite', async (t) => {
  const { origin } = await controlWithNode(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const guest = await enter(origin, meeting);
  const elsewhere = await createMeeting(origin);
  const token = (await host.client.type('token')).d.token;
  const create = (authorization: string) =>
    post(keysOf(origin, meeting), { scope: 'view' }, { authorization });
  t.equal((await create(`Bearer ${token}`)).status, 201);
  t.equal((await create(`Bearer ${meeting.hostSecret}`)).status, 201);
  const guestToken = (await guest.client.type('token')).d.token;
  for (const [credential, status] of [
    [guestToken, 403],
    [meeting.participantSecret, 403],
    [elsewhere.hostSecret, 401],
    ['nonsense', 401],
    ['a.b.c', 401],
    [token.replace(/..$/, 'xx'), 401],
  ] as const) {
    t.equal((await create(`Bearer ${credential}`)).status, status, credential.slice(0, 9));
  }
  const foreign = await post(
    keysOf(origin, elsewhere),
    { scope: 'view' },
    { authorization: `Bearer ${token}` },
  );
  t.equal(foreign.status, 404, "another meeting's host");
  await host.client.ask('bye', {});
  t.equal((await create(`Bearer ${token}`)).status, 401, 'the host has left');
  const nowhere = await post(
    `${origin}/v1/meetings/x/ingest-keys`,
    { scope: 'view' },
    bearer(meeting.hostSecret),
  );
  t.equal(nowhere.status, 401);
});

t.test('a revoked key opens nothing, and what it opened ends', async (t) => {
  const { origin } = await controlWithNode(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const made = await makeKey(origin, meeting, { scope: 'publish' });
  const kept = await makeKey(origin, meeting, { scope: 'publish' });
  const [session, other] = [await postOffer(made, offer), await postOffer(kept, offer)];
  const remove = (id: string) =>
    fetch(`${keysOf(origin, meeting)}/${id}`, {
      method: 'DELETE',
      headers: bearer(meeting.hostSecret),
    });
  t.equal((await remove(made.ingest_key_id)).status, 204);
  const left = await host.client.type('participant.left');
  t.ok(session.headers.get('location')?.endsWith(left.d.id));
  t.equal((await postOffer(made, offer)).status, 401);
  const url = other.headers.get('location') ?? '';
  t.equal((await fetch(url, { headers: bearer(kept.key) })).status, 200);
  t.equal((await remove(made.ingest_key_id)).status, 404);
  t.equal((await remove('nothing')).status, 404);
});

t.test('whoever has the meeting makes keys for it, in person or by key', async (t) => {
  const control = await controlWithNode(t, await testDatabase(t, server));
  const { origin, database } = control;
  const [owner, other, admin] = [
    await testAccount(control),
    await testAccount(control),
    await testAccount(control, true),
  ];
  const ask = caller(origin, owner.cookie);
  const made = await ask('POST', '/v1/meetings', {});
  const url = `/v1/meetings/${made.body.meeting.meeting_id}/ingest-keys`;
  for (const [credentials, status] of [
    [owner.cookie, 201],
    [await owner.key('meetings:write'), 201],
    [admin.cookie, 201],
    [await admin.key('meetings:write'), 201],
    [await owner.key('meetings:read'), 403],
    [other.cookie, 404],
    [await other.key('meetings:write'), 404],
    [{}, 401],
  ] as const) {
    const answer = await caller(origin, credentials)('POST', url, { scope: 'view' });
    t.equal(answer.status, status, JSON.stringify(Object.keys(credentials)));
  }
  const makers = await database.query('select distinct user_id from ingest_keys');
  t.equal(makers.length, 2, 'the account is on record');
  const reading = caller(origin, await owner.key('meetings:read'));
  const list = await reading('GET', url);
  t.equal(list.body.items.length, 4);
  const one = `${url}/${list.body.items[0].ingest_key_id}`;
  t.equal((await reading('DELETE', one)).status, 403);
  t.equal((await caller(origin, other.cookie)('DELETE', one)).status, 404);
  t.equal((await ask('DELETE', one)).status, 204);
});

t.test('a passcode and consent go with the key; a wrong passcode does not', async (t) => {
  const control = await controlWithNode(t, await testDatabase(t, server));
  const { origin, services, database } = control;
  const ask = caller(origin, (await testAccount(control)).cookie);
  const made = await ask('POST', '/v1/meetings', { policy: { passcode: 'séame 1' } });
  const id = made.body.meeting.meeting_id;
  const url = `/v1/meetings/${id}/ingest-keys`;
  const wrong = await ask('POST', url, { scope: 'publish', passcode: 'sesame' });
  t.match(wrong.body, { status: 400, errors: [{ pointer: '/passcode' }] });
  const passcode = 'se\u0301ame 1';
  const right = await ask('POST', url, { scope: 'publish', passcode, consent: true });
  t.equal(right.status, 201);
  t.notOk('passcode' in right.body);
  const rows = await database.query('select * from ingest_keys');
  t.notMatch(JSON.stringify(rows), 'ame 1');
  const key = await services.ingestKeys.find(id, right.body.key);
  t.match(key, { consent: true, isMembers: true });
  t.equal(key && services.ingestKeys.passcodeOf(key), 'séame 1');
  const bare = await ask('POST', url, { scope: 'publish' });
  const without = await services.ingestKeys.find(id, bare.body.key);
  t.match(without, { consent: false, passcodeSealed: null });
  t.equal((await postOffer(right.body, offer)).status, 201);
  t.match(await (await postOffer(bare.body, offer)).json(), { code: 'passcode_required' });
});

t.test('keys of a deleted meeting are unknown', async (t) => {
  const control = await controlWithNode(t, await testDatabase(t, server));
  const { origin } = control;
  const ask = caller(origin, (await testAccount(control)).cookie);
  const made = await ask('POST', '/v1/meetings', {});
  const url = `/v1/meetings/${made.body.meeting.meeting_id}`;
  const { body } = await ask('POST', `${url}/ingest-keys`, { scope: 'publish' });
  const session = await postOffer(body, offer);
  t.equal(session.status, 201);
  await ask('DELETE', url, undefined, { 'if-match': '*' });
  const again = await postOffer(body, offer);
  const unknown = await postOffer({ ...body, key: 'x'.repeat(43) }, offer);
  t.match(await again.json(), { ...((await unknown.json()) as object), instance: String });
  t.equal(again.status, 401);
});
