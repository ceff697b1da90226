/**
 * The gates of WHIP and WHEP (docs/whip.md), a test for each row: real HTTP, a real database and
 * the node down to an engine without packets.
 */
import { request } from 'node:http';
import t from 'tap';
import { tellCounters } from '../../../../lib/testing/shard-counters.js';
import { createMeeting, enter, joinBody, post } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { controlWithNode, makeKey, postOffer, sdpFixture } from '../../testing/test-endpoints.js';

const server = await testServer(t);
const clock = new TestClock();
const iceServers = [
  { urls: ['stun:stun.example.net'] },
  {
    urls: ['turn:turn.example.net?transport=udp', 'turns:turn.example.net'],
    username: 'u"ser',
    credential: 'secret',
  },
];
const database = await testDatabase(t, server);
const { origin, engine, media, services } = await controlWithNode(t, database, {
  clock,
  iceServers,
});
const meeting = await createMeeting(origin);
const host = await enter(origin, meeting, { host: true });
const publishing = await makeKey(origin, meeting, { scope: 'publish', name: 'Studio' });
const viewing = await makeKey(origin, meeting, { scope: 'view' });
const whipOffer = sdpFixture('obs-whip-offer');
const whepOffer = sdpFixture('pion-whep-offer');
const fragmentType = 'application/trickle-ice-sdpfrag';
const fragment = [
  'a=group:BUNDLE 0 1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host',
  'a=candidate:2 1 udp 2122260223 e8b6b3f2-4d1f-4f8b-9d0a-3a4b5c6d7e8f.local 61764 typ host',
  'a=candidate:cannot be read',
  '',
].join('\r\n');
const restart = fragment.replace(
  'a=mid:0',
  `a=mid:0\r\na=ice-ufrag:new1\r\na=ice-pwd:${'n'.repeat(22)}`,
);

async function publish() {
  const answer = await postOffer(publishing, whipOffer);
  if (answer.status !== 201) throw new Error(await answer.text());
  const url = answer.headers.get('location') ?? '';
  return { answer, url, etag: answer.headers.get('etag') ?? '', sdp: await answer.text() };
}

function call(url: string, method: string, headers: Record<string, string> = {}, body?: string) {
  const authorization = `Bearer ${publishing.key}`;
  const init = { method, headers: { authorization, ...headers } };
  return fetch(url, body === undefined ? init : { ...init, body });
}

const patch = (url: string, headers: Record<string, string>, body: string) =>
  call(url, 'PATCH', { 'content-type': fragmentType, ...headers }, body);

const ufragOf = (text: string) => /a=ice-ufrag:(.*)\r\n/.exec(text)?.[1];
const roster = () =>
  [...(services.rooms.find(meeting.meeting.meeting_id)?.seats.values() ?? [])].map(
    ({ participant }) => participant,
  );

t.test('[GATE-1] POST: 201, Location, type, strong ETag, every candidate', async (t) => {
  const { answer, url, etag, sdp } = await publish();
  t.equal(answer.headers.get('content-type'), 'application/sdp');
  t.match(url, new RegExp(`^${publishing.url}/[0-9a-f-]{36}$`));
  t.match(etag, /^"[^"]+"$/);
  t.match(sdp, /^v=0\r\n/);
  t.match(sdp, /a=candidate:1 1 udp \d+ 127\.0\.0\.1 40000 typ host\r\na=end-of-candidates/);
  const joined = await host.client.type('participant.joined');
  const { participant } = joined.d;
  t.match(participant, { name: 'Studio', kind: 'whip', role: 'participant', state: 'joined' });
  const added = await host.client.type('publication.added');
  t.equal(added.d.participant_id, participant.id);
  t.ok(added.seq > joined.seq, 'nothing is published by somebody unknown');
  t.ok(url.endsWith(participant.id));
  await call(url, 'DELETE');
});

