/** The recorder of a single machine: a real child process, with the real engine. */
import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RecordingOrder } from '../../../recorder/src/index.js';
import { systemClock } from '../clock.js';
import { systemIds } from '../ids.js';
import { lockFolder } from '../store/folder-lock.js';
import { testConfig } from '../testing/test-control.js';
import { testFolder } from '../testing/test-database.js';
import { eventually } from '../testing/test-redis.js';
import { ChildRecorder } from './child-recorder.js';
import { recorderIdIn } from './recorder-id.js';

const ids = systemIds(systemClock);

interface Beside {
  recorder: ChildRecorder;
  children: ChildProcess[];
  lost: string[];
  folder: string;
  /** Until its process number `n` has said what it has. */
  there: () => Promise<unknown>;
}

/** @param before it is begun. @param others what is begun first, in place of a recorder. */
function beside(
  t: Test,
  before: (folder: string) => void = () => {},
  others: (() => ChildProcess)[] = [],
): Beside {
  const data = testFolder(t);
  const folder = join(data, 'recorder');
  mkdirSync(folder);
  before(folder);
  const config = testConfig({
    data: { folder: data },
    recorder: { folder, reserveBytes: 0, reserveShare: 0, renderJobs: 0 },
    log: { level: 'error' },
  });
  const children: ChildProcess[] = [];
  const lost: string[] = [];
  const recorder = new ChildRecorder({
    ...{ clock: systemClock, log: { info() {}, warn() {}, error() {} }, region: 'local', config },
    recorderId: recorderIdIn(folder, ids),
    begin: () => {
      const other = others.shift();
      if (other !== undefined) return other();
      const child = fork(new URL('./recorder-child-main.js', import.meta.url), {
        ...{ detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
      });
      children.push(child);
      return child;
    },
  });
  recorder.listen({ event: () => {}, described: () => {}, lost: (id) => lost.push(id) });
  t.teardown(() => recorder.stop());
  const there = () => eventually('it is there', async () => recorder.place() ?? undefined);
  return { recorder, children, lost, folder, there };
}

function orderOf(take = 1): RecordingOrder {
  return {
    ...{ recordingId: ids.next(), meetingId: ids.next(), title: 'A test', consent: 'inform' },
    ...{ startedAt: new Date().toISOString(), take, recordedMs: 0, isPaused: false, allowed: null },
  } as RecordingOrder;
}

const ended = (child: ChildProcess) =>
  eventually('it has ended', async () =>
    child.exitCode !== null || child.signalCode !== null ? true : undefined,
  );

t.test('a machine that has no process for it now: it is begun later', async (t) => {
  const { children, lost, there } = beside(t, () => {}, [
    () => {
      throw new Error('ENOMEM, as the test wants it');
    },
    // As without descriptors: an error, and no exit.
    () => spawn('/there is no such program'),
  ]);
  await there();
  t.equal(children.length, 1);
  t.same(lost, []);
});

t.test('calls, events, and a restart within a second after kill -9', async (t) => {
  const { recorder, children, lost, folder, there } = beside(t);
  await there();
  const [placed] = recorder.all;
  if (placed === undefined) throw new Error('no recorder');
  const ref = { roomId: ids.next(), epoch: 1 };
  const order = orderOf();
  const held = await placed.client.openRoom({ ...ref, recording: order });
  t.equal(held.linkAddresses.length > 0, true, 'nodes can link to it');
  await t.rejects(placed.client.closeLink({ ...ref, roomId: 'another', linkId: 'x' }), {
    code: 'not_in_room',
  });
  await placed.client.tell({
    ...ref,
    facts: [{ type: 'joined', participantId: 'p', name: 'Ada' }],
  });
  const manifest = join(folder, 'recordings', order.recordingId, '1', 'manifest.jsonl');
  await eventually('a manifest', async () => existsSync(manifest) || undefined);
  t.match(await recorder.stats(), { plenum_recorder_recordings: 1 });
  children[0]?.kill('SIGKILL');
  await eventually('it is lost', async () => lost.length === 1 || undefined);
  t.equal(recorder.place(), null);
  await t.rejects(placed.client.finish({ recordingId: order.recordingId, take: 1, reason: 'x' }), {
    code: 'node_lost',
  });
  const lostAt = performance.now();
  await eventually('another is begun', async () => children.length === 2 || undefined);
  t.ok(performance.now() - lostAt < 1000, 'within a second');
  await there();
  const [again] = recorder.all;
  t.equal(again?.recorderId, placed.recorderId);
  await again?.client.openRoom({ ...ref, recording: { ...order, recordedMs: 1500 } });
  const load = () => recorder.stats();
  t.match(await load(), { plenum_recorder_recordings: 1, plenum_recorder_recovered_total: 1 });
});

t.test('it ends when it is told to, and when its parent is gone without a word', async (t) => {
  const { children, there } = beside(t);
  await there();
  const [child] = children;
  if (child === undefined) throw new Error('no child');
  // As the kernel does when the parent is killed.
  child.disconnect();
  await ended(child);
  t.equal(child.exitCode, 0, 'in order');
  const other = beside(t);
  await other.there();
  await other.recorder.stop();
  t.equal(other.children[0]?.exitCode, 0);
  t.equal(other.children.length, 1, 'and is not begun again');
});

t.test('while another process has the folder it does not begin, and then does', async (t) => {
  let release = () => {};
  const { recorder, children, there } = beside(t, (folder) => {
    release = lockFolder(folder);
  });
  const [first] = children as [ChildProcess];
  await ended(first);
  t.equal(first.exitCode, 1);
  t.equal(recorder.place(), null);
  release();
  await there();
});
