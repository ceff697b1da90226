import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FileObjects } from '../../store/file-objects.js';
import { defaultRetention, forgetOld } from '../../store/retention.js';
import { storedStatus } from '../../testing/scripted-recorders.js';
import { testDatabase, testFolder, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';
import { RecordingStage, type TestRecording } from '../../testing/test-recordings.js';

const server = await testServer(t);
const openStage = async (t: Test, options: Parameters<typeof RecordingStage.open>[2] = {}) =>
  RecordingStage.open(t, await testDatabase(t, server), options);
const dayMs = 86_400_000;

/** What is left of a recording: rows by table, and whether anything of it is stored. */
async function leftOf(stage: RecordingStage, { recordingId }: TestRecording) {
  const left: Record<string, number> = {};
  for (const table of ['files', 'renders', 'shares', 'consents']) {
    const rows = await stage.database.query(
      `select 1 from recording_${table} where recording_id = $1`,
      [recordingId],
    );
    left[table] = rows.length;
  }
  const size = await stage.objects.sizeOf(`recordings/${recordingId}/1/manifest.jsonl`);
  return { ...left, isStored: size !== null };
}

async function consent(stage: RecordingStage, { recordingId }: TestRecording): Promise<void> {
  await stage.database.query(
    `insert into recording_consents (recording_id, participant_id, name, accepted, text_version,
       asked_at) values ($1, $2, 'Ada', true, '1', now())`,
    [recordingId, stage.ids.next()],
  );
}

const gone = { files: 0, renders: 0, shares: 0, isStored: false };

t.test('deleted: nobody sees it from now on, and its files go; who was asked stays', async (t) => {
  const stage = await openStage(t);
  const recording = await stage.ready();
  const kept = await stage.ready();
  await consent(stage, recording);
  const ask = caller(stage.control.origin, stage.owner.cookie);
  const url = `/v1/recordings/${recording.recordingId}`;
  const share = { expires_at: new Date(stage.clock.now() + dayMs).toISOString() };
  t.equal((await ask('POST', `${url}/shares`, share)).status, 201);
  t.equal((await ask('DELETE', url)).status, 428);
  t.equal((await ask('DELETE', url, undefined, { 'if-match': '"99"' })).status, 412);
  const tag = (await ask('GET', url)).headers.get('etag') as string;
  t.equal((await ask('DELETE', url, undefined, { 'if-match': tag })).status, 204);
  t.equal((await ask('GET', url)).status, 404);
  t.equal((await ask('DELETE', url, undefined, { 'if-match': '*' })).status, 404);
  await stage.pass();
  t.match(await leftOf(stage, recording), { ...gone, consents: 1 });
  t.match(await leftOf(stage, kept), { files: 2, isStored: true });
  t.strictSame(await stage.events(recording), ['recording.ready', 'recording.deleted']);
  t.strictSame(await stage.events(kept), ['recording.ready']);
});

t.test('what is being recorded is stopped first', async (t) => {
  const stage = await openStage(t);
  const { recordingId } = await stage.recording(await stage.meeting(), { status: 'recording' });
  const ask = caller(stage.control.origin, stage.owner.cookie);
  const url = `/v1/recordings/${recordingId}`;
  t.equal((await ask('DELETE', url, undefined, { 'if-match': '*' })).status, 409);
  t.equal((await ask('GET', url)).status, 200);
});

t.test('a store that is away is tried again, later and later', async (t) => {
  let isAway = true;
  let tries = 0;
  class Store extends FileObjects {
    override async deleteAll(prefix: string): Promise<void> {
      tries += 1;
      if (isAway) throw new Error('away');
      await super.deleteAll(prefix);
    }
  }
  const stage = await openStage(t, { objects: new Store(join(testFolder(t), 'objects')) });
  const recording = await stage.ready();
  const ask = caller(stage.control.origin, stage.owner.cookie);
  await ask('DELETE', `/v1/recordings/${recording.recordingId}`, undefined, { 'if-match': '*' });
  await stage.pass();
  t.equal(tries, 1);
  await stage.pass();
  t.equal(tries, 1, 'not at once');
  await stage.pass(5000);
  await stage.pass(5000);
  t.equal(tries, 2);
  isAway = false;
  await stage.pass(5000);
  t.equal(tries, 3);
  t.match(await leftOf(stage, recording), gone);
  t.strictSame(await stage.events(recording), ['recording.ready', 'recording.deleted']);
});

t.test('with its meeting, and with the account', async (t) => {
  const stage = await openStage(t);
  const ask = caller(stage.control.origin, stage.owner.cookie);
  const [first, second] = [await stage.ready(), await stage.ready()];
  const live = await stage.recording(await stage.meeting(), { status: 'recording' });
  await consent(stage, first);
  const meeting = `/v1/meetings/${first.meetingId}`;
  t.equal((await ask('DELETE', meeting, undefined, { 'if-match': '*' })).status, 204);
  await stage.pass();
  t.match(await leftOf(stage, first), { ...gone, consents: 1 });
  t.match(await leftOf(stage, second), { files: 2 });
  const { services, database } = stage.control;
  await database.transaction((tx) => services.kept.recordings.forget(tx, stage.owner.userId));
  await stage.pass();
  t.match(await leftOf(stage, second), gone);
  t.match(await stage.row(live), { status: 'recording', deleted_at: null }, 'it goes on');
});

t.test('an account that is deleted takes its recordings along', async (t) => {
  const stage = await openStage(t);
  const recording = await stage.ready();
  const admin = caller(stage.control.origin, (await testAccount(stage.control, true)).cookie);
  const url = `/v1/users/${stage.owner.userId}`;
  t.equal((await admin('DELETE', url, undefined, { 'if-match': '*' })).status, 204);
  await stage.pass();
  t.match(await leftOf(stage, recording), gone);
});

t.test('by itself, when its time is over', async (t) => {
  const stage = await openStage(t, { config: { retention: { recordingsDays: 2 } } });
  const recording = await stage.ready();
  const ask = caller(stage.control.origin, stage.owner.cookie);
  const url = `/v1/recordings/${recording.recordingId}`;
  const { expires_at: expiresAt } = (await ask('GET', url)).body;
  t.equal(expiresAt, new Date(stage.clock.now() + 2 * dayMs).toISOString());
  await stage.database.query('update recordings set expires_at = $1', [
    new Date(stage.clock.now() + 10_000),
  ]);
  await stage.pass(9_000);
  t.match(await leftOf(stage, recording), { files: 2 });
  await stage.pass(1000);
  t.match(await leftOf(stage, recording), gone);
  t.strictSame(await stage.events(recording), ['recording.ready', 'recording.deleted']);
});

t.test('files that come after all was taken away go too', async (t) => {
  const stage = await openStage(t);
  const recording = await stage.ready();
  const ask = caller(stage.control.origin, stage.owner.cookie);
  await ask('DELETE', `/v1/recordings/${recording.recordingId}`, undefined, { 'if-match': '*' });
  await stage.pass();
  const { recordingId, meetingId } = recording;
  const files = await stage.files(recording);
  const status = storedStatus({ recordingId, meetingId }, { files });
  const [recorder] = stage.recorders.all;
  stage.recorders.describes(recorder as never, { recordings: [status] });
  await stage.pass();
  t.match(await leftOf(stage, recording), gone);
  t.strictSame(recorder?.calls('release').at(-1), { recordingId, take: 1, isDeleted: true });
});

t.test('a meeting that is forgotten leaves nothing, when the files are gone', async (t) => {
  const stage = await openStage(t);
  const [recording, removed] = [await stage.ready(), await stage.ready()];
  await consent(stage, recording);
  await consent(stage, removed);
  const ask = caller(stage.control.origin, stage.owner.cookie);
  await ask('DELETE', `/v1/recordings/${removed.recordingId}`, undefined, { 'if-match': '*' });
  await stage.pass();
  t.match(await leftOf(stage, removed), { ...gone, consents: 1 });
  for (const { meetingId } of [recording, removed]) {
    await ask('POST', `/v1/meetings/${meetingId}/end`, {});
  }
  const later = stage.clock.now() + 2 * dayMs;
  await forgetOld(stage.database, later, { ...defaultRetention, endedMeetingsDays: 1 });
  t.equal((await stage.database.query('select 1 from meetings')).length, 0);
  t.match(await leftOf(stage, recording), { files: 2, consents: 0, isStored: true });
  await stage.pass();
  t.match(await leftOf(stage, recording), { ...gone, consents: 0 });
  t.match(await leftOf(stage, removed), { ...gone, consents: 0 });
  t.equal((await stage.database.query('select 1 from recordings')).length, 0);
});
