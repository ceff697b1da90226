import { randomUUID } from 'node:crypto';
import t from 'tap';
import { MemoryBus } from '../../bus/memory-bus.js';
import { systemClock } from '../../clock.js';
import { hashProcess } from '../../passwords/hash-process.js';
import type { User, UserList } from '../../schemas/http.js';
import { whileHashed } from '../../testing/held-hash.js';
import {
  logIn,
  makeAdmin,
  makeApiKey,
  makeUser,
  readMe,
  send,
  testPassword,
} from '../../testing/test-accounts.js';
import { post } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);
const control = await testControl(t, await testDatabase(t, server));
const { origin, database } = control;
const users = `${origin}/v1/users`;
const ada = { email: 'Ada@Example.org', username: 'Ada', password: testPassword };

t.test('sign-up makes an account that can log in; the password is kept as a hash', async (t) => {
  const key = { 'idempotency-key': randomUUID() };
  const made = await post(users, { ...ada, about: 'Poet\u202e of\nscience' }, key);
  t.equal(made.status, 201);
  const user = (await made.json()) as User;
  t.match(user, {
    email: 'Ada@Example.org',
    username: 'Ada',
    about: 'Poet of\nscience',
    avatar_url: null,
    time_zone: null,
    is_admin: false,
    is_disabled: false,
    has_second_factor: false,
  });
  const again = await post(users, { ...ada, about: 'Poet\u202e of\nscience' }, key);
  t.equal(again.headers.get('idempotency-replayed'), 'true');
  t.strictSame(await again.json(), user);
  const rows = await database.query('select * from users');
  t.equal(rows.length, 1);
  t.notMatch(JSON.stringify(rows), testPassword);
  t.equal((await logIn(origin, { email: 'ada@EXAMPLE.org' })).response.status, 201);
});

t.test('one account per address, however it is written', async (t) => {
  const taken = await post(users, { ...ada, email: 'ADA@example.ORG' });
  t.equal(taken.status, 409);
  t.match(await taken.json(), { code: 'conflict', errors: [{ pointer: '/email', code: 'taken' }] });
  const wanted = { ...ada, email: 'race@example.org' };
  const answers = await Promise.all([
    post(users, wanted),
    post(users, wanted),
    post(users, wanted),
  ]);
  t.strictSame(answers.map(({ status }) => status).sort(), [201, 409, 409]);
});

t.test('what does not fit is refused by name', async (t) => {
  const cases: [object, string][] = [
    [{ email: 'no address' }, '/email'],
    [{ email: 'a\u0000b@example.org' }, '/email'],
    [{ email: `${'a'.repeat(251)}@b.c` }, '/email'],
    [{ username: '' }, '/username'],
    [{ username: '\u200b\u202e' }, '/username'],
    [{ username: 'x'.repeat(21) }, '/username'],
    [{ username: `a${'\u0301'.repeat(30)}` }, '/username'],
    [{ password: 'too short' }, '/password'],
    [{ password: 'qwerty123456' }, '/password'],
    [{ password: 'adaexample.org' }, '/password'],
    [{ about: 'x'.repeat(501) }, '/about'],
    [{ is_admin: true }, '/is_admin'],
  ];
  for (const [change, pointer] of cases) {
    const answer = await post(users, { ...ada, email: 'new@example.org', ...change });
    t.equal(answer.status, 400, JSON.stringify(change));
    t.match(await answer.json(), { code: 'bad_request', errors: [{ pointer }] });
  }
  const longest = { ...ada, email: 'long@example.org', username: '🦑'.repeat(20) };
  t.equal((await post(users, { ...longest, about: 'é'.repeat(500) })).status, 201);
  t.equal((await send(users, 'POST', {}, ada)).status, 400, 'no idempotency key');
});

