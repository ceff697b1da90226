import t from 'tap';
import { WebSocket } from 'ws';
import { createMeeting, enter, helloWith, join, TestClient } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

t.test('malformed messages are answered and cost nothing', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const { client } = await enter(origin, await createMeeting(origin));
  const wrong: [string | Buffer, string, string?][] = [
    ['not JSON', 'bad_message'],
    ['', 'bad_message'],
    ['null', 'bad_message'],
    ['[]', 'bad_message'],
    ['{}', 'bad_message'],
    ['{"t":7,"id":"x","d":{}}', 'bad_message', 'x'],
    ['{"t":"no.such.type","id":"x","d":{}}', 'unknown_type', 'x'],
    ['{"t":"chat.send","d":{"body":"no id"}}', 'bad_message'],
    ['{"t":"chat.send","id":"x","d":{}}', 'bad_message', 'x'],
    ['{"t":"chat.send","id":"x","d":{"body":7}}', 'bad_message', 'x'],
    ['{"t":"chat.send","id":"x","d":null}', 'bad_message', 'x'],
    ['{"t":"toString","id":"x","d":{}}', 'unknown_type', 'x'],
    ['{"t":"__proto__","id":"x","d":{}}', 'unknown_type', 'x'],
    [`{"t":"chat.send","id":"${'x'.repeat(37)}","d":{"body":"a"}}`, 'bad_message'],
    [
      JSON.stringify({ t: 'chat.send', id: 'x', d: { body: 'ü'.repeat(4000) } }),
      'bad_message',
      'x',
    ],
    [JSON.stringify({ t: 'chat.send', id: 'y', d: { body: 'x'.repeat(70_000) } }), 'bad_message'],
    [Buffer.from([0, 1, 2, 255]), 'bad_message'],
  ];
  for (const [text, code, re] of wrong) {
    const seen = client.messages.length;
    client.sendRaw(text);
    const answer = await client.find(({ t }, index) => index >= seen && t === 'error');
    t.match(answer, { d: { code, fatal: false }, ...(re === undefined ? {} : { re }) });
  }
  t.match(await client.ask('chat.send', { body: 'still here' }), { t: 'ok' });
});

t.test('unknown fields are ignored', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const { client } = await enter(origin, await createMeeting(origin));
  client.sendRaw(JSON.stringify({ t: 'chat.send', id: 'z', new: 1, d: { body: 'a', newer: 2 } }));
  t.match(await client.find(({ re }) => re === 'z'), { t: 'ok' });
});

t.test('a socket that only sends nonsense is closed', async (t) => {
  const clock = new TestClock();
  const { origin } = await testControl(t, await testDatabase(t, server), { clock });
  const { client } = await enter(origin, await createMeeting(origin));
  for (let count = 0; count <= 100; count++) {
    client.sendRaw('nonsense');
    if (count % 50 === 0) {
      await client.find(({ t }) => t === 'error');
      clock.advance(2000);
    }
  }
  t.equal(await client.closed(), 4400);
});

t.test('the first message is a hello, in time, with a version in common', async (t) => {
  const clock = new TestClock();
  const { origin } = await testControl(t, await testDatabase(t, server), { clock });
  const meeting = await createMeeting(origin);
  const open = () => new TestClient(origin).opened();
  const eager = await open();
  t.match(await eager.ask('chat.send', { body: 'a' }), { d: { code: 'not_in_room' } });
  const garbled = await open();
  garbled.sendRaw('nonsense');
  t.equal(await garbled.closed(), 4400);
  const { join_token } = await join(origin, meeting);
  const ancient = await open();
  ancient.send('hello', { ...helloWith(join_token), versions: [0, 7] });
  t.match(await ancient.type('error'), { d: { code: 'version', fatal: true } });
  t.equal(await ancient.closed(), 4400);
  const empty = await open();
  const { token: _, ...nothing } = helloWith('');
  empty.send('hello', nothing);
  t.equal(await empty.closed(), 4400);
  for (const heartbeat_ms of [499, 5001, 750.5]) {
    const restless = await open();
    restless.send('hello', { ...helloWith(join_token), heartbeat_ms });
    t.equal(await restless.closed(), 4400, `a heartbeat of ${heartbeat_ms} ms`);
  }
  const forged = await open();
  forged.send('hello', helloWith('a.b.c'));
  t.match(await forged.type('error'), { d: { code: 'unauthenticated', fatal: true } });
  t.equal(await forged.closed(), 4401);
  const silent = await open();
  clock.advance(5000);
  t.equal(await silent.closed(), 4408);
  const fine = await open();
  fine.send('hello', helloWith((await join(origin, meeting)).join_token));
  await fine.type('joined');
  t.match(await fine.ask('hello', helloWith(join_token)), { d: { code: 'already_done' } });
});

t.test('message rates have their limits', async (t) => {
  const clock = new TestClock();
  const { origin } = await testControl(t, await testDatabase(t, server), { clock });
  const { client } = await enter(origin, await createMeeting(origin));
  for (let count = 0; count < 10; count++) {
    t.match(await client.ask('chat.send', { body: `${count}` }), { t: 'ok' });
  }
  const slowed = await client.ask('chat.send', { body: 'too much' });
  t.match(slowed, { d: { code: 'rate_limited', retry_after_ms: 200, fatal: false } });
  clock.advance(200);
  t.match(await client.ask('chat.send', { body: 'later' }), { t: 'ok' });
  for (let count = 0; count < 150; count++) client.sendRaw('{"t":"ping","d":{"ts":1}}');
  t.equal(await client.closed(), 4429);
});

t.test('frames beyond 256 KiB end the socket, and only that', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting);
  const grace = await enter(origin, meeting);
  ada.client.sendRaw('x'.repeat(300_000));
  t.equal(await ada.client.closed(), 1009);
  t.match(await grace.client.ask('chat.send', { body: 'fine' }), { t: 'ok' });
});

/** How an opening handshake is answered: the status, 101 when it is accepted. */
function handshake(url: string, protocol: string | undefined, headers: Record<string, string>) {
  return new Promise<number>((resolve) => {
    const socket = new WebSocket(url, protocol === undefined ? [] : [protocol], { headers });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('error', () => {});
  });
}

t.test('a page of another origin may not connect, nor one without the subprotocol', async (t) => {
  const config = { http: { allowedOrigins: ['https://friend.example'] } };
  const { origin } = await testControl(t, await testDatabase(t, server), { config });
  const url = `${origin.replace('http', 'ws')}/v1/rtc`;
  t.equal(await handshake(url, 'plenum.v1', {}), 101);
  t.equal(await handshake(url, 'plenum.v1', { origin }), 101);
  t.equal(await handshake(url, 'plenum.v1', { origin: 'https://friend.example' }), 101);
  t.equal(await handshake(url, 'plenum.v1', { origin: 'https://evil.example' }), 403);
  t.equal(await handshake(url, 'plenum.v1', { origin: 'null' }), 403);
  t.equal(await handshake(url, undefined, {}), 400);
  t.equal(await handshake(url, 'other', {}), 400);
  const plain = await fetch(`${origin}/v1/rtc`);
  t.equal(plain.status, 400);
});
