import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { diskFiles } from '../sink/file-layer.js';
import { SmallDisk } from '../testing/faulty-files.js';
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
  t.match(contents.tracks.get('a'), { isOpen: true, received: 4, written: 3 });
  t.match(contents.filesOf('a'), [{ key: 'k', end: { frames: 3 } }]);
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

t.test('damaged manifests are read as far as they are good', async (t) => {
  const seed = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 1_000_000);
  t.comment(`seed ${seed}`);
  const random = randomOf(seed);
  const text = LINES.map((line) => JSON.stringify(line)).join('\n');
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(text);
    for (let flips = 0; flips < 1 + random() * 20; flips++) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    const cut = bytes.subarray(0, Math.floor(random() * bytes.length)).toString();
    const contents = new ManifestContents(readManifest(cut));
    if (!Number.isFinite(contents.lastMs)) t.fail(cut);
  }
  t.strictSame(readManifest('null\n[]\n{"type":"file"}\n{"type":"__proto__"}\n{}'), []);
  const wrong = JSON.stringify({ type: 'gap', track_id: 'a', from: '1', to: 2, reason: 'loss' });
  t.strictSame(readManifest(wrong), [], 'a text is no number');
});
