import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Secret, TOTP, URI } from 'otpauth';
import t from 'tap';
import { KeyRing } from '../../keys/key-ring.js';
import type {
  CreatedTotp,
  FactorList,
  LoggedIn,
  Problem,
  ShownFactor,
} from '../../schemas/http.js';
import {
  addTotp,
  logIn,
  makeAdmin,
  makeUser,
  readMe,
  send,
  type TestUser,
} from '../../testing/test-accounts.js';
import { post } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testFolder, testServer } from '../../testing/test-database.js';
import { untilBlocked } from '../../testing/test-locks.js';
import { stepOf } from './totp.js';

const server = await testServer(t);
const stepMs = 30_000;
/** A step begins here, so that what a test advances is what it says. */
const clock = new TestClock(Math.ceil(Date.now() / stepMs) * stepMs);
const control = await testControl(t, await testDatabase(t, server), { clock });
const { origin, database } = control;
const factors = `${origin}/v1/users/me/factors`;
const remove = (user: TestUser, id: string) => send(`${factors}/${id}`, 'DELETE', user.headers);
const status = async (user: { headers: { cookie: string } }) =>
  (await fetch(`${origin}/v1/users/me`, { headers: user.headers })).status;

/** Logs in as single sign-on does whose provider has asked for no second factor. */
async function signOn(user: TestUser): Promise<TestUser> {
  const begun = { userId: user.userId, userAgent: 'test', secondFactor: false };
  const { token, session } = await control.services.sessions.begin(database, begun);
  const { sessionId } = session;
  return { ...user, sessionId, headers: { cookie: `__Host-session=${token}` } };
}

/** Shows a factor later. @returns also the session that goes on. */
async function show({ headers }: TestUser, shown: ShownFactor, at = origin, more = {}) {
  const url = `${at}/v1/sessions/current/second-factor`;
  const response = await post(url, shown, { ...headers, ...more });
  const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';');
  const body = (await response.json()) as Problem & LoggedIn;
  return { status: response.status, response, body, headers: { cookie } };
}

t.test('the values of RFC 6238 appendix B, of six digits', async (t) => {
  const seed = Secret.fromLatin1('12345678901234567890').base32;
  for (const [seconds, code] of [
    [59, '287082'],
    [1111111109, '081804'],
    [1234567890, '005924'],
    [20000000000, '353130'],
  ] as const) {
    const step = Math.floor(seconds / 30);
    t.equal(stepOf(seed, code, seconds * 1000), step);
    t.equal(stepOf(seed, code, seconds * 1000 - stepMs), step, 'a clock half a minute behind');
    t.equal(stepOf(seed, code, seconds * 1000 + stepMs), step, 'or ahead');
    t.equal(stepOf(seed, code, seconds * 1000 + 2 * stepMs), null);
    t.equal(stepOf(seed, code, seconds * 1000 - 2 * stepMs), null);
  }
});

t.test('a seed is shown once, sealed at rest, and in what every app reads', async (t) => {
  const user = await makeUser(control);
  const answer = await post(factors, { kind: 'totp', name: ' Phone\u202e ' }, user.headers);
  t.equal(answer.status, 201);
  const made = (await answer.json()) as CreatedTotp;
  t.match(made, { kind: 'totp', name: 'Phone', confirmed_at: null, secret: /^[A-Z2-7]{32}$/ });
  const read = URI.parse(made.uri) as TOTP;
  t.match(read, { issuer: 'Plenum', label: user.email, algorithm: 'SHA1', digits: 6, period: 30 });
  t.equal(read.secret.base32, made.secret);
  t.notMatch(JSON.stringify(await database.query('select * from factors')), made.secret);
  const { secret: _, uri: __, ...shown } = made;
  const list = await fetch(factors, { headers: user.headers });
  t.strictSame(await list.json(), { items: [shown], next_cursor: null });
  t.match(await readMe(origin, user), { user: { has_second_factor: false } });
  t.equal((await logIn(origin, user)).response.status, 201, 'nothing is asked before it is proven');
});

