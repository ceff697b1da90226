/** Pictures through a real decoder (ffmpeg with libvpx, dav1d and its own H.264): what comes out. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Frame } from './frames.js';
import type { ReplayCodec } from './recording.js';

export interface Decoded {
  /** MD5 of each decoded picture with its size, in order. */
  pictures: string[];
  /** What the decoder complained about, a line each. */
  errors: string[];
}

const DECODERS: Partial<Record<ReplayCodec, { name: string; fourcc?: string }>> = {
  vp8: { name: 'libvpx', fourcc: 'VP80' },
  vp9: { name: 'libvpx-vp9', fourcc: 'VP90' },
  av1: { name: 'libdav1d', fourcc: 'AV01' },
  h264: { name: 'h264' },
};

// Against a decoder that hangs. It may get little of the processor (./run test runs this beside others).
const LIMIT_MS = 600_000;

/** Writes the pictures to `path` (IVF, or Annex B for H.264) and decodes that file. */
export async function decode(
  codec: ReplayCodec,
  frames: readonly Frame[],
  path: string,
): Promise<Decoded> {
  const decoder = DECODERS[codec];
  if (!decoder) throw new Error(`${codec} has no decoder here`);
  const { name, fourcc } = decoder;
  writeFileSync(path, fourcc ? ivf(fourcc, frames) : Buffer.concat(frames.map((f) => f.bytes)));
  const input = fourcc ? 'ivf' : 'h264';
  const output = await run('ffmpeg', [
    ...['-nostdin', '-hide_banner', '-v', 'error', '-threads', '1'],
    ...['-f', input, '-c:v', name, '-i', path],
    ...['-autoscale', '0', '-vsync', 'passthrough', '-f', 'framemd5', '-'],
  ]);
  return {
    pictures: output.stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(',').slice(4).join(' ').trim()),
    errors: output.stderr.split('\n').filter((line) => line !== ''),
  };
}

async function run(program: string, argv: string[]): Promise<{ stdout: string; stderr: string }> {
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk) => chunks.stderr.push(chunk));
  await once(child, 'close');
  clearTimeout(timer);
  const text = (parts: Buffer[]) => Buffer.concat(parts).toString();
  return { stdout: text(chunks.stdout), stderr: text(chunks.stderr) };
}

/** The IVF container: a header of 32 bytes, then size (4), time (8) and picture. */
function ivf(fourcc: string, frames: readonly Frame[]): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0);
  header.writeUInt16LE(32, 6);
  header.write(fourcc, 8);
  header.writeUInt16LE(1280, 12);
  header.writeUInt16LE(720, 14);
  header.writeUInt32LE(30, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(frames.length, 24);
  const parts = frames.flatMap(({ bytes }, index) => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(bytes.length, 0);
    head.writeUInt32LE(index, 4);
    return [head, bytes];
  });
  return Buffer.concat([header, ...parts]);
}
