import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { buildAdmin } from './admin.js';
import { createMeeting, joinBody } from './testing/test-client.js';
import { TestClock } from './testing/test-clock.js';
import { testControl } from './testing/test-control.js';
import { testDatabase, testServer } from './testing/test-database.js';

const server = await testServer(t);
const { app, origin, services, node } = await testControl(t, await testDatabase(t, server));

const key = { 'idempotency-key': 'a key that is long enough' };

t.test('malformed HTTP is answered with a problem, and nothing is lost', async (t) => {
  const json = { ...key, 'content-type': 'application/json' };
  const post = { method: 'POST', url: '/v1/meetings' } as const;
  const cases = [
    [{ ...post, headers: json, payload: '{' }, 400, 'bad_request'],
    [{ ...post, headers: json, payload: '' }, 400, 'bad_request'],
    [{ ...post, headers: json, payload: 'null' }, 400, 'bad_request'],
    [{ ...post, headers: json, payload: '[]' }, 400, 'bad_request'],
    [{ ...post, headers: json, payload: '{"__proto__":{}}' }, 400, 'bad_request'],
    [{ ...post, headers: json, payload: '{"unknown":1}' }, 400, 'bad_request'],
    [{ ...post, headers: json, payload: '{"policy":{"chat":"some"}}' }, 400, 'bad_request'],
    [{ ...post, headers: json, payload: '{"title":7}' }, 400, 'bad_request'],
    [{ ...post, headers: json, payload: `"${'x'.repeat(1_100_000)}"` }, 413, 'payload_too_large'],
    [{ ...post, headers: key, payload: 'title=x' }, 415, 'unsupported_media_type'],
    [
      { ...post, headers: { ...key, 'content-type': 'text/plain' }, payload: '{}' },
      415,
      'unsupported_media_type',
    ],
    [
      { ...post, headers: { ...key, 'content-type': 'application/json\ta' }, payload: '{}' },
      415,
      'unsupported_media_type',
    ],
    [{ method: 'GET', url: '/v1/meetings' }, 401, 'unauthenticated'],
    [{ method: 'GET', url: '/v1/nothing' }, 404, 'not_found'],
    [{ method: 'GET', url: '/v1/%ff' }, 400, 'bad_request'],
    [{ method: 'GET', url: `/v1/meetings/${'x'.repeat(200)}` }, 404, 'not_found'],
    [{ method: 'DELETE', url: '/v1/join' }, 404, 'not_found'],
  ] as const;
  for (const [request, status, code] of cases) {
    const answer = await app.inject(request);
    const name = `${request.method} ${request.url} ${status} ${code}`;
    t.equal(answer.headers['content-type'], 'application/problem+json', name);
    t.match(answer.json(), {
      status,
      code,
      type: `/docs/errors#${code}`,
      instance: /^[0-9a-f-]{36}$/,
    });
    t.equal(answer.statusCode, status, name);
    t.notMatch(answer.body, /node_modules|\.js:/, 'no stack');
  }
  t.equal((await app.inject('/readyz')).statusCode, 200);
});

t.test('what does not fit is named by a pointer', async (t) => {
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/join',
    headers: key,
    payload: { code: 'x', display_name: '' },
  });
  t.match(answer.json(), { errors: [{ pointer: '/display_name' }] });
});

t.test('bytes that are not HTTP get an answer too', async (t) => {
  const { port } = new URL(origin);
  for (const bytes of [
    '\u0000\u0001\u0002\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'nonsense\r\n\r\n',
  ]) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(bytes);
    const [answer] = await once(socket, 'data');
    t.match(String(answer), /^HTTP\/1\.1 400 .*application\/problem\+json.*"bad_request"/s);
    socket.destroy();
  }
  const large = connect(Number(port), '127.0.0.1');
  large.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
  const [answer] = await once(large, 'data');
  t.match(String(answer), /^HTTP\/1\.1 431 /);
  large.destroy();
});

t.test('every answer carries the guards and a request id', async (t) => {
  for (const url of ['/healthz', '/v1/version', '/v1/nothing']) {
    const { headers } = await app.inject(url);
    t.match(headers, {
      'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'permissions-policy': /camera=\(self\)/,
      'x-request-id': /^[0-9a-f-]{36}$/,
    });
    t.notMatch(headers['content-security-policy'], /unsafe-inline|unsafe-eval/);
  }
});

t.test('the OpenAPI document tells of every route and who may call it', async (t) => {
  const document = (await app.inject('/v1/openapi.json')).json();
  t.equal(document.openapi, '3.1.0');
  const open: string[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations as Record<string, object>)) {
      const auth = (operation as { 'x-plenum-auth': string[] })['x-plenum-auth'];
      t.ok(auth.length > 0, `${method} ${path} says who may call it`);
      if (auth.includes('none')) open.push(`${method} ${path}`);
    }
  }
  t.strictSame(open.sort(), openRoutes, 'nothing else is open to everybody');
});

