import t from 'tap';
import { buildAdmin } from '../../admin.js';
import { systemIds } from '../../ids.js';
import type { RotatedSecret } from '../../schemas/http.js';
import { enter, helloWith, join, TestClient } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { isSignedBy, Receiver, type Reply } from '../../testing/test-receiver.js';
import { eventually } from '../../testing/test-redis.js';
import { WebhookStage } from '../../testing/test-webhooks.js';

const server = await testServer(t);
const all = ['participant.joined', 'participant.left', 'message.created'];

/** Answers with these in turn, then with 204. */
function inTurn(...replies: Reply[]): () => Reply {
  return () => replies.shift() ?? 204;
}

t.test('what happens in a meeting comes signed, with its number', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  const { secret } = await stage.webhook(ada, { url: receiver.url });
  const meeting = await stage.meetingOf(ada);
  const { id, joined } = await enter(stage.control.origin, meeting);
  await receiver.have(1);
  await stage.pass();
  const told = receiver.received.find(({ body }) => body.type === 'participant.joined');
  t.match(told?.body, {
    type: 'participant.joined',
    meeting_id: meeting.meeting.meeting_id,
    room_id: joined.d.room_id,
    created_at: new Date(stage.clock.now()).toISOString(),
    data: { participant_id: id, role: 'participant' },
  });
  t.equal(told?.headers['webhook-id'], told?.body.id);
  t.equal(Number(told?.headers['webhook-timestamp']), Math.floor(stage.clock.now() / 1000));
  t.equal(told?.headers['content-type'], 'application/json');
  t.strictSame(receiver.seqs, [...receiver.seqs].sort(), 'in the order of the room');
  for (const received of receiver.received) {
    t.ok(await isSignedBy(secret, received));
    const forged = { ...received, text: received.text.replace('"type"', '"Type"') };
    t.notOk(await isSignedBy(secret, forged));
    const aged = { ...received, headers: { ...received.headers, 'webhook-timestamp': '1' } };
    t.notOk(await isSignedBy(secret, aged));
  }
  const admin = buildAdmin(stage.control.services.metrics, stage.control.node);
  const { body: metrics } = await admin.inject('/metrics');
  const count = receiver.received.length;
  t.match(metrics, `plenum_webhook_attempts_total{result="delivered"} ${count}`);
  t.match(metrics, /^plenum_outbox_pending 0$/m);
  await admin.close();
});

t.test('the trace of a command goes on with what webhooks are told', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  await stage.webhook(ada, { url: receiver.url, types: ['participant.joined'] });
  const meeting = await stage.meetingOf(ada);
  const { origin } = stage.control;
  const { join_token: token } = await join(origin, meeting);
  const client = await new TestClient(origin).opened();
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  client.send('hello', { ...helloWith(token), traceparent }, 'hello');
  await client.type('joined');
  await receiver.have(1);
  const [told] = receiver.received;
  t.match(told?.headers.traceparent, new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  t.not(told?.headers.traceparent, traceparent, 'a span of ours');
});

t.test('an account hears of its meetings, an administrator of all', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const grace = await stage.account();
  const admin = await stage.account({ admin: true });
  const gone = await stage.account({ admin: true });
  const [adas, graces, admins, gones] = [
    await Receiver.start(t),
    await Receiver.start(t),
    await Receiver.start(t),
    await Receiver.start(t),
  ];
  await stage.webhook(ada, { url: adas.url, types: ['participant.left'] });
  await stage.webhook(ada, { url: adas.url, types: ['publication.added', 'participant.left'] });
  await stage.webhook(grace, { url: graces.url });
  await stage.webhook(admin, { url: admins.url, types: all });
  await stage.webhook(gone, { url: gones.url });
  const { database } = stage.control;
  await database.query('update users set disabled_at = now() where user_id = $1', [gone.userId]);
  const mine = (await stage.meetingOf(ada)).meeting.meeting_id;
  await stage.happen(mine, ['participant.joined', 'participant.left', 'policy.changed']);
  const { origin } = stage.control;
  const nobodys = await enter(origin, await stage.meetingOf({ ...ada, userId: mine }));
  await stage.pass();
  t.strictSame(adas.types, ['participant.left', 'participant.left'], 'one for each webhook');
  t.strictSame(graces.types, []);
  t.strictSame(gones.types, []);
  const rooms = new Set(admins.received.map(({ body }) => body.room_id));
  t.ok(rooms.has(nobodys.joined.d.room_id));
  t.equal(rooms.size, 2);
  t.notOk(admins.types.includes('policy.changed'), 'only what the contract names');
});

