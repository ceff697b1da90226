import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { timelineOf } from '../render/timeline.js';
import { diskFiles } from '../sink/file-layer.js';
import { HangingDisk, SmallDisk } from '../testing/faulty-files.js';
import { randomOf } from '../timeline/simulation.js';
import { ManifestContents } from './contents.js';
import type { ManifestLine } from './lines.js';
import { readManifest } from './reader.js';
import { ManifestWriter } from './writer.js';

const LINES: ManifestLine[] = [
  {
    ...{ type: 'recording', version: 1, recording_id: 'r', meeting_id: 'm', room_id: 'o' },
    ...{ title: 'Über\nalles', started_at: '2026-11-30T10:00:00Z', consent: 'inform' },
  } as ManifestLine,
  { type: 'take', t: 0, take: 1, epoch: 3, recorder_id: 'x' },
  {
    ...{ type: 'track', t: 1, track_id: 'a', participant_id: 'p', kind: 'audio' },
    source: 'microphone',
  } as ManifestLine,
  { type: 'file', t: 1, file_id: 'f', track_id: 'a', name: 'f.webm', codec: 'opus' },
  { type: 'gap', track_id: 'a', from: 5.1234, to: 7, reason: 'loss' },
  { type: 'file_end', t: 9, file_id: 'f', bytes: 10, sha256: '00', frames: 3 },
  { type: 'uploaded', t: 9, file_id: 'f', key: 'k' },
  { type: 'counts', t: 9, track_id: 'a', frames_received: 4, frames_written: 3 },
  { type: 'stopped', t: 10, reason: 'host' },
];

t.test('what is written is read', async (t) => {
  const path = join(await mkdtemp(join(tmpdir(), 'plenum-manifest-')), 'manifest.jsonl');
  const writer = new ManifestWriter(diskFiles, path);
  for (const line of LINES) writer.append(line);
  await writer.settle();
  await writer.close();
  const text = await readFile(path, 'utf8');
  t.equal(Buffer.byteLength(text), writer.bytes);
  const read = readManifest(text);
  t.match(read, LINES.with(4, { ...LINES[4], from: 5.123 } as ManifestLine));
  const contents = new ManifestContents(read);
  t.match(contents, { lastMs: 10, isStopped: true, isPaused: false });
  t.match(contents.tracks.get('a'), { end: null, received: 4, written: 3 });
  t.match(contents.filesOf('a'), [{ key: 'k', end: { frames: 3 } }]);
});

t.test('how long a file lasted at least, by other lines', async (t) => {
  const contents = new ManifestContents([...LINES.slice(0, 3)]);
  const begin = (ms: number, file_id: string) => {
    const of = { track_id: 'a', name: `${file_id}.webm`, codec: 'opus' } as const;
    contents.add({ type: 'file', t: ms, file_id, ...of });
  };
  const least = () => contents.filesOf('a').map((file) => contents.leastEndOf(file));
  begin(1, 'f');
  t.strictSame(least(), [1]);
  contents.add({ type: 'gap', track_id: 'a', from: 5, to: 7, reason: 'loss' });
  t.strictSame(least(), [7]);
  begin(20, 'g');
  t.strictSame(least(), [20, 20]);
  contents.add({ type: 'track_end', t: 30, track_id: 'a', reason: 'removed' });
  t.strictSame(least(), [20, 30]);
});

t.test('a line that was cut is written over', async (t) => {
  const path = join(await mkdtemp(join(tmpdir(), 'plenum-manifest-')), 'manifest.jsonl');
  const first = new ManifestWriter(diskFiles, path);
  first.append(LINES[0] as ManifestLine);
  await first.settle();
  const bytes = first.bytes;
  const file = await diskFiles.open(path);
  await file.write(Buffer.from('{"type":"take","t":0,"ta'), bytes);
  await file.close();
  await first.close();
  const before = { contents: new ManifestContents(), bytes };
  const second = new ManifestWriter(diskFiles, path, before);
  second.append(LINES[8] as ManifestLine);
  await second.settle();
  await second.close();
  const text = await readFile(path, 'utf8');
  t.strictSame(
    readManifest(text).map(({ type }) => type),
    ['recording', 'stopped'],
  );
  t.equal(text.trim().split('\n').length, 2);
});

t.test('no space: lines wait', async (t) => {
  const path = join(await mkdtemp(join(tmpdir(), 'plenum-manifest-')), 'manifest.jsonl');
  const disk = new SmallDisk(diskFiles, 100);
  const writer = new ManifestWriter(disk, path);
  for (const line of LINES) writer.append(line);
  await t.rejects(writer.settle());
  t.ok(writer.hasPending);
  disk.totalBytes = 10_000;
  await writer.settle();
  await writer.close();
  t.equal(readManifest(await readFile(path, 'utf8')).length, LINES.length);
});

