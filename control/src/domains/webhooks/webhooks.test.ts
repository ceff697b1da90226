import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { CreatedWebhook, Listed, RotatedSecret, Webhook } from '../../schemas/http.js';
import { makeAdmin } from '../../testing/test-accounts.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { WebhookStage } from '../../testing/test-webhooks.js';
import { maxWebhooks } from './service.js';

const server = await testServer(t);
/** Where nobody listens. */
const url = 'http://127.0.0.1:9/hooks';

t.test('the secret is shown once and sealed; types have a default', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const { secret, ...made } = await stage.webhook(ada, { url: 'https://HOOKS.example.org:443' });
  t.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/, '32 bytes in base64');
  t.match(made, {
    url: 'https://hooks.example.org/',
    is_enabled: true,
    created_at: new Date(stage.clock.now()).toISOString(),
  });
  t.equal(made.types.length, 22);
  t.notOk(made.types.includes('message.created'), 'what people write has to be asked for');
  const some = ['message.created', 'meeting.ended'];
  t.strictSame((await stage.webhook(ada, { url, types: some })).types, some);

  const read = await (await stage.request(ada, 'GET', `/${made.webhook_id}`)).json();
  t.strictSame(read, made);
  const { database } = stage.control;
  for (const table of ['webhooks', 'idempotency_keys']) {
    const rows = JSON.stringify(await database.query(`select * from ${table}`));
    t.notMatch(rows, secret.slice(6));
    t.notMatch(rows, Buffer.from(secret.slice(6), 'base64').toString('hex'));
  }
  const rotated = await stage.request(ada, 'POST', `/${made.webhook_id}/rotate`);
  const fresh = (await rotated.json()) as RotatedSecret;
  t.not(fresh.secret, secret);
  t.match(fresh.secret, /^whsec_/);
  t.equal(Date.parse(fresh.former_until), stage.clock.now() + 86_400_000);
});

t.test('a repeat with the same key makes nothing new', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const headers = { 'idempotency-key': randomUUID() };
  const make = (body: object) => stage.request(ada, 'POST', '', { body, headers });
  const [first, second] = [await make({ url }), await make({ url })];
  t.equal(second.headers.get('idempotency-replayed'), 'true');
  t.strictSame(await second.json(), await first.json());
  t.equal((await make({ url: `${url}/other` })).status, 422);
  const list = (await (await stage.request(ada, 'GET', '')).json()) as Listed<Webhook>;
  t.equal(list.items.length, 1);
  const bare = await fetch(`${stage.control.origin}/v1/webhooks`, {
    method: 'POST',
    headers: { ...ada.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ url }),
  });
  t.match(await bare.json(), { status: 400, code: 'idempotency_key_missing' });
});

t.test('addresses that are not public are refused by name of the field', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server), { allowPrivate: false });
  const ada = await stage.account();
  const good = 'https://hooks.example.org/plenum';
  const { webhook_id } = await stage.webhook(ada, { url: good });
  for (const bad of [
    'nonsense',
    'http://hooks.example.org/',
    'ftp://hooks.example.org/',
    'https://name:word@hooks.example.org/',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/',
  ]) {
    const refused = { status: 400, code: 'bad_request', errors: [{ pointer: '/url' }] };
    const made = await stage.request(ada, 'POST', '', { body: { url: bad } });
    t.match(await made.json(), refused, bad);
    const changed = await stage.request(ada, 'PATCH', `/${webhook_id}`, {
      body: { url: bad },
      headers: { 'if-match': '*' },
    });
    t.match(await changed.json(), refused, bad);
  }
  for (const body of [
    {},
    { url: 7 },
    { url: `https://x/${'y'.repeat(2048)}` },
    { url: good, types: [] },
    { url: good, types: ['participant.joined', 'participant.joined'] },
    { url: good, types: ['room.opened'] },
    { url: good, secret: 'mine' },
  ]) {
    const made = await stage.request(ada, 'POST', '', { body });
    t.match(await made.json(), { status: 400, code: 'bad_request' }, JSON.stringify(body));
  }
});

t.test('who may: the account that made it, with the scope; for others it is not', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const { webhook_id: id } = await stage.webhook(ada, { url });
  await stage.request(ada, 'POST', `/${id}/test`);
  const [{ delivery_id: deliveryId } = { delivery_id: '' }] = await stage.deliveries(ada, id);
  const ifMatch = { 'if-match': '*' };
  const after = { after_event_id: deliveryId };
  const routes: [string, string, object?][] = [
    ['GET', `/${id}`],
    ['GET', `/${id}/deliveries`],
    ['PATCH', `/${id}`, { body: { is_enabled: false }, headers: ifMatch }],
    ['DELETE', `/${id}`, { headers: ifMatch }],
    ['POST', `/${id}/rotate`],
    ['POST', `/${id}/test`],
    ['POST', `/${id}/replay`, { body: after }],
    ['POST', `/${id}/deliveries/${deliveryId}/replay`],
  ];
  const others = [await stage.account(), await stage.account({ admin: true })];
  const reader = await stage.account({ scopes: ['webhooks:read'] });
  const narrow = await stage.account({ scopes: ['meetings:write'] });
  for (const [method, path, options] of [
    ...routes,
    ['GET', ''] as const,
    ['POST', '', { body: { url } }] as const,
  ]) {
    const status = async (who: typeof ada | null) =>
      (await stage.request(who, method, path, options)).status;
    t.equal(await status(null), 401, `nobody ${method} ${path}`);
    t.equal(await status(narrow), 403, `another scope ${method} ${path}`);
    if (method !== 'GET') t.equal(await status(reader), 403, `reader ${method} ${path}`);
    if (path === '') continue;
    for (const other of others) t.equal(await status(other), 404, `other ${method} ${path}`);
  }
  t.equal((await stage.request(reader, 'GET', '')).status, 200);
  for (const [method, path, options] of routes) {
    const unknown = path.replace(id, 'ffffffff-ffff-7fff-bfff-ffffffffffff');
    const answer = await stage.request(ada, method, unknown, options);
    t.equal(answer.status, 404, `unknown ${method}`);
  }
  const odd = await stage.request(ada, 'POST', `/${id}/deliveries/x/replay`);
  t.equal(odd.status, 404);
  for (const eventId of ['x', 'ffffffff-ffff-7fff-bfff-ffffffffffff']) {
    const body = { after_event_id: eventId };
    const answer = await stage.request(ada, 'POST', `/${id}/replay`, { body });
    t.match(await answer.json(), { code: 'bad_request', errors: [{ pointer: '/after_event_id' }] });
  }
  t.match(await (await stage.request(ada, 'GET', `/${id}`)).json(), { is_enabled: true });
});

