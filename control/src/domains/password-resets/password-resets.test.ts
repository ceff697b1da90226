import { connect } from 'node:net';
import t from 'tap';
import type { Mail } from '../../mail/mailer.js';
import type { CredentialRequest } from '../../schemas/http.js';
import { SoftwareAuthenticator } from '../../testing/software-authenticator.js';
import {
  addSecurityKey,
  logIn,
  makeUser,
  send,
  type TestUser,
} from '../../testing/test-accounts.js';
import { post } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);
const clock = new TestClock();
const sent: Mail[] = [];
let failure: Error | null = null;
const mailer = {
  async send(mail: Mail) {
    if (failure !== null) throw failure;
    sent.push(mail);
  },
};
const control = await testControl(t, await testDatabase(t, server), {
  clock,
  mailer,
  config: { http: { origin: 'https://meet.example.org' } },
});
const { origin, services, database } = control;
const fresh = 'a wholly different horse';
const confirm = (token: string, new_password = fresh) =>
  post(`${origin}/v1/password-resets/confirm`, { token, new_password });

/** Asks, and waits for what happens behind the answer. */
async function ask(email: string): Promise<{ status: number; body: string; mails: Mail[] }> {
  sent.length = 0;
  const response = await post(`${origin}/v1/password-resets`, { email });
  const body = await response.text();
  await services.passwordResets.settled();
  return { status: response.status, body, mails: [...sent] };
}

async function tokenFor(user: TestUser): Promise<string> {
  const { mails } = await ask(user.email);
  return /\/reset#t=([\w-]+)/.exec(mails[0]?.text ?? '')?.[1] ?? '';
}

