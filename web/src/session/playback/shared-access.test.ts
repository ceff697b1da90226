import t from 'tap';
import { createApi } from '../../../../client/src/index.js';
import { RecordingsApi } from '../recordings-api.js';
import { SharedAccess } from './shared-access.js';

function link(secret: string, refuse: (body: { passcode?: string }) => string | undefined) {
  const asked: [string, object][] = [];
  const api = createApi(async (path, init) => {
    const body = JSON.parse(String(init.body));
    asked.push([path, body]);
    const code = refuse(body);
    const headers = { 'content-type': 'application/problem+json' };
    if (code) return new Response(JSON.stringify({ code, detail: '' }), { status: 403, headers });
    const url = { url: '/file', expires_at: '' };
    return Response.json(path.endsWith('/url') ? url : { recording: { title: 'Plans' } });
  });
  return { access: new SharedAccess(new RecordingsApi(api), 'sh', secret), asked };
}

t.test('opens with its secret, in bodies alone', async (t) => {
  const { access, asked } = link('s3cret', () => undefined);
  await access.open();
  const state = access.store.get();
  t.match(state, { phase: 'open', playback: { recording: { title: 'Plans' } } });
  if (state.phase === 'open')
    t.match(await state.source.url('f', { download: true }), { url: '/file' });
  t.same(asked, [
    ['/v1/recording-shares/sh', { secret: 's3cret' }],
    ['/v1/recording-shares/sh/files/f/url', { secret: 's3cret', download: true }],
  ]);
});

t.test(
  'asks for the passcode, says when it is wrong, and keeps the form when the server is busy',
  async (t) => {
    let busy = false;
    const { access, asked } = link('s', ({ passcode }) => {
      if (busy) return 'rate_limited';
      return passcode === 'right' ? undefined : 'passcode_required';
    });
    await access.open();
    t.same(access.store.get(), { phase: 'locked', isWrong: false });
    await access.open('wrong');
    t.same(access.store.get(), { phase: 'locked', isWrong: true });
    busy = true;
    await access.open('right');
    t.match(access.store.get(), { phase: 'locked', code: 'rate_limited' });
    busy = false;
    await access.open('right');
    t.equal(access.store.get().phase, 'open');
    t.same(asked.at(-1), ['/v1/recording-shares/sh', { secret: 's', passcode: 'right' }]);
  },
);

t.test('a link that opens nothing says so; one without its secret asks nobody', async (t) => {
  const { access } = link('s', () => 'not_found');
  await access.open();
  t.same(access.store.get(), { phase: 'refused', code: 'not_found' });
  const { access: cut, asked } = link('', () => undefined);
  await cut.open();
  t.same(cut.store.get(), { phase: 'refused', code: 'not_found' });
  t.same(asked, []);
});
