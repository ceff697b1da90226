/** What lies in the folder of recordings that should not, or is damaged. */
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { publish } from '../../test/recorder/meeting.js';
import { play } from '../../test/recorder/player.js';
import { diskFiles } from './sink/file-layer.js';
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
