/** Files that a kill left and that cannot be read: tried in turn, and given up at last. */
import { cp, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CAMERA, linesOf, publish, storedManifest } from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import { readManifest } from '../manifest/reader.js';
import { timelineOf } from '../render/timeline.js';
import { diskFiles, type FileLayer } from '../sink/file-layer.js';
import { openRecorder, orderOf, TestClock } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

const RECORDING = orderOf().recordingId;
const ANNA = { type: 'joined', participantId: 'anna', name: 'Anna' } as const;

/** As a kill leaves them after 3 s: what was written, and nothing of an end. */
async function left() {
  const { folder, clock, recorder } = await openRecorder();
  const room = new TestRoom();
  recorder.begin(room, orderOf()).tell([ANNA]);
  await play({ room, clock }, publish(room, clock.nowUs()), 3000);
  const after = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
  await cp(folder, after, { recursive: true });
  await recorder.close();
  const path = join(after, 'recordings', RECORDING, '1');
  const lines = readManifest(await readFile(join(path, 'manifest.jsonl'), 'utf8'));
  const [sound, picture] = linesOf(lines, 'file').sort((a) => (a.track_id === CAMERA ? 1 : -1));
  if (!sound || !picture) throw new Error('two files were begun');
  return { folder: after, path, sound: sound.name, picture: picture.name };
}

type Refused = (name: string) => string | null;

/** `refused` says by which code a file may not be opened now; `tried`: when it was. */
function refusing(clock: TestClock, refused: Refused) {
  const tried: { name: string; ms: number }[] = [];
  const files: FileLayer = {
    ...diskFiles,
    open: (path) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const code = refused(name);
      if (code === null) return diskFiles.open(path);
      tried.push({ name, ms: clock.ms });
      return Promise.reject(Object.assign(new Error(code), { code }));
    },
  };
  return { files, tried };
}

async function finished(folder: string, refused: Refused) {
  const clock = new TestClock();
  const { files, tried } = refusing(clock, refused);
  const said: string[] = [];
  const log = (level: string, message: string, facts: object) =>
    said.push(`${level}: ${message} ${JSON.stringify(facts)}`);
  const { recorder, store } = await openRecorder({ folder, clock, files, log });
  recorder.finish(RECORDING, 1, 'over');
  const state = () => recorder.statuses()[0]?.state;
  const stored = () => recorder.statuses()[0]?.files ?? [];
  return { recorder, clock, store, tried, said, state, stored };
}

t.test('a file that can never be read is given up, and the take is stored', async (t) => {
  const { folder, path, sound, picture } = await left();
  const before = await readFile(join(path, picture));
  const test = await finished(folder, (name) => (name === picture ? 'EIO' : null));
  const { recorder, clock, tried, said } = test;
  await clock.pass(60_000);
  t.equal(test.state(), 'finishing', 'a disk may be ill for a minute');
  t.equal(test.stored().length, 1);
  await clock.until(() => test.state() === 'stored', 'stored');
  const pausesMs = tried.slice(1).map(({ ms }, index) => ms - (tried[index]?.ms ?? 0));
  t.ok(Math.max(...pausesMs.slice(0, 3)) < 4000, `${pausesMs}`);
  t.ok(Math.min(...pausesMs.slice(-5)) > 7000, `they grow: ${pausesMs}`);
  t.match(test.stored(), [{ key: new RegExp(sound) }, { kind: 'manifest' }]);
  t.equal(recorder.stats().recorder_files_given_up_total, 1);
  const errors = said.filter((line) => line.startsWith('error'));
  t.match(errors, [new RegExp(`given up.*${picture}.*EIO`)]);
  t.equal(errors.length, 1);

  const lines = await storedManifest(test.store);
  const { file_id, t: fromMs } = linesOf(lines, 'file').find(({ name }) => name === picture) ?? {};
  const [end, ...more] = linesOf(lines, 'file_end').filter((line) => line.file_id === file_id);
  t.strictSame(more, []);
  t.match(end, { t: fromMs, bytes: 0, sha256: '', frames: 0, unread: true });
  t.equal(linesOf(lines, 'stopped').length, 1);
  const gaps = linesOf(lines, 'gap').filter(({ track_id }) => track_id === CAMERA);
  const isNamed = (ms: number) => gaps.some(({ from, to }) => from <= ms && ms < to);
  for (let ms = fromMs ?? 0; ms < 2500; ms += 100) t.ok(isNamed(ms), `missing at ${ms}`);
  const pieces = timelineOf([lines]).pieces.filter(({ fileId }) => fileId === file_id);
  t.strictSame(
    pieces.flatMap(({ shown }) => shown),
    [],
    'nobody looks for it',
  );

  await recorder.release(RECORDING, 1);
  t.strictSame((await readdir(path)).sort(), [picture, 'manifest.jsonl', 'stored.json'].sort());
  t.ok(before.equals(await readFile(join(path, picture))), 'it is as it was');
  await recorder.close();
  const next = await finished(folder, () => null);
  t.equal(next.state(), 'stored', 'and the next start does not begin again');
  await next.recorder.release(RECORDING, 1);
  t.equal(next.state(), 'stored', 'it is said as long as something is there');
  t.equal((await readdir(path)).length, 3);
  await next.recorder.release(RECORDING, 1, true);
  t.equal(next.state(), undefined);
  await t.rejects(readdir(path), { code: 'ENOENT' }, 'who deletes a recording leaves nothing');
  await next.recorder.close();
});

