import { hash } from '@node-rs/argon2';
import t from 'tap';
import { MemoryBus } from '../../bus/memory-bus.js';
import type { LoginSessionList } from '../../schemas/http.js';
import { whileHashed } from '../../testing/held-hash.js';
import {
  addTotp,
  logIn,
  makeAdmin,
  makeUser,
  send,
  type TestUser,
  testPassword,
} from '../../testing/test-accounts.js';
import { post } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { overtaken } from '../../testing/test-locks.js';

const server = await testServer(t);
const control = await testControl(t, await testDatabase(t, server));
const { origin, database } = control;
const sessions = `${origin}/v1/sessions`;
const status = async (headers: { cookie: string }, at = origin) =>
  (await fetch(`${at}/v1/users/me`, { headers })).status;

t.test('a login sets a cookie that only we get back; its token is kept as a hash', async (t) => {
  const user = await makeUser(control);
  const { response, headers } = await logIn(origin, user, { 'user-agent': 'x'.repeat(10_000) });
  t.equal(response.status, 201);
  t.match(
    response.headers.get('set-cookie'),
    /^__Host-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=604800$/,
  );
  t.match(await response.json(), {
    session: { is_current: true, user_agent: 'x'.repeat(256) },
    user: { user_id: user.userId, email: user.email },
  });
  t.equal(await status(headers), 200);
  const token = headers.cookie.split('=')[1] as string;
  t.notMatch(JSON.stringify(await database.query('select * from login_sessions')), token);
  t.equal(await status({ cookie: `${headers.cookie}x` }), 401);
  t.equal(await status({ cookie: `__Host-session=${'A'.repeat(43)}` }), 401);
});

t.test('wrong password, unknown, disabled and without a password: one answer', async (t) => {
  const user = await makeUser(control);
  const disabled = await makeUser(control);
  const foreign = await makeUser(control);
  const set = (change: string, { userId }: { userId: string }) =>
    database.query(`update users set ${change} where user_id = $1`, [userId]);
  await set('disabled_at = now()', disabled);
  await set('password_hash = null', foreign);
  const bodies = [];
  for (const login of [
    { email: user.email, password: 'not the password' },
    { email: 'nobody@example.org' },
    { email: 'not an address' },
    { email: 'a\u0000b@example.org' },
    { email: disabled.email },
    { email: foreign.email },
  ]) {
    const { response } = await logIn(origin, login);
    t.equal(response.status, 401, login.email);
    t.equal(response.headers.get('set-cookie'), null);
    const { instance: _, ...body } = (await response.json()) as { instance: string };
    bodies.push(body);
  }
  for (const body of bodies) t.strictSame(body, bodies[0]);
});

t.test('each login is a new session; the one that the browser had before ends', async (t) => {
  const user = await makeUser(control);
  const first = await logIn(origin, user);
  const second = await logIn(origin, user, first.headers);
  t.not(second.headers.cookie, first.headers.cookie);
  t.equal(await status(first.headers), 401);
  t.equal(await status(second.headers), 200);
  // A token that an attacker planted is not taken over.
  const planted = { cookie: '__Host-session=planted' };
  t.not((await logIn(origin, user, planted)).headers.cookie, planted.cookie);
  t.equal(await status(planted), 401);
});

t.test('a list of where one is logged in; each can be ended, and all', async (t) => {
  const user = await makeUser(control);
  const other = await makeUser(control);
  const laptop = await logIn(origin, user, { 'user-agent': 'laptop' });
  const phone = await logIn(origin, user, { 'user-agent': 'phone' });
  const list = async (query = '') =>
    (await (await fetch(sessions + query, { headers: phone.headers })).json()) as LoginSessionList;
  const { items } = await list();
  t.match(items, [
    { user_agent: 'test', is_current: false },
    { user_agent: 'laptop', is_current: false },
    { user_agent: 'phone', is_current: true },
  ]);
  const [first, second] = [await list('?limit=2'), null];
  t.equal(first.next_cursor, items[1]?.session_id);
  t.equal(second, null);
  t.match((await list(`?limit=2&cursor=${first.next_cursor}`)).items, [{ user_agent: 'phone' }]);

  const end = (id: string, { headers }: { headers: { cookie: string } }) =>
    send(`${sessions}/${id}`, 'DELETE', headers);
  const laptopId = items[1]?.session_id as string;
  t.equal((await end(laptopId, other)).status, 404, 'not theirs');
  t.equal(await status(laptop.headers), 200);
  t.equal((await end(laptopId, phone)).status, 204);
  t.equal((await end(laptopId, phone)).status, 404);
  t.equal(await status(laptop.headers), 401);
  t.equal((await list()).items.length, 2);

  const out = await end('current', phone);
  t.equal(out.status, 204);
  t.match(out.headers.get('set-cookie'), /^__Host-session=; .*Max-Age=0$/);
  t.equal(await status(phone.headers), 401);
  const [again, more] = [await logIn(origin, user), await logIn(origin, user)];
  t.equal((await send(sessions, 'DELETE', again.headers)).status, 204);
  for (const { headers } of [again, more, user]) t.equal(await status(headers), 401);
  t.equal(await status(other.headers), 200);
});

