import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { projectRoot } from '../../config.js';
import { storedStatus } from '../../testing/scripted-recorders.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller } from '../../testing/test-principals.js';
import { RecordingStage, type TestRecording } from '../../testing/test-recordings.js';

const server = await testServer(t);
const open = async (t: Parameters<typeof testDatabase>[0], config = {}) =>
  RecordingStage.open(t as never, await testDatabase(t, server), { config });
const idOf = ({ recordingId, meetingId }: TestRecording) => ({ recordingId, meetingId });

t.test('what is stored is written once, however often it is told, and may go', async (t) => {
  const stage = await open(t);
  const recorder = stage.recorders.add(stage.ids.next());
  const recording = await stage.recording(await stage.meeting());
  const files = await stage.files(recording);
  const status = storedStatus(idOf(recording), { files, recordedMs: 19_999.6 });
  for (let times = 0; times < 3; times++) {
    stage.recorders.says(recorder, { type: 'recording', status });
    stage.recorders.describes(recorder, { recordings: [status] });
  }
  await stage.control.services.kept.keeper.settled();
  t.match(await stage.row(recording), {
    status: 'ready',
    reason: null,
    stored_takes: [1],
    recorded_ms: 20_000,
    size_bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    expires_at: null,
  });
  t.strictSame(await stage.events(recording), ['recording.ready']);
  t.equal((await stage.database.query('select 1 from recording_files')).length, 2);
  const renders = await stage.database.query('select layout from recording_renders order by 1');
  t.strictSame(
    renders,
    [{ layout: 'audio' }, { layout: 'gallery' }],
    'what is set is queued, once',
  );
  const { recordingId } = recording;
  t.strictSame(recorder.calls('release')[0], { recordingId, take: 1, isDeleted: false });
  t.equal(recorder.calls('release').length, 6, 'an answer that was lost is given again');
});

t.test('a recording is ready when every recorder’s take of it is stored', async (t) => {
  const stage = await open(t, { recordings: { layouts: [] } });
  const [first, second] = [
    stage.recorders.add(stage.ids.next()),
    stage.recorders.add(stage.ids.next()),
  ];
  const recording = await stage.recording(await stage.meeting(), { take: 2 });
  const later = await stage.files(recording, { take: 2 });
  const status = storedStatus(idOf(recording), { take: 2, files: later });
  stage.recorders.describes(second, { recordings: [status] });
  await stage.pass();
  t.match(await stage.row(recording), { status: 'processing', stored_takes: [2] });
  t.strictSame(await stage.events(recording), []);
  const files = await stage.files(recording);
  const earlier = storedStatus(idOf(recording), { files, recordedMs: 5000 });
  stage.recorders.describes(first, { recordings: [earlier] });
  await stage.pass();
  t.match(await stage.row(recording), {
    status: 'ready',
    stored_takes: [1, 2],
    recorded_ms: 20_000,
  });
  t.strictSame(await stage.events(recording), ['recording.ready']);
  t.equal((await stage.database.query('select 1 from recording_renders')).length, 0);
});

t.test('stored before it is written that it has ended', async (t) => {
  const stage = await open(t);
  const recorder = stage.recorders.add(stage.ids.next());
  const recording = await stage.recording(await stage.meeting(), { status: 'recording' });
  const files = await stage.files(recording);
  stage.recorders.describes(recorder, { recordings: [storedStatus(idOf(recording), { files })] });
  await stage.pass();
  t.match(await stage.row(recording), { status: 'recording', stored_takes: [1] });
  await stage.database.query(`update recordings set status = 'processing', stopped_at = $1`, [
    new Date(stage.clock.now()),
  ]);
  await stage.pass();
  t.match(await stage.row(recording), { status: 'ready' });
  t.strictSame(await stage.events(recording), ['recording.ready']);
});

t.test('nothing recorded: it has failed, and says why', async (t) => {
  const stage = await open(t);
  const recorder = stage.recorders.add(stage.ids.next());
  const [one, never] = [await stage.meeting(), await stage.meeting()];
  const recording = await stage.recording(one);
  const waited = await stage.recording(never, { take: 0 });
  const status = storedStatus(idOf(recording), { state: 'failed', trouble: 'disk_full' });
  stage.recorders.says(recorder, { type: 'recording', status });
  await stage.pass();
  t.match(await stage.row(recording), { status: 'failed', reason: 'disk_full' });
  t.match(await stage.row(waited), { status: 'failed', reason: 'nothing_recorded' });
  t.strictSame(await stage.events(recording), ['recording.failed']);
  t.equal(recorder.calls('release').length, 1);
});