t.test('one’s own profile: read with an ETag, changed with If-Match', async (t) => {
  const user = await makeUser(control, { username: 'Grace' });
  const me = `${users}/me`;
  const first = await readMe(origin, user);
  t.match(first, { user: { username: 'Grace', email: user.email }, etag: '"1"' });
  const unchanged = await fetch(me, { headers: { ...user.headers, 'if-none-match': first.etag } });
  t.equal(unchanged.status, 304);

  const patch = (body: object, tag?: string) =>
    send(
      me,
      'PATCH',
      tag === undefined ? user.headers : { ...user.headers, 'if-match': tag },
      body,
    );
  t.equal((await patch({ about: 'x' })).status, 428);
  t.equal((await patch({ about: 'x' }, '"7"')).status, 412);
  const changed = await patch(
    { username: '  Grace\u200f  Hopper ', about: 'Admiral', time_zone: 'europe/berlin' },
    first.etag,
  );
  t.equal(changed.headers.get('etag'), '"2"');
  t.match(await changed.json(), {
    username: 'Grace Hopper',
    about: 'Admiral',
    time_zone: 'Europe/Berlin',
  });
  t.equal((await patch({ about: 'x' }, first.etag)).status, 412, 'the old version');
  const cleared = await patch({ about: null, time_zone: null }, '"2"');
  t.match(await cleared.json(), { username: 'Grace Hopper', about: '', time_zone: null });
  for (const body of [{ time_zone: 'Mars/Base' }, { is_admin: true }, { email: 'x@y.z' }]) {
    t.equal((await patch(body, '*')).status, 400, JSON.stringify(body));
  }
  const racing = await Promise.all(
    Array.from({ length: 8 }, (_, at) => patch({ about: `${at}` }, '"3"')),
  );
  t.equal(racing.filter(({ status }) => status === 200).length, 1, 'one of them wins');
});

t.test('a new password ends all other sessions', async (t) => {
  const user = await makeUser(control);
  const other = await logIn(origin, user);
  const change = (current: string, fresh: string) =>
    send(`${users}/me/password`, 'POST', user.headers, {
      current_password: current,
      new_password: fresh,
    });
  const fresh = 'another horse, another battery';
  const wrong = await change('not the password', fresh);
  t.equal(wrong.status, 403);
  t.match(await wrong.json(), { errors: [{ pointer: '/current_password', code: 'wrong' }] });
  const known = await change(testPassword, 'passwordpassword');
  t.match(await known.json(), { errors: [{ pointer: '/new_password', code: 'known_password' }] });
  t.equal((await fetch(`${users}/me`, { headers: other.headers })).status, 200);
  t.equal((await change(testPassword, fresh)).status, 204);
  t.equal((await fetch(`${users}/me`, { headers: other.headers })).status, 401);
  t.equal((await fetch(`${users}/me`, { headers: user.headers })).status, 200);
  t.equal((await logIn(origin, { email: user.email })).response.status, 401);
  t.equal((await logIn(origin, { email: user.email, password: fresh })).response.status, 201);
});

t.test(
  'a password that was set meanwhile is not overwritten by who knew the former one',
  async (t) => {
    const user = await makeUser(control);
    const { users: service } = control.services;
    const { user: account } = await service.get(user.userId);
    const reset = 'the horse of the reset link';
    const passwordHash = await service.hashNew(account as never, reset);
    const change = { current_password: testPassword, new_password: 'the horse of somebody else' };
    const late = await whileHashed(
      t,
      () => send(`${users}/me/password`, 'POST', user.headers, change),
      () =>
        database.transaction((tx) =>
          service.setPassword(tx, user.userId, { passwordHash, keep: null }),
        ),
    );
    t.match(await late.json(), { status: 409, code: 'conflict' });
    t.equal((await logIn(origin, { email: user.email, password: reset })).response.status, 201);
  },
);

t.test('tries of the present password count as logins do', async (t) => {
  const clock = new TestClock();
  const config = { limits: { accountLoginsPerMinute: 3 } };
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const own = await testControl(t, await testDatabase(t, server), { clock, config, log });
  const user = await makeUser(own);
  const attempt = async (current: string) => {
    const body = { current_password: current, new_password: 'a wholly different horse' };
    const answer = await send(`${own.origin}/v1/users/me/password`, 'POST', user.headers, body);
    return [answer.status, answer.headers.get('retry-after')];
  };
  t.strictSame(await attempt('guess'), [403, null]);
  t.equal((await logIn(own.origin, { ...user, password: 'guess' })).response.status, 401);
  t.strictSame(await attempt('guess'), [403, null]);
  t.strictSame(await attempt(testPassword), [429, '60'], 'nor does the right one help');
  const events = lines.map((line) => JSON.parse(line));
  const limited = events.filter(({ security }) => security === 'login.limited');
  t.match(limited, [{ user_id: user.userId }]);
  t.equal((await logIn(own.origin, user)).response.status, 429);
  clock.advance(60_000);
  t.strictSame(await attempt(testPassword), [204, null]);
});

