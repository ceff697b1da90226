import t from 'tap';
import { createApi } from '../../../client/src/index.js';
import { MeetingRecord } from './meeting-record.js';

/** One meeting; each change makes another ETag. */
function fakeServer() {
  const state = { title: 'Weekly', version: 1, isGone: false };
  const problem = (status: number, code: string) =>
    new Response(JSON.stringify({ code, detail: '', status }), {
      status,
      headers: { 'content-type': 'application/problem+json' },
    });
  const api = createApi(async (_path, init) => {
    if (state.isGone) return problem(404, 'not_found');
    const isStale = new Headers(init.headers).get('if-match') !== `"${state.version}"`;
    if (init.method === 'PATCH' || init.method === 'DELETE') {
      if (isStale) return problem(412, 'precondition_failed');
      state.version += 1;
    }
    if (init.method === 'DELETE') {
      state.isGone = true;
      return new Response(null, { status: 204 });
    }
    if (init.method === 'PATCH') state.title = JSON.parse(String(init.body)).title;
    return Response.json({ title: state.title }, { headers: { etag: `"${state.version}"` } });
  });
  return { state, record: new MeetingRecord(api, 'm1') };
}

t.test('reads, changes again and again, removes', async (t) => {
  const { record, state } = fakeServer();
  await record.read();
  await record.save({ title: 'Daily' });
  await record.save({ title: 'Hourly' });
  t.match(record.store.get(), { phase: 'ready', meeting: { title: 'Hourly' } });
  await record.remove();
  t.ok(state.isGone);
  await record.read();
  t.match(record.store.get(), { phase: 'failed', code: 'not_found' });
});

t.test('who comes too late sees the newest, and may then change it', async (t) => {
  const { record, state } = fakeServer();
  await record.read();
  state.title = 'From elsewhere';
  state.version += 1;
  await t.rejects(record.save({ title: 'Mine' }), { code: 'precondition_failed' });
  t.match(record.store.get(), { meeting: { title: 'From elsewhere' } });
  await record.save({ title: 'Mine' });
  t.equal(state.title, 'Mine');
});