t.test('a recorder for which another process speaks is left to that one', async (t) => {
  const stage = await open(t);
  const recorder = stage.recorders.add(stage.ids.next());
  stage.recorders.ofOthers.add(recorder.recorderId);
  const recording = await stage.recording(await stage.meeting());
  const status = storedStatus(idOf(recording), { files: await stage.files(recording) });
  stage.recorders.says(recorder, { type: 'recording', status });
  stage.recorders.describes(recorder, { recordings: [status] });
  await stage.pass();
  t.match(await stage.row(recording), { status: 'processing', stored_takes: [] });
  t.strictSame(recorder.asked, []);
});

t.test('what is recorded for nobody any more is finished', async (t) => {
  const stage = await open(t);
  const recorder = stage.recorders.add(stage.ids.next());
  const live = await stage.recording(await stage.meeting(), { status: 'recording', take: 2 });
  const ended = await stage.recording(await stage.meeting());
  const unknown = { recordingId: stage.ids.next(), meetingId: stage.ids.next() };
  const statuses = [
    storedStatus(idOf(live), { state: 'recording', take: 2 }),
    storedStatus(idOf(live), { state: 'degraded', take: 1 }),
    storedStatus(idOf(ended), { state: 'paused' }),
    storedStatus(unknown, { state: 'recording' }),
  ];
  stage.recorders.describes(recorder, { recordings: statuses });
  await stage.pass();
  t.strictSame(recorder.calls('finish'), [
    { recordingId: live.recordingId, take: 1, reason: 'over' },
    { recordingId: ended.recordingId, take: 1, reason: 'over' },
  ]);
  t.equal(recorder.calls('release').length, 0);
  // It may only not be written yet: the database was away, and what rooms said is kept elsewhere.
  await stage.pass(599_000);
  stage.recorders.describes(recorder, { recordings: [statuses[3] as never] });
  await stage.pass();
  t.equal(recorder.calls('finish').length, 2);
  await stage.pass(1000);
  stage.recorders.describes(recorder, { recordings: [statuses[3] as never] });
  await stage.pass();
  t.strictSame(recorder.calls('finish').at(-1), {
    recordingId: unknown.recordingId,
    take: 1,
    reason: 'unknown',
  });
});

t.test('of a recording that nobody knows, or that was deleted, nothing is kept', async (t) => {
  const stage = await open(t);
  const recorder = stage.recorders.add(stage.ids.next());
  const room = await stage.meeting();
  const deleted = await stage.recording(room);
  await stage.database.query('update recordings set deleted_at = now(), removed_at = now()');
  const unknown = { recordingId: stage.ids.next(), ...room };
  const tell = async () => {
    const recordings = [
      storedStatus(idOf(deleted), { files: await stage.files(deleted) }),
      storedStatus(idOf(unknown), { files: await stage.files(unknown) }),
    ];
    stage.recorders.describes(recorder, { recordings });
    await stage.pass();
  };
  await tell();
  t.strictSame(recorder.calls('release'), [
    { recordingId: deleted.recordingId, take: 1, isDeleted: true },
  ]);
  t.equal(await stage.objects.sizeOf(`recordings/${deleted.recordingId}/1/manifest.jsonl`), null);
  t.not(await stage.objects.sizeOf(`recordings/${unknown.recordingId}/1/manifest.jsonl`), null);
  await stage.pass(600_000);
  await tell();
  const released = recorder.calls('release').map(({ recordingId }) => recordingId);
  t.ok(released.includes(unknown.recordingId));
  t.equal(await stage.objects.sizeOf(`recordings/${unknown.recordingId}/1/manifest.jsonl`), null);
  t.equal((await stage.database.query('select 1 from recording_files')).length, 0);
});