t.test('[GATE-2] POST: another type is 415, a bad description 400, nothing is left', async (t) => {
  const before = roster().length;
  const json = JSON.stringify({ type: 'offer', sdp: whipOffer });
  const cases: [string, string, number][] = [
    ['application/json', json, 415],
    ['text/plain', whipOffer, 415],
    ['application/sdp\ta', whipOffer, 415],
    [fragmentType, whipOffer, 415],
    ['application/sdp', json, 400],
    ['application/sdp', '', 400],
    ['application/sdp', whipOffer.slice(0, 300), 400],
    ['Application/SDP; charset=utf-8', whipOffer.replace('v=0', 'v=1'), 400],
  ];
  for (const [type, body, status] of cases) {
    const answer = await postOffer(publishing, body, { 'content-type': type });
    t.equal(answer.status, status, `${type} ${status}`);
    t.equal(answer.headers.get('content-type'), 'application/problem+json');
    t.equal(answer.headers.get('location'), null);
  }
  const large = await postOffer(publishing, 'x'.repeat(300_000));
  t.equal(large.status, 413);
  t.equal(roster().length, before);
});

t.test('[GATE-3] POST: more media than is supported is refused whole', async (t) => {
  const before = roster().length;
  const cases: [string, number][] = [
    [sdpFixture('chromium-offer'), 400],
    [sdpFixture('chromium-offer-simulcast'), 400],
    [whipOffer.replace('H264/90000', 'H266/90000'), 422],
    [whipOffer.replace('a=sendonly', 'a=recvonly'), 400],
  ];
  for (const [sdp, status] of cases) t.equal((await postOffer(publishing, sdp)).status, status);
  t.equal(roster().length, before);
});

t.test('[GATE-4] POST: setup:active is supported, setup:passive is not', async (t) => {
  const active = whipOffer.replace('setup:actpass', 'setup:active');
  const answer = await postOffer(publishing, active);
  t.equal(answer.status, 201);
  t.match(await answer.text(), 'a=setup:passive');
  await call(answer.headers.get('location') ?? '', 'DELETE');
  const passive = whipOffer.replace('setup:actpass', 'setup:passive');
  t.equal((await postOffer(publishing, passive)).status, 400);
});

t.test('[GATE-5] POST without BUNDLE or rtcp-mux: refused, no partial session', async (t) => {
  const before = engine.commands.length;
  for (const sdp of [
    whipOffer.replace('a=group:BUNDLE 0 1\r\n', ''),
    whipOffer.replace('BUNDLE 0 1', 'BUNDLE 0'),
    whipOffer.replace('a=rtcp-mux\r\n', ''),
    whipOffer.replaceAll('a=rtcp-mux\r\n', ''),
  ]) {
    t.equal((await postOffer(publishing, sdp)).status, 400);
  }
  t.equal(engine.commands.length, before, 'the engine heard of nothing');
  t.same(
    roster().map(({ id }) => id),
    [host.id],
  );
});

t.test('[GATE-6] PATCH with candidates: 204 without body and ETag', async (t) => {
  const { url, etag } = await publish();
  const answer = await patch(url, { 'if-match': etag }, fragment);
  t.equal(answer.status, 204);
  t.equal(answer.headers.get('etag'), null);
  t.equal(await answer.text(), '');
  t.equal((await patch(url, { 'if-match': `"x", ${etag}` }, fragment)).status, 204);
  t.equal((await patch(url, { 'if-match': '*' }, fragment)).status, 204);
  for (const broken of ['', 'v=0\r\n', '{}', restart.replace(/a=ice-pwd.*\r\n/, '')]) {
    t.equal((await patch(url, { 'if-match': etag }, broken)).status, 400, broken);
  }
  const wrong = await patch(url, { 'if-match': etag, 'content-type': 'application/sdp' }, fragment);
  t.equal(wrong.status, 415);
  await call(url, 'DELETE');
});

t.test('[GATE-7] PATCH with new credentials: 200, fragment, new ETag', async (t) => {
  const { url, etag, sdp } = await publish();
  const answer = await patch(url, { 'if-match': '"*"' }, restart);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('content-type'), fragmentType);
  const next = answer.headers.get('etag') ?? '';
  t.match(next, /^"[^"]+"$/);
  t.not(next, etag);
  const text = await answer.text();
  t.match(text, /^a=ice-lite\r\na=group:BUNDLE 0 1\r\nm=audio/);
  t.match(text, /a=candidate:1 1 udp/);
  t.not(ufragOf(text), ufragOf(sdp));
  t.equal((await patch(url, { 'if-match': etag }, fragment)).status, 412, 'the old session');
  t.equal((await patch(url, { 'if-match': next }, fragment)).status, 204);
  await call(url, 'DELETE');
});