t.test('a line that comes while it is settled waits for its turn', async (t) => {
  const path = join(await mkdtemp(join(tmpdir(), 'plenum-manifest-')), 'manifest.jsonl');
  const disk = new HangingDisk(diskFiles);
  const writer = new ManifestWriter(disk, path);
  for (const line of LINES) writer.append(line);
  const release = disk.hang();
  const settled = writer.settle();
  writer.append(LINES[0] as ManifestLine);
  release();
  await settled;
  t.ok(readManifest(await readFile(path, 'utf8')).length >= LINES.length);
  await writer.settle();
  await writer.close();
  t.equal(readManifest(await readFile(path, 'utf8')).length, LINES.length + 1);
});

/** Lines of every type, as they are written. */
const EVERY: ManifestLine[] = [
  ...LINES,
  { type: 'joined', t: 0, participant_id: 'p', name: 'Ünal "\u2028"' },
  { type: 'left', t: 9, participant_id: 'p' },
  { type: 'consent', t: 1, participant_id: 'p', accepted: null, text_version: '1' },
  { type: 'track_end', t: 9, track_id: 'a', reason: 'unpublished' },
  { type: 'muted', t: 2, track_id: 'a', muted: true },
  { type: 'clock', t: 3, track_id: 'a', rtp: 2 ** 40, skew_ppm: -31.5 },
  { type: 'speaker', t: 3, participant_id: null },
  { type: 'chat', t: 4, message_id: 'c', participant_id: 'p', name: 'P', body: 'hello' },
  { type: 'chat_deleted', t: 5, message_id: null },
  { type: 'paused', t: 5, at: '2026-11-30T10:00:05Z' },
  { type: 'resumed', t: 5, at: '2026-11-30T10:01:00Z' },
  { type: 'node', t: 6, node_id: 'n', epoch: 4, reason: 'drain' },
  { type: 'disk', t: 7, state: 'low', free_bytes: 12 },
];

t.test('lines of every type are read as they are written', async (t) => {
  const text = EVERY.map((line) => JSON.stringify(line)).join('\n');
  t.strictSame(readManifest(text), EVERY);
  t.end();
});

/** One line at a time: wherever it is damaged, what is read of it is of its type, or nothing is. */
t.test('damaged manifests are read as far as they are good', async (t) => {
  const seed = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 1_000_000);
  const rounds = Number(process.env.PLENUM_TEST_MUTATIONS ?? 20_000);
  const random = randomOf(seed);
  const text = EVERY.map((line) => JSON.stringify(line)).join('\n');
  let [strange, read] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const lines = readManifest(damaged(text, random));
    const contents = new ManifestContents(lines);
    timelineOf([lines]);
    read += lines.length;
    if (!(contents.lastMs >= 0 && contents.lastMs <= 30 * 86_400_000)) strange++;
  }
  t.comment(`seed ${seed}: ${rounds} damaged manifests, ${read / rounds} of ${EVERY.length} lines`);
  t.equal(strange, 0);
  t.ok(read > rounds, 'most lines are good all the same');
});

t.test('what is no line is passed over', (t) => {
  t.strictSame(readManifest('null\n[]\n{"type":"file"}\n{"type":"__proto__"}\n{}'), []);
  const gap = { type: 'gap', track_id: 'a', from: 1, to: 2, reason: 'loss' };
  for (const wrong of [{ from: '1' }, { to: -1 }, { to: 31 * 86_400_000 }, { track_id: 7 }]) {
    t.strictSame(readManifest(JSON.stringify({ ...gap, ...wrong })), [], JSON.stringify(wrong));
  }
  t.strictSame(readManifest(JSON.stringify({ ...gap, more: 'x'.repeat(70_000) })), [], 'too long');
  t.equal(readManifest(JSON.stringify({ ...gap, more: 'of a later version' })).length, 1);
  t.end();
});

/** Bytes changed, numbers and quotes put in, pieces repeated, and mostly cut somewhere. */
function damaged(text: string, random: () => number): string {
  const bytes = Buffer.from(text);
  const at = () => Math.floor(random() * bytes.length);
  for (let changes = 0; changes < random() * 20; changes++) {
    const kind = random();
    if (kind < 0.4) bytes[at()] = Math.floor(random() * 256);
    else if (kind < 0.7)
      bytes.write(pick(['-1', '1e999', 'null', '"', '{', '\n', '9e15'], random), at());
    else bytes.copy(bytes, at(), at(), at());
  }
  return bytes.subarray(0, random() < 0.3 ? bytes.length : at()).toString();
}

function pick(words: readonly string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] as string;
}

t.test('what is settled is not opened again after it was closed', async (t) => {
  const path = join(await mkdtemp(join(tmpdir(), 'plenum-manifest-')), 'manifest.jsonl');
  let opened = 0;
  const files = {
    ...diskFiles,
    open: (path: string) => {
      opened++;
      return diskFiles.open(path);
    },
  };
  const writer = new ManifestWriter(files, path);
  for (const line of LINES) writer.append(line);
  await writer.settle();
  await writer.close();
  writer.flush();
  writer.sync();
  t.equal(opened, 1);
  await writer.close();
});
