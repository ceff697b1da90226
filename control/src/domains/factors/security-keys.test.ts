import t from 'tap';
import { MemoryBus } from '../../bus/memory-bus.js';
import type {
  CreatedSecurityKey,
  CredentialRequest,
  FactorList,
  LoginProblem,
  ShownCredential,
} from '../../schemas/http.js';
import { type Forged, SoftwareAuthenticator } from '../../testing/software-authenticator.js';
import {
  addSecurityKey,
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
import { testDatabase, testServer } from '../../testing/test-database.js';
import { relyingPartyOf } from './relying-party.js';

const server = await testServer(t);
const clock = new TestClock();
const lines: string[] = [];
const log = (line: string) => lines.push(line);
const control = await testControl(t, await testDatabase(t, server), { clock, log });
const { database } = control;
/** A name, as browsers want one: without `http.origin` only this one is believed. */
const origin = control.origin.replace('127.0.0.1', 'localhost');
const factors = `${origin}/v1/users/me/factors`;
const lifeMs = 300_000;

/** A login as far as the key. */
async function ask(user: TestUser): Promise<CredentialRequest> {
  const { response } = await logIn(origin, user);
  const { webauthn } = (await response.json()) as { webauthn: CredentialRequest };
  return webauthn;
}

async function answer(user: TestUser, key: SoftwareAuthenticator, forged: Forged = {}) {
  const request = await ask(user);
  return logIn(origin, { ...user, credential: key.get(request, forged) });
}

async function begin(user: TestUser, name?: string): Promise<CreatedSecurityKey> {
  const made = await post(factors, { kind: 'webauthn', name }, user.headers);
  return (await made.json()) as CreatedSecurityKey;
}

const confirm = (user: TestUser, id: string, body: object) =>
  post(`${factors}/${id}/confirm`, body, user.headers);

t.test('a key is added, and asked for after the password', async (t) => {
  const user = await makeUser(control, { username: 'Ada' });
  const other = await logIn(origin, user);
  const made = await begin(user, ' Blue\u202e key ');
  t.match(made, { kind: 'webauthn', name: 'Blue key', confirmed_at: null, last_used_at: null });
  t.match(made.webauthn, {
    challenge: /^[\w-]{43}$/,
    rp: { id: 'localhost', name: 'Plenum' },
    user: { name: user.email, displayName: 'Ada' },
    timeout: lifeMs,
    authenticatorSelection: { userVerification: 'preferred', residentKey: 'discouraged' },
    attestation: 'none',
  });
  t.strictSame(made.webauthn.excludeCredentials, []);
  t.equal((await logIn(origin, user)).response.status, 201, 'it counts when it is proven only');
  const key = new SoftwareAuthenticator(origin);
  const confirmed = await confirm(user, made.factor_id, { credential: key.create(made.webauthn) });
  t.equal(confirmed.status, 200);
  const { recovery_codes: codes } = (await confirmed.json()) as { recovery_codes: string[] };
  t.equal(codes.length, 10);
  const ended = await fetch(`${origin}/v1/users/me`, { headers: other.headers });
  t.equal(ended.status, 401, 'other sessions end');

  const { response } = await logIn(origin, user);
  t.equal(response.status, 401);
  const refusal = await response.json();
  t.match(refusal, {
    code: 'unauthenticated',
    errors: [{ pointer: '/credential', code: 'credential_required' }],
    webauthn: {
      rpId: 'localhost',
      timeout: lifeMs,
      allowCredentials: [{ id: key.id, type: 'public-key', transports: ['usb'] }],
      userVerification: 'preferred',
    },
  });
  const { webauthn } = refusal as { webauthn: CredentialRequest };
  clock.advance(lifeMs - 1);
  const credential = key.get(webauthn);
  const loggedIn = await logIn(origin, { ...user, credential });
  t.equal(loggedIn.response.status, 201);
  t.match((await readMe(origin, loggedIn)).user, { has_second_factor: true });
  const list = (await (await fetch(factors, { headers: loggedIn.headers })).json()) as FactorList;
  const now = new Date(clock.now()).toISOString();
  t.match(list.items, [{ kind: 'webauthn', name: 'Blue key', last_used_at: now }]);
});

t.test('a challenge is good once, for a while, for its account and its purpose', async (t) => {
  const [user, other] = [await makeUser(control), await makeUser(control)];
  const { key } = await addSecurityKey(origin, user);
  const request = await ask(user);
  const credential = key.get(request);
  const status = async (challenge: string) => {
    const shown = key.get({ ...request, challenge });
    return (await logIn(origin, { ...user, credential: shown })).response.status;
  };
  t.equal((await logIn(origin, { ...user, credential })).response.status, 201);
  const { response } = await logIn(origin, { ...user, credential });
  t.match(await response.json(), {
    status: 401,
    errors: [{ pointer: '/credential', code: 'credential_wrong' }],
    webauthn: { challenge: /./ },
  });
  t.equal(await status(request.challenge), 401, 'nor signed anew');

  const both = key.get(await ask(user));
  const twice = await Promise.all([0, 1].map(() => logIn(origin, { ...user, credential: both })));
  const codes = twice.map(({ response }) => response.status).sort();
  t.strictSame(codes, [201, 401], 'nor twice at the same time');

  await addSecurityKey(origin, other);
  t.equal(await status((await ask(other)).challenge), 401, 'made for another account');
  const fresh = (await logIn(origin, { ...user, credential: key.get(await ask(user)) })).headers;
  const adding = await begin({ ...user, headers: fresh });
  t.equal(await status(adding.webauthn.challenge), 401, 'made for adding one');
  const rows = JSON.stringify(await database.query('select * from webauthn_challenges'));
  t.notMatch(rows, adding.webauthn.challenge, 'kept as a hash');

  const late = await ask(user);
  clock.advance(lifeMs);
  t.equal(await status(late.challenge), 401, 'too late');
  clock.advance(lifeMs);
  t.equal((await answer(user, key)).response.status, 201, 'a new one is good');
});

t.test('what was signed for others, or by another key, is refused', async (t) => {
  const [user, other] = [await makeUser(control), await makeUser(control)];
  const { key } = await addSecurityKey(origin, user);
  const { key: theirs } = await addSecurityKey(origin, other);
  const status = async (...given: Parameters<typeof answer>) =>
    (await answer(...given)).response.status;
  t.equal(await status(user, key, { origin: 'https://p1enum.example' }), 401, 'another page');
  t.equal(await status(user, key, { origin: 'http://localhost:1' }), 401, 'another port');
  t.equal(await status(user, key, { rpId: 'p1enum.example' }), 401, 'another name');
  t.equal(await status(user, theirs), 401, 'the key of another account');
  clock.advance(lifeMs);
  const forged = theirs.get(await ask(user));
  const credential = { ...forged, id: key.id, rawId: key.id };
  t.equal((await logIn(origin, { ...user, credential })).response.status, 401, 'their signature');
  clock.advance(lifeMs);
  const request = await ask(user);
  const broken = { ...key.get(request), rawId: theirs.id };
  t.equal((await logIn(origin, { ...user, credential: broken })).response.status, 401);
  clock.advance(lifeMs);
  const nonsense = { ...key.get(request).response, clientDataJSON: 'bm9uc2Vuc2U' };
  const odd = { ...key.get(request), response: nonsense };
  t.equal((await logIn(origin, { ...user, credential: odd })).response.status, 401);
  const wrong = await logIn(origin, { ...user, credential: odd, password: 'not the password' });
  t.notMatch(await wrong.response.text(), 'webauthn', 'without the password nothing is told');
  t.equal(await status(user, key), 201);
});

t.test('a key whose count goes back may be a copy; who does not count says nothing', async (t) => {
  const user = await makeUser(control);
  const { key, factorId } = await addSecurityKey(origin, user);
  const status = async (count: number) => (await answer(user, key, { count })).response.status;
  t.equal(await status(10), 201);
  lines.length = 0;
  t.equal(await status(10), 401);
  const events = lines.map((line) => JSON.parse(line)).filter(({ security }) => security);
  t.match(events[0], { security: 'factor.copied', user_id: user.userId, factor_id: factorId });
  t.equal(await status(9), 401);
  t.equal(await status(0), 401, 'nor does it stop to count');
  t.equal(await status(11), 201);
  const [plain] = [await makeUser(control)];
  const silent = new SoftwareAuthenticator(origin, false);
  await addSecurityKey(origin, plain, silent);
  for (let times = 0; times < 2; times++) {
    t.equal((await answer(plain, silent)).response.status, 201);
  }
});

t.test('after five wrong ones, one in five minutes', async (t) => {
  const user = await makeUser(control);
  const { key } = await addSecurityKey(origin, user);
  for (let count = 0; count < 5; count++) {
    const { response } = await answer(user, key, { origin: 'https://p1enum.example' });
    t.equal(response.status, 401);
  }
  const refused = await answer(user, key);
  t.match(await refused.response.json(), { status: 429, code: 'rate_limited' });
  clock.advance(300_000);
  t.equal((await answer(user, key)).response.status, 201);
});

t.test('several keys, an app beside them, and recovery codes in their place', async (t) => {
  const user = await makeUser(control);
  const first = await addSecurityKey(origin, user);
  const spare = await begin(user);
  t.strictSame(spare.webauthn.excludeCredentials, [
    { id: first.key.id, type: 'public-key', transports: ['usb'] },
  ]);
  const again = await confirm(user, spare.factor_id, {
    credential: first.key.create(spare.webauthn),
  });
  t.match(await again.json(), { status: 409, code: 'conflict' }, 'the same key twice');
  const second = await addSecurityKey(origin, user);
  t.equal((await ask(user)).allowCredentials.length, 2);
  t.equal((await answer(user, first.key)).response.status, 201);
  t.equal((await answer(user, second.key)).response.status, 201);
  const status = async (otp: string) => (await logIn(origin, { ...user, otp })).response.status;
  const [code = '', next = ''] = second.recoveryCodes;
  t.equal(await status(code), 201);
  t.equal(await status(code), 401, 'once');
  t.equal(await status(first.recoveryCodes[0] as string), 401, 'the former ones are void');
  const { response: wrong } = await logIn(origin, { ...user, otp: '123456' });
  t.match(await wrong.json(), {
    errors: [{ pointer: '/otp', code: 'otp_wrong' }],
    webauthn: { allowCredentials: [{}, {}] },
  });
  t.equal(await status(next), 201);

  const { codeAt } = await addTotp(origin, user, clock.now());
  const { response } = await logIn(origin, user);
  const both = [{ code: 'otp_required' }, { code: 'credential_required' }];
  t.match(await response.json(), { errors: both, webauthn: {} });
  clock.advance(30_000);
  t.equal(await status(codeAt(clock.now())), 201);
  t.equal((await answer(user, second.key)).response.status, 201);
});

t.test('of one key that is added twice at the same time, one is refused', async (t) => {
  const user = await makeUser(control);
  await addTotp(origin, user, clock.now());
  const key = new SoftwareAuthenticator(origin);
  const made = [await begin(user), await begin(user)];
  const answers = await Promise.all(
    made.map(({ factor_id: id, webauthn }) =>
      confirm(user, id, { credential: key.create(webauthn) }),
    ),
  );
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 409]);
});

