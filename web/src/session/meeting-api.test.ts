import t from 'tap';
import { MeetingApi } from './meeting-api.js';

function setUp(answer: () => Response) {
  const asked: string[] = [];
  const api = new MeetingApi(async (path, init) => {
    const headers = new Headers(init.headers);
    asked.push(`${init.method} ${path} ${headers.get('authorization')}`);
    return answer();
  });
  api.authorize({ meetingId: 'm/1' });
  api.authorize({ token: 'first' });
  return { api, asked };
}

t.test('each call carries the newest token', async (t) => {
  const { api, asked } = setUp(() => new Response(null, { status: 204 }));
  await api.deleteMessage('a b');
  api.authorize({ token: 'second' });
  await api.lift('x');
  await api.clearMessages();
  t.same(asked, [
    'DELETE /v1/meetings/m%2F1/messages/a%20b Bearer first',
    'DELETE /v1/meetings/m%2F1/blocks/x Bearer second',
    'DELETE /v1/meetings/m%2F1/messages Bearer second',
  ]);
});

t.test('what is asked between joining and the first token waits for it', async (t) => {
  const asked: string[] = [];
  const api = new MeetingApi(async (_path, init) => {
    asked.push(`${new Headers(init.headers).get('authorization')}`);
    return Response.json({ url: 'https://x/m/1' });
  });
  api.authorize({ meetingId: 'm' });
  const invite = api.invite();
  await new Promise(setImmediate);
  t.same(asked, []);
  api.authorize({ token: 'first' });
  t.equal(await invite, 'https://x/m/1');
  t.same(asked, ['Bearer first']);
});

t.test('answers are read', async (t) => {
  const page = { items: [{ block_id: 'b' }], next_cursor: 'n/1' };
  const { api, asked } = setUp(() => Response.json({ ...page, url: 'https://x/m/1' }));
  t.match(await api.blocks(), page);
  t.match(await api.blocks('n/1'), page);
  t.same(asked, [
    'GET /v1/meetings/m%2F1/blocks Bearer first',
    'GET /v1/meetings/m%2F1/blocks?cursor=n%2F1 Bearer first',
  ]);
  t.equal(await api.invite(), 'https://x/m/1');
});

t.test('a refusal has its code, and whatever is not ours is unreachable', async (t) => {
  const headers = { 'content-type': 'application/problem+json' };
  const body = { code: 'role_required', detail: '' };
  const refused = setUp(() => Response.json(body, { status: 403, headers }));
  await t.rejects(refused.api.clearMessages(), { code: 'role_required' });
  const proxy = setUp(() => new Response('<h1>', { status: 502 }));
  await t.rejects(proxy.api.blocks(), { code: 'unreachable' });
});
