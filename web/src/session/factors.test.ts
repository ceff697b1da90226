import t from 'tap';
import { createApi, type Fetch, ProtocolError } from '../../../client/src/index.js';
import { askedBy } from './asked-factor.js';
import { Factors } from './factors.js';
import { KeyError } from './security-keys.js';

const webauthn = { challenge: 'x' };
const going = new AbortController().signal;
const credential = { id: 'k' } as never;

/** Answers as the server does, and keeps what was asked. */
function fakeServer(refusal?: object) {
  const asked: string[] = [];
  const fetch: Fetch = async (path, { method, body }) => {
    asked.push(`${method} ${path.replace('/v1/users/me/factors', '')} ${body ?? ''}`.trim());
    if (method === 'DELETE') return new Response(null, { status: 204 });
    if (path.endsWith('/confirm')) return Response.json({ factor: {}, recovery_codes: ['a-b'] });
    const headers = { 'content-type': 'application/problem+json' };
    if (refusal) return new Response(JSON.stringify(refusal), { status: 403, headers });
    return Response.json({ factor_id: 'f', kind: 'webauthn', webauthn }, { status: 201 });
  };
  return { api: createApi(fetch), asked };
}

t.test('a key is begun, asked for, and proven', async (t) => {
  const { api, asked } = fakeServer();
  const factors = new Factors(api, async (options) => {
    t.same(options, webauthn);
    return credential;
  });
  t.same(await factors.addKey('Blue', going), ['a-b']);
  t.same(asked, [
    'POST  {"kind":"webauthn","name":"Blue"}',
    'POST /f/confirm {"credential":{"id":"k"}}',
  ]);
});

t.test('one that was not shown leaves nothing behind', async (t) => {
  const { api, asked } = fakeServer();
  const trouble = new KeyError('cancelled', 'no');
  const factors = new Factors(api, () => Promise.reject(trouble));
  await t.rejects(factors.addKey('Blue', going), trouble);
  t.same(asked.slice(1), ['DELETE /f']);
});

t.test('one that was given up early is not asked for', async (t) => {
  const { api, asked } = fakeServer();
  const factors = new Factors(api, async () => t.fail('the browser was asked') as never);
  await t.rejects(factors.addKey('Blue', AbortSignal.abort()), { name: 'KeyError' });
  t.same(asked.slice(1), ['DELETE /f']);
});

t.test('a login that is too old is told by its code', async (t) => {
  const errors = [{ pointer: '', code: 'login_again', detail: '' }];
  const { api, asked } = fakeServer({ code: 'forbidden', detail: '', errors });
  const refusal = await new Factors(api).addKey('Blue', going).catch((error: unknown) => error);
  t.type(refusal, ProtocolError);
  t.match(refusal, { code: 'forbidden', fields: [{ code: 'login_again' }] });
  t.equal(asked.length, 1);
});

t.test('whether this login has shown one is asked until it is found', async (t) => {
  const asked: string[] = [];
  const session = (is_current: boolean, second_factor: boolean) => ({ is_current, second_factor });
  const pages = [
    { items: [session(false, true)], next_cursor: 'a' },
    { items: [session(false, true), session(true, false)], next_cursor: 'b' },
    { items: [], next_cursor: null },
  ];
  const fetch: Fetch = async (path) => {
    asked.push(path);
    return Response.json(pages[asked.length - 1]);
  };
  const factors = new Factors(createApi(fetch));
  t.equal(await factors.isShown(), false);
  t.same(asked, ['/v1/sessions?limit=200', '/v1/sessions?limit=200&cursor=a']);
  t.equal(await factors.isShown(), true, 'of an unknown one nothing is asked');
});

t.test('one that is shown later is refused with what would do', async (t) => {
  const errors = [{ pointer: '/otp', code: 'otp_required', detail: '' }];
  const { api, asked } = fakeServer({ code: 'forbidden', detail: '', errors, webauthn });
  const refusal = await new Factors(api).show({}).catch((error: unknown) => error);
  t.match(askedBy(refusal, undefined), { app: true, key: webauthn });
  t.same(asked, ['POST /v1/sessions/current/second-factor {}']);
});