t.test('a key goes after a fresh login; the last one takes the codes with it', async (t) => {
  const user = await makeUser(control);
  const { key, factorId } = await addSecurityKey(origin, user);
  const remove = (headers: { cookie: string }) => send(`${factors}/${factorId}`, 'DELETE', headers);
  clock.advance(600_000);
  const stale = { status: 403, errors: [{ code: 'login_again' }] };
  t.match(await (await remove(user.headers)).json(), stale);
  t.match(await (await post(factors, { kind: 'webauthn' }, user.headers)).json(), stale);
  const request = await ask(user);
  const { headers } = await answer(user, key);
  t.equal((await remove(headers)).status, 204);
  const gone = await logIn(origin, { ...user, credential: key.get(request) });
  t.equal(gone.response.status, 201, 'no factor is asked any more');
  for (const table of ['factors', 'recovery_codes']) {
    const rows = await database.query(`select from ${table} where user_id = $1`, [user.userId]);
    t.equal(rows.length, 0, table);
  }
});

t.test('an administrator acts as one with a key, and keeps it', async (t) => {
  const admin = await makeAdmin(control, { secondFactor: false });
  const list = (headers: object) =>
    fetch(`${origin}/v1/users`, { headers: headers as { cookie: string } });
  t.equal((await list(admin.headers)).status, 403);
  const { key, factorId } = await addSecurityKey(origin, admin);
  t.equal((await list(admin.headers)).status, 200, 'confirming is showing');
  const weak = { userId: admin.userId, userAgent: 'test', secondFactor: false };
  const { token } = await control.services.sessions.begin(control.database, weak);
  const bySignOn = { cookie: `__Host-session=${token}` };
  const later = `${origin}/v1/sessions/current/second-factor`;
  const asked = (await (await post(later, {}, bySignOn)).json()) as LoginProblem;
  t.match(asked, { status: 403, errors: [{ code: 'credential_required' }] });
  const credential = key.get(asked.webauthn as CredentialRequest);
  t.equal((await post(later, { credential }, bySignOn)).status, 200, 'also after the login');
  const { headers } = await answer(admin, key);
  t.equal((await list(headers)).status, 200);
  const refused = await send(`${factors}/${factorId}`, 'DELETE', headers);
  t.match(await refused.json(), { status: 409, code: 'conflict' });
  const gone = await send(`${origin}/v1/users/${admin.userId}`, 'DELETE', {
    ...(await makeAdmin(control)).headers,
    'if-match': '*',
  });
  t.equal(gone.status, 204);
  const rows = 'select from webauthn_challenges where user_id = $1';
  t.equal((await database.query(rows, [admin.userId])).length, 0);
});

