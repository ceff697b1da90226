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
