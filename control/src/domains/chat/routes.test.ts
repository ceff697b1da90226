import { randomUUID } from 'node:crypto';
import t from 'tap';
import { createMeeting, enter, tokenOf } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);
const database = await testDatabase(t, server);
const { origin } = await testControl(t, database);
const meeting = await createMeeting(origin);
const host = await enter(origin, meeting, { host: true, name: 'Host' });
const ada = await enter(origin, meeting, { name: 'Ada' });
const bob = await enter(origin, meeting, { name: 'Bob' });
const url = `${origin}/v1/meetings/${meeting.meeting.meeting_id}/messages`;

async function call(by: typeof host, method: string, path = '', body?: object, key = randomUUID()) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await tokenOf(by.client)}`,
      'idempotency-key': key,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const replayed = response.headers.get('idempotency-replayed');
  return { status: response.status, replayed, body: text === '' ? null : JSON.parse(text) };
}

const bodiesFor = async (by: typeof host) =>
  ((await call(by, 'GET')).body.items as { body: string }[]).map(({ body }) => body);

t.test('a message is written once, however often it is sent', async (t) => {
  const key = randomUUID();
  const sent = await Promise.all(
    Array.from({ length: 8 }, () => call(ada, 'POST', '', { body: 'once' }, key)),
  );
  const written = sent.filter(({ status }) => status === 201);
  t.ok(written.length > 0);
  t.equal(written.filter(({ replayed }) => replayed === null).length, 1);
  t.ok(sent.every(({ status }) => status === 201 || status === 409));
  const again = await call(ada, 'POST', '', { body: 'once' }, key);
  t.match(again, { status: 201, replayed: 'true', body: { body: 'once', from: ada.id } });
  t.match(await call(ada, 'POST', '', { body: 'other' }, key), { status: 422 });
  const seen = await bob.client.type('chat.message');
  t.match(seen.d, { from: ada.id, from_name: 'Ada', body: 'once' });
  await bob.client.pinged();
  t.equal(bob.client.ofType('chat.message').length, 1);
});

t.test('private messages are for two, in every list', async (t) => {
  await ada.client.ask('chat.send', { body: 'for Bob', to: bob.id });
  t.strictSame(await bodiesFor(ada), ['once', 'for Bob']);
  t.strictSame(await bodiesFor(bob), ['once', 'for Bob']);
  t.strictSame(await bodiesFor(host), ['once'], 'also not for hosts');
  const events = await database.query<{ payload: object }>(
    `select payload from events where type = 'message.created' order by seq`,
  );
  t.notMatch(JSON.stringify(events), 'for Bob');
});

t.test('taken back: by its author or a host, gone everywhere', async (t) => {
  const { items } = (await call(ada, 'GET')).body as { items: { message_id: string }[] };
  const [once, forBob] = items.map(({ message_id }) => message_id) as [string, string];
  t.match(await call(bob, 'DELETE', `/${once}`), { status: 403, body: { code: 'role_required' } });
  t.match(await call(host, 'DELETE', `/${forBob}`), { status: 404 }, 'unknown to the host');
  t.match(await call(host, 'DELETE', `/${once}`), { status: 204 });
  t.match((await bob.client.type('chat.deleted')).d, { message_id: once });
  t.match(await call(ada, 'DELETE', `/${forBob}`), { status: 204 });
  t.match(await call(ada, 'DELETE', `/${forBob}`), { status: 404 });
  t.match(await call(ada, 'DELETE', '/no-message'), { status: 404 });
  t.strictSame(await bodiesFor(ada), []);
  const left = await database.query(`select 1 from messages where content <> ''`);
  t.strictSame(left, [], 'the text is gone from the database as well');
  const late = await enter(origin, meeting, { name: 'Late' });
  t.strictSame(late.joined.d.snapshot?.last_messages, []);
});

t.test('clearing all is for hosts', async (t) => {
  for (const body of ['1', '2', '3']) await ada.client.ask('chat.send', { body });
  t.match(await call(ada, 'DELETE'), { status: 403 });
  t.strictSame(await bodiesFor(bob), ['1', '2', '3']);
  const page = await call(bob, 'GET', '?limit=2');
  t.match(page.body, { items: [{ body: '1' }, { body: '2' }] });
  t.match((await call(bob, 'GET', `?limit=2&cursor=${page.body.next_cursor}`)).body, {
    items: [{ body: '3' }],
    next_cursor: null,
  });
  t.match(await call(bob, 'GET', '?cursor=x'), { status: 400 });
  t.match(await call(host, 'DELETE'), { status: 204 });
  t.match((await ada.client.type('chat.deleted', ({ d }) => 'all' in d)).d, { all: true });
  t.strictSame(await bodiesFor(bob), []);
});

t.test('without history a newcomer sees nothing from before', async (t) => {
  await ada.client.ask('chat.send', { body: 'before' });
  await host.client.ask('mod.policy', { history: false });
  const late = await enter(origin, meeting, { name: 'Late' });
  await ada.client.ask('chat.send', { body: 'after' });
  t.strictSame(await bodiesFor(late), ['after']);
  t.strictSame(await bodiesFor(ada), ['before', 'after']);
});

t.test('chat off, chat for hosts: over HTTP too', async (t) => {
  await host.client.ask('mod.policy', { chat: 'hosts' });
  t.match(await call(ada, 'POST', '', { body: 'x' }), { body: { code: 'role_required' } });
  t.match(await call(host, 'POST', '', { body: 'x' }), { status: 201 });
  await host.client.ask('mod.policy', { chat: 'off' });
  t.match(await call(host, 'POST', '', { body: 'x' }), { body: { code: 'forbidden' } });
  t.match(await call(host, 'POST', '', { body: ' ' }), { status: 403 });
  t.match(await call(host, 'POST', '', { body: 'x'.repeat(5000) }), { status: 400 });
});