t.test('changes need what was read', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const { webhook_id: id } = await stage.webhook(ada, { url });
  const read = (headers = {}) => stage.request(ada, 'GET', `/${id}`, { headers });
  const tag = (await read()).headers.get('etag') ?? '';
  t.match(tag, /^"\d+"$/);
  t.equal((await read({ 'if-none-match': tag })).status, 304);
  const change = (body: object, headers = {}) =>
    stage.request(ada, 'PATCH', `/${id}`, { body, headers });
  t.equal((await change({ is_enabled: false })).status, 428);
  const changed = await change({ types: ['meeting.ended'] }, { 'if-match': tag });
  t.match(await changed.json(), { url, types: ['meeting.ended'], is_enabled: true });
  const newer = changed.headers.get('etag') ?? '';
  t.not(newer, tag);
  t.equal((await read({ 'if-none-match': tag })).status, 200);
  t.equal((await change({ is_enabled: false }, { 'if-match': tag })).status, 412);
  const both = await Promise.all(
    [1, 2].map((n) => change({ url: `${url}/${n}` }, { 'if-match': newer })),
  );
  t.strictSame(both.map(({ status }) => status).sort(), [200, 412], 'one of two at once');

  await stage.request(ada, 'POST', `/${id}/test`);
  const remove = (headers = {}) => stage.request(ada, 'DELETE', `/${id}`, { headers });
  t.equal((await remove()).status, 428);
  t.equal((await remove({ 'if-match': tag })).status, 412);
  t.equal((await remove({ 'if-match': (await read()).headers.get('etag') })).status, 204);
  t.equal((await read()).status, 404);
  t.equal((await remove({ 'if-match': '*' })).status, 404);
  const { database } = stage.control;
  t.strictSame(await database.query('select 1 from webhook_deliveries'), []);
});

t.test('pages in order, and no more than ten of an account', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const grace = await stage.account();
  await stage.webhook(grace, { url });
  const making = Array.from({ length: maxWebhooks + 2 }, (_, n) =>
    stage.request(ada, 'POST', '', { body: { url: `${url}/${n}` } }),
  );
  const answers = await Promise.all(making);
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  const made = (bodies as CreatedWebhook[]).filter(({ webhook_id }) => webhook_id !== undefined);
  t.equal(made.length, maxWebhooks);
  const refused = (bodies as { code?: string }[]).filter(({ code }) => code === 'limit_reached');
  t.equal(refused.length, 2);
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = `?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page = (await (await stage.request(ada, 'GET', query)).json()) as Listed<Webhook>;
    seen.push(...page.items.map(({ webhook_id }) => webhook_id));
    cursor = page.next_cursor;
  }
  t.strictSame(seen, made.map(({ webhook_id }) => webhook_id).sort());
  t.equal((await stage.request(ada, 'GET', '?cursor=x')).status, 400);
  const [first] = seen;
  t.equal((await stage.request(ada, 'GET', `/${first}/deliveries?cursor=x`)).status, 400);
});

t.test('a webhook that is disabled is neither tested nor replayed to', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const { webhook_id: id } = await stage.webhook(ada, { url });
  await stage.request(ada, 'POST', `/${id}/test`);
  const headers = { 'if-match': '*' };
  await stage.request(ada, 'PATCH', `/${id}`, { body: { is_enabled: false }, headers });
  const [delivery] = await stage.deliveries(ada, id);
  t.match(delivery, { state: 'failed', next_attempt_at: null });
  const body = { after_event_id: delivery?.event_id };
  for (const answer of [
    await stage.request(ada, 'POST', `/${id}/test`),
    await stage.request(ada, 'POST', `/${id}/replay`, { body }),
    await stage.request(ada, 'POST', `/${id}/deliveries/${delivery?.delivery_id}/replay`),
  ]) {
    t.match(await answer.json(), { status: 409, code: 'conflict' });
  }
});

t.test('with an account its webhooks go', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const [ada, grace] = [await stage.account(), await stage.account()];
  const { webhook_id: id } = await stage.webhook(ada, { url });
  const { webhook_id: other } = await stage.webhook(grace, { url });
  for (const [who, whose] of [
    [ada, id],
    [grace, other],
  ] as const) {
    await stage.request(who, 'POST', `/${whose}/test`);
  }
  const admin = await makeAdmin(stage.control);
  const address = `${stage.control.origin}/v1/users/${ada.userId}`;
  const headers = { ...admin.headers, 'if-match': '*' };
  t.equal((await fetch(address, { method: 'DELETE', headers })).status, 204);
  for (const table of ['webhooks', 'webhook_deliveries']) {
    const left = await stage.control.database.query(`select webhook_id as id from ${table}`);
    t.strictSame(left, [{ id: other }], table);
  }
});
