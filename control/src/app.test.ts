import { once } from 'node:events';
import { connect } from 'node:net';
import fastify from 'fastify';
import t from 'tap';
import { buildAdmin } from './admin.js';
import { nobodyElse } from './fleet/elsewhere.js';
import { NodeError } from './nodes/node-client.js';
import type { App } from './plugins/app-types.js';
import { problemPlugin } from './plugins/problem.js';
import { webClientPlugin } from './plugins/web-client.js';
import { clientPayloads } from './schemas/client-messages.js';
import { serverPayloads } from './schemas/server-messages.js';
import { RecordingNode } from './testing/recording-node.js';
import { createMeeting, joinBody } from './testing/test-client.js';
import { TestClock } from './testing/test-clock.js';
import { testControl } from './testing/test-control.js';
import { testDatabase, testServer } from './testing/test-database.js';

const server = await testServer(t);
const { app, origin, services, node } = await testControl(t, await testDatabase(t, server));

const nobodysId = '01890a5d-ac96-774b-bcce-b302099a8057';
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
    t.match(String(answer), /\ncontent-security-policy: default-src 'none'/);
    const [, id] = /\nx-request-id: (\S+)/.exec(String(answer)) ?? [];
    t.match(id, /^[0-9a-f-]{36}$/);
    t.match(String(answer), new RegExp(`"instance":"${id}"`));
    socket.destroy();
  }
  const large = connect(Number(port), '127.0.0.1');
  large.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
  const [answer] = await once(large, 'data');
  t.match(String(answer), /^HTTP\/1\.1 431 .*"payload_too_large"/s);
  large.destroy();
});

t.test('a request has a minute to come', async (t) => {
  t.equal(app.server.requestTimeout, 60_000);
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  const [slow] = await once(app.server, 'connection');
  const late = Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  app.server.emit('clientError', late, slow);
  const [answer] = await once(socket, 'data');
  t.match(String(answer), /^HTTP\/1\.1 408 .*"bad_request"/s);
  socket.destroy();
});

t.test('a host that is no address is refused where it would be used', async (t) => {
  const { port } = new URL(origin);
  for (const head of ['HTTP/1.1\r\nhost: [', 'HTTP/1.0']) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET /v1/oidc/x/callback ${head}\r\nconnection: close\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    t.match(String(answer), /^HTTP\/1\.1 4\d\d .*application\/problem\+json/s, head);
    socket.destroy();
  }
});

t.test('of files what cannot be given is no fault of ours', async (t) => {
  const folder = t.testdir({ 'index.html': '<!doctype html>', 'favicon.svg': '<svg/>' });
  const client = fastify();
  t.teardown(() => client.close());
  problemPlugin(client as unknown as App, nobodyElse.pass, () => []);
  await webClientPlugin(client as unknown as App, folder);
  const get = (url: string, headers = {}) => client.inject({ url, headers });
  t.equal((await get('/favicon.svg')).statusCode, 200);
  for (const [url, headers, status, code] of [
    ['/a//b', {}, 404, 'not_found'],
    ['/v1//users', {}, 404, 'not_found'],
    ['/x%5Cy', {}, 404, 'not_found'],
    ['/favicon.svg', { range: 'bytes=99999999-' }, 416, 'bad_request'],
    ['/favicon.svg', { 'if-match': '"x"' }, 412, 'precondition_failed'],
  ] as const) {
    const answer = await get(url, headers);
    t.match(answer.json(), { status, code }, url);
    t.equal(answer.statusCode, status, url);
  }
});

t.test('a request has a hundred header fields at most', async (t) => {
  const { port } = new URL(origin);
  const ask = async (fields: number) => {
    const socket = connect(Number(port), '127.0.0.1');
    const others = Array.from({ length: fields - 2 }, (_, index) => `x-${index}: 1\r\n`).join('');
    socket.write(`GET /v1/version HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${others}\r\n`);
    const [answer] = await once(socket, 'data');
    socket.destroy();
    return String(answer);
  };
  t.match(await ask(100), /^HTTP\/1\.1 200 /);
  for (const fields of [101, 900]) {
    t.match(await ask(fields), /^HTTP\/1\.1 431 .*problem\+json.*"payload_too_large"/s);
  }
});