const openRoutes = [
  'get /healthz',
  'get /readyz',
  'get /startupz',
  'get /v1/avatars/{key}',
  'get /v1/client-config',
  'get /v1/keys',
  'get /v1/oidc/{provider}/callback',
  'get /v1/oidc/{provider}/start',
  'get /v1/openapi.json',
  'get /v1/rtc',
  'get /v1/version',
  'options /v1/whep/{meeting_id}',
  'options /v1/whep/{meeting_id}/{transport_id}',
  'options /v1/whip/{meeting_id}',
  'options /v1/whip/{meeting_id}/{transport_id}',
  'post /v1/join',
  'post /v1/join/check',
  'post /v1/meetings',
  'post /v1/password-resets',
  'post /v1/password-resets/confirm',
  'post /v1/sessions',
  'post /v1/users',
];

t.test('keys are a JWK set without a private part', async (t) => {
  const { keys } = (await app.inject('/v1/keys')).json();
  t.match(keys, [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' }]);
  t.notOk('d' in keys[0]);
});

t.test('health: alive, ready only with everything there is to depend on', async (t) => {
  t.equal((await app.inject('/healthz')).statusCode, 200);
  t.equal((await app.inject('/startupz')).statusCode, 200);
  t.match((await app.inject('/readyz')).json(), { dependencies: { database: 'up', node: 'up' } });
  const database = await testDatabase(t, server);
  const other = await testControl(t, database);
  await database.close();
  const down = await other.app.inject('/readyz');
  t.equal(down.statusCode, 503);
  t.match(down.json(), { status: 'unavailable', dependencies: { database: 'down' } });
  t.equal(down.headers['retry-after'], '1');
  t.equal((await other.app.inject('/healthz')).statusCode, 200);
  const create = { method: 'POST', url: '/v1/meetings', headers: key, payload: {} } as const;
  const refused = await other.app.inject(create);
  t.match(refused.json(), { status: 503, code: 'dependency_down' });
  t.equal(refused.headers['retry-after'], '1');
});

t.test('requests of one address have a limit, health has none', async (t) => {
  const clock = new TestClock();
  const config = { limits: { requestsPerMinute: 3 } };
  const limited = await testControl(t, await testDatabase(t, server), { clock, config });
  const get = (url: string) => limited.app.inject(url);
  for (let count = 2; count >= 0; count--) {
    const { headers, statusCode } = await get('/v1/version');
    t.equal(statusCode, 200);
    t.equal(headers['ratelimit-policy'], '"general";q=3;w=60');
    t.equal(headers.ratelimit, `"general";r=${count};t=0`);
  }
  const refused = await get('/v1/version');
  t.match(refused.json(), { status: 429, code: 'rate_limited' });
  t.equal(refused.headers['retry-after'], '20');
  t.equal((await get('/healthz')).statusCode, 200);
  clock.advance(20_000);
  t.equal((await get('/v1/version')).statusCode, 200);
});

t.test('a forged forwarding header does not change the address', async (t) => {
  const config = { limits: { requestsPerMinute: 1 } };
  const limited = await testControl(t, await testDatabase(t, server), { config });
  const statuses = [];
  for (const address of ['192.0.2.1', '192.0.2.2']) {
    const headers = { 'x-forwarded-for': address, forwarded: `for=${address}` };
    statuses.push((await limited.app.inject({ url: '/v1/version', headers })).statusCode);
  }
  t.strictSame(statuses, [200, 429]);
});

t.test('metrics: the names of the contract, no ids as labels', async (t) => {
  const meeting = await createMeeting(origin);
  await app.inject({ method: 'POST', url: '/v1/join', headers: key, payload: joinBody(meeting) });
  const admin = buildAdmin(services.metrics, node);
  const text = (await admin.inject('/metrics')).body;
  for (const name of [
    'plenum_http_request_duration_seconds',
    'plenum_ws_connections',
    'plenum_ws_messages_total',
    'plenum_join_total',
    'plenum_command_ack_seconds',
    'plenum_dependency_up',
    'plenum_event_loop_lag_seconds',
    'plenum_outbox_pending',
    'plenum_outbox_lag_seconds',
    'plenum_webhook_attempts_total',
    'plenum_node_rooms',
  ]) {
    t.match(text, new RegExp(`^# TYPE ${name} `, 'm'));
  }
  t.notMatch(text, new RegExp(meeting.meeting.meeting_id));
  t.notMatch(text, new RegExp(meeting.code));
  t.ok(text.split('\n').length < 2000);
  await admin.close();
});
