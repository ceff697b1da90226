import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import type { ManifestLine } from '../../../../recorder/src/index.js';
import { FileObjects } from '../../store/file-objects.js';
import { storedStatus } from '../../testing/scripted-recorders.js';
import { makeAdmin } from '../../testing/test-accounts.js';
import { createMeeting } from '../../testing/test-client.js';
import { testDatabase, testFolder, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';
import { RecordingStage } from '../../testing/test-recordings.js';
import { eventually } from '../../testing/test-redis.js';
import { lookUpRecording, type RecordingRecord } from './repository.js';

const server = await testServer(t);
const openStage = async (t: Parameters<typeof RecordingStage.open>[0]) =>
  RecordingStage.open(t, await testDatabase(t, server));

/** Files, and all that was ever begun to be read of them. */
function readObjects(t: Test) {
  const objects = new FileObjects(join(testFolder(t), 'objects'));
  const opened: Readable[] = [];
  const read = objects.read.bind(objects);
  objects.read = async (key, range) => {
    const stream = await read(key, range);
    if (stream !== null) opened.push(stream);
    return stream;
  };
  return { objects, opened };
}

const ada = randomUUID();
const chat = (t: number, messageId: string, body: string): ManifestLine => ({
  ...{ type: 'chat', t, message_id: messageId, participant_id: ada, name: 'Ada', body },
});
const lines: ManifestLine[] = [
  { type: 'take', t: 0, take: 1, epoch: 1, recorder_id: randomUUID() },
  { type: 'joined', t: 0, participant_id: ada, name: 'Ada' },
  { type: 'speaker', t: 3000, participant_id: ada },
  { type: 'stopped', t: 20_000, reason: 'host' },
];

t.test('a recording as its hosts see it', async (t) => {
  const stage = await openStage(t);
  const recording = await stage.ready(lines);
  const ask = caller(stage.control.origin, stage.owner.cookie);
  const url = `/v1/recordings/${recording.recordingId}`;
  const found = await ask('GET', url);
  t.equal(found.status, 200);
  t.match(found.body, {
    recording_id: recording.recordingId,
    meeting_id: recording.meetingId,
    room_id: recording.roomId,
    title: 'Tea',
    status: 'ready',
    duration_ms: 20_000,
    files: [{ kind: 'track', source: 'camera', codec: 'vp8' }],
  });
  t.equal(found.body.files.length, 1, 'the manifest is no file that is given out');
  const tag = found.headers.get('etag') as string;
  t.equal((await ask('GET', url, undefined, { 'if-none-match': tag })).status, 304);
  const playback = await ask('GET', `${url}/playback`);
  t.match(playback.body, {
    recording: { recording_id: recording.recordingId, files: [{ kind: 'track' }] },
    participants: [{ participant_id: ada, name: 'Ada', spans: [{ from_ms: 0, to_ms: 20_000 }] }],
    chapters: [{ kind: 'speaker', participant_id: ada, from_ms: 3000, to_ms: 20_000 }],
    messages: [],
    gaps: [],
  });
  t.equal(playback.body.recording.files.length, 1);
});

/** Types of the lines, and the text. */
async function manifestOf({ control, owner }: RecordingStage, url: string) {
  const answer = await fetch(`${control.origin}${url}/manifest`, { headers: owner.cookie });
  const text = await answer.text();
  const types = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).type]));
  return { text, types, contentType: answer.headers.get('content-type') };
}

t.test('one manifest of all takes; it is read by nobody as it lies in the store', async (t) => {
  const stage = await openStage(t);
  const recording = await stage.recording(await stage.meeting(), { take: 2 });
  const takes = await Promise.all([1, 2].map((take) => stage.files(recording, { take, lines })));
  const recorder = stage.recorders.add(stage.ids.next());
  const ids = { recordingId: recording.recordingId, meetingId: recording.meetingId };
  for (const [index, files] of takes.entries()) {
    const status = storedStatus(ids, { take: index + 1, files });
    stage.recorders.says(recorder, { type: 'recording', status });
  }
  await stage.control.services.kept.keeper.settled();
  const url = `/v1/recordings/${recording.recordingId}`;
  const { types, contentType } = await manifestOf(stage, url);
  t.equal(contentType, 'application/jsonl; charset=utf-8');
  const each = lines.map(({ type }) => type);
  t.strictSame(types, ['recording', ...each, ...each], 'it says once whose it is');
  const ask = caller(stage.control.origin, stage.owner.cookie);
  for (const { fileId, kind } of takes.flat()) {
    const { status } = await ask('POST', `${url}/files/${fileId}/url`);
    t.equal(status, kind === 'manifest' ? 404 : 200, kind);
  }
});

