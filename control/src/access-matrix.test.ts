/**
 * Object access: every operation of the OpenAPI document by everybody, on things of the owner and of
 * the owner's live meeting. A new route fails here until it has its line or fits the rules below;
 * whoever is not named is refused. (D-21)
 */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { systemClock } from './clock.js';
import { systemIds } from './ids.js';
import { makeUser } from './testing/test-accounts.js';
import { enter, knock, post } from './testing/test-client.js';
import { everybody, testWorld, type Who } from './testing/test-world.js';

interface DocumentedOperation {
  'x-plenum-auth': string[];
  parameters?: { in: string; name: string }[];
}

const world = await testWorld(t);
const { control, origin, who, meeting } = world;
const { paths } = (await (await fetch(`${origin}/v1/openapi.json`)).json()) as {
  paths: Record<string, Record<string, DocumentedOperation>>;
};
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method} ${path}`,
    path,
    method,
    auth: operation['x-plenum-auth'],
    isConditional: (operation.parameters ?? []).some(({ name }) => name === 'if-none-match'),
  })),
);
type Operation = (typeof operations)[number];

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** What each needs to get as far as the rule about whose things they are. */
const bodies: Record<string, unknown> = {
  'patch /v1/users/me': {},
  'post /v1/users/me/password': { current_password: 'x', new_password: 'another long password' },
  'patch /v1/users/{user_id}': { about: 'x' },
  'post /v1/users/me/factors': { kind: 'totp' },
  'post /v1/users/me/factors/{factor_id}/confirm': { code: '000000' },
  'post /v1/api-keys': { name: 'x', scopes: ['meetings:read'] },
  'post /v1/meetings': {},
  'patch /v1/meetings/{meeting_id}': { title: 'x' },
  'post /v1/meetings/{meeting_id}/invites': { role: 'participant' },
  'post /v1/meetings/{meeting_id}/join': {},
  'patch /v1/meetings/{meeting_id}/participants/{participant_id}': { can_unmute: true },
  'post /v1/meetings/{meeting_id}/participants/mute-all': {
    source: 'microphone',
    self_unmute: true,
  },
  'post /v1/meetings/{meeting_id}/lobby/admit': { all: true },
  'post /v1/meetings/{meeting_id}/lobby/deny': { all: true },
  'post /v1/meetings/{meeting_id}/lobby/message': { body: 'x' },
  'post /v1/meetings/{meeting_id}/messages': { body: 'x' },
  'post /v1/meetings/{meeting_id}/ingest-keys': { scope: 'view' },
  'post /v1/recordings/{recording_id}/renders': { layout: 'speaker' },
  'post /v1/recordings/{recording_id}/shares': { expires_at: inAnHour() },
  'post /v1/recording-shares/{share_id}': { secret: 'x'.repeat(43) },
  'post /v1/recording-shares/{share_id}/files/{file_id}/url': { secret: 'x'.repeat(43) },
  'post /v1/webhooks': { url: 'https://example.org/hook' },
  'patch /v1/webhooks/{webhook_id}': { is_enabled: true },
  'patch /v1/recordings/{recording_id}': { state: 'paused' },
  'post /v1/webhooks/{webhook_id}/replay': { after_event_id: systemIds(systemClock).next() },
};

/** What somebody in the room who is no host may do there. */
const forParticipants = [
  'get /v1/meetings/{meeting_id}/participants',
  'get /v1/meetings/{meeting_id}/participants/{participant_id}',
  'get /v1/meetings/{meeting_id}/messages',
  'post /v1/meetings/{meeting_id}/messages',
];

const kinds: Record<Who, string> = {
  anonymous: 'none',
  stranger: 'part',
  participant: 'part',
  host: 'part',
  owner: 'user',
  other: 'user',
  admin: 'user',
};
const known = ['user', 'part', 'key', 'admin'];

/** 0: not refused for who they are. */
function expectedOf({ name, path, auth }: Operation, whom: Who): number {
  const kind = kinds[whom];
  // A bearer that is no key of a session finds none there.
  if (auth.includes('ingest'))
    return kind === 'part' && path.includes('{transport_id}') ? 404 : 401;
  if (!auth.some((named) => known.includes(named))) return 0;
  const isNamed = auth.includes(kind) || (whom === 'admin' && auth.includes('admin'));
  if (!isNamed) return kind === 'none' ? 401 : 403;
  if (name === 'post /v1/meetings/{meeting_id}/join') return whom === 'owner' ? 0 : 403;
  if (path.includes('{meeting_id}')) return ofMeeting(name, whom);
  if (path.includes('{recording_id}')) return whom === 'owner' || whom === 'admin' ? 0 : 404;
  const isOwn = /\{(api_key|session|factor|webhook|delivery)_id\}/.test(path);
  return isOwn && whom !== 'owner' ? 404 : 0;
}

function ofMeeting(name: string, whom: Who): number {
  if (whom === 'stranger' || whom === 'other') return 404;
  return whom === 'participant' && !forParticipants.includes(name) ? 403 : 0;
}

const meetingUrl = `${origin}/v1/meetings/${world.ids.meeting_id}`;

async function made(url: string, body: object, by: Who, field: string): Promise<string> {
  const response = await post(url, body, who[by]);
  const answer = (await response.json()) as Record<string, string>;
  if (answer[field] === undefined) throw new Error(`${url}: ${JSON.stringify(answer)}`);
  return answer[field];
}

/** Of the owner's meeting; the last that was made is the one whose things are asked for. */
let recordingId = '';
async function lastRecording(): Promise<string> {
  recordingId = systemIds(systemClock).next();
  await control.database.query('delete from recording_shares');
  await control.database.query(
    `insert into recordings (meeting_id, recording_id, room_id, title, status, consent, created_at)
     values ($1, $2, $3, 'A recording', 'ready', 'inform', now())`,
    [world.ids.meeting_id, recordingId, world.ids.room_id],
  );
  return recordingId;
}

/** A fresh thing of each kind: what one caller ends the next one finds. */
const things: Record<string, (whom: Who) => Promise<string>> = {
  /** Of a report. */
  name: async () => 'meetings',
  user_id: async (whom) =>
    whom === 'admin' ? (await makeUser(control)).userId : (world.ids.user_id as string),
  participant_id: async () => (await enter(origin, meeting, { name: 'Guest' })).id,
  invite_id: () => made(`${meetingUrl}/invites`, { role: 'participant' }, 'owner', 'invite_id'),
  message_id: () => made(`${meetingUrl}/messages`, { body: 'x' }, 'host', 'message_id'),
  ingest_key_id: () =>
    made(`${meetingUrl}/ingest-keys`, { scope: 'view' }, 'owner', 'ingest_key_id'),
  api_key_id: () =>
    made(`${origin}/v1/api-keys`, { name: 'x', scopes: ['meetings:read'] }, 'owner', 'api_key_id'),
  factor_id: async () => {
    await control.database.query('delete from factors');
    return made(`${origin}/v1/users/me/factors`, { kind: 'totp' }, 'owner', 'factor_id');
  },
  webhook_id: async () => world.ids.webhook_id as string,
  delivery_id: async () => world.ids.delivery_id as string,
  session_id: async () => {
    const begun = { userId: world.ids.user_id as string, userAgent: 'x', secondFactor: false };
    return (await control.services.sessions.begin(control.database, begun)).session.sessionId;
  },
  recording_id: async () => lastRecording(),
  file_id: async () => {
    const fileId = systemIds(systemClock).next();
    await control.database.query(
      `insert into recording_files (recording_id, file_id, kind, object_key, content_type,
         size_bytes, sha256, start_ms, end_ms, created_at)
       values ($1, $2, 'track', 'recordings/x/1/y.webm', 'video/webm', 1, '', 0, 1, now())`,
      [recordingId, fileId],
    );
    return fileId;
  },
  render_id: async () => {
    const renderId = systemIds(systemClock).next();
    await control.database.query('delete from recording_renders');
    await control.database.query(
      `insert into recording_renders (recording_id, render_id, layout, state, created_at)
       values ($1, $2, 'gallery', 'queued', now())`,
      [recordingId, renderId],
    );
    return renderId;
  },
  share_id: () =>
    made(
      `${origin}/v1/recordings/${recordingId}/shares`,
      { expires_at: inAnHour() },
      'owner',
      'share_id',
    ),
  block_id: async () => {
    const id = systemIds(systemClock).next();
    await control.database.query(
      `insert into blocks (meeting_id, block_id, participant_id, created_at)
       values ($1, $2, $2, now())`,
      [world.ids.meeting_id, id],
    );
    return id;
  },
  node_id: async () => {
    const id = systemIds(systemClock).next();
    await control.database.query(
      `insert into nodes (node_id, name, region, enrolled_at, last_seen_at)
       values ($1, 'a node', 'default', now(), now())`,
      [id],
    );
    return id;
  },
  room_id: async () => world.ids.room_id as string,
  transport_id: async () => randomUUID(),
  key: async () => 'x'.repeat(43),
  provider: async () => 'nobody',
};

async function pathFor({ name, path }: Operation, whom: Who): Promise<string> {
  let address = path;
  for (const [place, parameter] of path.matchAll(/\{(\w+)\}/g)) {
    const id = endsMeeting.includes(name) ? await otherMeeting() : world.ids.meeting_id;
    const make = things[parameter as string];
    const value = parameter === 'meeting_id' ? id : await make?.(whom);
    if (value === undefined) throw new Error(`${name}: nothing makes a ${parameter}`);
    address = address.replace(place, value);
  }
  return address;
}

const endsMeeting = ['delete /v1/meetings/{meeting_id}'];
const otherMeeting = async () => {
  const created = await (await post(`${origin}/v1/meetings`, {}, who.owner)).json();
  return (created as { meeting: { meeting_id: string } }).meeting.meeting_id;
};

/** What was read and had an ETag. */
const tagged = new Set<string>();

async function statusOf(operation: Operation, whom: Who): Promise<number> {
  const body = bodies[operation.name];
  const needsBody = operation.method === 'post' && body === undefined ? {} : body;
  const response = await fetch(`${origin}${await pathFor(operation, whom)}`, {
    method: operation.method.toUpperCase(),
    redirect: 'manual',
    headers: {
      'idempotency-key': randomUUID(),
      'if-match': '*',
      ...(needsBody === undefined ? {} : { 'content-type': 'application/json' }),
      ...who[whom],
    },
    ...(needsBody === undefined ? {} : { body: JSON.stringify(needsBody) }),
  });
  await response.arrayBuffer();
  if (operation.method === 'get' && response.headers.has('etag')) tagged.add(operation.name);
  return response.status;
}

/** They end what the others need: at last, by whoever may. */
const last = [
  'delete /v1/webhooks/{webhook_id}',
  'delete /v1/sessions',
  'post /v1/meetings/{meeting_id}/end',
];
/** WebSockets have no status; tokens are their matter (tokens.test.ts, signaling). */
const sockets = ['get /v1/rtc'];

t.test(`${operations.length} operations by ${everybody.length}`, async (t) => {
  await knock(origin, meeting, { name: 'Waiting' }).catch(() => {});
  const ordered = [
    ...operations.filter(({ name }) => !last.includes(name) && !sockets.includes(name)),
    ...operations.filter(({ name }) => last.includes(name)),
  ];
  for (const operation of ordered) {
    const isLast = last.includes(operation.name);
    for (const whom of everybody) {
      const expected = expectedOf(operation, whom);
      if (isLast && expected === 0) continue;
      const status = await statusOf(operation, whom);
      const denied = [401, 403, 404].includes(status);
      const isRight =
        expected === 0 ? !denied || isOpenRefusal(operation, status) : status === expected;
      if (!isRight) t.fail(`${operation.name} by ${whom}: ${status}, not ${expected || 'let in'}`);
    }
  }
  t.pass('everybody was let in or refused as they should');
  const conditional = operations.filter(({ isConditional }) => isConditional);
  t.strictSame(
    [...tagged].sort(),
    conditional.map(({ name }) => name).sort(),
    'what has an ETag says that it takes If-None-Match',
  );
});

/** Where anybody may knock, what is wrong with the knock is refused with these as well. */
function isOpenRefusal({ auth, path }: Operation, status: number): boolean {
  const asksTheTyped =
    auth.includes('none') && /sessions|join|users|oidc|avatars|resets|recording-/.test(path);
  const asksPassword = path.endsWith('/password') || path.includes('/factors');
  return (asksTheTyped && status !== 500) || (asksPassword && status === 403);
}

t.test('what ends something for all: by who may', async (t) => {
  const end = `${meetingUrl}/end`;
  t.equal((await post(end, {}, who.participant)).status, 403);
  t.equal((await post(end, {}, who.host)).status, 200);
  const gone = await fetch(`${meetingUrl}/participants`, { headers: who.host });
  t.equal(gone.status, 401, 'the seat is gone, and its token with it');
  const webhook = `${origin}/v1/webhooks/${world.ids.webhook_id}`;
  const headers = { ...who.owner, 'if-match': '*' };
  t.equal((await fetch(webhook, { method: 'DELETE', headers })).status, 204);
  const out = await fetch(`${origin}/v1/sessions`, { method: 'DELETE', headers: who.owner });
  t.equal(out.status, 204);
  t.equal((await fetch(meetingUrl, { headers: who.owner })).status, 401);
});
