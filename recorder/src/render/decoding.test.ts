/** Several files decoded by one ffmpeg, with holes such as recordings have: the sum is that of each decoded alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { seededRandom } from '../../../lib/testing/seeded-random.js';
import { decoderArguments, type SoundFile } from './decoding.js';
import { mix } from './mixer.js';
import { Programs } from './programs.js';
import { makeSampleFile } from './sample.js';
import type { Span } from './spans.js';

const SEED = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 1_000_000);
const durationMs = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'plenum-decoding-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const programs = new Programs({ ffmpeg: 'ffmpeg', ffprobe: 'ffprobe' }, folder);

/** Holes of a packet and of a minute, who is there all the time and who says one word. */
function randomSpans(random: (below: number) => number): Span[] {
  const spans: Span[] = [];
  const scale = () => [40, 1000, 9000, 40_000][random(4)] as number;
  for (let from = random(20_000); from < durationMs && spans.length < 8; ) {
    const to = from + 40 + random(scale());
    spans.push({ from, to });
    from = to + 40 + random(scale());
  }
  return spans;
}

async function mixed(files: readonly SoundFile[]): Promise<{ sum: Int16Array; decoders: number }> {
  const written: Uint8Array[] = [];
  let decoders = 0;
  await mix({
    ...{ files, channels: 1, durationMs, onProgress: () => {} },
    decode: (some) => {
      decoders += 1;
      return programs.ffmpeg(decoderArguments(some, 1));
    },
    write: async (bytes) => void written.push(bytes.slice()),
  });
  return { sum: new Int16Array(new Uint8Array(Buffer.concat(written)).buffer), decoders };
}

t.test('together as alone, to the sample', async (t) => {
  t.comment(`seed ${SEED}`);
  const random = seededRandom(SEED);
  const files: SoundFile[] = [];
  for (let index = 0; index < 5; index++) {
    const spans = randomSpans(random);
    const path = await makeSampleFile(folder, {
      ...{ fileId: `voice-${index}`, participantId: '', source: 'microphone', codec: 'opus' },
      ...{ spans, drawing: `sine=${300 + 100 * index},volume=0.1` },
    });
    files.push({ startMs: spans[0]?.from ?? 0, path });
  }
  const together = await mixed(files);
  t.equal(together.decoders, 1);
  const wanted = new Int16Array(together.sum.length);
  for (const file of files) {
    const { sum } = await mixed([file]);
    for (const [index, value] of sum.entries()) wanted[index] = (wanted[index] as number) + value;
  }
  t.ok(wanted.some((value) => value > 500));
  t.equal(
    wanted.findIndex((value, index) => value !== together.sum[index]),
    -1,
  );
});