t.test('all meetings are heard of only where an administrator acted as one', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const admin = await stage.account({ admin: true });
  const half = await stage.account({ admin: true, secondFactor: false });
  const [admins, halfs] = [await Receiver.start(t), await Receiver.start(t)];
  const whole = await stage.webhook(admin, { url: admins.url, types: ['participant.left'] });
  const own = await stage.webhook(half, { url: halfs.url, types: ['participant.left'] });
  t.strictSame([whole.hears_all, own.hears_all], [true, false]);
  const meeting = (await stage.meetingOf(await stage.account())).meeting.meeting_id;
  const heard = async () => {
    await stage.happen(meeting, ['participant.left']);
    await stage.pass();
    return [admins.received.splice(0).length, halfs.received.splice(0).length];
  };
  t.strictSame(await heard(), [1, 0]);

  const { database } = stage.control;
  // The same account with a login without a second factor takes the webhook over.
  await database.query('update webhooks set user_id = $1 where user_id = $2', [
    half.userId,
    admin.userId,
  ]);
  const body = { url: halfs.url };
  const headers = { 'if-match': '*' };
  const changed = await stage.request(half, 'PATCH', `/${whole.webhook_id}`, { body, headers });
  t.match(await changed.json(), { hears_all: false });
  t.strictSame(await heard(), [0, 0]);
  await database.query('update webhooks set hears_all = true');
  t.strictSame(await heard(), [0, 2]);
  await database.query('update users set is_admin = false');
  t.strictSame(await heard(), [0, 0], 'nor by one who is no administrator any more');
});

t.test('chat has to be asked for, and private messages are told to nobody', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account({ admin: true });
  const [usual, chatty] = [await Receiver.start(t), await Receiver.start(t)];
  await stage.webhook(ada, { url: usual.url });
  await stage.webhook(ada, { url: chatty.url, types: ['message.created'] });
  const meeting = await stage.meetingOf(ada);
  const eve = await enter(stage.control.origin, meeting);
  const bob = await enter(stage.control.origin, meeting);
  await eve.client.ask('chat.send', { body: 'a secret for bob', to: bob.id });
  await eve.client.ask('chat.send', { body: 'for everybody' });
  await stage.pass();
  t.notOk(usual.types.includes('message.created'));
  t.equal(chatty.received.length, 1);
  const shown = eve.client.ofType('chat.message').find(({ d }) => d.to === undefined);
  const data = { participant_id: eve.id, message_id: shown?.d.message_id };
  t.strictSame(chatty.received[0]?.body.data, data);
  const kept = await stage.control.database.query('select body from webhook_deliveries');
  t.notMatch(JSON.stringify(kept), 'a secret for bob');
});

t.test('what fails is tried again, to the 24th hour', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  const hook = await stage.webhook(ada, { url: receiver.url, types: ['participant.left'] });
  const meeting = await stage.meetingOf(ada);
  receiver.reply = () => 503;
  await stage.happen(meeting.meeting.meeting_id, ['participant.left']);
  await stage.pass();
  const own = () => receiver.received.filter(({ body }) => body.type === 'participant.left').length;
  const tries: number[] = [own()];
  for (const seconds of [4, 2, 20, 10, 80, 20, 470, 60]) {
    await stage.pass(seconds * 1000);
    tries.push(own());
  }
  t.strictSame(tries, [1, 1, 2, 2, 3, 3, 4, 4, 5], 'at 0, 5 s, 30 s, 2 min, 10 min');
  const left = async () => (await stage.deliveries(ada, hook.webhook_id))[0];
  t.match(await left(), {
    state: 'waiting',
    attempts: 5,
    last_status: 503,
    last_error: 'The answer is no success.',
    delivered_at: null,
  });
  for (let hour = 0; hour < 30; hour++) await stage.pass(4_000_000);
  t.equal(own(), 29);
  t.match(await left(), { state: 'failed', attempts: 29, next_attempt_at: null });
  const ids = receiver.received.map(({ body }) => body.id);
  t.equal(new Set(ids).size, 1, 'every try of an event carries its id');
  for (const received of receiver.received) t.ok(await isSignedBy(hook.secret, received));

  receiver.reply = () => 200;
  const path = `/${hook.webhook_id}/deliveries/${(await left())?.delivery_id}/replay`;
  const replayed = await stage.request(ada, 'POST', path);
  t.equal(replayed.status, 202);
  t.match(await replayed.json(), { state: 'waiting', attempts: 0, last_error: null });
  await stage.pass();
  t.equal(own(), 30);
  const delivered_at = new Date(stage.clock.now()).toISOString();
  t.match(await left(), { state: 'delivered', attempts: 1, last_status: 200, delivered_at });
});

