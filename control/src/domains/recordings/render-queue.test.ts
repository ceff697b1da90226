import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import type { RenderOrder, RenderStatus } from '../../../../recorder/src/index.js';
import {
  renderStatus,
  type ScriptedRecorder,
  storeFile,
} from '../../testing/scripted-recorders.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { RecordingStage } from '../../testing/test-recordings.js';

const server = await testServer(t);

async function open(t: Test, layouts: string[] = ['gallery', 'audio']) {
  const database = await testDatabase(t, server);
  const config = { recordings: { layouts: layouts as never[] } };
  const stage = await RecordingStage.open(t, database, { config });
  const recorder = stage.recorders.add(stage.ids.next());
  return { stage, recorder };
}

const rows = (stage: RecordingStage) =>
  stage.database.query(
    'select layout, state, attempts, progress, detail from recording_renders order by created_at, render_id',
  );

/** What a recorder has made of an order. */
async function resultOf(stage: RecordingStage, order: RenderOrder) {
  const fileId = stage.ids.next();
  const key = `recordings/${order.recordingId}/${order.renderId}-${order.attempt}.mp4`;
  const file = await storeFile(stage.objects, Buffer.from('a composite'), {
    ...{ fileId, key, kind: 'composite', contentType: 'video/mp4' },
  });
  return renderStatus(order, { state: 'stored', progress: 1, cpuSeconds: 4, file });
}

async function done(stage: RecordingStage, recorder: ScriptedRecorder, order: RenderOrder) {
  const status = await resultOf(stage, order);
  stage.recorders.says(recorder, { type: 'render', status });
  await stage.pass();
  return status;
}

t.test('a recorder gets as many jobs as it takes at once, the oldest first', async (t) => {
  const { stage, recorder } = await open(t);
  const { recordingId, files } = await stage.ready();
  await stage.pass();
  t.equal(recorder.orders.length, 1);
  const [order] = recorder.orders as [RenderOrder];
  t.match(order, { attempt: 1, recordingId, layout: 'gallery' });
  t.strictSame(
    order.files.map(({ fileId }) => fileId),
    [files[0]?.fileId],
  );
  t.strictSame(
    order.manifests.map(({ fileId }) => fileId),
    [files[1]?.fileId],
  );
  const picture = await readFile(new URL(order.files[0]?.url as string), 'utf8');
  t.equal(picture, 'picture of take 1', 'files are named as the recorder reads them');
  await done(stage, recorder, order);
  t.equal(recorder.orders.length, 2, 'the next one follows');
  t.match(recorder.orders[1], { layout: 'audio' });
  await done(stage, recorder, recorder.orders[1] as RenderOrder);
  const kinds = await stage.database.query(
    `select kind, layout from recording_files where take is null order by kind`,
  );
  t.strictSame(kinds, [
    { kind: 'audio', layout: null },
    { kind: 'composite', layout: 'gallery' },
  ]);
  const [{ size } = { size: 0 }] = await stage.database.query<{ size: number }>(
    'select sum(size_bytes)::int8 as size from recording_files',
  );
  t.match(await stage.row({ recordingId }), { size_bytes: size });
});

t.test('what is told again changes nothing', async (t) => {
  const { stage, recorder } = await open(t, ['gallery']);
  await stage.ready();
  await stage.pass();
  const status = await done(stage, recorder, recorder.orders[0] as RenderOrder);
  stage.recorders.describes(recorder, { renders: [status] });
  stage.recorders.says(recorder, { type: 'render', status });
  await stage.pass();
  t.match(await rows(stage), [{ state: 'done', attempts: 1, progress: 1 }]);
  t.equal(await stage.objects.sizeOf(status.file?.key as string), 11);
  t.equal(
    (await stage.database.query(`select 1 from recording_files where take is null`)).length,
    1,
  );
});