t.test('idle for 12 hours, or 7 days old: no login any more', async (t) => {
  const clock = new TestClock();
  const own = await testControl(t, await testDatabase(t, server), { clock });
  const hour = 3_600_000;
  const { headers } = await makeUser(own);
  clock.advance(12 * hour - 1);
  t.equal(await status(headers, own.origin), 200);
  clock.advance(12 * hour);
  t.equal(await status(headers, own.origin), 401, 'idle');

  const user = await makeUser(own);
  const use = () => status(user.headers, own.origin);
  for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
    clock.advance(8 * hour);
    t.equal(await use(), 200);
  }
  clock.advance(8 * hour - 1);
  t.equal(await use(), 200);
  clock.advance(1);
  t.equal(await use(), 401, 'old');
});

t.test('a use is noted once a minute', async (t) => {
  const clock = new TestClock();
  const own = await testControl(t, await testDatabase(t, server), { clock });
  const { headers, userId } = await makeUser(own);
  const seen = async () => {
    await status(headers, own.origin);
    const [row] = await own.database.query<{ at: Date }>(
      'select last_seen_at as at from login_sessions where user_id = $1',
      [userId],
    );
    return row?.at.getTime();
  };
  const began = clock.now();
  clock.advance(59_999);
  t.equal(await seen(), began);
  clock.advance(1);
  t.equal(await seen(), began + 60_000);
});

t.test('attempts are limited per account, also of unknown ones, and per address', async (t) => {
  const clock = new TestClock();
  const config = { limits: { accountLoginsPerMinute: 3, addressLoginsPerMinute: 8 } };
  const own = await testControl(t, await testDatabase(t, server), { clock, config });
  const user = await makeUser(own);
  const attempt = async (email: string, password?: string) => {
    const wanted = password === undefined ? { email } : { email, password };
    const { response } = await logIn(own.origin, wanted);
    return [response.status, response.headers.get('retry-after')];
  };
  for (const email of [user.email, 'nobody@example.org']) {
    for (let count = 0; count < 3; count++) {
      t.strictSame(await attempt(email.toUpperCase(), 'wrong password'), [401, null]);
    }
  }
  t.strictSame(await attempt(user.email), [429, '60'], 'the right password does not help');
  t.strictSame(await attempt('nobody@example.org'), [429, '60']);
  t.equal((await attempt('somebody.else@example.org'))[0], 429, 'the address has had its eight');
  clock.advance(59_999);
  t.equal((await attempt(user.email))[0], 429, 'never more than so many in a minute');
  clock.advance(1);
  t.strictSame(await attempt(user.email), [201, null]);
});

t.test('of IPv6 a whole network counts as one address, for every limit', async (t) => {
  const limits = { addressLoginsPerMinute: 2, joinMissesPerMinute: 2, requestsPerMinute: 3 };
  const config = { limits, http: { trustedProxies: ['127.0.0.1'] } };
  const clock = new TestClock();
  const own = await testControl(t, await testDatabase(t, server), { config, clock });
  const email = 'nobody@example.org';
  const kinds: [string, object, number][] = [
    ['sessions', { email, password: 'wrong password' }, 401],
    ['password-resets', { email }, 202],
    ['join/check', { code: 'nonexistent0', secret: 'x' }, 403],
  ];
  for (const [at, [path, body, fits]] of kinds.entries()) {
    const ask = async (address: string) => {
      const headers = { 'x-forwarded-for': address };
      return (await post(`${own.origin}/v1/${path}`, body, headers)).status;
    };
    const network = `2001:db8:0:${at}`;
    const statuses = [await ask(`${network}::1`), await ask(`${network}::2`)];
    t.strictSame(statuses, [fits, fits], path);
    t.equal(await ask(`${network}:a:b:c:d`), 429, path);
    t.equal(await ask(`2001:db8:1:${at}::1`), fits, 'another network');
  }
  const anything = async (address: string) => {
    const headers = { 'x-forwarded-for': address };
    return (await fetch(`${own.origin}/v1/client-config`, { headers })).status;
  };
  const asked = [1, 2, 3, 4].map((host) => anything(`2001:db8:2::${host}`));
  t.strictSame((await Promise.all(asked)).sort(), [200, 200, 200, 429]);
});

