/** A recording against the engine, for several seeds: what came out, and whether it may be so. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Continuity, continuityOf } from './continuity.js';
import { decode } from './decoder.js';
import { framesOf } from './frames.js';
import type { Recording } from './recording.js';
import { missingIn, type References, referencesOf } from './references.js';
import { replay } from './session.js';

export interface ReplayReport extends Continuity {
  seed: number;
  shards: number;
  /** Changes of the target layer. */
  targets: number;
  packets: number;
  pictures: number;
  /** Decoded pictures that no layer of the recording shows. */
  strangers: number;
  decoderErrors: number;
  /** Distinct picture sizes: how many layers were really seen. */
  sizes: number;
}

export interface RecordingReport {
  name: string;
  /** Numbers missing in the recording, and what a decoder says about the recording itself. */
  missing: number;
  ownErrors: number;
  runs: ReplayReport[];
}

/**
 * `shardCounts`: with two, publisher and subscriber are on different ones.
 * `folder`: where the output streams stay to be looked at; none: they are deleted.
 */
export async function reportOf(
  recording: Recording,
  seeds: readonly number[],
  {
    folder,
    shardCounts = [1],
  }: { folder?: string | undefined; shardCounts?: readonly number[] } = {},
): Promise<RecordingReport> {
  const out = folder ?? mkdtempSync(join(tmpdir(), 'plenum-replay-'));
  try {
    const isVideo = recording.codec !== 'opus' && recording.codec !== 'red';
    const references = isVideo
      ? await referencesOf(recording, join(out, `${recording.name}.reference`))
      : { pictures: new Set<string>(), errors: 0 };
    const runs: ReplayReport[] = [];
    for (const shards of shardCounts) {
      for (const seed of seeds) {
        runs.push(await runOnce(recording, { seed, shards }, references, out));
      }
    }
    const { name } = recording;
    return { name, missing: missingIn(recording), ownErrors: references.errors, runs };
  } finally {
    if (!folder) rmSync(out, { recursive: true, force: true });
  }
}

async function runOnce(
  recording: Recording,
  { seed, shards }: Pick<ReplayReport, 'seed' | 'shards'>,
  references: References,
  folder: string,
): Promise<ReplayReport> {
  const { packets, targets } = await replay(recording, seed, shards);
  const common = { seed, shards, targets: targets.length, packets: packets.length };
  const continuity = continuityOf(packets);
  if (recording.codec === 'opus' || recording.codec === 'red') {
    return { ...common, ...continuity, pictures: 0, strangers: 0, decoderErrors: 0, sizes: 0 };
  }
  const frames = framesOf(recording.codec, packets);
  const path = join(folder, `${recording.name}-${seed}-${shards}.${extensionOf(recording)}`);
  const { pictures, errors } = await decode(recording.codec, frames, path);
  return {
    ...common,
    ...continuity,
    pictures: pictures.length,
    strangers: pictures.filter((picture) => !references.pictures.has(picture)).length,
    decoderErrors: errors.length,
    sizes: new Set(pictures.map((picture) => picture.split(' ')[0])).size,
  };
}

function extensionOf({ codec }: Recording): string {
  return codec === 'h264' ? 'h264' : 'ivf';
}