t.test('a link of an hour, good once, that ends every session', async (t) => {
  const user = await makeUser(control);
  const { status, body, mails } = await ask(user.email.toUpperCase());
  t.equal(status, 202);
  t.equal(body, '');
  t.match(mails, [{ to: user.email, text: /^https:\/\/meet\.example\.org\/reset#t=[\w-]{43}$/m }]);
  t.equal(mails.length, 1);
  const token = /#t=([\w-]+)/.exec(mails[0]?.text ?? '')?.[1] as string;
  t.notMatch(JSON.stringify(await database.query('select * from password_resets')), token);
  const weak = await confirm(token, 'passwordpassword');
  t.match(await weak.json(), { status: 400, errors: [{ pointer: '/new_password' }] });
  t.equal((await confirm(token)).status, 204, 'a bad password did not use it up');
  const me = await fetch(`${origin}/v1/users/me`, { headers: user.headers });
  t.equal(me.status, 401);
  t.equal((await logIn(origin, { email: user.email })).response.status, 401);
  t.equal((await logIn(origin, { email: user.email, password: fresh })).response.status, 201);
  const again = await confirm(token, 'yet another good horse');
  t.match(await again.json(), { status: 400, errors: [{ pointer: '/token', code: 'token' }] });
});

t.test('a new password leaves the second factor', async (t) => {
  const user = await makeUser(control);
  const key = new SoftwareAuthenticator('https://meet.example.org');
  await addSecurityKey(origin, user, key);
  t.equal((await confirm(await tokenFor(user))).status, 204);
  const { response } = await logIn(origin, { email: user.email, password: fresh });
  const asked = await response.json();
  t.match(asked, { status: 401, webauthn: { rpId: 'meet.example.org' } });
  const credential = key.get((asked as { webauthn: CredentialRequest }).webauthn);
  const again = await logIn(origin, { email: user.email, password: fresh, credential });
  t.equal(again.response.status, 201);
});

t.test('the first link that is used ends the webhooks that an account had before', async (t) => {
  const user = await makeUser(control);
  const webhooks = `${origin}/v1/webhooks`;
  const hook = () =>
    post(webhooks, { url: 'https://example.org/', types: ['meeting.started'] }, user.headers);
  const rows = () => database.query('select from webhooks where user_id = $1', [user.userId]);
  const answer = await hook();
  t.equal(answer.status, 201, await answer.text());
  t.equal((await confirm(await tokenFor(user))).status, 204);
  t.equal((await rows()).length, 0);
  const { headers } = await logIn(origin, { email: user.email, password: fresh });
  Object.assign(user, { headers });
  t.equal((await hook()).status, 201);
  t.equal((await confirm(await tokenFor(user), 'the third horse of all')).status, 204);
  t.equal((await rows()).length, 1, 'those of an address that was shown stay');
});

t.test('a link is void once the password was changed', async (t) => {
  const user = await makeUser(control);
  const token = await tokenFor(user);
  const body = { current_password: user.password, new_password: fresh };
  const url = `${origin}/v1/users/me/password`;
  t.equal((await send(url, 'POST', user.headers, body)).status, 204);
  const late = await confirm(token, 'the horse of an old mail');
  t.match(await late.json(), { status: 400, errors: [{ pointer: '/token', code: 'token' }] });
  t.equal((await logIn(origin, { email: user.email, password: fresh })).response.status, 201);
});

t.test('one of two at the same time', async (t) => {
  const token = await tokenFor(await makeUser(control));
  const answers = await Promise.all([confirm(token), confirm(token), confirm(token)]);
  t.strictSame(answers.map(({ status }) => status).sort(), [204, 400, 400]);
});

t.test('too old, guessed, or older than the last one used', async (t) => {
  const user = await makeUser(control);
  const [first, second] = [await tokenFor(user), await tokenFor(user)];
  t.equal((await confirm(second)).status, 204);
  t.equal((await confirm(first)).status, 400, 'all others are void');
  t.equal((await confirm('guessed')).status, 400);
  const late = await makeUser(control);
  const token = await tokenFor(late);
  clock.advance(3_600_000);
  t.equal((await confirm(token)).status, 400);
});

t.test('the same answer for everybody; mail only for who can log in by password', async (t) => {
  const user = await makeUser(control);
  const disabled = await makeUser(control);
  const foreign = await makeUser(control);
  const set = (change: string, { userId }: TestUser) =>
    database.query(`update users set ${change} where user_id = $1`, [userId]);
  await set('disabled_at = now()', disabled);
  await set('password_hash = null', foreign);
  const known = await ask(user.email);
  t.equal(known.mails.length, 1);
  for (const email of ['nobody@example.org', disabled.email, foreign.email, 'a\u0000b@c.d']) {
    t.strictSame(await ask(email), { ...known, mails: [] }, email);
  }
  t.equal((await ask('no address')).status, 400);
});

t.test('whose account is disabled meanwhile cannot use the link', async (t) => {
  const user = await makeUser(control);
  const token = await tokenFor(user);
  await database.query('update users set disabled_at = now() where user_id = $1', [user.userId]);
  t.equal((await confirm(token)).status, 400);
});

t.test('a forged Host does not get into the mail', async (t) => {
  const user = await makeUser(control);
  sent.length = 0;
  const body = JSON.stringify({ email: user.email });
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.end(
    'POST /v1/password-resets HTTP/1.1\r\nhost: evil.example\r\nx-forwarded-host: evil.example\r\n' +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
  let answer = '';
  for await (const bytes of socket) answer += bytes;
  t.match(answer, /^HTTP\/1\.1 202 /);
  await services.passwordResets.settled();
  t.match(sent, [{ text: /^https:\/\/meet\.example\.org\/reset#/m }]);
  t.notMatch(sent[0]?.text, /evil/);
});

t.test(
  'without a configured origin it is where we listen, not what the request says',
  async (t) => {
    const own = await testControl(t, await testDatabase(t, server), { mailer });
    const user = await makeUser(own);
    sent.length = 0;
    const headers = { 'x-forwarded-host': 'evil.example' };
    await post(`${own.origin}/v1/password-resets`, { email: user.email }, headers);
    await own.services.passwordResets.settled();
    t.match(sent, [{ text: /^http:\/\/127\.0\.0\.1:8080\/reset#/m }]);
  },
);

t.test('three mails to an account, then one in ten minutes; nobody is told', async (t) => {
  const user = await makeUser(control);
  const counts = [];
  for (let count = 0; count < 5; count++) counts.push((await ask(user.email)).mails.length);
  t.strictSame(counts, [1, 1, 1, 0, 0]);
  clock.advance(600_000);
  t.equal((await ask(user.email)).mails.length, 1);
});

t.test('an address that asks too often is told so', async (t) => {
  const config = { limits: { addressLoginsPerMinute: 2 } };
  const own = await testControl(t, await testDatabase(t, server), { mailer, clock, config });
  const attempt = async () => {
    const answer = await post(`${own.origin}/v1/password-resets`, { email: 'x@example.org' });
    return [answer.status, answer.headers.get('retry-after')];
  };
  t.strictSame(
    [await attempt(), await attempt()],
    [
      [202, null],
      [202, null],
    ],
  );
  t.strictSame(await attempt(), [429, '60']);
});

t.test('mail that cannot be sent is logged, and the answer is the same', async (t) => {
  const user = await makeUser(control);
  failure = new Error('nobody takes it');
  t.strictSame(await ask(user.email), { status: 202, body: '', mails: [] });
  failure = null;
  t.match(await ask(user.email), { status: 202, mails: [{ to: user.email }] });
});