t.test('proven: other sessions end, this one goes on under another token', async (t) => {
  const user = await makeUser(control);
  const before = { headers: user.headers };
  const other = await logIn(origin, user);
  const { recoveryCodes, factorId } = await addTotp(origin, user, clock.now());
  t.equal(recoveryCodes.length, 10);
  t.equal(new Set(recoveryCodes).size, 10);
  for (const code of recoveryCodes) t.match(code, /^([0-9a-z]{4}-){3}[0-9a-z]{4}$/);
  const rows = JSON.stringify(await database.query('select * from recovery_codes'));
  t.notMatch(rows, recoveryCodes[0]);
  t.equal(await status(before), 401);
  t.equal(await status(other), 401);
  t.equal(await status(user), 200);
  t.match(await readMe(origin, user), { user: { has_second_factor: true }, etag: '"2"' });
  const list = (await (await fetch(factors, { headers: user.headers })).json()) as FactorList;
  t.equal(list.items[0]?.confirmed_at, new Date(clock.now()).toISOString());
  const again = await post(`${factors}/${factorId}/confirm`, { code: '000000' }, user.headers);
  t.match(await again.json(), { status: 409, code: 'already_done' });
});

t.test('a login needs a code, once the password was right', async (t) => {
  const user = await makeUser(control);
  const { codeAt } = await addTotp(origin, user, clock.now());
  const attempt = async (otp?: string, password?: string) => {
    const { response } = await logIn(origin, {
      email: user.email,
      ...(otp === undefined ? {} : { otp }),
      ...(password === undefined ? {} : { password }),
    });
    return [response.status, await response.json()] as const;
  };
  const [wrong, said] = await attempt(undefined, 'not the password');
  t.equal(wrong, 401);
  t.notOk((said as { errors?: unknown }).errors, 'the factor is not told');
  t.match(await attempt(), [401, { errors: [{ pointer: '/otp', code: 'otp_required' }] }]);
  t.match(await attempt(''), [401, { errors: [{ code: 'otp_required' }] }]);
  const refused = [401, { errors: [{ pointer: '/otp', code: 'otp_wrong' }] }];
  t.match(await attempt(codeAt(clock.now())), refused, 'the code that confirmed it was used');
  clock.advance(stepMs);
  const code = codeAt(clock.now());
  t.match(await attempt(code), [201, { user: { has_second_factor: true } }]);
  t.match(await attempt(code), refused, 'once');
  t.match(await attempt(codeAt(clock.now() - stepMs)), refused, 'nor an earlier one');
  clock.advance(stepMs);
  const both = await Promise.all([attempt(codeAt(clock.now())), attempt(codeAt(clock.now()))]);
  t.strictSame(both.map(([code]) => code).sort(), [201, 401], 'not twice at the same time either');
});

t.test('five wrong codes, then one in five minutes', async (t) => {
  const user = await makeUser(control);
  const { codeAt } = await addTotp(origin, user, clock.now());
  clock.advance(stepMs);
  const attempt = async (otp: string) => (await logIn(origin, { ...user, otp })).response.status;
  for (let count = 0; count < 5; count++) t.equal(await attempt('wrong'), 401);
  t.equal(await attempt(codeAt(clock.now())), 429);
  clock.advance(300_000);
  t.equal(await attempt(codeAt(clock.now())), 201);
});

t.test('of many codes tried at once no more are looked at than one may', async (t) => {
  const user = await makeUser(control);
  const { recoveryCodes } = await addTotp(origin, user, clock.now());
  const [right = '', other = ''] = recoveryCodes;
  let answered = 0;
  const attempt = async (otp: string) => {
    const { status } = (await logIn(origin, { ...user, otp })).response;
    answered += 1;
    return status;
  };
  for (let count = 0; count < 3; count++) t.equal(await attempt('wrong'), 401);
  answered = 0;
  const tries = await database.transaction(async (tx) => {
    // Whoever looks a code up waits here.
    await tx.query('lock table recovery_codes in exclusive mode');
    const tries = Array.from({ length: 4 }, (_, at) => attempt(`guess ${at}`));
    await untilBlocked(database, () => tries.length - answered);
    return tries;
  });
  t.strictSame((await Promise.all(tries)).sort(), [401, 401, 429, 429]);
  t.equal(await attempt(right), 429, 'nor is a right one');
  clock.advance(300_000);
  t.equal(await attempt(right), 201);
  for (let count = 0; count < 5; count++) t.equal(await attempt('wrong'), 401, 'all five again');
  t.equal(await attempt(other), 429);
});