t.test('what does not prove a key leaves it unconfirmed', async (t) => {
  const user = await makeUser(control);
  const key = new SoftwareAuthenticator(origin);
  const wrong = { status: 400, errors: [{ pointer: '/credential', code: 'credential_wrong' }] };
  const tries: [string, Forged][] = [
    ['another page', { origin: 'https://p1enum.example' }],
    ['another name', { rpId: 'p1enum.example' }],
    ['another challenge', { challenge: 'x'.repeat(43) }],
  ];
  for (const [name, forged] of tries) {
    const { factor_id, webauthn } = await begin(user);
    const answer = await confirm(user, factor_id, { credential: key.create(webauthn, forged) });
    t.match(await answer.json(), wrong, name);
    await send(`${factors}/${factor_id}`, 'DELETE', user.headers);
  }
  const { factor_id, webauthn } = await begin(user);
  const lacking = await confirm(user, factor_id, { code: '123456' });
  t.match(await lacking.json(), { status: 400, errors: [{ pointer: '/credential' }] });
  clock.advance(lifeMs);
  const late = await confirm(user, factor_id, { credential: key.create(webauthn) });
  t.match(await late.json(), wrong, 'too late');
  t.equal((await logIn(origin, user)).response.status, 201, 'none is asked for');
});

t.test('keys that nobody proved make room when their time is over', async (t) => {
  const user = await makeUser(control);
  for (let count = 0; count < 5; count++) t.match(await begin(user), { kind: 'webauthn' });
  t.match(await begin(user), { code: 'limit_reached' });
  clock.advance(lifeMs + 1);
  t.match(await begin(user), { kind: 'webauthn' });
});