t.test('a room that is over has no recording, whatever is written', async (t) => {
  const stage = await open(t);
  const room = await stage.meeting();
  const recorder = stage.recorders.add(stage.ids.next());
  const { recorderId } = recorder;
  const recording = await stage.recording(room, { status: 'degraded', recorderId });
  await stage.database.query('update rooms set closed_at = $1', [new Date(stage.clock.now())]);
  await stage.pass(29_000);
  t.match(
    await stage.row(recording),
    { status: 'degraded' },
    'whoever had the room may write it yet',
  );
  await stage.pass(2000);
  t.match(await stage.row(recording), { status: 'processing' });
  const files = await stage.files(recording);
  stage.recorders.describes(recorder, { recordings: [storedStatus(idOf(recording), { files })] });
  await stage.pass();
  t.match(await stage.row(recording), { status: 'ready' });
  t.strictSame(await stage.events(recording), ['recording.ready'], 'in the log of the closed room');
  const [last] = await stage.database.query(
    `select r.event_seq = max(e.seq) as is_last, count(*) = max(e.seq) as is_whole
     from rooms r join events e using (meeting_id, room_id) group by r.event_seq`,
  );
  t.strictSame(last, { is_last: true, is_whole: true }, 'its numbers have no gap');
});

t.test('a webhook hears of it, though the room is over', async (t) => {
  const stage = await open(t, { webhooks: { allowPrivate: true } });
  const { services, origin } = stage.control;
  const recorder = stage.recorders.add(stage.ids.next());
  const hook = { url: 'http://127.0.0.1:9/hook', types: ['recording.ready', 'recording.deleted'] };
  const ask = caller(origin, stage.owner.cookie);
  t.equal((await ask('POST', '/v1/webhooks', hook)).status, 201);
  const room = await stage.meeting();
  const recording = await stage.recording(room);
  await ask('POST', `/v1/meetings/${room.meetingId}/end`, {});
  const files = await stage.files(recording);
  stage.recorders.describes(recorder, { recordings: [storedStatus(idOf(recording), { files })] });
  await stage.pass();
  const url = `/v1/recordings/${recording.recordingId}`;
  t.equal((await ask('DELETE', url, undefined, { 'if-match': '*' })).status, 204);
  await stage.pass();
  services.outbox.start();
  await services.outbox.settled();
  const told = await stage.database.query<{ body: string }>(
    'select body from webhook_deliveries order by room_seq',
  );
  const [ready, deleted] = told.map(({ body }) => JSON.parse(body));
  const { recordingId, meetingId, roomId } = recording;
  t.match(ready, { type: 'recording.ready', meeting_id: meetingId, room_id: roomId });
  t.match(ready.data, { recording_id: recordingId, duration_ms: 20_000, size_bytes: Number });
  t.match(deleted, { type: 'recording.deleted', data: { recording_id: recordingId } });
  t.ok(deleted.room_seq > ready.room_seq);
});

t.test('files that are long in coming say why', async (t) => {
  const stage = await open(t);
  const recorder = stage.recorders.add(stage.ids.next());
  const { recorderId } = recorder;
  const recording = await stage.recording(await stage.meeting(), { recorderId });
  const finishing = storedStatus(idOf(recording), { state: 'finishing', trouble: 'store_down' });
  stage.recorders.describes(recorder, { recordings: [finishing] });
  await stage.pass();
  t.match(await stage.row(recording), { status: 'processing', reason: 'store_down' });
  t.equal(recorder.calls('finish').length, 0);
  stage.recorders.lose(recorder);
  await stage.pass(30_000);
  t.match(await stage.row(recording), { reason: 'store_down' });
  stage.recorders.ofOthers.add(recorderId);
  await stage.pass(31_000);
  t.match(await stage.row(recording), { reason: 'store_down' }, 'others may reach it');
  stage.recorders.ofOthers.clear();
  await stage.pass();
  t.match(await stage.row(recording), { status: 'processing', reason: 'recorder_lost' });
  stage.recorders.all.push(recorder);
  const files = await stage.files(recording);
  stage.recorders.describes(recorder, { recordings: [storedStatus(idOf(recording), { files })] });
  await stage.pass();
  t.match(await stage.row(recording), { status: 'ready', reason: null });
});