t.test('[GATE-8] a failed restart leaves the old session alive', async (t) => {
  const { url, etag } = await publish();
  engine.refuse('transportRestartIce', 'limit_reached');
  t.equal((await patch(url, { 'if-match': '*' }, restart)).status, 503);
  engine.refuse('transportRestartIce', 'ok');
  t.equal((await patch(url, { 'if-match': etag }, fragment)).status, 204);
  t.equal((await patch(url, { 'if-match': '*' }, restart)).status, 200);
  await call(url, 'DELETE');
});

t.test('[GATE-9] PATCH without If-Match is 428, with a stale or weak one 412', async (t) => {
  const { url, etag } = await publish();
  t.equal((await patch(url, {}, fragment)).status, 428);
  for (const tag of ['"stale"', `W/${etag}`, etag.slice(1, -1), '']) {
    t.equal((await patch(url, { 'if-match': tag }, fragment)).status, 412, tag);
  }
  t.equal((await patch(url, { 'if-match': '"stale"' }, restart)).status, 412);
  await call(url, 'DELETE');
});

t.test('[GATE-10] overlapping restarts: one after the other, the last one holds', async (t) => {
  const { url, etag } = await publish();
  const answers = await Promise.all(
    [1, 2, 3].map((n) => patch(url, { 'if-match': '*' }, restart.replace('new1', `new${n}x`))),
  );
  const tags = answers.map(({ headers }) => headers.get('etag') ?? '');
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  t.equal(new Set([...tags, etag]).size, 4);
  const found = await Promise.all(tags.map((tag) => patch(url, { 'if-match': tag }, fragment)));
  t.same(found.map(({ status }) => status).sort(), [204, 412, 412]);
  await call(url, 'DELETE');
});

t.test('[GATE-11] DELETE: 200 whatever the ETag; everything is freed at once', async (t) => {
  const { url } = await publish();
  const id = url.split('/').at(-1) ?? '';
  const headers = { 'if-match': '"stale"', 'content-type': 'application/sdp' };
  const answer = await call(url, 'DELETE', headers);
  t.equal(answer.status, 200);
  const left = await host.client.type('participant.left', ({ d }) => d.id === id);
  t.equal(left.d.reason, 'left');
  await host.client.type('publication.removed');
  t.equal(engine.commands.filter(({ type }) => type === 'transportClose').length > 0, true);
  t.notOk(roster().some((participant) => participant.id === id));
  t.equal((await call(url, 'DELETE')).status, 404);
  t.equal((await patch(url, { 'if-match': '*' }, fragment)).status, 404);
});

t.test('[GATE-12] GET on endpoint and session: 2xx without content', async (t) => {
  const { url } = await publish();
  for (const address of [url, publishing.url]) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await call(address, method);
      t.equal(answer.status, 200, `${method} ${address}`);
      t.equal(await answer.text(), '');
    }
  }
  t.equal((await call(publishing.url, 'HEAD')).headers.get('content-type'), 'application/sdp');
  await call(url, 'DELETE');
  t.equal((await call(url, 'GET')).status, 404);
});

t.test('[GATE-13] OPTIONS: 200 with CORS and what may be posted, for anybody', async (t) => {
  for (const url of [publishing.url, viewing.url, `${publishing.url}/some-session`]) {
    const answer = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://studio.example', 'access-control-request-method': 'POST' },
    });
    t.equal(answer.status, 200);
    t.equal(answer.headers.get('access-control-allow-origin'), '*');
    t.match(answer.headers.get('access-control-allow-methods'), /POST, PATCH, DELETE/);
    t.match(answer.headers.get('access-control-allow-headers'), /Authorization.*If-Match/);
    t.match(answer.headers.get('access-control-expose-headers'), /Location, ETag, Link/);
    t.equal(answer.headers.get('link'), null, 'no credentials before the bearer token');
  }
  const { headers } = await fetch(publishing.url, { method: 'OPTIONS' });
  t.equal(headers.get('accept-post'), 'application/sdp');
  const refused = await postOffer({ ...publishing, key: 'wrong' }, whipOffer);
  t.equal(refused.headers.get('access-control-allow-origin'), '*', 'refusals are readable too');
});

