import t from 'tap';
import { createApi, type Join } from '../../../client/src/index.js';
import { Account } from './account.js';
import { Entry } from './entry.js';
import type { LocalMedia } from './local-media.js';
import type { Meeting } from './meeting.js';
import type { MeetingState } from './meeting-state.js';
import { Settings } from './settings.js';
import { Store } from './store.js';
import { testStorage } from './test-storage.js';

const server_time = '2026-01-01T00:00:00.000Z';
const signaling = ['ws://here', 'wss://near.example', 'wss://far.example'].map((origin) => ({
  ...{ url: `${origin}/v1/rtc`, region: 'local' },
}));
const opened = { title: 'Plans', host_present: true, lobby: false, personal: true, server_time };

interface Situation {
  user?: object;
  /** In this browser. */
  before?: Record<string, string>;
  /** This answer to a join is lost. */
  lost?: number;
  /** Of the tokens that joins give. */
  expires_at?: string;
}

/** A server with one meeting, and maybe somebody who is logged in. */
function door({ user, before = {}, lost, expires_at }: Situation) {
  const settings = new Settings(testStorage(before));
  const asked: string[] = [];
  const joins: Join[] = [];
  const keys: (string | null)[] = [];
  /** Servers that are gone; '' is that of the page. */
  const gone: string[] = [];
  let refusedWith: string | undefined;
  const servers = (origin: string) => createApi((path, init) => answer(origin, path, init));
  const answer = async (origin: string, path: string, init: RequestInit) => {
    asked.push(`${init.method} ${origin}${path}`);
    if (gone.includes(origin)) throw new Error('connection refused');
    const body = JSON.parse(String(init.body ?? 'null'));
    if (body?.secret === 'old') return refusal('join_refused');
    if (path === '/v1/join/check') return Response.json({ ...opened, needs: ['name'] });
    if (path === '/v1/users/me' && user) return Response.json(user);
    if (path === '/v1/users/me') return refusal('unauthenticated');
    joins.push(body);
    keys.push(new Headers(init.headers).get('idempotency-key'));
    if (joins.length === lost) throw new Error('the answer is lost');
    if (joins.length === 1) return refusal('meeting_full');
    if (refusedWith !== undefined) return refusal(refusedWith);
    return Response.json({ expires_at, signaling }, { status: 201 });
  };
  const api = servers('');
  const left: string[] = [];
  const close = () => left.push('devices');
  const local = { open: async () => {}, close } as unknown as LocalMedia;
  const store = new Store<Partial<MeetingState>>({ connection: 'connecting' });
  const leave = () => left.push('meeting');
  const stayOf = () => ({ store, start: () => {}, leave }) as unknown as Meeting;
  const account = new Account(api, settings);
  const link = { code: 'abc', secret: 's' };
  const tools = { api, origin: 'http://here', apiAt: servers, account, settings, local, stayOf };
  const entry = new Entry(link, tools);
  const refuseAll = (code: string) => {
    refusedWith = code;
  };
  return { entry, settings, asked, joins, keys, left, stay: store, gone, refuseAll };
}

function refusal(code: string): Response {
  const headers = { 'content-type': 'application/problem+json' };
  return new Response(JSON.stringify({ code, detail: '' }), { status: 401, headers });
}

t.test('a guest is not asked after, types a name, and it is kept', async (t) => {
  const { entry, settings, asked, joins } = door({});
  await entry.check();
  t.match(entry.store.get(), { phase: 'ready', user: undefined, meeting: { title: 'Plans' } });
  await entry.join({ name: 'Gus' });
  t.match(entry.store.get(), { phase: 'ready', error: 'meeting_full', joining: false });
  await entry.join({ name: 'Gus' });
  t.match(entry.store.get(), { phase: 'inside', title: 'Plans', isPersonal: true });
  t.match(joins, [{ display_name: 'Gus', code: 'abc', secret: 's' }, { display_name: 'Gus' }]);
  t.equal(settings.name, 'Gus');
  t.notOk(asked.includes('GET /v1/users/me'));
});