t.test(
  'files at several recorders, for which several processes decide: one of these says it',
  async (t) => {
    const stage = await open(t);
    const [first, last] = [stage.ids.next(), stage.ids.next()];
    const assigned = { take: 2, recorderId: last, earlier: [first] };
    const recording = await stage.recording(await stage.meeting(), assigned);
    stage.recorders.ofOthers.add(last);
    await stage.pass(61_000);
    t.match(await stage.row(recording), { reason: null }, 'whoever decides for the last');
    stage.recorders.ofOthers.clear();
    stage.recorders.ofOthers.add(first);
    await stage.pass(1000);
    t.match(await stage.row(recording), { status: 'processing', reason: 'recorder_lost' });
  },
);

t.test('a take of which its recorder has nothing is not waited for', async (t) => {
  const stage = await open(t);
  const recorder = stage.recorders.add(stage.ids.next());
  const other = stage.recorders.add(stage.ids.next());
  const { recorderId } = recorder;
  const assigned = { take: 2, recorderId, earlier: [other.recorderId] };
  const half = await stage.recording(await stage.meeting(), assigned);
  const none = await stage.recording(await stage.meeting(), { recorderId });
  const here = await stage.recording(await stage.meeting(), { recorderId });
  const files = await stage.files(half);
  const stored = storedStatus(idOf(half), { files });
  const finishing = storedStatus(idOf(here), { state: 'finishing' });
  stage.recorders.describes(other, { recordings: [stored] });
  stage.recorders.describes(recorder, { recordings: [finishing] });
  await stage.pass(61_000);
  t.match(await stage.row(half), { status: 'processing', stored_takes: [1] }, 'said too early');
  stage.recorders.ofOthers.add(recorderId);
  stage.recorders.describes(recorder, { recordings: [finishing] });
  await stage.pass(1000);
  t.match(await stage.row(half), { status: 'processing' }, 'another process speaks for it');
  stage.recorders.ofOthers.clear();
  await stage.pass(1000);
  t.match(await stage.row(half), { status: 'ready', stored_takes: [1, 2], reason: null });
  t.match(await stage.row(none), { status: 'failed', reason: 'recorder_lost' });
  t.match(await stage.row(here), { status: 'processing', reason: null });
});

t.test('one take is at a recorder that is away: what another says hides it never', async (t) => {
  const stage = await open(t);
  const [first, last] = [
    stage.recorders.add(stage.ids.next()),
    stage.recorders.add(stage.ids.next()),
  ];
  const assigned = { take: 2, recorderId: last.recorderId, earlier: [first.recorderId] };
  const recording = await stage.recording(await stage.meeting(), assigned);
  const finishing = { take: 2, state: 'finishing' } as const;
  const trouble = (trouble: 'store_down' | null) =>
    stage.recorders.describes(last, {
      recordings: [storedStatus(idOf(recording), { ...finishing, trouble })],
    });
  trouble('store_down');
  await stage.pass();
  t.match(await stage.row(recording), { status: 'processing', reason: 'store_down' });
  stage.recorders.lose(first);
  await stage.pass(61_000);
  const lost = await stage.row(recording);
  t.match(lost, { status: 'processing', reason: 'recorder_lost' });
  for (const said of ['store_down', null] as const) {
    trouble(said);
    await stage.control.services.kept.keeper.settled();
    t.strictSame(await stage.row(recording), lost, 'nor is it written back and forth');
  }
  stage.recorders.all.push(first);
  await stage.pass(1000);
  trouble('store_down');
  await stage.pass();
  t.match(await stage.row(recording), { status: 'processing', reason: 'store_down' });
});

t.test('what nobody waited for any more, and is there after all', async (t) => {
  const stage = await open(t, { recordings: { layouts: [] } });
  const recorder = stage.recorders.add(stage.ids.next());
  const { recorderId } = recorder;
  const none = await stage.recording(await stage.meeting(), { recorderId });
  const both = { take: 2, recorderId, earlier: [recorderId] };
  const half = await stage.recording(await stage.meeting(), both);
  const first = storedStatus(idOf(half), { files: await stage.files(half) });
  await stage.pass(61_000);
  stage.recorders.describes(recorder, { recordings: [first] });
  await stage.pass(1000);
  t.match(await stage.row(none), { status: 'failed', reason: 'recorder_lost' });
  t.match(await stage.row(half), { status: 'ready', stored_takes: [1, 2] });
  const late = storedStatus(idOf(none), { files: await stage.files(none) });
  const files = await stage.files(half, { take: 2 });
  const second = storedStatus(idOf(half), { take: 2, files });
  for (let times = 0; times < 2; times++) {
    stage.recorders.describes(recorder, { recordings: [late, second] });
    await stage.pass(1000);
  }
  t.match(await stage.row(none), { status: 'ready', reason: null, stored_takes: [1] });
  t.match(await stage.row(half), { status: 'ready', stored_takes: [1, 2] });
  t.equal((await stage.database.query('select 1 from recording_files')).length, 6);
  t.strictSame(await stage.events(none), ['recording.failed', 'recording.ready']);
});