t.test('redirects, silence and closed doors are failures', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const [receiver, elsewhere] = [await Receiver.start(t), await Receiver.start(t)];
  const { webhook_id: id } = await stage.webhook(ada, { url: receiver.url });
  const outcome = async (reply: Reply) => {
    receiver.reply = inTurn(reply);
    const seen = receiver.received.length;
    await stage.request(ada, 'POST', `/${id}/test`);
    await receiver.have(seen + 1);
    return async () => {
      await stage.pass();
      return (await stage.deliveries(ada, id)).at(-1);
    };
  };
  const redirected = await outcome((response) => {
    response.writeHead(308, { location: elsewhere.url }).end();
  });
  const status = { state: 'waiting', last_status: 308, last_error: /Redirects/ };
  t.match(await redirected(), status);
  const dropped = await outcome((response) => response.destroy());
  t.match(await dropped(), { state: 'waiting', last_status: null, last_error: /no answer/ });
  const silent = await outcome(() => {});
  stage.clock.advance(9_999);
  t.match((await stage.deliveries(ada, id)).at(-1), { attempts: 1, last_error: null });
  stage.clock.advance(1);
  t.match(await silent(), { state: 'waiting', last_status: null, last_error: /too long/ });
  t.equal(elsewhere.received.length, 0);
});

t.test('by default nothing goes to a private address', async (t) => {
  const database = await testDatabase(t, server);
  const stage = await WebhookStage.open(t, database, { allowPrivate: false });
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  const { webhook_id: id } = await stage.webhook(ada, { url: 'https://hooks.example.org/' });
  // As it was allowed once, or as a name that leads there.
  const { port } = new URL(receiver.url);
  for (const url of [receiver.url, `https://127.0.0.1:${port}/`, `https://localhost:${port}/`]) {
    await database.query('update webhooks set url = $1', [url]);
    await stage.request(ada, 'POST', `/${id}/test`);
    await stage.pass();
    t.match(
      (await stage.deliveries(ada, id)).at(-1),
      { state: 'waiting', last_error: /addr/ },
      url,
    );
  }
  t.equal(receiver.received.length, 0);
});

t.test('of a room the earlier comes first; after a minute the later goes alone', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  await stage.webhook(ada, { url: receiver.url, types: all });
  const room = (await stage.meetingOf(ada)).meeting.meeting_id;
  const other = (await stage.meetingOf(ada)).meeting.meeting_id;
  receiver.reply = inTurn(500);
  await stage.happen(room, ['participant.joined', 'message.created', 'participant.left']);
  await stage.pass();
  t.strictSame(receiver.types, ['participant.joined']);
  await stage.happen(other, ['message.created']);
  await stage.pass();
  t.equal(receiver.types.at(-1), 'message.created', 'another room does not wait');
  t.equal(receiver.received.at(-1)?.body.meeting_id, other);
  receiver.received.splice(0);
  await stage.pass(5_500);
  t.strictSame(receiver.types, ['participant.joined', 'message.created', 'participant.left']);
  const [first] = receiver.seqs;
  t.strictSame(
    receiver.seqs,
    [0, 1, 2].map((n) => Number(first) + n),
  );

  receiver.received.splice(0);
  receiver.reply = ({ body }) => (body.type === 'participant.joined' ? 500 : 204);
  await stage.happen(room, ['participant.joined', 'message.created', 'participant.left']);
  await stage.pass();
  for (const seconds of [30, 29]) await stage.pass(seconds * 1000);
  t.strictSame([...new Set(receiver.types)], ['participant.joined']);
  await stage.pass(1000);
  const late = receiver.received.filter(({ body }) => body.type !== 'participant.joined');
  t.strictSame(
    late.map(({ body }) => body.room_seq).sort(),
    [0, 1].map((n) => Number(first) + 4 + n),
  );
});