t.test('a recovery code is good once, however it is typed', async (t) => {
  const user = await makeUser(control);
  const { recoveryCodes } = await addTotp(origin, user, clock.now());
  const attempt = async (otp: string) => (await logIn(origin, { ...user, otp })).response.status;
  const [first = '', second = ''] = recoveryCodes;
  t.equal(await attempt(first), 201);
  t.equal(await attempt(first), 401);
  t.equal(await attempt(second.replaceAll('-', ' ').toUpperCase()), 201);
  const other = await makeUser(control);
  await addTotp(origin, other, clock.now());
  const foreign = recoveryCodes[2] as string;
  t.equal((await logIn(origin, { ...other, otp: foreign })).response.status, 401, 'not another’s');
});

t.test('an administrator acts as one once a code was shown', async (t) => {
  const admin = await makeAdmin(control, { secondFactor: false });
  const list = async () => (await fetch(`${origin}/v1/users`, { headers: admin.headers })).status;
  t.equal(await list(), 403);
  const { codeAt, factorId } = await addTotp(origin, admin, clock.now());
  t.equal(await list(), 200, 'confirming is showing');
  clock.advance(stepMs);
  const { headers } = await logIn(origin, { ...admin, otp: codeAt(clock.now()) });
  t.equal((await fetch(`${origin}/v1/users`, { headers })).status, 200);
  const refused = await remove(admin, factorId);
  t.match(await refused.json(), { status: 409, code: 'conflict' }, 'they keep one');
});

t.test('factors change after a fresh login only', async (t) => {
  const user = await makeUser(control);
  const { codeAt, factorId } = await addTotp(origin, user, clock.now());
  clock.advance(600_000);
  const stale = { status: 403, code: 'forbidden', errors: [{ code: 'login_again' }] };
  t.match(await (await post(factors, { kind: 'totp' }, user.headers)).json(), stale);
  t.match(await (await remove(user, factorId)).json(), stale);
  const fresh = await logIn(origin, { ...user, otp: codeAt(clock.now()) });
  const other = await makeUser(control);
  t.equal((await remove(other, factorId)).status, 404, 'not theirs');
  const asFresh = { ...user, headers: fresh.headers };
  t.equal((await remove(asFresh, factorId)).status, 204);
  t.equal((await remove(asFresh, factorId)).status, 404);
  t.equal(await status(user), 401, 'other sessions end');
  t.equal(await status(fresh), 200);
  t.match(await readMe(origin, asFresh), { user: { has_second_factor: false } });
  t.equal((await logIn(origin, user)).response.status, 201, 'no code is asked any more');
  const rows = 'select from recovery_codes where user_id = $1';
  t.equal((await database.query(rows, [user.userId])).length, 0);
});

t.test('who has a factor changes factors from a login that has shown one only', async (t) => {
  const admin = await makeAdmin(control, { secondFactor: false });
  const begun = (await (
    await post(factors, { kind: 'totp' }, admin.headers)
  ).json()) as CreatedTotp;
  const { codeAt, factorId } = await addTotp(origin, admin, clock.now());
  const bySignOn = await signOn(admin);
  const kept = () =>
    database.query('select code_hash from recovery_codes where user_id = $1 order by 1', [
      admin.userId,
    ]);
  const codes = await kept();
  const refused = { status: 403, code: 'forbidden', errors: [{ code: 'second_factor_required' }] };
  t.match(await (await post(factors, { kind: 'totp' }, bySignOn.headers)).json(), refused);
  const totp = new TOTP({ secret: Secret.fromBase32(begun.secret) });
  const code = totp.generate({ timestamp: clock.now() });
  const confirm = await post(`${factors}/${begun.factor_id}/confirm`, { code }, bySignOn.headers);
  t.match(await confirm.json(), refused, 'nor one that was begun before');
  for (const id of [factorId, begun.factor_id]) {
    t.match(await (await remove(bySignOn, id)).json(), refused);
  }
  t.strictSame(await kept(), codes, 'the recovery codes are the same');
  t.equal(await status(bySignOn), 200);
  t.equal(await status(admin), 200, 'nobody was logged out');
  t.equal((await fetch(`${origin}/v1/users`, { headers: bySignOn.headers })).status, 403);
  clock.advance(stepMs);
  const { headers } = await logIn(origin, { ...admin, otp: codeAt(clock.now()) });
  t.equal((await post(factors, { kind: 'totp' }, headers)).status, 201);
});