t.test('what is told again is looked up once', async (t) => {
  const { stage, recorder } = await open(t, ['gallery']);
  await stage.ready();
  await stage.pass();
  const status = await done(stage, recorder, recorder.orders[0] as RenderOrder);
  const { database } = stage;
  const locks: string[] = [];
  const transaction = database.transaction.bind(database);
  database.transaction = (work) => {
    locks.push('one');
    return transaction(work);
  };
  const described = async () => {
    stage.recorders.describes(recorder, { renders: [status] });
    await stage.pass();
    return locks.splice(0).length;
  };
  const first = await described();
  const second = await described();
  t.equal(second, first - 1, 'its recording is not locked again');
});

t.test('of a recording that is deleted nothing is kept that comes late', async (t) => {
  const { stage, recorder } = await open(t, ['gallery']);
  await stage.ready();
  await stage.pass();
  const status = await resultOf(stage, recorder.orders[0] as RenderOrder);
  await stage.database.query('update recordings set deleted_at = now(), removed_at = now()');
  stage.recorders.says(recorder, { type: 'render', status });
  await stage.control.services.kept.renderQueue.settled();
  t.equal(await stage.objects.sizeOf(status.file?.key as string), null);
  t.same(await stage.database.query(`select 1 from recording_files where take is null`), []);
});

t.test('what waits of a recording that is deleted is given to nobody', async (t) => {
  const { stage, recorder } = await open(t);
  await stage.ready();
  await stage.pass();
  await stage.database.query('update recordings set deleted_at = now(), removed_at = now()');
  const [order] = recorder.orders as [RenderOrder];
  stage.recorders.says(recorder, {
    type: 'render',
    status: renderStatus(order, { state: 'failed' }),
  });
  await stage.pass();
  await stage.pass(5000);
  t.equal(recorder.orders.length, 1);
  t.match(await rows(stage), [{ state: 'canceled' }, { layout: 'audio', state: 'canceled' }]);
});

t.test('progress is written now and then', async (t) => {
  const { stage, recorder } = await open(t, ['gallery']);
  await stage.ready();
  await stage.pass();
  const [order] = recorder.orders as [RenderOrder];
  const tell = async (progress: number) => {
    stage.recorders.says(recorder, { type: 'render', status: renderStatus(order, { progress }) });
    await stage.control.services.kept.renderQueue.settled();
  };
  await tell(0.1);
  await tell(0.2);
  t.match(await rows(stage), [{ state: 'running', progress: 0.1 }]);
  stage.clock.advance(2000);
  await tell(0.3);
  t.match(await rows(stage), [{ progress: 0.3 }]);
});

t.test(
  'a job whose recorder is lost is begun again elsewhere, and the lost one’s counts no more',
  async (t) => {
    const { stage, recorder } = await open(t, ['gallery']);
    await stage.ready();
    await stage.pass();
    const [first] = recorder.orders as [RenderOrder];
    stage.recorders.lose(recorder);
    await stage.pass();
    t.match(await rows(stage), [{ state: 'queued', attempts: 1, detail: /lost/ }]);
    const other = stage.recorders.add(stage.ids.next());
    await stage.pass(5000);
    t.match(other.orders, [{ renderId: first.renderId, attempt: 2 }]);
    stage.recorders.all.push(recorder);
    stage.recorders.describes(recorder, { renders: [renderStatus(first, { progress: 0.9 })] });
    await stage.pass();
    t.match(await rows(stage), [{ state: 'running', attempts: 2, progress: 0 }]);
    t.strictSame(recorder.calls('cancelRender'), [{ renderId: first.renderId }]);
    const sizeOf = ({ file }: RenderStatus) => stage.objects.sizeOf(file?.key as string);
    const early = await done(stage, recorder, first);
    t.match(await rows(stage), [{ state: 'running', attempts: 2 }], 'of an older try');
    t.equal(await sizeOf(early), null, 'what came of it is gone');
    const status = await done(stage, other, other.orders[0] as RenderOrder);
    t.match(await rows(stage), [{ state: 'done', attempts: 2 }]);
    const late = await done(stage, recorder, first);
    t.same([await sizeOf(status), await sizeOf(late)], [11, null], 'the good one stays');
  },
);

