/** Takes that cannot go on at all, and what is said of them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { linesOf, publish, storedManifest } from '../../test/recorder/meeting.js';
import { play } from '../../test/recorder/player.js';
import type { RecordingStatus } from './contract.js';
import { diskFiles, type FileLayer, type OpenFile } from './sink/file-layer.js';
import { openRecorder, orderOf } from './testing/test-recorder.js';
import { TestRoom } from './testing/test-room.js';

const RECORDING = orderOf().recordingId;

t.test('something stands where its folder should be: it has not begun', async (t) => {
  const { recorder, clock, folder } = await openRecorder();
  const root = join(folder, 'recordings');
  await mkdir(root, { recursive: true });
  await writeFile(join(root, RECORDING), 'in the way');
  const told: RecordingStatus[] = [];
  recorder.onStatus((status) => told.push(status));
  const room = new TestRoom();
  publish(room, clock.nowUs());
  const recording = recorder.begin(room, orderOf());
  await t.rejects(recording.begun, /ENOTDIR|EEXIST/);
  t.match(told.at(-1), { state: 'failed', trouble: null, files: [] });
  t.match(recorder.statuses(), [{ recordingId: RECORDING, take: 1, state: 'failed' }]);
  t.equal(recorder.find(RECORDING), null);
  t.match(recorder.load(), { recordings: 0, tracks: 0 });
  t.ok([...room.taps.values()].every(({ isClosed }) => isClosed));
  t.throws(() => recorder.begin(room, orderOf()), 'that take is over');
  await recorder.release(RECORDING, 1);
  t.strictSame(recorder.statuses(), []);
  t.equal(await readFile(join(root, RECORDING), 'utf8'), 'in the way');

  await rm(join(root, RECORDING));
  const next = recorder.begin(room, orderOf({ take: 2 }));
  await next.begun;
  t.equal(next.status.state, 'recording');
  await recorder.close();
});

/** A disk that refuses, or stands still, as it is told. */
class BrokenDisk {
  isBroken = false;
  readonly files: FileLayer = { ...diskFiles, open: (path) => this.#open(path) };

  async #open(path: string): Promise<OpenFile> {
    const file = await diskFiles.open(path);
    return {
      write: async (bytes, at) => {
        if (this.isBroken) throw Object.assign(new Error('EIO'), { code: 'EIO' });
        await file.write(bytes, at);
      },
      read: (at, bytes) => file.read(at, bytes),
      sync: () => file.sync(),
      truncate: (bytes) => file.truncate(bytes),
      size: () => file.size(),
      close: () => file.close(),
    };
  }
}

t.test('a disk that breaks: the take ends, and what it has is stored', async (t) => {
  const disk = new BrokenDisk();
  const { recorder, clock, store } = await openRecorder({ files: disk.files });
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 3000);
  disk.isBroken = true;
  await play({ room, clock }, loops, 5000);
  t.match(recording.status.state, 'degraded', 'it may be over soon');
  disk.isBroken = false;
  await play({ room, clock }, loops, 5000);
  t.match(recording.status, { state: 'recording', trouble: null });
  disk.isBroken = true;
  await play({ room, clock }, loops, 11_000);
  t.equal(recording.status.state, 'finishing');
  t.ok([...room.taps.values()].every(({ isClosed }) => isClosed));
  disk.isBroken = false;
  await clock.until(() => recording.status.state === 'stored', 'stored');
  t.match(linesOf(await storedManifest(store), 'stopped'), [{ reason: 'disk_failed' }]);
  t.equal(recording.status.files.filter(({ kind }) => kind === 'track').length, 2);
  await recorder.close();
});

t.test('what is left without a manifest that says whose it is', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
  const take = join(folder, 'recordings', RECORDING, '1');
  await mkdir(take, { recursive: true });
  await writeFile(join(take, 'a.webm'), 'media');
  const { recorder } = await openRecorder({ folder });
  const failed = { recordingId: RECORDING, take: 1, state: 'failed', files: [] };
  t.match(recorder.statuses(), [failed]);
  await recorder.release(RECORDING, 1);
  t.strictSame(recorder.statuses(), []);
  t.equal(await readFile(join(take, 'a.webm'), 'utf8'), 'media', 'it may be of use to somebody');
  await recorder.close();
});
