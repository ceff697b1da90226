/** What lies in the folder of recordings that should not, or is damaged. */
import { cp, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { publish } from '../../test/recorder/meeting.js';
import { play } from '../../test/recorder/player.js';
import { diskFiles, type FileLayer } from './sink/file-layer.js';
import { openRecorder, orderOf } from './testing/test-recorder.js';
import { TestRoom } from './testing/test-room.js';

const RECORDING = orderOf().recordingId;

/** A take that is stored and not released, and its recorder gone. */
async function leave() {
  const test = await openRecorder();
  const room = new TestRoom();
  const recording = test.recorder.begin(room, orderOf());
  await play({ room, clock: test.clock }, publish(room, test.clock.nowUs()), 1000);
  recording.stop('host');
  await test.clock.until(() => recording.status.state === 'stored', 'stored');
  await test.recorder.close();
  return test;
}

t.test('a recorder starts whatever lies there, and says what it cannot read', async (t) => {
  const { folder, clock } = await leave();
  const root = join(folder, 'recordings');
  await writeFile(join(root, '.DS_Store'), 'x');
  await mkdir(join(root, 'empty', '1'), { recursive: true });
  await mkdir(join(root, 'headless', '1'), { recursive: true });
  await writeFile(join(root, 'headless', '1', 'manifest.jsonl'), '{"type":"recording"}\n');
  await mkdir(join(root, 'strange', '1', 'manifest.jsonl'), { recursive: true });
  const said: string[] = [];
  const log = (level: string, message: string, facts: object) =>
    said.push(`${level}: ${message} ${JSON.stringify(facts)}`);
  const { recorder } = await openRecorder({ folder, clock, log });
  t.match(recorder.statuses(), [{ recordingId: RECORDING, state: 'stored' }]);
  t.equal(recorder.statuses().length, 1);
  t.match(said.sort(), [
    /^error: a take that was left cannot be read .*strange\/1.*EISDIR/,
    /^error: a take that was left has no readable manifest .*headless\/1/,
  ]);
  t.equal(said.length, 2);
  t.equal((await stat(join(root, 'headless', '1', 'manifest.jsonl'))).isFile(), true);
  await recorder.close();
});

t.test(
  'a take that cannot be read at this start is waited for, and not written over',
  async (t) => {
    const { folder, clock } = await leave();
    const path = join(folder, 'recordings', RECORDING, '1', 'manifest.jsonl');
    const before = await readFile(path, 'utf8');
    const files: FileLayer = {
      ...diskFiles,
      readText: async (name) => {
        if (name === path) throw Object.assign(new Error('as the test wants it'), { code: 'EIO' });
        return diskFiles.readText(name);
      },
    };
    const { recorder } = await openRecorder({ folder, clock, files });
    t.match(recorder.statuses(), [{ recordingId: RECORDING, take: 1, state: 'finishing' }]);
    t.throws(() => recorder.begin(new TestRoom(), orderOf()), /cannot be read/);
    await recorder.release(RECORDING, 1);
    await recorder.close();
    t.equal(await readFile(path, 'utf8'), before);
    const next = await openRecorder({ folder, clock });
    t.match(next.recorder.statuses(), [{ recordingId: RECORDING, take: 1, state: 'stored' }]);
    await next.recorder.close();
  },
);

t.test('a list of what is stored that is damaged is made again', async (t) => {
  const { folder, clock } = await leave();
  const path = join(folder, 'recordings', RECORDING, '1', 'stored.json');
  const before = JSON.parse(await readFile(path, 'utf8')) as { key: string }[];
  await writeFile(path, '[{"fileId":');
  const { recorder } = await openRecorder({ folder, clock });
  await clock.until(() => recorder.statuses()[0]?.state === 'stored', 'stored again');
  const keys = recorder.statuses()[0]?.files.map(({ key }) => key);
  t.strictSame(keys?.sort(), before.map(({ key }) => key).sort());
  await recorder.close();
});

t.test('of a take that is released nothing is left; its manifest goes last', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
  const removed: string[] = [];
  const files = {
    ...diskFiles,
    remove: (path: string) => {
      removed.push(path.split('/').at(-1) ?? '');
      return diskFiles.remove(path);
    },
  };
  const { recorder, clock } = await openRecorder({ folder, files });
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf());
  await play({ room, clock }, publish(room, clock.nowUs()), 1000);
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  await recorder.release(RECORDING, 1);
  t.ok(removed.length >= 4, removed.join(' '));
  t.strictSame(removed.slice(-2), ['stored.json', 'manifest.jsonl']);
  t.strictSame(await readdir(join(folder, 'recordings')), []);
  await recorder.close();
});

t.test('a file that cannot be read keeps no other from being stored', async (t) => {
  const { folder, clock, recorder } = await openRecorder();
  const room = new TestRoom();
  recorder.begin(room, orderOf());
  await play({ room, clock }, publish(room, clock.nowUs()), 3000);
  // As a kill leaves them: what was written, and nothing of an end.
  const left = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
  await cp(folder, left, { recursive: true });
  await recorder.close();
  const names = await readdir(join(left, 'recordings', RECORDING, '1'));
  const [bad] = names.filter((name) => name.endsWith('.webm'));
  let isBad = true;
  const files: FileLayer = {
    ...diskFiles,
    open: (path) =>
      isBad && path.endsWith(`${bad}`) ? Promise.reject(new Error('EIO')) : diskFiles.open(path),
  };
  const after = await openRecorder({ folder: left, files });
  after.recorder.finish(RECORDING, 1, 'over');
  const status = () => after.recorder.statuses()[0];
  await after.clock.until(() => (status()?.files.length ?? 0) > 0, 'the other one is stored');
  t.equal(status()?.state, 'finishing', 'and this one is waited for');
  isBad = false;
  await after.clock.until(() => status()?.state === 'stored', 'stored');
  t.equal(status()?.files.length, 3);
  await after.recorder.close();
});
