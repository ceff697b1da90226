/** A publisher may change the codec of a track, and may do so as often as it likes. */
import t from 'tap';
import type { ManifestLine, RecordedCodec } from '../manifest/lines.js';
import type { Block } from '../mux/clusters.js';
import type { TrackFile } from '../sink/track-file.js';
import { RecordedTime } from '../timeline/recorded-time.js';
import { NOTHING_BEFORE } from './track-before.js';
import { TrackWriter } from './track-writer.js';

/** 25 key frames a second, each of the codec that it has then. */
function filesOf(seconds: number, codecAt: (ms: number) => RecordedCodec) {
  const time = new RecordedTime(0);
  time.run(0);
  const files: { codec: string; ms: number; blocks: number }[] = [];
  const lines: ManifestLine[] = [];
  const sink = {
    ...{ time, mayWrite: () => true, silenceMs: 2000, failed: () => {}, closeFile: () => {} },
    append: (line: ManifestLine) => lines.push(line),
    openFile: ({ codec }: { codec: string }, ms: number) => {
      const file = { codec, ms, blocks: 0 };
      files.push(file);
      const push = (block: Block) => {
        file.blocks++;
        return block.ms;
      };
      return { push, lastMs: -1, isOverloaded: false, frames: 0 } as unknown as TrackFile;
    },
  };
  const writer = new TrackWriter({ trackId: 'x', kind: 'video' }, sink, NOTHING_BEFORE);
  for (let ms = 0; ms < seconds * 1000; ms += 40) {
    const frame = { parts: [Uint8Array.of(1)], isKey: true, width: 2, height: 2 };
    const event = { type: 'frame', timestamp: ms * 90, frame, durationMs: 40 } as const;
    writer.handle(event, ms * 1000, codecAt(ms));
  }
  writer.end(seconds * 1000);
  const gaps = lines.flatMap((line) => (line.type === 'gap' ? [line] : []));
  return { files, gaps, writer };
}

t.test('a change is a file of its own, and nothing is missing', async (t) => {
  const { files, gaps } = filesOf(6, (ms) => (ms < 3000 ? 'vp8' : 'h264'));
  t.strictSame(files, [
    { codec: 'vp8', ms: 0, blocks: 75 },
    { codec: 'h264', ms: 3000, blocks: 75 },
  ]);
  t.strictSame(gaps, []);
});

t.test(
  'one that changes with each picture has few files, and what is missing is named',
  async (t) => {
    const { files, gaps, writer } = filesOf(10, (ms) => (ms % 80 === 0 ? 'vp8' : 'vp9'));
    t.ok(files.length <= 6, `${files.length} files`);
    t.equal(writer.received, 250);
    t.equal(files.reduce((sum, { blocks }) => sum + blocks, 0) + gaps.length, 250);
    t.ok(gaps.every(({ reason }) => reason === 'overload'));
  },
);
