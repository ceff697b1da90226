import t, { type Test } from 'tap';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller } from '../../testing/test-principals.js';
import { RecordingStage, type RecordingStageOptions } from '../../testing/test-recordings.js';
import { testS3 } from '../../testing/test-s3.js';

const server = await testServer(t);
const minute = 60_000;

/** A recording, and what its owner is given as the address of its picture. */
async function openWithFile(t: Test, options: RecordingStageOptions = {}) {
  const stage = await RecordingStage.open(t, await testDatabase(t, server), options);
  const recording = await stage.ready();
  const ask = caller(stage.control.origin, stage.owner.cookie);
  const url = `/v1/recordings/${recording.recordingId}`;
  const fileId = recording.files[0]?.fileId as string;
  const address = async (body?: object) => {
    const answer = await ask('POST', `${url}/files/${fileId}/url`, body);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.body as { url: string; expires_at: string };
  };
  return { stage, recording, ask, url, fileId, address };
}

t.test('an address of ours: for one file, without a cookie, for five minutes', async (t) => {
  const { stage, recording, fileId, address } = await openWithFile(t);
  const made = await address();
  t.equal(made.expires_at, new Date(stage.clock.now() + 5 * minute).toISOString());
  t.ok(made.url.startsWith(`${stage.control.origin}/v1/recording-files/${fileId}?token=`));
  const answer = await fetch(made.url);
  t.equal(answer.status, 200);
  t.equal(await answer.text(), 'picture of take 1');
  t.match(Object.fromEntries(answer.headers), {
    'content-type': 'video/webm',
    'content-length': '17',
    'content-disposition': 'inline',
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-store',
    'content-security-policy': /default-src 'none'.*sandbox/,
    'x-content-type-options': 'nosniff',
  });
  const saved = await fetch((await address({ download: true })).url);
  t.match(saved.headers.get('content-disposition'), /^attachment; filename="Tea camera/);

  const other = recording.files[1]?.fileId as string;
  const token = new URL(made.url).searchParams.get('token') as string;
  const at = (id: string, sealed: string) =>
    fetch(`${stage.control.origin}/v1/recording-files/${id}?token=${sealed}`);
  t.equal((await at(other, token)).status, 403, 'another file');
  t.equal((await at(fileId, `${token.slice(0, -2)}xx`)).status, 403);
  t.equal((await at(fileId, 'x')).status, 403);
  t.equal((await fetch(made.url.split('?')[0] as string)).status, 400);
  stage.clock.advance(5 * minute - 1);
  t.equal((await fetch(made.url)).status, 200);
  stage.clock.advance(1);
  t.equal((await fetch(made.url)).status, 403, 'its time is over');
});

t.test('a part of a file, and HEAD', async (t) => {
  const { address } = await openWithFile(t);
  const { url } = await address();
  const part = (range: string, more = {}) => fetch(url, { headers: { range, ...more } });
  const some = await part('bytes=3-6');
  t.equal(some.status, 206);
  t.equal(await some.text(), 'ture');
  t.match(Object.fromEntries(some.headers), {
    'content-range': 'bytes 3-6/17',
    'content-length': '4',
    'content-type': 'video/webm',
  });
  t.equal(await (await part('bytes=-1')).text(), '1');
  const beyond = await part('bytes=17-');
  t.equal(beyond.status, 416);
  t.equal(beyond.headers.get('content-range'), 'bytes */17');
  t.equal((await part('bytes=0-1,3-4')).status, 200, 'of several the whole');
  const tag = some.headers.get('etag') as string;
  t.equal((await part('bytes=3-6', { 'if-range': tag })).status, 206);
  t.equal(
    (await part('bytes=3-6', { 'if-range': '"other"' })).status,
    200,
    'it is another one now',
  );
  const head = await fetch(url, { method: 'HEAD' });
  t.match(Object.fromEntries(head.headers), {
    'content-length': '17',
    'content-type': 'video/webm',
    'accept-ranges': 'bytes',
  });
  t.equal(await head.text(), '');
  const headOfPart = await fetch(url, { method: 'HEAD', headers: { range: 'bytes=3-6' } });
  t.equal(headOfPart.headers.get('content-length'), '4');
});

t.test('of what was deleted no address is good', async (t) => {
  const { ask, url, address } = await openWithFile(t);
  const made = await address();
  await ask('DELETE', url, undefined, { 'if-match': '*' });
  t.equal((await fetch(made.url)).status, 404);
});

t.test('who was given which is on record', async (t) => {
  const lines: string[] = [];
  const { stage, recording, fileId, address } = await openWithFile(t, {
    log: (line) => lines.push(line),
  });
  await address();
  const { recordingId, meetingId } = recording;
  const [event] = lines
    .map((line) => JSON.parse(line))
    .filter(({ security }) => security === 'recording.file_url_made');
  t.match(event, {
    by: `user ${stage.owner.userId}`,
    meeting_id: meetingId,
    recording_id: recordingId,
    file_id: fileId,
  });
  t.notMatch(lines.join(), /token=/, 'the address itself is not');
});

t.test('a bucket has addresses of its own', async (t) => {
  const s3 = await testS3(t);
  const { stage, recording, ask, url, address } = await openWithFile(t, { objects: s3.objects(t) });
  const made = await address({ download: true });
  t.ok(made.url.startsWith(s3.origin));
  t.equal(new URL(made.url).searchParams.get('X-Amz-Expires'), '300');
  const part = await fetch(made.url, { headers: { range: 'bytes=3-6' } });
  t.equal(part.status, 206);
  t.equal(await part.text(), 'ture');
  t.equal(part.headers.get('content-type'), 'video/webm');
  t.match(part.headers.get('content-disposition'), /^attachment; filename="Tea camera/);
  t.equal((await fetch(`${made.url}0`)).status, 403);
  t.equal((await ask('GET', `${url}/playback`)).status, 200, 'manifests are read from it');
  await s3.kill();
  t.equal((await ask('GET', `${url}/playback`)).status, 200, 'what was read is not read again');
  const away = await ask('GET', `${url}/manifest`);
  t.match(away.body, { status: 503, code: 'dependency_down' });
  await s3.restart();
  await ask('DELETE', url, undefined, { 'if-match': '*' });
  await stage.pass();
  t.equal((await fetch(made.url)).status, 404, 'gone from the bucket');
  t.equal(await stage.objects.sizeOf(recording.files[1]?.key as string), null);
});