t.test('administrators list, read, change and delete accounts; nobody else does', async (t) => {
  const admin = await makeAdmin(control);
  const user = await makeUser(control);
  const one = `${users}/${user.userId}`;
  const everybody = [
    ['GET', users],
    ['GET', one],
    ['PATCH', one],
    ['DELETE', one],
  ] as const;
  for (const [method, url] of everybody) {
    const body = method === 'PATCH' ? {} : undefined;
    t.equal((await send(url, method, { 'if-match': '*' }, body)).status, 401, `${method} nobody`);
    const own = await send(url, method, { ...user.headers, 'if-match': '*' }, body);
    t.equal(own.status, 403, `${method} user`);
  }
  const made = await post(users, { ...ada, email: 'made@example.org' }, admin.headers);
  t.equal(made.status, 201);

  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = `?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page = (await (
      await fetch(users + query, { headers: admin.headers })
    ).json()) as UserList;
    seen.push(...page.items.map(({ user_id }) => user_id));
    cursor = page.next_cursor;
  }
  const rows = await database.query<{ id: string }>('select user_id as id from users order by 1');
  t.strictSame(
    seen,
    rows.map(({ id }) => id),
  );
  t.equal((await fetch(`${users}?cursor=x`, { headers: admin.headers })).status, 400);

  const change = (body: object, tag = '*') =>
    send(one, 'PATCH', { ...admin.headers, 'if-match': tag }, body);
  t.equal((await change({}, '"9"')).status, 412);
  const renamed = await change({ username: 'Other' }, '"1"');
  t.match(await renamed.json(), { username: 'Other' });
  t.equal((await fetch(one, { headers: admin.headers })).headers.get('etag'), '"2"');

  const key = await makeApiKey(origin, user, ['users:read']);
  const withKey = () => fetch(`${users}/me`, { headers: key.headers });
  t.equal((await withKey()).status, 200);
  t.equal((await change({ is_disabled: true })).status, 200);
  t.equal((await fetch(`${users}/me`, { headers: user.headers })).status, 401, 'logged out');
  t.equal((await withKey()).status, 401);
  t.equal((await logIn(origin, user)).response.status, 401);
  t.equal((await change({ is_disabled: false })).status, 200);
  t.equal((await logIn(origin, user)).response.status, 201);
  t.equal((await withKey()).status, 401, 'keys that ended stay so');

  const remove = (tag?: string) =>
    send(one, 'DELETE', tag === undefined ? admin.headers : { ...admin.headers, 'if-match': tag });
  t.equal((await remove()).status, 428);
  t.equal((await remove('"1"')).status, 412);
  t.equal((await remove('*')).status, 204);
  t.equal((await remove('*')).status, 404);
  t.equal((await logIn(origin, user)).response.status, 401);
  t.equal((await fetch(`${users}/nobody`, { headers: admin.headers })).status, 404);
});

t.test('who becomes an administrator, and who ceases to be one', async (t) => {
  const shared = Object.assign(new MemoryBus(systemClock), { isShared: true });
  const cached = await testControl(t, await testDatabase(t, server), { bus: shared });
  // At once, also where logins are remembered on the bus.
  for (const one of [control, cached]) {
    const url = `${one.origin}/v1/users`;
    const admin = await makeAdmin(one);
    const user = await makeUser(one, { secondFactor: true });
    const change = (body: object) =>
      send(`${url}/${user.userId}`, 'PATCH', { ...admin.headers, 'if-match': '*' }, body);
    const list = () => fetch(url, { headers: user.headers });
    t.equal((await list()).status, 403);
    t.equal((await change({ is_admin: true })).status, 200);
    t.equal((await list()).status, 200);
    t.equal((await change({ is_admin: false })).status, 200);
    t.equal((await list()).status, 401, 'logged out everywhere');
  }
});

t.test(
  'an administrator acts as one after a second factor only, unless told otherwise',
  async (t) => {
    const weak = await makeAdmin(control, { secondFactor: false });
    const refused = await fetch(users, { headers: weak.headers });
    t.equal(refused.status, 403);
    t.match(await refused.json(), { code: 'forbidden', detail: /second factor/ });
    t.equal((await fetch(`${users}/me`, { headers: weak.headers })).status, 200);
    const config = { accounts: { adminSecondFactor: 'optional' } } as const;
    const lenient = await testControl(t, await testDatabase(t, server), { config });
    const admin = await makeAdmin(lenient, { secondFactor: false });
    t.equal((await fetch(`${lenient.origin}/v1/users`, { headers: admin.headers })).status, 200);
  },
);

t.test('the last administrator stays', async (t) => {
  const own = await testControl(t, await testDatabase(t, server));
  const admin = await makeAdmin(own);
  const url = (id: string) => `${own.origin}/v1/users/${id}`;
  const headers = { ...admin.headers, 'if-match': '*' };
  for (const body of [{ is_admin: false }, { is_disabled: true }]) {
    const answer = await send(url(admin.userId), 'PATCH', headers, body);
    t.equal(answer.status, 409, JSON.stringify(body));
    t.match(await answer.json(), { code: 'conflict' });
  }
  t.equal((await send(url(admin.userId), 'DELETE', headers)).status, 409);
  t.equal((await send(url(admin.userId), 'PATCH', headers, { username: 'Still' })).status, 200);
  // Two who demote each other at once: one of them remains.
  const other = await makeAdmin(own);
  const both = await Promise.all([
    send(url(other.userId), 'PATCH', headers, { is_admin: false }),
    send(url(admin.userId), 'PATCH', { ...other.headers, 'if-match': '*' }, { is_admin: false }),
  ]);
  t.strictSame(both.filter(({ status }) => status === 200).length, 1);
  const rows = await own.database.query('select from users where is_admin');
  t.equal(rows.length, 1);
});

t.test('the first account becomes administrator by the link of the start, once', async (t) => {
  const config = { accounts: { signUp: false } };
  const own = await testControl(t, await testDatabase(t, server), { config });
  const url = `${own.origin}/v1/users`;
  const closed = await post(url, ada);
  t.equal(closed.status, 403);
  t.match(await closed.json(), { code: 'forbidden' });
  const earlier = await own.services.users.makeSetupToken();
  const token = await own.services.users.makeSetupToken();
  t.equal(Buffer.from(token ?? '', 'base64url').length, 32);
  t.notMatch(JSON.stringify(await own.database.query('select * from setup_tokens')), token);
  const { hash } = hashProcess;
  t.teardown(() => Object.assign(hashProcess, { hash }));
  hashProcess.hash = async () => t.fail('nothing is hashed for a token that is none') as never;
  const wrong = await post(url, { ...ada, setup_token: 'guessed' });
  Object.assign(hashProcess, { hash });
  t.match(await wrong.json(), { code: 'forbidden', errors: [{ pointer: '/setup_token' }] });
  const race = await Promise.all(
    [token, earlier].map((setup_token, at) =>
      post(url, { ...ada, email: `first-${at}@example.org`, setup_token }),
    ),
  );
  t.strictSame(race.map(({ status }) => status).sort(), [201, 403], 'one is the first');
  const [user] = await own.database.query('select is_admin from users');
  t.strictSame(user, { is_admin: true });
  t.equal(await own.services.users.makeSetupToken(), null);
  t.equal((await post(url, { ...ada, email: 'z@example.org', setup_token: token })).status, 403);
});

t.test('a request of another site with our cookie is refused', async (t) => {
  const user = await makeUser(control);
  const headers = { ...user.headers, 'if-match': '*', origin: 'https://evil.example' };
  const answer = await send(`${users}/me`, 'PATCH', headers, { about: 'owned' });
  t.equal(answer.status, 403);
  t.match(await readMe(origin, user), { user: { about: '' } });
});

t.test('the meetings of a deleted account stay, and belong to nobody', async (t) => {
  const [admin, user] = [await makeAdmin(control), await makeUser(control)];
  const made = await post(`${origin}/v1/meetings`, { title: 'Tea' }, user.headers);
  const { meeting } = (await made.json()) as { meeting: { meeting_id: string; code: string } };
  const headers = { ...admin.headers, 'if-match': '*' };
  t.equal((await send(`${users}/${user.userId}`, 'DELETE', headers)).status, 204);
  const query = 'select title, host_id from meetings where meeting_id = $1';
  t.strictSame(await database.query(query, [meeting.meeting_id]), [
    { title: 'Tea', host_id: null },
  ]);
  const url = `${origin}/v1/meetings/${meeting.meeting_id}`;
  t.equal((await fetch(url, { headers: admin.headers })).status, 200);
});
