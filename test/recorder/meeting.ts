/** Two tracks of one person, from captures, into a recorder of a test. */
import { readFile } from 'node:fs/promises';
import type { ManifestLine } from '../../recorder/src/manifest/lines.js';
import { readManifest } from '../../recorder/src/manifest/reader.js';
import type { FileStore } from '../../recorder/src/testing/file-store.js';
import { orderOf } from '../../recorder/src/testing/test-recorder.js';
import type { TestRoom } from '../../recorder/src/testing/test-room.js';
import { Loop } from './player.js';
import { streamsOf, type TestStream } from './streams.js';

export const MICROPHONE = '0198c0de-0000-7000-8000-000000000011';
export const CAMERA = '0198c0de-0000-7000-8000-000000000012';

export function firstStream(file: string): TestStream {
  const [stream] = streamsOf(file);
  if (!stream) throw new Error(`${file} has no stream`);
  return stream;
}

const opus = firstStream('chromium_opus_dtx.rtpdump');
const vp8 = firstStream('chromium_vp8_simulcast.rtpdump');

export function publish(room: TestRoom, startUs: number): Map<string, Loop> {
  room.publish(MICROPHONE, 'microphone');
  room.publish(CAMERA, 'camera');
  return loopsFrom(startUs);
}

export function loopsFrom(startUs: number): Map<string, Loop> {
  return new Map([
    [MICROPHONE, new Loop(opus, startUs)],
    [CAMERA, new Loop(vp8, startUs)],
  ]);
}

export async function storedManifest(store: FileStore, take = 1): Promise<ManifestLine[]> {
  const key = `recordings/${orderOf().recordingId}/${take}/manifest.jsonl`;
  return readManifest(await readFile(store.pathOf(key), 'utf8'));
}

export function linesOf<Type extends ManifestLine['type']>(
  lines: readonly ManifestLine[],
  type: Type,
): Extract<ManifestLine, { type: Type }>[] {
  return lines.filter((line): line is Extract<ManifestLine, { type: Type }> => line.type === type);
}