t.test('who is logged in is known by the account, also after a refusal', async (t) => {
  const user = { username: 'Ada', avatar_url: '/a.jpg' };
  const before = { 'plenum.wasLoggedIn': 'yes', 'plenum.name': 'Gus' };
  const { entry, settings, joins } = door({ user, before });
  await entry.check();
  t.match(entry.store.get(), { phase: 'ready', user });
  await entry.join({ name: 'Ada at the desk' });
  t.match(entry.store.get(), { phase: 'ready', user, error: 'meeting_full' });
  t.match(joins, [{ display_name: 'Ada at the desk' }], 'another name for this meeting');
  t.equal(settings.name, 'Gus', 'what a guest is called here stays');
});

t.test('a login that has ended makes a guest', async (t) => {
  const before = { 'plenum.wasLoggedIn': 'yes', 'plenum.name': 'Gus' };
  const { entry, settings } = door({ before });
  await entry.check();
  t.match(entry.store.get(), { phase: 'ready', user: undefined });
  t.notOk(settings.wasLoggedIn);
});

t.test('the end of a stay: what the server gave as a reason is what is shown', async (t) => {
  const ends: [Partial<MeetingState>, object][] = [
    [{ endReason: 'removed' }, { phase: 'over', reason: 'removed' }],
    [
      { endReason: 'removed', endCode: 'blocked' },
      { phase: 'refused', code: 'blocked' },
    ],
    [
      { endReason: 'refused', endCode: 'meeting_locked' },
      { phase: 'refused', code: 'meeting_locked' },
    ],
  ];
  for (const [end, shown] of ends) {
    const { entry, stay } = door({ user: {}, before: { 'plenum.wasLoggedIn': 'yes' } });
    await entry.check();
    await entry.join({ name: 'Ada' });
    await entry.join({ name: 'Ada' });
    stay.patch({ connection: 'ended', ...end });
    t.match(entry.store.get(), shown);
  }
});

t.test(
  'a token that was void before anybody was in: asked for another seat, and no more than twice',
  async (t) => {
    const { entry, joins, keys, stay } = door({});
    await entry.check();
    await entry.join({ name: 'Gus' });
    await entry.join({ name: 'Gus' });
    const before = joins.length;
    for (const more of [1, 2]) {
      stay.patch({ connection: 'ended', endReason: 'seat_lost' });
      await new Promise(setImmediate);
      t.equal(joins.length, before + more);
      t.equal(entry.store.get().phase, 'inside');
      stay.patch({ connection: 'connecting' });
    }
    t.equal(new Set(keys.slice(-3)).size, 3, 'each is another request');
    stay.patch({ connection: 'ended', endReason: 'seat_lost' });
    await new Promise(setImmediate);
    t.equal(joins.length, before + 2);
    t.match(entry.store.get(), { phase: 'over', reason: 'seat_lost' });
  },
);

t.test('the server is gone as well: the others that it named are asked, each once', async (t) => {
  const { entry, asked, joins, keys, stay, gone } = door({});
  await entry.check();
  await entry.join({ name: 'Gus' });
  await entry.join({ name: 'Gus' });
  const before = [...asked];
  gone.push('', 'https://near.example');
  stay.patch({ connection: 'ended', endReason: 'seat_lost' });
  await new Promise(setImmediate);
  t.same(asked.slice(before.length), [
    'POST /v1/join',
    'POST https://near.example/v1/join',
    'POST https://far.example/v1/join',
  ]);
  t.equal(entry.store.get().phase, 'inside');
  t.same(joins.at(-1), joins.at(-2), 'for the same');
  t.not(keys.at(-1), keys.at(-2), 'as another request');

  stay.patch({ connection: 'connecting' });
  gone.push('https://far.example');
  stay.patch({ connection: 'ended', endReason: 'seat_lost' });
  await new Promise(setImmediate);
  t.match(entry.store.get(), { phase: 'over', reason: 'seat_lost' }, 'none answers');
});

