import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import type { ManifestLine, RecordedFile } from '../../../../recorder/src/index.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller } from '../../testing/test-principals.js';
import { RecordingStage, type RecordingStageOptions } from '../../testing/test-recordings.js';

const server = await testServer(t);
const hourMs = 3_600_000;
const ada = randomUUID();
const lines: ManifestLine[] = [
  { type: 'joined', t: 0, participant_id: ada, name: 'Ada' },
  { type: 'consent', t: 0, participant_id: ada, accepted: true, text_version: '1' },
  { type: 'stopped', t: 20_000, reason: 'host' },
];

async function openShared(t: Test, body: object = {}, options: RecordingStageOptions = {}) {
  const stage = await RecordingStage.open(t, await testDatabase(t, server), options);
  const recording = await stage.ready(lines);
  const host = caller(stage.control.origin, stage.owner.cookie);
  const anybody = caller(stage.control.origin);
  const url = `/v1/recordings/${recording.recordingId}/shares`;
  const expiresAt = new Date(stage.clock.now() + hourMs).toISOString();
  const { body: made } = await host('POST', url, { expires_at: expiresAt, ...body });
  const secret = (made.url as string).split('#k=')[1] as string;
  const shared = `/v1/recording-shares/${made.share_id}`;
  return { stage, recording, host, anybody, url, made, secret, shared };
}

t.test('whoever has the link sees the recording, and nothing about who was asked', async (t) => {
  const { stage, recording, anybody, made, secret, shared } = await openShared(t);
  t.equal(made.url, `${stage.control.origin}/r/${made.share_id}#k=${secret}`);
  t.equal(Buffer.from(secret, 'base64url').length, 32);
  const answer = await anybody('POST', shared, { secret });
  t.equal(answer.status, 200);
  t.match(answer.body, {
    recording: { recording_id: recording.recordingId, title: 'Tea', files: [{ kind: 'track' }] },
    participants: [{ name: 'Ada' }],
  });
  t.notMatch(JSON.stringify(answer.body), /consent_text|text_version|manifest/);
  const [picture, manifest] = recording.files as unknown as [RecordedFile, RecordedFile];
  const made2 = await anybody('POST', `${shared}/files/${picture.fileId}/url`, { secret });
  t.equal(await (await fetch(made2.body.url)).text(), 'picture of take 1');
  const download = { secret, download: true };
  const saved = await anybody('POST', `${shared}/files/${picture.fileId}/url`, download);
  t.match((await fetch(saved.body.url)).headers.get('content-disposition'), /^attachment/);
  for (const id of [manifest.fileId, stage.ids.next(), 'x']) {
    t.equal((await anybody('POST', `${shared}/files/${id}/url`, { secret })).status, 404, id);
  }
  for (const path of ['', '/manifest', '/consents', '/playback', '/shares']) {
    const direct = await anybody('GET', `/v1/recordings/${recording.recordingId}${path}`);
    t.equal(direct.status, 401, path);
  }
});

t.test('whatever is wrong with a link, there is one answer', async (t) => {
  const { stage, recording, host, anybody, url, made, secret, shared } = await openShared(t);
  const other = await openShared(t);
  const wrong = await anybody('POST', shared, { secret: 'x'.repeat(43) });
  t.equal(wrong.status, 404);
  const isSame = async (path: string, key: string, why: string) => {
    const answer = await anybody('POST', path, { secret: key });
    t.same({ ...answer.body, instance: '' }, { ...wrong.body, instance: '' }, why);
    const file = `${path}/files/${recording.files[0]?.fileId}/url`;
    t.equal((await anybody('POST', file, { secret: key })).status, 404, why);
  };
  await isSame(`/v1/recording-shares/${stage.ids.next()}`, secret, 'none of that id');
  await isSame('/v1/recording-shares/x', secret, 'no id');
  await isSame(shared, other.secret, 'the secret of another one');
  stage.clock.advance(hourMs);
  await isSame(shared, secret, 'its time is over');
  const later = new Date(stage.clock.now() + hourMs).toISOString();
  const next = await host('POST', url, { expires_at: later });
  const key = next.body.url.split('#k=')[1];
  const path = `/v1/recording-shares/${next.body.share_id}`;
  t.equal((await anybody('POST', path, { secret: key })).status, 200);
  t.equal((await host('DELETE', `${url}/${next.body.share_id}`)).status, 204);
  await isSame(path, key, 'it was ended');
  t.equal((await host('DELETE', `${url}/${next.body.share_id}`)).status, 404);
  const last = await host('POST', url, { expires_at: later });
  const recordingUrl = `/v1/recordings/${recording.recordingId}`;
  await host('DELETE', recordingUrl, undefined, { 'if-match': '*' });
  const lastKey = last.body.url.split('#k=')[1];
  await isSame(`/v1/recording-shares/${last.body.share_id}`, lastKey, 'the recording was deleted');
  t.not(made.share_id, next.body.share_id);
});

