import t from 'tap';
import { createApi } from '../../../client/src/index.js';
import { RecordingsApi } from './recordings-api.js';

function server(etag = '"7"') {
  const asked: string[] = [];
  const api = createApi(async (path, init) => {
    const headers = new Headers(init.headers);
    const more = [headers.get('if-match'), headers.get('idempotency-key'), init.body ?? null];
    asked.push([init.method, path, ...more.filter((one) => one !== null)].join(' '));
    if (init.method === 'DELETE') return new Response(null, { status: 204 });
    return Response.json({ url: '/f' }, { headers: { etag } });
  });
  return { api: new RecordingsApi(api), asked };
}

t.test('each call goes where it should', async (t) => {
  const { api, asked } = server();
  await api.list(false, 'n/1');
  await api.list(true);
  await api.ofMeeting('m');
  await api.source('r').read();
  await api.source('r').url('f', { download: true });
  await api.render('r', 'audio', 'key');
  await api.cancelRender('r', 'x');
  await api.remove('r');
  await api.share('r', { expires_at: 'then' }, 'other');
  await api.revokeShare('r', 's');
  t.same(asked, [
    'GET /v1/recordings?limit=200&cursor=n%2F1&order=desc',
    'GET /v1/recordings?limit=200&order=desc&all=true',
    'GET /v1/meetings/m/recordings?limit=200&order=desc',
    'GET /v1/recordings/r/playback',
    'POST /v1/recordings/r/files/f/url {"download":true}',
    'POST /v1/recordings/r/renders key {"layout":"audio"}',
    'DELETE /v1/recordings/r/renders/x',
    'GET /v1/recordings/r',
    'DELETE /v1/recordings/r "7"',
    'POST /v1/recordings/r/shares other {"expires_at":"then"}',
    'DELETE /v1/recordings/r/shares/s',
  ]);
});