t.test('keys sign for a name: that of http.origin, or localhost', async (t) => {
  const name = { id: 'meet.example.org', origin: 'https://meet.example.org' };
  const party = (configured: string | null, requested: string) =>
    relyingPartyOf(configured, requested);
  t.strictSame(party(name.origin, 'http://127.0.0.1:8080'), name);
  t.strictSame(party(null, 'http://localhost:8080'), {
    id: 'localhost',
    origin: 'http://localhost:8080',
  });
  t.equal(party(null, 'https://forged.example'), null, 'what a request says is not believed');
  for (const address of ['http://127.0.0.1:1', 'http://[::1]:1', 'not an address']) {
    t.equal(party(null, address), null, address);
  }
  t.equal(party('https://192.0.2.1', 'http://localhost'), null);

  const user = await makeUser(control);
  const { recoveryCodes } = await addSecurityKey(origin, user);
  const elsewhere = `${control.origin}/v1/users/me/factors`;
  const refused = await post(elsewhere, { kind: 'webauthn' }, user.headers);
  t.match(await refused.json(), { status: 409, errors: [{ code: 'needs_name' }] });
  const { response } = await logIn(control.origin, user);
  const asked = (await response.json()) as object;
  t.match(asked, { errors: [{ pointer: '/otp', code: 'otp_required' }] });
  t.notOk('webauthn' in asked);
  const [otp = ''] = recoveryCodes;
  t.equal((await logIn(control.origin, { ...user, otp })).response.status, 201);
});

t.test('two processes share challenges, and count what is wrong together', async (t) => {
  const bus = Object.assign(new MemoryBus(clock), { isShared: true });
  const options = { clock, bus, keys: control.keys, config: { http: { origin } } };
  const one = await testControl(t, database, options);
  const other = await testControl(t, database, options);
  const user = await makeUser(control);
  const { key } = await addSecurityKey(origin, user);
  const status = async ({ origin }: { origin: string }, credential: ShownCredential) =>
    (await logIn(origin, { ...user, credential })).response.status;
  const credential = key.get(await ask(user));
  t.equal(await status(other, credential), 201);
  t.equal(await status(one, credential), 401);
  for (let count = 1; count < 5; count++) t.equal(await status(other, credential), 401);
  t.equal(await status(one, key.get(await ask(user))), 429);
});