t.test('after a rotation both secrets sign, for a day', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  const { secret: first, webhook_id: id } = await stage.webhook(ada, { url: receiver.url });
  const rotate = () => stage.request(ada, 'POST', `/${id}/rotate`);
  const rotated = async () => ((await (await rotate()).json()) as RotatedSecret).secret;
  const signedBy = async (...secrets: string[]) => {
    await stage.request(ada, 'POST', `/${id}/test`);
    await stage.pass();
    const received = receiver.received.at(-1);
    if (received === undefined) throw new Error('nothing came');
    const count = String(received.headers['webhook-signature']).split(' ').length;
    return [count, ...(await Promise.all(secrets.map((secret) => isSignedBy(secret, received))))];
  };
  const second = await rotated();
  t.strictSame(await signedBy(first, second), [2, true, true]);
  await stage.pass(43_200_000);
  const third = await rotated();
  t.strictSame(await signedBy(first, second, third), [3, true, true, true], 'once more');
  await stage.pass(43_200_000 - 1);
  t.strictSame(await signedBy(first, second, third), [3, true, true, true]);
  await stage.pass(1);
  t.strictSame(await signedBy(first, second, third), [2, false, true, true]);
  await stage.pass(43_200_000);
  t.strictSame(await signedBy(first, second, third), [1, false, false, true]);
  for (let times = 0; times < 4; times++) t.equal((await rotate()).status, 200);
  t.match(await (await rotate()).json(), { status: 409, code: 'limit_reached' });
  t.strictSame(await signedBy(third), [5, true]);
});

t.test('410 disables; what waits is given up, and comes by a replay', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  const { webhook_id: id } = await stage.webhook(ada, { url: receiver.url, types: all });
  const meeting = (await stage.meetingOf(ada)).meeting.meeting_id;
  const before = (await stage.request(ada, 'GET', `/${id}`)).headers.get('etag');
  await stage.happen(meeting, ['participant.joined']);
  await stage.pass();
  const [first] = receiver.received;
  const held: (() => void)[] = [];
  receiver.reply = () => (response) => held.push(() => response.writeHead(410).end());
  await stage.happen(meeting, ['message.created', 'participant.left']);
  while ((await stage.deliveries(ada, id)).length < 3)
    await stage.control.services.outbox.settled();
  receiver.reply = () => 410;
  for (const answer of held) answer();
  await stage.pass();
  t.equal(receiver.received.length, 2);
  const read = await stage.request(ada, 'GET', `/${id}`);
  t.match(await read.json(), { is_enabled: false });
  t.not(read.headers.get('etag'), before);
  t.match((await stage.deliveries(ada, id)).slice(1), [
    { state: 'failed', last_status: 410, last_error: /gone/ },
    { state: 'failed', attempts: 0, last_error: /disabled/ },
  ]);
  await stage.happen(meeting, ['participant.joined', 'message.created']);
  await stage.pass(86_400_000);
  t.equal(receiver.received.length, 2, 'disabled means not told');

  receiver.received.splice(0);
  receiver.reply = () => 204;
  const enabling = { body: { is_enabled: true }, headers: { 'if-match': '*' } };
  t.equal((await stage.request(ada, 'PATCH', `/${id}`, enabling)).status, 200);
  await stage.pass(100_000);
  t.equal(receiver.received.length, 0);
  const body = { after_event_id: first?.body.id };
  const replayed = await stage.request(ada, 'POST', `/${id}/replay`, { body });
  t.equal(replayed.status, 202);
  t.strictSame(await replayed.json(), { deliveries: 4 });
  await stage.pass();
  const seq = first?.body.room_seq ?? 0;
  t.strictSame(
    receiver.seqs,
    [1, 2, 3, 4].map((n) => seq + n),
    'all of them, in order',
  );
});