t.test('a login without a factor shows it later, and goes on under another token', async (t) => {
  const admin = await makeAdmin(control, { secondFactor: false });
  const { codeAt, recoveryCodes } = await addTotp(origin, admin, clock.now());
  clock.advance(stepMs);
  const list = ({ headers }: { headers: { cookie: string } }) =>
    fetch(`${origin}/v1/users`, { headers });
  const weak = await signOn(admin);
  const needed = { status: 403, errors: [{ code: 'second_factor_required' }] };
  t.match(await (await list(weak)).json(), needed);

  const lacking = { code: 'forbidden', errors: [{ pointer: '/otp', code: 'otp_required' }] };
  t.match(await show(weak, {}), { status: 403, body: lacking });
  const wrong = { code: 'forbidden', errors: [{ pointer: '/otp', code: 'otp_wrong' }] };
  t.match(await show(weak, { otp: codeAt(clock.now() + 3 * stepMs) }), {
    status: 403,
    body: wrong,
  });
  t.equal(await status(weak), 200, 'nobody is logged out by a wrong code');
  const otp = codeAt(clock.now());
  const foreign = await show(weak, { otp }, origin, { origin: 'https://another.example' });
  t.match(foreign, { status: 403, body: { detail: /Another site/ } });

  const shown = await show(weak, { otp });
  t.match(shown, { status: 200, body: { session: { is_current: true, second_factor: true } } });
  t.match(shown.response.headers.get('set-cookie'), /; Path=\/; Secure; HttpOnly; SameSite=Lax/);
  t.equal(await status(weak), 401, 'the former token is void');
  t.equal((await list(shown)).status, 200);
  t.equal(await status(admin), 200, 'other sessions are as they were');
  t.match(await show({ ...admin, ...shown }, { otp }), {
    status: 409,
    body: { code: 'already_done' },
  });

  const next = await signOn(admin);
  t.match(await show(next, { otp }), { status: 403, body: wrong }, 'a code is good once');
  const [code = ''] = recoveryCodes;
  t.equal((await show(next, { otp: code })).status, 200);
  t.match(await show(await signOn(admin), { otp: code }), { status: 403, body: wrong });
  const bare = await signOn(await makeUser(control));
  t.match(await show(bare, { otp }), { status: 409, body: { code: 'conflict' } });
  t.equal(await status(bare), 200);
});

t.test('a factor that is shown later makes no login younger', async (t) => {
  const user = await makeUser(control);
  const { codeAt, factorId } = await addTotp(origin, user, clock.now());
  const weak = await signOn(user);
  const begunAt = clock.now();
  clock.advance(600_000);
  const { headers, body, response } = await show(weak, { otp: codeAt(clock.now()) });
  const weekMs = 7 * 86_400_000;
  t.match(body.session, {
    created_at: new Date(begunAt).toISOString(),
    last_seen_at: new Date(clock.now()).toISOString(),
    expires_at: new Date(begunAt + weekMs).toISOString(),
  });
  t.match(response.headers.get('set-cookie'), `Max-Age=${(weekMs - 600_000) / 1000}`);
  t.match(await (await remove({ ...user, headers }, factorId)).json(), {
    errors: [{ code: 'login_again' }],
  });
});

t.test('factors that are shown later are tried as seldom as at a login', async (t) => {
  const user = await makeUser(control);
  const { codeAt } = await addTotp(origin, user, clock.now());
  clock.advance(stepMs);
  const weak = await signOn(user);
  for (let count = 0; count < 5; count++) t.equal((await show(weak, { otp: 'wrong' })).status, 403);
  t.equal((await show(weak, { otp: codeAt(clock.now()) })).status, 429);
  clock.advance(300_000);
  t.equal((await show(weak, { otp: codeAt(clock.now()) })).status, 200);

  const limits = { accountLoginsPerMinute: 2 };
  const strict = await testControl(t, database, { clock, config: { limits } });
  const other = await signOn(user);
  t.equal((await show(other, {}, strict.origin)).status, 403);
  t.equal((await logIn(strict.origin, user)).response.status, 401);
  t.equal((await show(other, {}, strict.origin)).status, 429, 'they count as logins do');
});