t.test('a passcode', async (t) => {
  const config = { limits: { passcodeMissesPerMinute: 3, passcodeMissesPerHour: 5 } };
  const { stage, anybody, made, secret, shared, recording } = await openShared(
    t,
    { passcode: 'se\u0301same' },
    { config },
  );
  t.equal(made.has_passcode, true);
  const open = (passcode?: string) =>
    anybody('POST', shared, { secret, ...(passcode !== undefined && { passcode }) });
  t.match((await open()).body, { status: 403, code: 'passcode_required' });
  t.equal((await open('s\u00e9same')).status, 200, 'however it is composed');
  t.match((await open('sesame')).body, { status: 403, code: 'passcode_required' });
  const file = `${shared}/files/${recording.files[0]?.fileId}/url`;
  t.equal((await anybody('POST', file, { secret })).status, 403);
  t.equal((await anybody('POST', file, { secret, passcode: 's\u00e9same' })).status, 200);
  const wrongLink = await anybody('POST', shared, { secret: 'x'.repeat(43), passcode: 'x' });
  t.equal(wrongLink.status, 404, 'who has not the link is told nothing of it');
  await open('one');
  await open('two');
  const limited = await open('s\u00e9same');
  t.equal(limited.status, 429, 'not even the right one after three wrong ones');
  t.ok(Number(limited.headers.get('retry-after')) > 0);
  stage.clock.advance(60_000);
  t.equal((await open('s\u00e9same')).status, 200);
  await open('three');
  await open('four');
  stage.clock.advance(60_000);
  t.equal((await open('s\u00e9same')).status, 429, 'five in an hour, from anywhere');
  const rows = await stage.database.query('select * from recording_shares');
  t.notMatch(JSON.stringify(rows), new RegExp(`same|${secret}`));
});

t.test('a page asks for every file at once, and again', async (t) => {
  const config = { limits: { requestsPerMinute: 5 } };
  const { anybody, secret, shared, recording } = await openShared(t, {}, { config });
  const url = `${shared}/files/${recording.files[0]?.fileId}/url`;
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => anybody('POST', url, { secret })),
  );
  t.ok(answers.every(({ status }) => status === 200));
});

t.test('links are not guessed', async (t) => {
  const config = { limits: { joinMissesPerMinute: 2 } };
  const { stage, anybody, secret, shared } = await openShared(t, {}, { config });
  const guess = (key: string) => anybody('POST', shared, { secret: key });
  t.equal((await guess('x'.repeat(43))).status, 404);
  t.equal((await guess('y'.repeat(43))).status, 404);
  t.equal((await guess('z'.repeat(43))).status, 429);
  t.equal((await guess(secret)).status, 429);
  stage.clock.advance(60_000);
  t.equal((await guess(secret)).status, 200);
});

t.test('links are made by hosts, for a while, and listed without what opens', async (t) => {
  const lines: string[] = [];
  const { stage, host, anybody, url, made, secret, shared } = await openShared(
    t,
    {},
    { log: (line) => lines.push(line) },
  );
  const { url: _, ...shown } = made;
  t.strictSame((await host('GET', url)).body, { items: [shown], next_cursor: null });
  const at = (ms: number) => ({ expires_at: new Date(stage.clock.now() + ms).toISOString() });
  for (const body of [
    {},
    at(0),
    at(367 * 24 * hourMs),
    { expires_at: 'tomorrow' },
    { ...at(hourMs), passcode: 'abc' },
    { ...at(hourMs), more: 1 },
  ]) {
    t.equal((await host('POST', url, body)).status, 400, JSON.stringify(body));
  }
  const key = { 'idempotency-key': randomUUID() };
  const body = at(hourMs);
  const first = await host('POST', url, body, key);
  t.same((await host('POST', url, body, key)).body, first.body);
  await anybody('POST', shared, { secret });
  const events = lines.map((line) => JSON.parse(line)).filter(({ security }) => security);
  const named = (name: string) => events.filter(({ security }) => security === name);
  t.equal(named('recording_share.made').length, 2, 'what is repeated is not made again');
  t.match(named('recording_share.opened'), [{ by: null, share_id: made.share_id }]);
  t.notMatch(lines.join(), new RegExp(secret));
});
