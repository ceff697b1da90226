import { cp, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { publish, storedManifest } from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import { diskFiles, type FileLayer } from '../sink/file-layer.js';
import type { RecordingStore } from '../store.js';
import { FileStore, faultyStore, sha256 } from '../testing/file-store.js';
import { openRecorder, orderOf, TestClock } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';
import { randomOf } from '../timeline/simulation.js';
import { BackOff } from './back-off.js';
import { FileUpload, MIN_PART_BYTES } from './file-upload.js';
import { UploadJournal } from './journal.js';
import { Places } from './places.js';

const MIB = 1024 * 1024;
const KEY = 'recordings/a/1/file.webm';

interface Tried {
  failures: number;
}

async function writeFileOf(path: string, bytes: Uint8Array): Promise<void> {
  const file = await diskFiles.open(path);
  await file.write(bytes, 0);
  await file.close();
}

function uploadOf(
  folder: string,
  store: RecordingStore,
  clock: TestClock,
  tried: Tried & { files?: FileLayer },
) {
  const { files = diskFiles } = tried;
  return new FileUpload({
    ...{ store, files, key: KEY, contentType: 'video/webm', partBytes: MIN_PART_BYTES },
    journal: new UploadJournal(files, join(folder, 'uploads.jsonl')),
    places: new Places(1),
    backOff: new BackOff(clock),
    path: join(folder, 'file.webm'),
    tried: (error) => {
      if (error) tried.failures++;
    },
  });
}

/** No two MiB of it are alike. */
function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size, 'no two of these are alike');
  for (let at = 0; at + 4 <= size; at += 4096) bytes.writeUInt32LE(at, at);
  return bytes;
}

t.test('parts go up while a file grows; the first one last', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-upload-'));
  const clock = new TestClock();
  const under = new FileStore(join(folder, 'store'));
  const store = faultyStore(under, async () => {});
  const bytes = bytesOf(13 * MIB);
  await writeFileOf(join(folder, 'file.webm'), bytes);
  const upload = uploadOf(folder, store, clock, { failures: 0 });
  upload.advance(12 * MIB);
  await clock.until(() => upload.storedBytes === 5 * MIB, 'the second part is stored');
  t.notOk(store.calls.includes('complete'));
  // The head is written again.
  bytes.write('head', 0);
  await writeFileOf(join(folder, 'file.webm'), bytes);
  upload.complete({ bytes: bytes.length, sha256: sha256(bytes) });
  t.equal(await upload.done, true);
  t.equal(sha256(await readFile(under.pathOf(KEY))), sha256(bytes));
  t.equal(store.calls.filter((call) => call === 'putPart').length, 3);
  t.equal(upload.storedBytes, bytes.length);
});

t.test('a store that fails, and processes that are killed: the file arrives whole', async (t) => {
  const seed = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 1_000_000);
  t.comment(`seed ${seed}`);
  const random = randomOf(seed);
  const bytes = bytesOf(23 * MIB);
  for (let round = 0; round < 5; round++) {
    const folder = await mkdtemp(join(tmpdir(), 'plenum-upload-'));
    const clock = new TestClock();
    const under = new FileStore(join(folder, 'store'));
    const tried = { failures: 0 };
    const store = faultyStore(under, async () => {
      if (random() < 0.4) throw new Error('503');
    });
    await writeFileOf(join(folder, 'file.webm'), bytes);
    for (let kill = 0; kill < 4; kill++) {
      const upload = uploadOf(folder, store, clock, tried);
      upload.advance(Math.floor(random() * bytes.length));
      if (random() < 0.5) upload.complete({ bytes: bytes.length, sha256: sha256(bytes) });
      await clock.pass(Math.floor(random() * 3000));
      upload.close();
    }
    const last = uploadOf(folder, store, clock, tried);
    last.complete({ bytes: bytes.length, sha256: sha256(bytes) });
    let isDone = false;
    last.done.then(() => {
      isDone = true;
    });
    await clock.until(() => isDone, 'stored');
    t.equal(sha256(await readFile(under.pathOf(KEY))), sha256(bytes));
    t.ok(tried.failures > 0);
  }
});