t.test(
  'a recorder that cannot say whose a take is keeps no other from being written',
  async (t) => {
    const stage = await open(t);
    const recorder = stage.recorders.add(stage.ids.next());
    const [damaged, good] = [
      await stage.recording(await stage.meeting()),
      await stage.recording(await stage.meeting()),
    ];
    const unknown = { recordingId: damaged.recordingId, meetingId: '' };
    const strange = { recordingId: 'strange', meetingId: '' };
    stage.recorders.describes(recorder, {
      recordings: [
        storedStatus(strange, { state: 'failed' }),
        storedStatus(unknown, { state: 'failed' }),
        storedStatus(idOf(good), { files: await stage.files(good) }),
      ],
    });
    await stage.pass();
    t.match(await stage.row(damaged), { status: 'failed', reason: 'nothing_recorded' });
    t.match(await stage.row(good), { status: 'ready' });
    t.strictSame(
      recorder
        .calls('release')
        .map((call) => (call as { recordingId: string }).recordingId)
        .sort(),
      [damaged.recordingId, good.recordingId].sort(),
    );
  },
);

t.test('a recorder is removed for good: what it had is not waited for', async (t) => {
  const stage = await open(t);
  const [kept, recorderId] = [stage.recorders.add(stage.ids.next()), stage.ids.next()];
  const assigned = { take: 2, recorderId, earlier: [kept.recorderId] };
  const recording = await stage.recording(await stage.meeting(), assigned);
  const files = await stage.files(recording);
  stage.recorders.describes(kept, { recordings: [storedStatus(idOf(recording), { files })] });
  await stage.database.query(
    `insert into nodes (node_id, name, region, kind, enrolled_at, last_seen_at)
       values ($1, 'r', 'local', 'recorder', now(), now())`,
    [recorderId],
  );
  await stage.pass(61_000);
  t.match(await stage.row(recording), { status: 'processing', reason: 'recorder_lost' });
  await stage.database.query('update nodes set removed_at = now() where node_id = $1', [
    recorderId,
  ]);
  await stage.pass(1000);
  t.match(await stage.row(recording), { status: 'ready', reason: null });
});

t.test('recordings have an end where that is set', async (t) => {
  const stage = await open(t, { retention: { recordingsDays: 3 } });
  const recording = await stage.ready();
  const row = (await stage.row(recording)) as { stopped_at: Date; expires_at: Date };
  const stoppedAt = row.stopped_at.getTime();
  t.equal(row.expires_at.getTime(), stoppedAt + 3 * 86_400_000);
});

t.test('a take that nobody will ever store is given up as the runbook says', async (t) => {
  const page = await readFile(join(projectRoot, 'docs', 'operations.md'), 'utf8');
  const [statement = ''] =
    /^ +`(update recordings set stored_takes .*)`\.$/m.exec(page)?.slice(1) ?? [];
  const stage = await open(t);
  const recorder = stage.recorders.add(stage.ids.next());
  const half = await stage.recording(await stage.meeting(), { take: 2 });
  const none = await stage.recording(await stage.meeting(), { take: 1 });
  const files = await stage.files(half);
  stage.recorders.says(recorder, {
    type: 'recording',
    status: storedStatus(idOf(half), { take: 1, files }),
  });
  await stage.pass();
  t.match(await stage.row(half), { status: 'processing', stored_takes: [1] });
  for (const { recordingId } of [half, none]) {
    await stage.database.query(statement.replace('…', recordingId));
  }
  await stage.pass(60_000);
  t.match(await stage.row(half), { status: 'ready', stored_takes: [1, 2] });
  t.match(await stage.row(none), { status: 'failed', reason: 'nothing_recorded' });
});
