import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { seedOf } from './testing/seed.js';
import { createMeeting, enter, joinBody, post } from './testing/test-client.js';
import { testControl } from './testing/test-control.js';
import { testDatabase, testServer } from './testing/test-database.js';

const server = await testServer(t);

/**
 * A request on a connection of its own, however long a busy machine takes to make it: one that found
 * no place in the listener's queue is sent again, which is what the key is for.
 */
async function postAlone(agent: Agent, url: string, key: string): Promise<Answered> {
  for (;;) {
    try {
      return await postOnce(agent, url, key);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    }
  }
}

interface Answered {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

async function postOnce(agent: Agent, url: string, key: string): Promise<Answered> {
  const sent = request(url, {
    agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
  });
  sent.end('{"title":"Once"}');
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

t.test('1000 concurrent repeats of one key have one effect', async (t) => {
  const { origin, database } = await testControl(t, await testDatabase(t, server));
  const agent = new Agent();
  t.teardown(() => agent.destroy());
  const key = `the one and only, ${seedOf(t)}`;
  const repeat = () => postAlone(agent, `${origin}/v1/meetings`, key);
  const answers = await Promise.all(Array.from({ length: 1000 }, repeat));
  const created = answers.filter(({ status }) => status === 201);
  const running = answers.filter(({ status }) => status === 409);
  t.equal(created.length + running.length, 1000);
  t.ok(running.every((answer) => answer.headers['retry-after'] === '1'));
  t.equal(new Set(created.map(({ body }) => body)).size, 1, 'all answers are the same');
  const fresh = created.filter(({ headers }) => headers['idempotency-replayed'] === undefined);
  t.equal(fresh.length, 1);
  t.match(await database.query('select count(*) from meetings'), [{ count: 1 }]);
  t.equal((await repeat()).body, created[0]?.body, 'and whoever waited gets it too');
});

t.test('the key is required, belongs to one body, and the stored answer is sealed', async (t) => {
  const { origin, database } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const url = `${origin}/v1/join`;
  const headers = { 'idempotency-key': 'join once, please' };
  const first = await post(url, joinBody(meeting), headers);
  t.equal(first.status, 201);
  const repeated = await post(url, joinBody(meeting), headers);
  t.equal(repeated.headers.get('idempotency-replayed'), 'true');
  const answer = await repeated.text();
  t.equal(answer, await first.text());
  const other = await post(url, joinBody(meeting, { name: 'Grace' }), headers);
  t.match(await other.json(), { status: 422, code: 'idempotency_mismatch' });
  const short = await post(url, joinBody(meeting), { 'idempotency-key': 'short' });
  t.match(await short.json(), { status: 400, code: 'bad_request' });
  const none = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(joinBody(meeting)),
  });
  t.match(await none.json(), { status: 400, code: 'idempotency_key_missing' });
  const [row] = await database.query<{ response: Buffer }>('select response from idempotency_keys');
  t.notOk(row?.response.includes('join_token'));
  t.match(await database.query('select count(*) from participants'), [{ count: 1 }]);
});

t.test('a repeat from another network is the same join; nobody else learns of it', async (t) => {
  const config = { http: { trustedProxies: ['127.0.0.1'] } };
  const { origin, database } = await testControl(t, await testDatabase(t, server), { config });
  const meeting = await createMeeting(origin);
  const ada = joinBody(meeting, { deviceId: 'the browser of Ada' });
  const { device_id: _, ...unnamed } = ada;
  const ask = async (address: string, body: object) => {
    const headers = { 'idempotency-key': 'a key to guess', 'x-forwarded-for': address };
    const answer = await post(`${origin}/v1/join`, body, headers);
    const { participant_id: id, code } = (await answer.json()) as Record<string, string>;
    return { status: answer.status, id, code };
  };
  const first = await ask('192.0.2.1', ada);
  t.strictSame(await ask('198.51.100.7', ada), first, 'the same seat');
  t.match(
    await ask('198.51.100.7', { ...ada, display_name: 'Eve' }),
    { status: 422 },
    'her own key',
  );
  const others = [
    { ...ada, device_id: 'the browser of Eve' },
    { ...ada, device_id: 'the browser of Bo', display_name: 'Bo' },
    unnamed,
  ];
  const seats = [first];
  for (const body of others) {
    const other = await ask('203.0.113.9', body);
    t.equal(other.status, 201, 'as if the key had never been used');
    seats.push(other);
  }
  t.equal((await ask('192.0.2.44', unnamed)).status, 201, 'without an id: by address');
  t.equal(new Set(seats.map(({ id }) => id)).size, 4);
  t.match(await database.query('select count(*) from participants'), [{ count: 5 }]);
});

t.test('a refusal is not stored: the same key may succeed later', async (t) => {
  const { origin, services } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin, { policy: { join_before_host: false } });
  const url = `${origin}/v1/join`;
  const headers = { 'idempotency-key': 'wait for the host' };
  const early = await post(url, joinBody(meeting), headers);
  t.match(await early.json(), { code: 'meeting_not_started' });
  await enter(origin, meeting, { host: true });
  t.ok(services.rooms.find(meeting.meeting.meeting_id)?.hostPresent);
  t.equal((await post(url, joinBody(meeting), headers)).status, 201);
});
