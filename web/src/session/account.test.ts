import t from 'tap';
import type { User } from '../../../client/src/index.js';
import { createApi } from '../../../client/src/index.js';
import { Account } from './account.js';
import { Settings } from './settings.js';
import { testStorage } from './test-storage.js';

const ada: User = {
  user_id: 'u1',
  email: 'ada@example.org',
  username: 'Ada',
  about: '',
  avatar_url: null,
  time_zone: null,
  is_admin: false,
  is_disabled: false,
  has_second_factor: false,
  created_at: '2026-01-01T00:00:00.000Z',
};

/** A server with one account and one password; each change makes another ETag. */
function fakeServer() {
  const state = { user: ada, version: 1, isLoggedIn: false, isDown: false };
  const asked: string[] = [];
  const problem = (status: number, code: string) =>
    new Response(JSON.stringify({ code, detail: '', status }), {
      status,
      headers: { 'content-type': 'application/problem+json' },
    });
  const me = () => Response.json(state.user, { headers: { etag: `"${state.version}"` } });
  const api = createApi(async (path, init) => {
    asked.push(`${init.method} ${path}`);
    const headers = new Headers(init.headers);
    if (state.isDown) return problem(503, 'dependency_down');
    if (path === '/v1/sessions' && init.method === 'POST') {
      const { password } = JSON.parse(String(init.body));
      if (password !== 'right') return problem(401, 'unauthenticated');
      state.isLoggedIn = true;
      return Response.json({}, { status: 201 });
    }
    if (path === '/v1/users' && init.method === 'POST') return Response.json(ada, { status: 201 });
    if (!state.isLoggedIn) return problem(401, 'unauthenticated');
    if (path.startsWith('/v1/sessions')) {
      state.isLoggedIn = false;
      return new Response(null, { status: 204 });
    }
    if (init.method === 'PATCH') {
      if (headers.get('if-match') !== `"${state.version}"`) {
        return problem(412, 'precondition_failed');
      }
      state.user = { ...state.user, ...JSON.parse(String(init.body)) };
      state.version += 1;
    }
    return me();
  });
  const settings = new Settings(testStorage());
  return { state, asked, settings, account: new Account(api, settings) };
}

t.test('nobody, a wrong password, the right one, and out again', async (t) => {
  const { account, state, settings } = fakeServer();
  await account.look();
  t.equal(account.store.get().phase, 'anonymous');
  const login = { email: ada.email, password: 'wrong' };
  await t.rejects(account.logIn(login), { code: 'unauthenticated' });
  t.equal(account.store.get().phase, 'anonymous');
  await account.logIn({ ...login, password: 'right' });
  t.match(account.store.get(), { phase: 'known', user: { username: 'Ada' } });
  settings.keepHostSecret('abc', 'secret');
  await account.logOutEverywhere();
  t.equal(settings.hostSecret('abc'), undefined, 'who comes next is host of nothing');
  t.equal(account.store.get().phase, 'anonymous');
  t.notOk(state.isLoggedIn);
});

t.test('who signs up is logged in', async (t) => {
  const { account, asked } = fakeServer();
  await account.signUp({ email: ada.email, password: 'right', username: 'Ada' }, 'key-of-it');
  t.equal(account.store.get().phase, 'known');
  t.same(asked, ['POST /v1/users', 'POST /v1/sessions', 'GET /v1/users/me']);
});

t.test(
  'a change names what it is based on; one that comes too late shows the newest',
  async (t) => {
    const { account, state } = fakeServer();
    await account.logIn({ email: ada.email, password: 'right' });
    await account.save({ username: 'Ada L.' });
    t.match(account.store.get(), { user: { username: 'Ada L.' } });
    state.user = { ...state.user, username: 'From elsewhere' };
    state.version += 1;
    await t.rejects(account.save({ username: 'Ada' }), { code: 'precondition_failed' });
    t.match(account.store.get(), { user: { username: 'From elsewhere' } });
    await account.save({ username: 'Ada' });
    t.match(account.store.get(), { user: { username: 'Ada' } });
  },
);

t.test('a login that ended elsewhere is noticed, another refusal ends nothing', async (t) => {
  const { account, state } = fakeServer();
  await account.logIn({ email: ada.email, password: 'right' });
  state.isLoggedIn = false;
  const refusal = await account.save({ username: 'A' }).catch((error: unknown) => error);
  await account.doubt(new Error('something else'));
  t.equal(account.store.get().phase, 'known');
  await account.doubt(refusal);
  t.match(account.store.get(), { phase: 'ended', user: { username: 'Ada' } });
  await account.look();
  t.equal(account.store.get().phase, 'ended', 'until somebody logs in');
  await account.logIn({ email: ada.email, password: 'right' });
  t.equal(account.store.get().phase, 'known');
  state.isLoggedIn = false;
  await account.logOut();
  t.equal(account.store.get().phase, 'anonymous', 'out is out');
});

t.test('a server that does not answer is no reason to be nobody', async (t) => {
  const { account, state } = fakeServer();
  state.isDown = true;
  await account.look();
  t.match(account.store.get(), { phase: 'failed', code: 'dependency_down' });
  state.isDown = false;
  await account.logIn({ email: ada.email, password: 'right' });
  state.isDown = true;
  await account.look();
  t.equal(account.store.get().phase, 'known', 'nor to leave the page');
});

t.test('who cannot be logged out is told so, and still logged in', async (t) => {
  const { account, state, settings } = fakeServer();
  await account.logIn({ email: ada.email, password: 'right' });
  settings.keepHostSecret('abc', 'secret');
  state.isDown = true;
  await t.rejects(account.logOut(), { code: 'dependency_down' });
  await t.rejects(account.logOutEverywhere(), { code: 'dependency_down' });
  t.match(account.store.get(), { phase: 'known', user: { username: 'Ada' } });
  t.ok(settings.wasLoggedIn);
  t.equal(settings.hostSecret('abc'), 'secret');
  state.isDown = false;
  await account.logOut();
  t.equal(account.store.get().phase, 'anonymous');
});
