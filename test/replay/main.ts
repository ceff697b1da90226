// ./run replay FILE [--seed N] [--seeds N] [--shards 1|2] [--codec NAME] [--out DIR]: see
// docs/testing.md.
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type ReplayCodec, readRecording } from './recording.js';
import { type RecordingReport, reportOf } from './report.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    shards: { type: 'string', default: '1' },
    codec: { type: 'string' },
    out: { type: 'string' },
  },
});
const [file] = positionals;
if (!file || positionals.length > 1) {
  console.error(
    'replay: ./run replay FILE [--seed N] [--seeds N] [--shards 1|2] [--codec NAME] [--out DIR]',
  );
  process.exit(2);
}
if (values.out) mkdirSync(values.out, { recursive: true });
const first = Number(values.seed);
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => first + index);
try {
  const recording = readRecording(file, values.codec as ReplayCodec | undefined);
  print(
    await reportOf(recording, seeds, { folder: values.out, shardCounts: [Number(values.shards)] }),
  );
} catch (error) {
  console.error(`replay: ${(error as Error).message}`);
  process.exit(1);
}

function print({ name, missing, ownErrors, runs }: RecordingReport): void {
  console.log(`${name}: ${missing} numbers missing, ${ownErrors} decoder errors of its own`);
  for (const { seed, ...run } of runs) {
    const figures = Object.entries(run).map(([what, value]) => `${what} ${value}`);
    console.log(`seed ${seed}: ${figures.join(', ')}`);
  }
}