t.test('410 of a former address disables nothing', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const [former, next] = [await Receiver.start(t), await Receiver.start(t)];
  const { webhook_id: id } = await stage.webhook(ada, { url: former.url, types: all });
  const meeting = (await stage.meetingOf(ada)).meeting.meeting_id;
  const change = { body: { url: next.url }, headers: { 'if-match': '*' } };
  former.reply = () => (response) => {
    void stage.request(ada, 'PATCH', `/${id}`, change).then(() => response.writeHead(410).end());
  };
  await stage.happen(meeting, ['participant.joined']);
  await stage.pass();
  t.match(await (await stage.request(ada, 'GET', `/${id}`)).json(), { is_enabled: true });
  t.match(await stage.deliveries(ada, id), [{ state: 'waiting', last_status: 410 }]);
  await stage.pass(6000);
  t.equal(next.received.length, 1);
  t.match(await stage.deliveries(ada, id), [{ state: 'delivered' }]);
});

t.test('a replay takes the delivery before the breaker, as whoever claims does', async (t) => {
  const database = await testDatabase(t, server);
  const stage = await WebhookStage.open(t, database);
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  receiver.reply = () => 500;
  const { webhook_id: id } = await stage.webhook(ada, { url: receiver.url });
  const meeting = (await stage.meetingOf(ada)).meeting.meeting_id;
  await stage.happen(meeting, ['participant.joined']);
  await stage.pass();
  const [delivery] = await stage.deliveries(ada, id);
  for (const [path, body] of [
    [`/deliveries/${delivery?.delivery_id}/replay`, undefined],
    ['/replay', { after_event_id: systemIds(new TestClock(0)).next() }],
  ] as const) {
    let replaying: Promise<Response> | undefined;
    await database.transaction(async (claiming) => {
      await claiming.query('select 1 from webhook_deliveries for update');
      replaying = stage.request(ada, 'POST', `/${id}${path}`, body === undefined ? {} : { body });
      await eventually('the replay waits', async () => {
        const waiting = await database.query('select 1 from pg_locks where not granted');
        return waiting.length > 0 ? true : undefined;
      });
      const breakers = await claiming.query('select 1 from webhook_breakers for update nowait');
      t.equal(breakers.length, 1);
    });
    t.ok((await replaying)?.ok);
  }
});

t.test('a replay tells again what was delivered, of the own meetings only', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const grace = await stage.account();
  const receiver = await Receiver.start(t);
  const { webhook_id: id } = await stage.webhook(ada, { url: receiver.url, types: all });
  const mine = (await stage.meetingOf(ada)).meeting.meeting_id;
  const hers = (await stage.meetingOf(grace)).meeting.meeting_id;
  await stage.happen(mine, ['participant.joined', 'message.created', 'participant.left']);
  await stage.happen(hers, ['participant.joined']);
  await stage.happen(mine, ['message.created'], { is_private: true });
  await stage.pass();
  const told = receiver.received.splice(0);
  t.equal(told.length, 3);
  const body = { after_event_id: told[0]?.body.id };
  const replayed = await stage.request(ada, 'POST', `/${id}/replay`, { body });
  t.strictSame(await replayed.json(), { deliveries: 2 });
  await stage.pass();
  const idsOf = (of: typeof told) => of.map(({ body }) => body.id);
  t.strictSame(idsOf(receiver.received), idsOf(told).slice(1), 'under the same ids');
});

t.test('a body has 64 KiB at most', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  await stage.webhook(ada, { url: receiver.url, types: all });
  const meeting = (await stage.meetingOf(ada)).meeting.meeting_id;
  await stage.happen(meeting, ['participant.left'], { reason: 'x'.repeat(65_000) });
  await stage.happen(meeting, ['participant.left'], { reason: 'ł'.repeat(33_000) });
  await stage.pass();
  const [fits, large] = receiver.received;
  t.equal(String(fits?.body.data.reason).length, 65_000);
  t.strictSame(large?.body.data, { is_omitted: true });
  t.ok(receiver.received.every(({ text }) => Buffer.byteLength(text) <= 65_536));
});