t.test('the store is down for three minutes: nothing is lost', async (t) => {
  let isDown = true;
  const folder = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
  const under = new FileStore(join(folder, 'store'), false);
  const store = faultyStore(under, async () => {
    if (isDown) throw new Error('connection refused');
  });
  const { recorder, clock } = await openRecorder({ folder, store });
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf());
  await play({ room, clock }, publish(room, clock.nowUs()), 3000);
  recording.stop('host');
  await clock.until(() => recording.status.trouble === 'store_down', 'it is said');
  t.equal(recording.status.state, 'finishing');
  t.ok(recording.status.backlogBytes > 0);
  await clock.pass(180_000);
  t.equal(recording.status.state, 'finishing');
  await recorder.release(orderOf().recordingId, 1);
  t.equal(recorder.statuses().length, 1, 'what is not stored is not released');
  isDown = false;
  await clock.until(() => recording.status.state === 'stored', 'stored');
  t.match(recording.status, { trouble: null, backlogBytes: 0 });
  t.equal((await storedManifest(under)).filter(({ type }) => type === 'uploaded').length, 2);
  await recorder.close();

  const again = await openRecorder({ folder, store });
  t.match(again.recorder.statuses(), [{ state: 'stored', files: { length: 3 } }], 'also later');
  await again.recorder.release(orderOf().recordingId, 1);
  t.strictSame(again.recorder.statuses(), []);
  await again.recorder.close();
});

t.test(
  'parts while it is recorded, a kill in between: what is stored is what is said',
  async (t) => {
    const partBytes = 16 * 1024;
    const folder = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
    const under = new FileStore(join(folder, 'store'), true, partBytes);
    const store = faultyStore(under, async () => {});
    const { recorder, clock } = await openRecorder({ folder, store, partBytes });
    const room = new TestRoom();
    const recording = recorder.begin(room, orderOf());
    await play({ room, clock }, publish(room, clock.nowUs()), 8000);
    const parts = store.calls.filter((call) => call === 'putPart').length;
    t.ok(parts > 2, `${parts} parts went up meanwhile`);
    // Of each file the first part waits, and what is no whole part yet.
    const mostBytes = 2 * 2 * partBytes + 16 * 1024;
    await clock.until(
      () => recording.status.backlogBytes < mostBytes,
      'all whole parts are stored',
    );
    // What a killed process leaves; the killed one says nothing any more.
    const left = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
    await cp(folder, left, { recursive: true });
    await recorder.close();
    const underAfter = new FileStore(join(left, 'store'), true, partBytes);
    const storeAfter = faultyStore(underAfter, async () => {});
    const after = await openRecorder({ folder: left, store: storeAfter, partBytes });
    after.recorder.finish(orderOf().recordingId, orderOf().take, 'room_lost');
    const status = () => after.recorder.statuses()[0];
    await after.clock.until(() => status()?.state === 'stored', 'stored');
    t.notOk(storeAfter.calls.includes('abort'));
    const begun = storeAfter.calls.filter((call) => call === 'begin').length;
    t.ok(begun < 2, `${begun} uploads were begun anew, the others went on`);
    for (const { key, bytes, sha256: said } of status()?.files ?? []) {
      const stored = await readFile(underAfter.pathOf(key));
      t.strictSame([stored.length, sha256(stored)], [bytes, said], key.slice(-10));
    }
    t.equal(status()?.files.length, 3);
    await after.recorder.close();
  },
);

t.test('an upload that cannot be noted is given up: none is left in the store', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-upload-'));
  const clock = new TestClock();
  const under = new FileStore(join(folder, 'store'));
  const store = faultyStore(under, async () => {});
  const bytes = bytesOf(13 * MIB);
  await writeFileOf(join(folder, 'file.webm'), bytes);
  let refusals = 2;
  const files: FileLayer = {
    ...diskFiles,
    async writeText(path, text) {
      if (refusals-- > 0) throw new Error('ENOSPC');
      await diskFiles.writeText(path, text);
    },
  };
  const tried = { failures: 0, files };
  const upload = uploadOf(folder, store, clock, tried);
  upload.complete({ bytes: bytes.length, sha256: sha256(bytes) });
  await clock.until(() => upload.storedBytes === bytes.length, 'stored');
  t.equal(await upload.done, true);
  t.equal(tried.failures, 1, 'the second refusal is of what is forgotten');
  t.strictSame(
    store.calls.filter((call) => call === 'begin' || call === 'abort'),
    ['begin', 'abort', 'begin'],
  );
  t.strictSame(await readdir(join(folder, 'store', 'uploads')), []);
});