t.test('[GATE-14] no capacity: 503 with Retry-After', async (t) => {
  engine.refuse('transportCreate', 'limit_reached');
  const answer = await postOffer(publishing, whipOffer);
  engine.refuse('transportCreate', 'ok');
  t.equal(answer.status, 503);
  t.match(answer.headers.get('retry-after'), /^\d+$/);
  t.match(await answer.json(), { code: 'no_capacity' });
});

t.test('[GATE-14] a busy media thread: newcomers are refused, who is in stays', async (t) => {
  const { url } = await publish();
  const told = engine.readStats;
  for (const second of [1, 2, 3]) {
    tellCounters(engine, { nowUs: 1e6 * second, cpuUs: 0.95e6 * second });
    media.stats();
  }
  const elsewhere = await createMeeting(origin);
  const answers = [
    await postOffer(publishing, whipOffer),
    await postOffer(viewing, whepOffer),
    await post(`${origin}/v1/join`, joinBody(meeting)),
    await post(`${origin}/v1/join`, joinBody(elsewhere)),
  ];
  for (const answer of answers) {
    t.equal(answer.status, 503);
    t.equal(answer.headers.get('retry-after'), '10');
    t.match(await answer.json(), { code: 'no_capacity' });
  }
  t.equal(host.client.closeCode, null, 'who is in stays');
  for (const second of [10, 20]) {
    tellCounters(engine, { nowUs: 1e6 * second, cpuUs: 2.85e6 });
    media.stats();
  }
  t.equal((await post(`${origin}/v1/join`, joinBody(meeting))).status, 201);
  engine.readStats = told;
  t.equal((await call(url, 'DELETE')).status, 200, 'the session was there all the time');
});

t.test('[GATE-15] a bearer token on everything but preflight', async (t) => {
  const { url } = await publish();
  const calls: [string, string][] = [
    [publishing.url, 'POST'],
    [publishing.url, 'GET'],
    [url, 'PATCH'],
    [url, 'DELETE'],
    [url, 'GET'],
  ];
  for (const [address, method] of calls) {
    for (const headers of [{}, { authorization: 'Basic eDp5' }, { authorization: 'Bearer' }]) {
      const answer = await fetch(address, { method, headers });
      t.equal(answer.status, 401, `${method} ${JSON.stringify(headers)}`);
      t.equal(answer.headers.get('www-authenticate'), 'Bearer');
    }
  }
  const other = await makeKey(origin, meeting, { scope: 'publish' });
  t.equal((await postOffer({ ...publishing, key: 'wrong' }, whipOffer)).status, 401);
  const scope = await postOffer({ ...publishing, key: viewing.key }, whipOffer);
  t.equal(scope.status, 403, 'a key to view');
  const foreign = await fetch(url, {
    method: 'DELETE',
    headers: { authorization: `bearer ${other.key}` },
  });
  t.equal(foreign.status, 404, "another key's session");
  t.equal((await call(url.replace('/whip/', '/whep/'), 'GET')).status, 404);
  await call(url, 'DELETE');
});

t.test('[GATE-16] ICE servers come as links with their credentials', async (t) => {
  const { answer, url } = await publish();
  t.equal(
    answer.headers.get('link'),
    [
      '<stun:stun.example.net>; rel="ice-server"',
      '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="u\\"ser"; ' +
        'credential="secret"; credential-type="password"',
      '<turns:turn.example.net>; rel="ice-server"; username="u\\"ser"; ' +
        'credential="secret"; credential-type="password"',
    ].join(', '),
  );
  await call(url, 'DELETE');
});