t.test('its end was found, and nothing else of it: all of it is missing by name', async (t) => {
  const { folder, picture } = await left();
  let opened = 0;
  const test = await finished(folder, (name) => {
    // The first time is where its end is looked for.
    if (name === picture) opened++;
    return name === picture && opened > 1 ? 'EIO' : null;
  });
  await test.clock.until(() => test.state() === 'stored', 'stored');
  const own = linesOf(await storedManifest(test.store), 'gap').filter(
    ({ track_id }) => track_id === CAMERA,
  );
  t.match(own.at(-1), { reason: 'disk' });
  t.ok((own.at(-1)?.to ?? 0) > 2500, 'up to its end, as it was found');
  t.ok((test.recorder.stats()['recorder_gap_seconds_total{reason="disk"}'] ?? 0) > 2);
  await test.recorder.close();
});

t.test('two that are refused: one keeps the other from nothing', async (t) => {
  const { folder, sound, picture } = await left();
  let isSoundBad = true;
  const test = await finished(folder, (name) =>
    name === picture || (name === sound && isSoundBad) ? 'EIO' : null,
  );
  await test.clock.pass(5000);
  t.strictSame(new Set(test.tried.map(({ name }) => name)), new Set([sound, picture]));
  t.equal(test.stored().length, 0);
  isSoundBad = false;
  await test.clock.until(() => test.stored().length > 0, 'the sound is stored');
  t.equal(test.state(), 'finishing', 'and the picture is waited for');
  await test.recorder.close();
});

t.test('the process ends while one is refused: the next start tries it anew', async (t) => {
  const { folder, path, picture } = await left();
  const test = await finished(folder, (name) => (name === picture ? 'EIO' : null));
  await test.clock.pass(5000);
  await test.recorder.close();
  t.notMatch(await readFile(join(path, 'manifest.jsonl'), 'utf8'), /unread/);
  const next = await finished(folder, () => null);
  await next.clock.until(() => next.state() === 'stored', 'stored');
  t.equal(next.stored().length, 3);
  await next.recorder.close();
});

for (const [what, isRefused, code] of [
  ['a disk that is full', (name: string, picture: string) => name === picture, 'ENOSPC'],
  ['a disk that takes nothing at all', () => true, 'EIO'],
] as const) {
  t.test(`${what} is waited for as long as it takes`, async (t) => {
    const { folder, picture } = await left();
    let isBad = true;
    const test = await finished(folder, (name) =>
      isBad && isRefused(name, picture) ? code : null,
    );
    await test.clock.pass(900_000);
    t.ok(test.tried.length > 40);
    t.equal(test.state(), 'finishing');
    isBad = false;
    await test.clock.until(() => test.state() === 'stored', 'stored');
    t.equal(test.recorder.stats().recorder_files_given_up_total, 0);
    t.equal(test.stored().length, 3);
    await test.recorder.close();
  });
}