t.test('pages of the allow-list may call the API with credentials, others may not', async (t) => {
  const friend = 'https://intranet.example';
  const config = { http: { allowedOrigins: [friend] } };
  const { app } = await testControl(t, await testDatabase(t, server), { config });
  const preflight = (origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/v1/meetings',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
  const yes = await preflight(friend);
  t.equal(yes.statusCode, 204);
  t.match(yes.headers, {
    'access-control-allow-origin': friend,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': /POST.*PATCH.*DELETE/,
    'access-control-allow-headers': /Authorization.*Idempotency-Key.*If-Match/,
    vary: 'Origin',
  });
  const { headers } = await app.inject('/');
  const policy = String(headers['content-security-policy']);
  t.match(
    policy,
    `connect-src 'self' ${friend} wss://intranet.example;`,
    'and ours may call theirs',
  );
  const no = await preflight('https://intranet.example.evil.example');
  t.equal(no.statusCode, 404);
  t.notOk(Object.keys(no.headers).some((name) => name.startsWith('access-control-')));
  t.equal(no.headers.vary, 'Origin');

  const payload = { title: 'From elsewhere' };
  const post = { method: 'POST', url: '/v1/meetings', payload } as const;
  const created = await app.inject({ ...post, headers: { ...key, origin: friend } });
  t.equal(created.statusCode, 201);
  t.equal(created.headers['access-control-allow-origin'], friend);
  for (const name of ['ETag', 'Location', 'RateLimit', 'Retry-After', 'X-Request-Id', 'Link']) {
    t.match(created.headers['access-control-expose-headers'], new RegExp(`\\b${name}\\b`));
  }
  const refused = await app.inject({ url: '/v1/nothing', headers: { origin: friend } });
  t.match(refused, { statusCode: 404, headers: { 'access-control-allow-origin': friend } });

  const whip = await app.inject({ url: `/v1/whip/${nobodysId}`, headers: { origin: friend } });
  t.equal(whip.headers['access-control-allow-origin'], '*', 'WHIP has a rule of its own');
  t.notOk(whip.headers['access-control-allow-credentials']);
});

t.test('every answer carries the guards and a request id', async (t) => {
  for (const url of ['/healthz', '/v1/version', '/v1/nothing', '/%zz']) {
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
  'get /v1/recording-files/{file_id}',
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
  'post /v1/recording-shares/{share_id}',
  'post /v1/recording-shares/{share_id}/files/{file_id}/url',
  'post /v1/sessions',
  'post /v1/users',
];

t.test('what changes rarely is read again only when it has changed', async (t) => {
  for (const url of ['/v1/version', '/v1/client-config', '/v1/keys']) {
    const { etag } = (await app.inject(url)).headers;
    t.match(etag, /^"[\w-]+"$/, `${url}: strong`);
    const headers = { 'if-none-match': String(etag) };
    const again = await app.inject({ url, headers });
    t.equal(again.statusCode, 304, url);
    t.equal(again.body, '');
  }
});

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

  const admin = buildAdmin(other.services.metrics, other.node);
  const scraped = await admin.inject('/metrics');
  t.equal(scraped.statusCode, 200, 'whoever watches is told of it');
  t.match(scraped.body, /^plenum_dependency_up\{dependency="database"\} 0$/m);
  t.match(scraped.body, /^plenum_outbox_pending Nan$/im);
  await admin.close();
});

t.test('a node that fails, or says nothing, is a metric; all others are told', async (t) => {
  const broken = new RecordingNode();
  const other = await testControl(t, await testDatabase(t, server), { node: broken });
  const admin = buildAdmin(other.services.metrics, broken);
  t.teardown(() => admin.close());
  const isUp = /^plenum_dependency_up\{dependency="node"\} ([01])$/m;
  const scrape = async () => {
    const { statusCode, body } = await admin.inject('/metrics');
    t.equal(statusCode, 200);
    t.match(body, /^plenum_dependency_up\{dependency="database"\} 1$/m);
    t.match(body, /^plenum_ws_connections 0$/m);
    return { up: isUp.exec(body)?.[1], rooms: /^plenum_node_rooms 0$/m.test(body) };
  };
  t.strictSame(await scrape(), { up: '1', rooms: true });
  broken.stats = () => Promise.reject(new NodeError('node_lost', 'as the test wants it'));
  broken.load = () => {
    throw new NodeError('node_lost', 'as the test wants it');
  };
  t.strictSame(await scrape(), { up: '0', rooms: false });
  broken.stats = () => new Promise(() => {});
  t.strictSame(await scrape(), { up: '0', rooms: false });
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
    'plenum_join_first_frame_seconds',
    'plenum_media_gap_seconds',
    'plenum_node_rooms',
  ]) {
    t.match(text, new RegExp(`^# TYPE ${name} `, 'm'));
  }
  t.notMatch(text, new RegExp(meeting.meeting.meeting_id));
  t.notMatch(text, new RegExp(meeting.code));
  await admin.close();
});

t.test('metrics: at most 2 000 series, whatever is asked and whatever fails', async (t) => {
  const { paths } = (await app.inject('/v1/openapi.json')).json();
  for (const [path, operations] of Object.entries<object>(paths)) {
    for (const name of Object.keys(operations)) {
      const method = name.toUpperCase() as 'GET';
      const answer = await app.inject({ method, url: path.replace(/\{\w+\}/g, nobodysId) });
      t.ok(answer.statusCode < 500, `${method} ${path}: ${answer.statusCode}`);
      const route = path.replace(/\{(\w+)\}/g, ':$1');
      for (const status of [200, 401]) services.metrics.answered({ route, method, status }, 0.1);
    }
  }
  for (const url of ['/', '/m/abc', '/assets/x.js']) {
    await app.inject(url);
    await app.inject({ method: 'HEAD', url });
  }
  await app.inject({ method: 'PROPFIND' as 'GET', url: '/nothing' });
  const usual = await services.metrics.registry.metrics();
  t.notMatch(usual, /route="other"/, 'all routes with their usual statuses fit');

  for (const route of Object.keys(paths)) {
    for (const status of [301, 500, 503]) {
      services.metrics.answered({ route, method: 'GET', status }, 1);
    }
  }
  for (const type of Object.keys(clientPayloads)) services.metrics.acks.observe({ type }, 0.1);
  for (const type of [...Object.keys(clientPayloads), 'malformed']) {
    services.metrics.messages.inc({ type, direction: 'in' });
  }
  for (const type of Object.keys(serverPayloads)) {
    services.metrics.messages.inc({ type, direction: 'out' });
  }
  const admin = buildAdmin(services.metrics, node);
  const text = (await admin.inject('/metrics')).body;
  t.match(text, /route="other",method="",status="5xx"/);
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  t.comment(`${series} series`);
  t.ok(series + nodeSeries + recorderSeries <= 2000, `${series} series`);
  await admin.close();
});

/** What a node with 16 shards says of itself (the recording one says less). */
const nodeSeries = 150;
/** What a recorder says, with every reason of a gap. */
const recorderSeries = 22;