t.test('a server that refuses has answered: no other is asked', async (t) => {
  const { entry, asked, stay, refuseAll } = door({});
  await entry.check();
  await entry.join({ name: 'Gus' });
  await entry.join({ name: 'Gus' });
  refuseAll('meeting_locked');
  const before = asked.length;
  stay.patch({ connection: 'ended', endReason: 'seat_lost' });
  await new Promise(setImmediate);
  t.same(asked.slice(before), ['POST /v1/join']);
  t.match(entry.store.get(), { phase: 'over', reason: 'seat_lost' });
});

t.test('who goes while another seat is asked for stays out', async (t) => {
  const { entry, joins, left, stay } = door({});
  await entry.check();
  await entry.join({ name: 'Gus' });
  await entry.join({ name: 'Gus' });
  const before = joins.length;
  stay.patch({ connection: 'ended', endReason: 'seat_lost' });
  t.match(entry.store.get(), { phase: 'ready', joining: true, meeting: { title: 'Plans' } });
  entry.quit();
  t.same(left, ['devices']);
  await new Promise(setImmediate);
  t.equal(joins.length, before + 1, 'a seat was given');
  t.match(entry.store.get(), { phase: 'over', reason: 'left' });
});

t.test('who was in and lost the seat is told', async (t) => {
  const { entry, joins, stay } = door({});
  await entry.check();
  await entry.join({ name: 'Gus' });
  await entry.join({ name: 'Gus' });
  const before = joins.length;
  stay.patch({ connection: 'online' });
  stay.patch({ connection: 'ended', endReason: 'seat_lost' });
  t.match(entry.store.get(), { phase: 'over', reason: 'seat_lost' });
  t.equal(joins.length, before);
});

t.test('a page that broke leaves the meeting and switches the devices off', async (t) => {
  const { entry, left } = door({});
  await entry.check();
  await entry.join({ name: 'Gus' });
  await entry.join({ name: 'Gus' });
  t.equal(entry.store.get().phase, 'inside');
  entry.quit();
  t.same(left, ['meeting', 'devices']);
});

t.test('a page that broke while it joins does not go in', async (t) => {
  const { entry, joins, left } = door({});
  await entry.check();
  await entry.join({ name: 'Gus' });
  const joining = entry.join({ name: 'Gus' });
  entry.quit();
  await joining;
  t.equal(joins.length, 2, 'a seat was given');
  t.match(entry.store.get(), { phase: 'over', reason: 'left' });
  t.same(left, ['devices']);
});

t.test('after a lost answer the seat that was given is asked for again', async (t) => {
  const { entry, joins, keys } = door({ lost: 2, expires_at: '2026-01-01T00:02:00.000Z' });
  await entry.check();
  await entry.join({ name: 'Gus' });
  await entry.join({ name: 'Gus' });
  t.match(entry.store.get(), { phase: 'ready', error: 'unreachable' });
  await entry.join({ name: 'Gus' });
  t.equal(entry.store.get().phase, 'inside');
  t.equal(keys[2], keys[1]);
  t.same(joins[2], joins[1]);
  t.match(joins[1]?.device_id, /./);
});

t.test('a token that has expired meanwhile is not gone in with', async (t) => {
  const { entry, keys } = door({ lost: 2, expires_at: '2025-12-31T23:59:59.000Z' });
  await entry.check();
  for (let press = 0; press < 3; press++) await entry.join({ name: 'Gus' });
  t.equal(entry.store.get().phase, 'inside');
  t.equal(keys.length, 4);
  t.not(keys[3], keys[2]);
});

t.test('a host’s secret that opens nothing is forgotten, the link goes on', async (t) => {
  const { entry, settings } = door({ before: { 'plenum.host.abc': 'old' } });
  await entry.check();
  t.equal(entry.store.get().phase, 'ready');
  t.equal(settings.hostSecret('abc'), undefined);
});