t.test(
  'a recorder that is lost here alone keeps its jobs: who decides for it takes them',
  async (t) => {
    const { stage, recorder } = await open(t, ['gallery']);
    await stage.ready();
    await stage.pass();
    stage.recorders.ofOthers.add(recorder.recorderId);
    stage.recorders.lose(recorder);
    await stage.pass(60_000);
    t.match(await rows(stage), [{ state: 'running', attempts: 1 }]);
    stage.recorders.ofOthers.clear();
    await stage.pass();
    t.match(await rows(stage), [{ state: 'queued', attempts: 1, detail: /lost/ }]);
  },
);

t.test('after three tries it has failed', async (t) => {
  const { stage, recorder } = await open(t, ['gallery']);
  await stage.ready();
  await stage.pass();
  for (const attempt of [1, 2, 3]) {
    t.equal(recorder.orders.length, attempt);
    const order = recorder.orders.at(-1) as RenderOrder;
    const status = renderStatus(order, { state: 'failed', detail: 'ffmpeg ended with 1' });
    stage.recorders.says(recorder, { type: 'render', status });
    await stage.pass();
    t.equal(recorder.orders.length, attempt, 'not at once');
    await stage.pass(attempt * 5000);
  }
  t.match(await rows(stage), [{ state: 'failed', attempts: 3, detail: 'ffmpeg ended with 1' }]);
});

t.test('a job that was not taken, or is forgotten, is given again', async (t) => {
  const { stage, recorder } = await open(t, ['gallery']);
  recorder.refuses.add('render');
  await stage.ready();
  await stage.pass();
  t.match(await rows(stage), [{ state: 'queued', attempts: 1, detail: /refused/ }]);
  recorder.refuses.clear();
  await stage.pass(5000);
  t.match(recorder.orders, [{ attempt: 2 }]);
  stage.recorders.describes(recorder);
  await stage.pass();
  t.match(
    await rows(stage),
    [{ state: 'running', attempts: 2 }],
    'it may not have heard of it yet',
  );
  await stage.pass(16_000);
  stage.recorders.describes(recorder);
  await stage.pass();
  t.match(recorder.orders.at(-1), { attempt: 3 });
});

t.test('one that is canceled ends at the recorder, also later', async (t) => {
  const { stage, recorder } = await open(t, ['gallery']);
  const { recordingId } = await stage.ready();
  await stage.pass();
  const [order] = recorder.orders as [RenderOrder];
  const { kept } = stage.control.services;
  const [recording] = await stage.database.query('select recording_id from recordings');
  t.ok(recording);
  await kept.renders.remove({ recordingId } as never, order.renderId);
  t.strictSame(recorder.calls('cancelRender'), [{ renderId: order.renderId }]);
  t.match(await rows(stage), [{ state: 'canceled' }]);
  stage.recorders.describes(recorder, { renders: [renderStatus(order, { progress: 0.5 })] });
  await stage.pass();
  t.equal(recorder.calls('cancelRender').length, 2);
  const status = await done(stage, recorder, order);
  t.equal(await stage.objects.sizeOf(status.file?.key as string), null, 'what came of it is gone');
  t.match(await rows(stage), [{ state: 'canceled' }]);
});

t.test('a start waits for recorders to come before it takes their jobs away', async (t) => {
  const { stage, recorder } = await open(t, ['gallery']);
  await stage.ready();
  await stage.pass();
  stage.recorders.all.splice(0);
  await stage.pass(59_000);
  t.match(await rows(stage), [{ state: 'running' }]);
  await stage.pass(1000);
  t.match(await rows(stage), [{ state: 'queued' }]);
  t.equal(recorder.orders.length, 1);
});