t.test('attempts are limited for all processes on one bus together', async (t) => {
  const clock = new TestClock();
  const bus = Object.assign(new MemoryBus(clock), { isShared: true });
  const config = { limits: { accountLoginsPerMinute: 3, addressLoginsPerMinute: 5 } };
  const shared = await testDatabase(t, server);
  const one = await testControl(t, shared, { clock, config, bus });
  const other = await testControl(t, shared, { clock, config, bus });
  const attempts = async (email: string, at: { origin: string }[]) => {
    const statuses = [];
    for (const { origin } of at) {
      statuses.push((await logIn(origin, { email, password: 'wrong password' })).response.status);
    }
    return statuses;
  };
  t.strictSame(await attempts('a@example.org', [one, other, one, other]), [401, 401, 401, 429]);
  t.strictSame(await attempts('b@example.org', [one, other]), [401, 429], 'of the address');
  clock.advance(60_000);
  const away = () => Promise.reject(new Error('the bus is away'));
  Object.assign(bus, { takeWithin: away, waitWithin: away });
  t.strictSame(await attempts('c@example.org', Array(4).fill(one)), [401, 401, 401, 429]);
  t.strictSame(await attempts('c@example.org', [other]), [401], 'alone each counts for itself');
});

t.test('what happens between the look at a password and the login counts', async (t) => {
  const admin = await makeAdmin(control);
  const setPassword = ({ userId }: TestUser) =>
    database.transaction((tx) =>
      control.services.users.setPassword(tx, userId, { passwordHash: 'another', keep: null }),
    );
  const disable = async ({ userId }: TestUser) => {
    const headers = { ...admin.headers, 'if-match': '*' };
    for (const is_disabled of [true, false]) {
      await send(`${origin}/v1/users/${userId}`, 'PATCH', headers, { is_disabled });
    }
  };
  const changes: [string, (user: TestUser) => Promise<unknown>][] = [
    ['another password', setPassword],
    ['a second factor', (user) => addTotp(origin, user)],
    ['disabled, and enabled again', disable],
  ];
  const sessionsOf = async ({ userId }: TestUser) =>
    (await database.query('select from login_sessions where user_id = $1', [userId])).length;
  const refused = { status: 409, code: 'conflict' };
  for (const [name, change] of changes) {
    const user = await makeUser(control);
    const late = await whileHashed(
      t,
      () => logIn(origin, user),
      () => change(user),
    );
    t.match(await late.response.json(), refused, name);
    t.equal(late.response.headers.get('set-cookie'), null, name);
  }
  const user = await makeUser(control);
  const { response } = await overtaken(
    database,
    (tx) =>
      control.services.users.setPassword(tx, user.userId, { passwordHash: 'another', keep: null }),
    () => logIn(origin, user),
  );
  t.match(await response.json(), refused, 'a change that is not committed yet is waited for');
  t.equal(await sessionsOf(user), 1, 'that of the beginning');
});

t.test('a hash of former parameters is renewed at the login', async (t) => {
  const user = await makeUser(control);
  const weak = await hash(testPassword, { memoryCost: 8192, timeCost: 1 });
  const set = 'update users set password_hash = $2 where user_id = $1';
  await database.query(set, [user.userId, weak]);
  t.equal((await logIn(origin, { email: user.email, password: 'wrong' })).response.status, 401);
  const stored = async () => {
    const query = 'select password_hash as hash from users where user_id = $1';
    return (await database.query<{ hash: string }>(query, [user.userId]))[0]?.hash;
  };
  t.equal(await stored(), weak);
  t.equal((await logIn(origin, user)).response.status, 201);
  t.match(await stored(), /\$m=19456,t=2,p=1\$/);
  t.equal((await logIn(origin, user)).response.status, 201);
});

t.test('an unknown account costs what a wrong password costs', async (t) => {
  const user = await makeUser(control);
  // Of the processor, which other programs take no part in: the time to wait is not ours to bound.
  const cost = async (email: string) => {
    const before = process.cpuUsage();
    await post(sessions, { email, password: 'not the password' });
    const { user: own, system } = process.cpuUsage(before);
    return (own + system) / 1000;
  };
  const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1] as number;
  const known: number[] = [];
  const unknown: number[] = [];
  for (let count = 0; count < 15; count++) {
    known.push(await cost(user.email));
    unknown.push(await cost(`nobody-${count}@example.org`));
  }
  const [a, b] = [median(known), median(unknown)];
  t.comment(`known ${a.toFixed(1)} ms, unknown ${b.toFixed(1)} ms`);
  // A hash costs far more than half of it: without one this would be off by a multiple.
  t.ok(Math.abs(a - b) < 0.5 * Math.max(a, b));
});
