import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import t from 'tap';
import {
  addTotp,
  logIn as logInByPassword,
  makeUser,
  readMe,
} from '../../testing/test-accounts.js';
import { post } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

// A package without types of its own.
const { default: Provider } = await import('oidc-provider' as string);

const server = await testServer(t);
/** Who is at the browser, as the provider knows them. */
let person = { sub: 'ada', email: 'ada@example.org', email_verified: true, name: 'Ada Lovelace' };
let handle: (request: IncomingMessage, response: ServerResponse) => void = () => {};
const http = createServer((request, response) => handle(request, response));
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
t.teardown(() => http.close());
const issuer = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
const ours = { id: 'ours', name: 'Ours', issuer, clientId: 'plenum', clientSecret: 's'.repeat(32) };
const closed = { ...ours, id: 'closed', name: 'Closed', signUp: false };
const control = await testControl(t, await testDatabase(t, server));
const lines: string[] = [];
/** Of the security log, since the last time. */
const events = () => {
  const found = lines.splice(0).map((line) => JSON.parse(line) as Record<string, string>);
  return found.filter((line) => 'security' in line);
};
const wrong = { ...closed, id: 'wrong', clientSecret: 'x'.repeat(32) };
const gone = { ...closed, id: 'gone', issuer: 'http://127.0.0.1:1' };
const providers = [{ ...ours, signUp: true }, closed, wrong, gone];
const { origin, database } = await testControl(t, control.database, {
  config: { oidc: providers } as never,
  log: (line) => lines.push(line),
});

