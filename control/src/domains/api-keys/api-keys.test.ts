import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { ApiKeyList, CreatedApiKey } from '../../schemas/http.js';
import { makeAdmin, makeApiKey, makeUser, send } from '../../testing/test-accounts.js';
import { post } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);
const clock = new TestClock();
const control = await testControl(t, await testDatabase(t, server), { clock });
const { origin, database, services } = control;
const keys = `${origin}/v1/api-keys`;
const me = (headers: Record<string, string>) => fetch(`${origin}/v1/users/me`, { headers });
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

t.test('a key is shown once, kept as a hash, and acts for its account', async (t) => {
  const user = await makeUser(control);
  const body = { name: ' CI\u202e runner ', scopes: ['users:read', 'meetings:write'] };
  const headers = { ...user.headers, 'idempotency-key': randomUUID() };
  const made = (await (await post(keys, body, headers)).json()) as CreatedApiKey;
  t.match(made, {
    name: 'CI runner',
    scopes: ['users:read', 'meetings:write'],
    expires_at: null,
    last_used_at: null,
    key: /^plk_[\w-]{43}$/,
  });
  const again = await post(keys, body, headers);
  t.equal(again.headers.get('idempotency-replayed'), 'true');
  t.strictSame(await again.json(), made);
  t.notMatch(JSON.stringify(await database.query('select * from api_keys')), made.key);
  const { key: _, ...shown } = made;
  const listed = await fetch(keys, { headers: user.headers });
  t.strictSame(await listed.json(), { items: [shown], next_cursor: null });
  t.match(await (await me(bearer(made.key))).json(), { user_id: user.userId });
  t.equal((await me(bearer(`${made.key}x`))).status, 401);
  t.equal((await send(keys, 'GET', bearer(made.key))).status, 403, 'keys make no keys');
});

t.test('without the scope it opens nothing', async (t) => {
  const key = await makeApiKey(origin, await makeUser(control), ['meetings:read']);
  const answer = await me(key.headers);
  t.equal(answer.status, 403);
  t.match(await answer.json(), { code: 'forbidden', detail: /users:read/ });
});

t.test('its last use is noted, once a minute', async (t) => {
  const user = await makeUser(control);
  const key = await makeApiKey(origin, user, ['users:read']);
  const used = async () => {
    t.equal((await me(key.headers)).status, 200);
    const list = (await (await fetch(keys, { headers: user.headers })).json()) as ApiKeyList;
    return list.items[0]?.last_used_at;
  };
  const first = new Date(clock.now()).toISOString();
  t.equal(await used(), first);
  clock.advance(59_999);
  t.equal(await used(), first);
  clock.advance(1);
  t.equal(await used(), new Date(clock.now()).toISOString());
});

t.test('it ends when it is revoked, by its owner alone, and when it expires', async (t) => {
  const [user, other] = [await makeUser(control), await makeUser(control)];
  const key = await makeApiKey(origin, user, ['users:read']);
  const revoke = (headers: { cookie: string }, id = key.apiKeyId) =>
    send(`${keys}/${id}`, 'DELETE', headers);
  t.equal((await revoke(other.headers)).status, 404);
  t.equal((await revoke(user.headers, 'x')).status, 404);
  t.equal((await me(key.headers)).status, 200);
  t.equal((await revoke(user.headers)).status, 204);
  t.equal((await revoke(user.headers)).status, 404);
  t.equal((await me(key.headers)).status, 401);

  const expires_at = new Date(clock.now() + 1000).toISOString();
  const body = { name: 'short', scopes: ['users:read'], expires_at };
  const short = (await (await post(keys, body, user.headers)).json()) as CreatedApiKey;
  t.equal(short.expires_at, expires_at);
  clock.advance(999);
  t.equal((await me(bearer(short.key))).status, 200);
  clock.advance(1);
  t.equal((await me(bearer(short.key))).status, 401);
});

t.test('what does not fit is refused', async (t) => {
  const user = await makeUser(control);
  for (const change of [
    { name: '' },
    { name: '\u200b' },
    { name: 'x'.repeat(65) },
    { scopes: [] },
    { scopes: ['everything'] },
    { scopes: ['users:read', 'users:read'] },
    { expires_at: new Date(clock.now()).toISOString() },
    { expires_at: 'some day after tomorrow' },
    { expires_at: '1 Jan 2990' },
    { expires_at: '2990-01-01T00:00:00' }, // Of which place?
    { more: 1 },
  ]) {
    const body = { name: 'n', scopes: ['users:read'], ...change };
    t.equal((await post(keys, body, user.headers)).status, 400, JSON.stringify(change));
  }
});

t.test('an account has a hundred at most', async (t) => {
  const user = await makeUser(control);
  await database.query(
    `insert into api_keys (user_id, api_key_id, name, scopes, key_hash, created_at)
     select $1, gen_random_uuid(), 'n', '{}', sha256(n::text::bytea), now()
     from generate_series(1, 99) n`,
    [user.userId],
  );
  const body = { name: 'n', scopes: ['users:read'] };
  t.equal((await post(keys, body, user.headers)).status, 201);
  const refused = await post(keys, body, user.headers);
  t.match(await refused.json(), { status: 409, code: 'limit_reached' });
});

t.test('a key has an administrator’s power only if a second factor stood behind it', async (t) => {
  const strong = await makeApiKey(origin, await makeAdmin(control), ['users:read']);
  const weakAdmin = await makeAdmin(control, { secondFactor: false });
  const weak = await makeApiKey(origin, weakAdmin, ['users:read']);
  const isAdmin = async ({ headers }: { headers: { authorization: string } }) =>
    (await services.apiKeys.authenticate(headers.authorization.slice(7)))?.isAdmin;
  t.equal(await isAdmin(strong), true);
  t.equal(await isAdmin(weak), false);
  // Accounts are for people: no key manages them.
  t.equal((await send(`${origin}/v1/users`, 'GET', strong.headers)).status, 403);
});