t.test('whatever happens while a factor is shown counts', async (t) => {
  const user = await makeUser(control);
  const { codeAt, recoveryCodes } = await addTotp(origin, user, clock.now());
  clock.advance(stepMs);
  const { sessions, users } = control.services;
  const { version } = await users.find(user.userId);
  const principal = ({ userId, sessionId }: TestUser) =>
    ({ kind: 'user', userId, sessionId, isAdmin: false }) as const;
  const weak = await signOn(user);
  const changed = sessions.replace(principal(weak), 'test', version - 1);
  await t.rejects(changed, { code: 'conflict' });
  t.equal(await status(weak), 200);
  const ended = await signOn(user);
  await sessions.revoke(user.userId, ended.sessionId);
  const late = sessions.replace(principal(ended), 'test', version);
  await t.rejects(late, { code: 'unauthenticated' });

  const otps = [codeAt(clock.now()), recoveryCodes[0] as string];
  const both = await Promise.all(otps.map((otp) => show(weak, { otp })));
  t.strictSame(both.map(({ status }) => status).sort(), [200, 401], 'one goes on, not two');
  const rows = await database.query(
    'select from login_sessions where user_id = $1 and revoked_at is null',
    [user.userId],
  );
  t.equal(rows.length, 2, 'that one, and the one that added the factor');
});

t.test('recovery codes are good after keys.secret was set', async (t) => {
  const folder = join(testFolder(t), 'keys');
  mkdirSync(folder);
  const shared = await testDatabase(t, server);
  const before = await testControl(t, shared, { clock, keys: KeyRing.open(folder) });
  const user = await makeUser(before);
  const { recoveryCodes } = await addTotp(before.origin, user, clock.now());
  const url = (at: { origin: string }) => `${at.origin}/v1/api-keys`;
  const made = { name: 'key', scopes: ['users:read'] };
  const headers = { ...user.headers, 'idempotency-key': 'before and after' };
  t.equal((await post(url(before), made, headers)).status, 201);
  const keys = KeyRing.open(folder, randomBytes(32).toString('base64'));
  const after = await testControl(t, shared, { clock, keys });
  const [otp = ''] = recoveryCodes;
  t.equal((await logIn(after.origin, { ...user, otp })).response.status, 201);
  t.equal((await logIn(after.origin, { ...user, otp })).response.status, 401, 'once');
  const again = await post(url(after), made, headers);
  t.equal(again.headers.get('idempotency-replayed'), 'true', 'nor is a repeat another request');
  const other = await post(url(after), { ...made, name: 'other' }, headers);
  t.match(await other.json(), { code: 'idempotency_mismatch' });
});

t.test('what does not fit is refused', async (t) => {
  const user = await makeUser(control);
  const made = (await (await post(factors, { kind: 'totp' }, user.headers)).json()) as CreatedTotp;
  const confirm = (code: string, id = made.factor_id) =>
    post(`${factors}/${id}/confirm`, { code }, user.headers);
  t.equal((await confirm('12345')).status, 400);
  t.equal((await confirm('abcdef')).status, 400);
  t.equal((await confirm('123456', 'x')).status, 404);
  const code = new TOTP({ secret: Secret.fromBase32(made.secret) }).generate({
    timestamp: clock.now() - 3 * stepMs,
  });
  const wrong = await confirm(code);
  t.match(await wrong.json(), { status: 400, errors: [{ pointer: '/code', code: 'otp_wrong' }] });
  t.equal((await post(factors, { kind: 'sms' }, user.headers)).status, 400);
  const none = await post(`${factors}/${made.factor_id}/confirm`, {}, user.headers);
  t.match(await none.json(), { status: 400, errors: [{ pointer: '/code', code: 'required' }] });
  for (let count = 1; count < 5; count++) {
    t.equal((await post(factors, { kind: 'totp' }, user.headers)).status, 201);
  }
  const sixth = await post(factors, { kind: 'totp' }, user.headers);
  t.match(await sixth.json(), { status: 409, code: 'limit_reached' });
});

t.test('an account takes its factors with it', async (t) => {
  const admin = await makeAdmin(control);
  const user = await makeUser(control);
  await addTotp(origin, user, clock.now());
  const headers = { ...admin.headers, 'if-match': '*' };
  const answer = await send(`${origin}/v1/users/${user.userId}`, 'DELETE', headers);
  t.equal(answer.status, 204);
  for (const table of ['factors', 'recovery_codes']) {
    const rows = await database.query(`select from ${table} where user_id = $1`, [user.userId]);
    t.equal(rows.length, 0, table);
  }
});