t.test('whoever leaves a manifest before its end leaves nothing open at the store', async (t) => {
  const { objects, opened } = readObjects(t);
  const stage = await RecordingStage.open(t, await testDatabase(t, server), { objects });
  const many = Array.from(
    { length: 5000 },
    (_, t): ManifestLine => ({ type: 'speaker', t, participant_id: ada }),
  );
  const { recordingId } = await stage.ready(many);
  const recording = (await lookUpRecording(stage.database, recordingId)) as RecordingRecord;
  for (const pieces of [0, 1, 2]) {
    const stream = await stage.control.services.kept.recordings.manifest(recording);
    const reading = stream[Symbol.asyncIterator]();
    for (let read = 0; read < pieces; read++) t.match(await reading.next(), { done: false });
    t.notOk(opened.at(-1)?.closed, 'there is more of it');
    stream.destroy();
    await eventually(
      'all are closed',
      async () => opened.every(({ closed }) => closed) || undefined,
    );
  }
  t.equal(opened.length, 4, 'for what is in it, and three times to give it out');
});

t.test('of the chat nothing is given out that was deleted since, by whatever way', async (t) => {
  const stage = await openStage(t);
  const room = await stage.meeting();
  const [one, other] = [await stage.message(room), await stage.message(room)];
  const said = [chat(1000, one, 'to be deleted'), chat(2000, other, 'hello')];
  const { recordingId } = await stage.ready(
    [...lines, ...said, chat(3000, 'm1', 'of nobody')],
    room,
  );
  const ask = caller(stage.control.origin, stage.owner.cookie);
  const url = `/v1/recordings/${recordingId}`;
  const shown = async () => {
    const { body } = await ask('GET', `${url}/playback`);
    const { text } = await manifestOf(stage, url);
    const inManifest = said.filter((line) => text.includes(JSON.stringify(line))).length;
    t.equal(body.messages.length, inManifest, 'in both the same');
    return body.messages.map((message: { body: string }) => message.body);
  };
  t.strictSame(await shown(), ['to be deleted', 'hello']);
  const messages = `/v1/meetings/${room.meetingId}/messages`;
  t.equal((await ask('DELETE', `${messages}/${one}`)).status, 204);
  t.strictSame(await shown(), ['hello']);
  t.notMatch((await manifestOf(stage, url)).text, /to be deleted|of nobody/);
  await stage.database.query(`delete from messages where message_id = $1`, [other]);
  t.strictSame(await shown(), [], 'nor what the chat keeps no longer');
  t.equal((await ask('DELETE', url, undefined, { 'if-match': '*' })).status, 204);
  for (const path of ['/playback', '/manifest']) {
    t.equal(
      (await ask('GET', `${url}${path}`)).status,
      404,
      'of one that is deleted nothing at all',
    );
  }
});

t.test('who was asked, and what they said', async (t) => {
  const stage = await openStage(t);
  const { recordingId } = await stage.ready();
  const [first, second] = [stage.ids.next(), stage.ids.next()];
  await stage.database.query(
    `insert into recording_consents (recording_id, participant_id, name, accepted, text_version,
       asked_at, answered_at)
     values ($1, $2, 'Ada', true, '1', now(), now()), ($1, $3, 'Bob', null, '1', now(), null)`,
    [recordingId, first, second],
  );
  const ask = caller(stage.control.origin, stage.owner.cookie);
  const url = `/v1/recordings/${recordingId}/consents`;
  t.match((await ask('GET', url)).body, {
    items: [
      { participant_id: first, name: 'Ada', accepted: true, text_version: '1' },
      { participant_id: second, name: 'Bob', accepted: null, answered_at: null },
    ],
    next_cursor: null,
  });
  const page = await ask('GET', `${url}?limit=1`);
  t.match((await ask('GET', `${url}?cursor=${page.body.next_cursor}`)).body, {
    items: [{ name: 'Bob' }],
  });
});

t.test('lists: of a meeting, of an account, of everybody', async (t) => {
  const stage = await openStage(t);
  const { origin } = stage.control;
  const [room, other] = [await stage.meeting(), await stage.meeting()];
  const made: string[] = [];
  for (const one of [room, other, room]) made.push((await stage.recording(one)).recordingId);
  const ids = ({ body }: { body: { items: { recording_id: string }[] } }) =>
    body.items.map(({ recording_id }) => recording_id);
  const ask = caller(origin, stage.owner.cookie);
  const ofMeeting = `/v1/meetings/${room.meetingId}/recordings`;
  t.strictSame(ids(await ask('GET', ofMeeting)), [made[0], made[2]]);
  t.strictSame(ids(await ask('GET', `${ofMeeting}?order=desc`)), [made[2], made[0]]);
  t.strictSame(ids(await ask('GET', '/v1/recordings')), made);
  const newest = await ask('GET', '/v1/recordings?order=desc&limit=2');
  t.strictSame(ids(newest), [made[2], made[1]]);
  const rest = `/v1/recordings?order=desc&cursor=${newest.body.next_cursor}`;
  t.strictSame(ids(await ask('GET', rest)), [made[0]]);
  t.equal((await ask('GET', '/v1/recordings?all=true')).status, 403);
  const [somebody, admin] = [
    await testAccount(stage.control),
    await testAccount(stage.control, true),
  ];
  t.strictSame(ids(await caller(origin, somebody.cookie)('GET', '/v1/recordings')), []);
  t.strictSame(ids(await caller(origin, admin.cookie)('GET', '/v1/recordings')), []);
  t.strictSame(ids(await caller(origin, admin.cookie)('GET', '/v1/recordings?all=true')), made);
  const weak = await makeAdmin(stage.control, { secondFactor: false });
  const refused = await caller(origin, weak.headers)('GET', '/v1/recordings?all=true');
  t.match(refused, { status: 403, body: { errors: [{ code: 'second_factor_required' }] } });
  const key = await stage.owner.key('meetings:read');
  t.strictSame(ids(await caller(origin, key)('GET', '/v1/recordings')), made);
});

