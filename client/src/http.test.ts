import t from 'tap';
import { ProtocolError } from './errors.js';
import { createApi, type Fetch } from './http.js';

/** Answers every request the same way and keeps what was asked. */
function fakeFetch(answer: () => Response) {
  const asked: { path: string; init: RequestInit }[] = [];
  const fetch: Fetch = async (path, init) => {
    asked.push({ path, init });
    return answer();
  };
  return { fetch, asked };
}

function problem(status: number, code: string, headers: Record<string, string> = {}) {
  return new Response(JSON.stringify({ code, detail: 'no', status }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

t.test('what creates carries an idempotency key, a look does not', async (t) => {
  const { fetch, asked } = fakeFetch(() => Response.json({}));
  const api = createApi(fetch);
  await api.createMeeting('key-of-meeting');
  await api.checkJoin({ code: 'abc', secret: 's' });
  await api.join({ code: 'abc', secret: 's', display_name: 'Ada' }, 'key-of-seat');
  t.same(
    asked.map(({ path }) => path),
    ['/v1/meetings', '/v1/join/check', '/v1/join'],
  );
  const keys = asked.map(({ init }) => new Headers(init.headers).get('idempotency-key'));
  t.same(keys, ['key-of-meeting', null, 'key-of-seat']);
  t.notMatch(
    asked.map(({ path }) => path).join(),
    /s=|secret/,
    'the secret goes only into the body',
  );
});

t.test('a refusal keeps its code and how long to wait', async (t) => {
  const { fetch } = fakeFetch(() => problem(429, 'rate_limited', { 'retry-after': '3' }));
  const refusal = await createApi(fetch)
    .checkJoin({ code: 'abc' })
    .catch((error: unknown) => error);
  t.type(refusal, ProtocolError);
  t.match(refusal, { code: 'rate_limited', retryAfterMs: 3_000 });
});

t.test('no answer, and an answer that is not ours, are both unreachable', async (t) => {
  const broken = createApi(() => Promise.reject(new TypeError('network')));
  await t.rejects(broken.checkJoin({ code: 'abc' }), { code: 'unreachable' });
  const proxy = fakeFetch(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
  await t.rejects(createApi(proxy.fetch).checkJoin({ code: 'abc' }), { code: 'unreachable' });
});

t.test('a call fills its path, its query and its headers', async (t) => {
  const { fetch, asked } = fakeFetch(() => Response.json({}, { headers: { etag: '"7"' } }));
  const api = createApi(fetch);
  await api.call('GET /v1/meetings', { query: { limit: 20, cursor: 'a b' } });
  const params = { meeting_id: 'a/b' };
  const read = await api.read('GET /v1/meetings/{meeting_id}', { params });
  t.equal(read.etag, '"7"');
  const body = { title: 'Weekly' };
  await api.call('PATCH /v1/meetings/{meeting_id}', { params, body, ifMatch: read.etag });
  t.same(
    asked.map(({ path, init }) => `${init.method} ${path}`),
    ['GET /v1/meetings?limit=20&cursor=a+b', 'GET /v1/meetings/a%2Fb', 'PATCH /v1/meetings/a%2Fb'],
  );
  const headers = new Headers(asked[2]?.init.headers);
  t.equal(headers.get('if-match'), '"7"');
  t.equal(headers.get('content-type'), 'application/json');
  t.equal(new Headers(asked[1]?.init.headers).get('content-type'), null);
});

t.test('an answer without a body is no answer to parse', async (t) => {
  const none = fakeFetch(() => new Response(null, { status: 204 }));
  t.equal(await createApi(none.fetch).call('DELETE /v1/sessions'), undefined);
  const empty = fakeFetch(() => new Response('', { status: 202 }));
  const body = { email: 'ada@example.org' };
  t.equal(await createApi(empty.fetch).call('POST /v1/password-resets', { body }), undefined);
});

t.test('a file goes as it is', async (t) => {
  const { fetch, asked } = fakeFetch(() => Response.json({}));
  const file = new Blob(['…'], { type: 'image/jpeg' });
  await createApi(fetch).call('PUT /v1/users/me/avatar', { file });
  t.equal(new Headers(asked[0]?.init.headers).get('content-type'), 'image/jpeg');
  t.equal(asked[0]?.init.body, file);
});

t.test('a refusal names the fields', async (t) => {
  const errors = [{ pointer: '/username', code: 'minLength', detail: 'too short' }];
  const answer = new Response(JSON.stringify({ code: 'bad_request', detail: 'no', errors }), {
    status: 400,
    headers: { 'content-type': 'application/problem+json' },
  });
  const { fetch } = fakeFetch(() => answer);
  const refusal = await createApi(fetch)
    .checkJoin({ code: 'abc' })
    .catch((error: unknown) => error);
  t.match(refusal, { code: 'bad_request', fields: errors });
});