t.test('[GATE-17] WHEP before any publisher: 409 with Retry-After', async (t) => {
  const early = await postOffer(viewing, whepOffer);
  t.equal(early.status, 409);
  t.match(early.headers.get('retry-after'), /^\d+$/);
  t.match(await early.json(), { code: 'conflict' });
  const empty = await createMeeting(origin);
  const alone = await postOffer(await makeKey(origin, empty, { scope: 'view' }), whepOffer);
  t.equal(alone.status, 409);
  t.equal(services.rooms.find(empty.meeting.meeting_id), undefined, 'no room for nobody');
});

t.test('[GATE-18] WHEP: a viewer is in the roster and publishes nothing', async (t) => {
  const { url } = await publish();
  const answer = await postOffer(viewing, whepOffer);
  t.equal(answer.status, 201);
  const session = answer.headers.get('location') ?? '';
  t.match(session, new RegExp(`^${viewing.url}/[0-9a-f-]{36}$`));
  const sdp = await answer.text();
  t.match(sdp, /a=sendonly/);
  t.match(sdp, /m=video 40000 UDP\/TLS\/RTP\/SAVPF 96 97/, "the client's payload types");
  const { d } = await host.client.type('participant.joined', ({ d }) =>
    session.endsWith(d.participant.id),
  );
  t.match(d.participant, { name: 'Viewer', kind: 'whep' });
  const late = await enter(origin, meeting);
  t.ok(late.joined.d.snapshot?.participants.some(({ kind }) => kind === 'whep'));
  t.notOk(
    late.joined.d.snapshot?.publications.some(
      ({ participant_id }) => participant_id === d.participant.id,
    ),
  );
  const viewer = { authorization: `Bearer ${viewing.key}` };
  const etag = answer.headers.get('etag') ?? '';
  t.equal((await patch(session, { ...viewer, 'if-match': etag }, fragment)).status, 204);
  t.equal((await patch(session, { ...viewer, 'if-match': '*' }, restart)).status, 200);
  t.equal((await postOffer(viewing, whipOffer)).status, 400, 'an offer that sends');
  t.equal((await call(session, 'DELETE', viewer)).status, 200);
  await call(url, 'DELETE');
});

t.test('[GATE-20] the body comes in pieces, from a client that waits for 100', async (t) => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      'content-type': 'application/sdp',
      authorization: `Bearer ${publishing.key}`,
      expect: '100-continue',
    };
    const client = request(publishing.url, { method: 'POST', headers }, (answer) => {
      const url = String(answer.headers.location);
      answer.resume().on('end', () => {
        call(url, 'DELETE').then(() => resolve(answer.statusCode), reject);
      });
    });
    client.on('error', reject);
    client.on('continue', () => {
      client.write(whipOffer.slice(0, 500));
      client.end(whipOffer.slice(500));
    });
    client.flushHeaders();
  });
  t.equal(status, 201);
  const key = `${origin}/v1/meetings/${meeting.meeting.meeting_id}/ingest-keys`;
  t.equal((await post(key, {})).status, 400, 'and JSON goes on being JSON elsewhere');
});

t.test(
  '[GATE-19] a lost client: the session ends with consent, or when it never came',
  async (t) => {
    const created = () => engine.commands.findLast(({ type }) => type === 'transportCreate');
    const lost = await publish();
    const create = created();
    if (create?.type !== 'transportCreate') throw new Error('no transport');
    engine.connect(create.transport);
    const state = { type: 'transportState', transport: create.transport, remote: '' } as const;
    const expired = { state: 'disconnected', reason: 'consent_expired', profile: 'none' } as const;
    engine.emit({ ...state, ...expired });
    const left = await host.client.type('participant.left', ({ d }) => lost.url.endsWith(d.id));
    t.equal(left.d.reason, 'timeout');
    t.equal((await call(lost.url, 'GET')).status, 404);
    const never = await publish();
    const kept = await publish();
    const other = created();
    if (other?.type !== 'transportCreate') throw new Error('no transport');
    engine.connect(other.transport);
    clock.advance(29_000);
    t.equal((await call(never.url, 'GET')).status, 200);
    clock.advance(2000);
    t.equal((await call(never.url, 'GET')).status, 404, 'it never connected');
    t.equal((await call(kept.url, 'GET')).status, 200, 'it did');
  },
);
