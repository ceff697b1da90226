/** A disk that refuses a write: it is told before what refers to the lost pictures can come. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { formatOf } from '../track/track-format.js';
import { diskFiles, type FileLayer } from './file-layer.js';
import { TrackFile, WriteMemory } from './track-file.js';

t.test('what comes while a refused write is cut off', async (t) => {
  let cut = () => {};
  const cutting = new Promise<void>((resolve) => {
    cut = resolve;
  });
  let isRefusing = true;
  let isCutting = false;
  const files: FileLayer = {
    ...diskFiles,
    async open(path) {
      const file = await diskFiles.open(path);
      return {
        read: (at, bytes) => file.read(at, bytes),
        sync: () => file.sync(),
        size: () => file.size(),
        close: () => file.close(),
        write: async (bytes, at) => {
          if (isRefusing) throw new Error('refused');
          await file.write(bytes, at);
        },
        truncate: async (bytes) => {
          isCutting = true;
          await cutting;
          await file.truncate(bytes);
        },
      };
    },
  };
  const refused: number[] = [];
  const memory = new WriteMemory(1e6);
  const path = join(await mkdtemp(join(tmpdir(), 'plenum-track-')), 'picture.webm');
  const frame = (isKey: boolean) => ({ parts: [Uint8Array.of(isKey ? 0 : 1, 7, 8)], isKey });
  const format = formatOf('vp8', { ...frame(true), width: 320, height: 180 });
  const events = { memory, failed: (_error: unknown, frames: number) => refused.push(frames) };
  const file = new TrackFile(files, path, format, events);
  const push = (ms: number, isKey: boolean) => file.push({ ms, ...frame(isKey), bytes: 3 });
  push(0, true);
  push(33, false);
  file.flush();
  while (!isCutting) await new Promise(setImmediate);
  t.strictSame(refused, [2], 'it is known before the next picture comes');
  push(66, true);
  isRefusing = false;
  cut();
  const { frames, bytes } = await file.finish(100);
  await file.close();
  t.equal(frames, 1, 'what was pushed then is kept');
  t.equal((await readFile(path)).length, bytes);
  t.equal(memory.bytes, 0);
});