/** A real provider (oidc-provider), which takes everybody's word for who they are. */
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: ours.clientId,
      client_secret: ours.clientSecret,
      redirect_uris: ['ours', 'closed', 'wrong'].map((id) => `${origin}/v1/oidc/${id}/callback`),
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => person }),
  loadExistingGrant: async (ctx: {
    oidc: { client: { clientId: string }; session: { accountId: string } };
  }) => {
    const { clientId } = ctx.oidc.client;
    const grant = new provider.Grant({ clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
});
const serve = provider.callback();
handle = (request, response) => {
  if (request.url?.startsWith('/interaction/') !== true) return serve(request, response);
  return provider.interactionFinished(request, response, { login: { accountId: person.sub } });
};

/** A browser that stops before it goes back to us: what it would ask, and its cookie of ours. */
async function toTheProvider(id = 'ours') {
  const begun = await fetch(`${origin}/v1/oidc/${id}/start`, { redirect: 'manual' });
  const cookie = begun.headers.get('set-cookie') ?? '';
  const jar = new Map<string, string>();
  let url = begun.headers.get('location') ?? '';
  const asked = new URL(url);
  for (let steps = 0; steps < 6 && !url.startsWith(origin); steps++) {
    const headers = { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
    const answer = await fetch(url, { redirect: 'manual', headers });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    url = new URL(answer.headers.get('location') ?? '', url).href;
  }
  return { asked, url, cookie };
}

const comeBack = (url: string, cookie: string, former = '') => {
  const headers = { cookie: `${cookie.split(';')[0]}; ${former}` };
  return fetch(url, { redirect: 'manual', headers });
};

async function logIn(id = 'ours', former = '') {
  const { url, cookie } = await toTheProvider(id);
  const answer = await comeBack(url, cookie, former);
  const session = answer.headers.getSetCookie().find((one) => one.startsWith('__Host-session='));
  return { answer, headers: { cookie: session?.split(';')[0] ?? '' } };
}

t.test('who comes for the first time gets an account, and comes back to it', async (t) => {
  const { asked, url, cookie } = await toTheProvider();
  t.match(Object.fromEntries(asked.searchParams), {
    response_type: 'code',
    code_challenge_method: 'S256',
    code_challenge: /^[\w-]{43}$/,
    state: /./,
    nonce: /./,
  });
  t.match(cookie, /^__Host-oidc=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/);
  const answer = await comeBack(url, cookie);
  t.equal(answer.status, 302);
  t.equal(answer.headers.get('location'), '/');
  t.strictSame(
    events().map(({ security, provider }) => [security, provider]),
    [
      ['user.made', undefined],
      ['identity.linked', 'ours'],
      ['login.succeeded', 'ours'],
    ],
  );
  const first = await logIn();
  const me = await readMe(origin, first);
  t.match(me.user, { email: 'ada@example.org', username: 'Ada Lovelace', is_admin: false });
  person = { ...person, email: 'other@example.org' };
  const again = await readMe(origin, await logIn());
  t.equal(again.user.user_id, me.user.user_id, 'by who they are there, whatever their address');

  const replayed = await comeBack(url, cookie);
  t.match(await replayed.json(), { status: 401, code: 'unauthenticated' }, 'a code is good once');
  t.match(events().at(-1), { security: 'login.failed', reason: 'provider', provider: 'ours' });
});

t.test('what does not fit is refused', async (t) => {
  const { url, cookie } = await toTheProvider();
  const other = await toTheProvider();
  const forged = new URL(url);
  forged.searchParams.set('state', 'forged');
  const wrong: [string, string, string][] = [
    ['a forged state', forged.href, cookie],
    ['the cookie of another way', url, other.cookie],
    ['no cookie', url, ''],
    ['a cookie of one’s own making', url, '__Host-oidc=AAAA'],
    ['of another provider', url.replace('/ours/', '/closed/'), cookie],
    ['without a code', `${origin}/v1/oidc/ours/callback`, cookie],
  ];
  for (const [name, address, with_] of wrong) {
    const answer = await comeBack(address, with_);
    t.match(await answer.json(), { status: 401, code: 'unauthenticated' }, name);
    t.notMatch(answer.headers.getSetCookie().join(), /__Host-session/, name);
  }
  t.equal((await comeBack(`${origin}/v1/oidc/none/start`, '')).status, 404);
});

t.test('what is wrong between us and a provider is told to the operator alone', async (t) => {
  const logged = () => lines.splice(0).filter((line) => line.includes('no single sign-on'));
  const { url, cookie } = await toTheProvider('wrong');
  logged();
  const refused = await comeBack(url, cookie);
  t.notMatch(await refused.text(), /invalid_client/);
  t.equal(refused.status, 401);
  const [line, ...more] = logged();
  t.match(JSON.parse(line as string), { provider: 'wrong', reason: /: invalid_client/ });
  t.strictSame(more, []);
  t.notMatch(line, new RegExp(new URL(url).searchParams.get('code') as string));
  const { status } = await fetch(`${origin}/v1/oidc/gone/start`);
  t.equal(status, 503);
  t.match(logged(), [/"provider":"gone","reason":"fetch failed: ./]);
});

t.test(
  'a person is led to the login page, which says why not; programs get a problem',
  async (t) => {
    const shown = async (path: string, accept: string) => {
      const answer = await fetch(`${origin}${path}`, { redirect: 'manual', headers: { accept } });
      return [answer.status, answer.headers.get('location'), answer.headers.get('content-type')];
    };
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const at = (code: string) => [302, `/login?error=${code}`, null];
    t.strictSame(await shown('/v1/oidc/ours/callback?error=x', browser), at('unauthenticated'));
    t.strictSame(await shown('/v1/oidc/none/start', browser), at('not_found'));
    const problem = 'application/problem+json';
    t.match(await shown('/v1/oidc/ours/callback', 'application/json'), [401, null, problem]);
    t.match(await shown('/v1/oidc/ours/callback', '*/*'), [401, null, problem]);
  },
);

t.test('an address finds its account only when the provider has verified it', async (t) => {
  const user = await makeUser(control);
  person = { sub: 'mallory', email: user.email, email_verified: false, name: 'Mallory' };
  t.equal((await logIn()).answer.status, 403);
  person = { sub: 'owner', email: user.email, email_verified: true, name: 'Owner' };
  const { headers } = await logIn('closed');
  t.equal((await readMe(origin, { headers })).user.user_id, user.userId);
  const former = await fetch(`${origin}/v1/users/me`, { headers: user.headers });
  t.equal(former.status, 401, 'whoever signed up with an address of another is out');
  const { response } = await logInByPassword(origin, user);
  t.equal(response.status, 401, 'and their password with them');
});

t.test('a verified address is no way around a second factor, but ends webhooks', async (t) => {
  const user = await makeUser(control);
  const { recoveryCodes } = await addTotp(origin, user);
  const hook = { url: 'https://example.org/', types: ['meeting.started'] };
  t.equal((await post(`${origin}/v1/webhooks`, hook, user.headers)).status, 201);
  person = { sub: 'second', email: user.email, email_verified: true, name: 'Second' };
  const { headers } = await logIn('closed');
  t.match((await readMe(origin, { headers })).user, {
    user_id: user.userId,
    has_second_factor: true,
  });
  const factor = await post(`${origin}/v1/users/me/factors`, { kind: 'totp' }, headers);
  t.match(await factor.json(), { status: 403, errors: [{ code: 'second_factor_required' }] });
  const rows = await database.query('select from webhooks where user_id = $1', [user.userId]);
  t.equal(rows.length, 0);
  const shown = { otp: recoveryCodes[0] };
  const later = await post(`${origin}/v1/sessions/current/second-factor`, shown, headers);
  t.match(await later.json(), { session: { second_factor: true } }, 'it can be shown then');
});

t.test('the session that the browser had before ends', async (t) => {
  const user = await makeUser(control);
  const { headers } = await logIn('closed', user.headers.cookie);
  const now = await fetch(`${origin}/v1/users/me`, { headers });
  t.equal(now.status, 200);
  const former = await fetch(`${origin}/v1/users/me`, { headers: user.headers });
  t.equal(former.status, 401);
});

t.test('a name that hides, or is long, makes an account all the same', async (t) => {
  const names = [
    ['\u200b\u202e', 'Somebody'],
    [`${'\u200b'.repeat(25)}Ada`, 'Ada'],
    ['Augusta Ada King, Countess of Lovelace', 'Augusta Ada King, Co'],
    ['Augusta Ada Kings   of somewhere', 'Augusta Ada Kings of'],
    ['Augusta Ada KingsCo Lovelace', 'Augusta Ada KingsCo'],
  ] as const;
  for (const [at, [name, shown]] of names.entries()) {
    const sub = `named ${at}`;
    person = { sub, email: `named-${at}@example.org`, email_verified: true, name };
    t.equal((await readMe(origin, await logIn())).user.username, shown);
  }
});

t.test('who has no account makes one only where that is allowed', async (t) => {
  person = { sub: 'eve', email: 'eve@example.org', email_verified: true, name: 'Eve' };
  const { answer } = await logIn('closed');
  t.match(await answer.json(), { status: 403, code: 'forbidden' });
});

t.test('a disabled account stays out', async (t) => {
  person = { sub: 'owner', email: '', email_verified: false, name: 'Owner' };
  await database.query('update users set disabled_at = now()');
  t.equal((await logIn('closed')).answer.status, 401);
});

t.test('clients are told which providers there are, and nothing of their secrets', async (t) => {
  const config = await (await fetch(`${origin}/v1/client-config`)).json();
  t.strictSame((config as { oidc: object[] }).oidc, [
    { id: 'ours', name: 'Ours' },
    ...['closed', 'wrong', 'gone'].map((id) => ({ id, name: 'Closed' })),
  ]);
});