t.test('for everybody else there is none', async (t) => {
  const stage = await openStage(t);
  const { origin } = stage.control;
  const { recordingId, files } = await stage.ready();
  const [other, admin] = [await testAccount(stage.control), await testAccount(stage.control, true)];
  const url = `/v1/recordings/${recordingId}`;
  const fileUrl = `${url}/files/${files[0]?.fileId}/url`;
  for (const [credentials, status] of [
    [{}, 401],
    [other.cookie, 404],
    [await other.key('meetings:write'), 404],
    [await stage.owner.key('webhooks:write'), 403],
    [await stage.owner.key('meetings:read'), 200],
    [stage.owner.cookie, 200],
    [admin.cookie, 200],
  ] as const) {
    const ask = caller(origin, credentials);
    for (const path of ['', '/manifest', '/playback', '/consents', '/renders', '/shares']) {
      t.equal((await ask('GET', `${url}${path}`)).status, status, `${path} ${status}`);
    }
    t.equal((await ask('POST', fileUrl)).status, status);
  }
  const ask = caller(origin, other.cookie);
  const none = await ask('GET', `/v1/recordings/${stage.ids.next()}`);
  const theirs = await ask('GET', url);
  t.same(
    { ...theirs.body, instance: '' },
    { ...none.body, instance: '' },
    'nothing tells them apart',
  );
  const reading = caller(origin, await stage.owner.key('meetings:read'));
  t.equal((await reading('DELETE', url, undefined, { 'if-match': '*' })).status, 403);
});

t.test('of a meeting without an account: whoever has a host’s link', async (t) => {
  const stage = await openStage(t);
  const { origin, services } = stage.control;
  const meeting = await createMeeting(origin);
  const room = await services.rooms.open(meeting.meeting.meeting_id);
  const { meetingId, roomId } = room.key;
  const { recordingId } = await stage.recording({ meetingId, roomId });
  const bearer = (secret: string) => caller(origin, { authorization: `Bearer ${secret}` });
  for (const [secret, status] of [
    [meeting.hostSecret, 200],
    [meeting.participantSecret, 403],
    [(await createMeeting(origin)).hostSecret, 401],
    ['x'.repeat(43), 401],
  ] as const) {
    t.equal((await bearer(secret)('GET', `/v1/recordings/${recordingId}`)).status, status);
    const list = await bearer(secret)('GET', `/v1/meetings/${meetingId}/recordings`);
    t.equal(list.status, status);
  }
  const unknown = await bearer(meeting.hostSecret)('GET', `/v1/recordings/${stage.ids.next()}`);
  t.equal(unknown.status, 401);
});

t.test('compositions are asked for, listed, canceled', async (t) => {
  const stage = await openStage(t);
  const { recordingId } = await stage.ready();
  const ask = caller(stage.control.origin, stage.owner.cookie);
  const url = `/v1/recordings/${recordingId}/renders`;
  const listed = (await ask('GET', url)).body.items as { layout: string; state: string }[];
  t.strictSame(
    listed.map(({ layout }) => layout),
    ['gallery', 'audio'],
  );
  const key = { 'idempotency-key': randomUUID() };
  const made = await ask('POST', url, { layout: 'speaker' }, key);
  t.equal(made.status, 201);
  t.match(made.body, { recording_id: recordingId, layout: 'speaker', attempts: 0, file_id: null });
  t.same((await ask('POST', url, { layout: 'speaker' }, key)).body, made.body);
  t.equal((await ask('POST', url, { layout: 'speaker' })).status, 409, 'it is under way');
  t.equal((await ask('POST', url, { layout: 'mosaic' })).status, 400);
  const one = `${url}/${made.body.render_id}`;
  t.equal((await ask('DELETE', one)).status, 204);
  t.match((await ask('GET', url)).body.items[2], { state: 'canceled' });
  t.equal((await ask('DELETE', one)).status, 204, 'then it goes');
  t.equal((await ask('DELETE', one)).status, 404);
  const early = await stage.recording(await stage.meeting());
  const tooEarly = `/v1/recordings/${early.recordingId}/renders`;
  t.equal((await ask('POST', tooEarly, { layout: 'speaker' })).status, 409);
});
