/** What ffprobe and ffmpeg make of a file. For tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Probed {
  code: number | null;
  errors: string[];
  codec: string | null;
  durationMs: number;
  startMs: number;
  width: number;
  height: number;
}

export interface DecodedFile {
  code: number | null;
  /** Of each frame that came out, ms. */
  timesMs: number[];
  /** Different ones, of its frames as they are, bytes. */
  sizes: ReadonlySet<number>;
  errors: string[];
}

export async function probe(path: string): Promise<Probed> {
  const entries = 'stream=codec_name,width,height,start_time:format=duration,start_time';
  const argv = ['-v', 'error', '-show_entries', entries, '-of', 'json', path];
  const { code, stdout, errors } = await run('ffprobe', argv);
  const found = JSON.parse(stdout || '{}') as {
    streams?: { codec_name: string; width?: number; height?: number; start_time?: string }[];
    format?: { duration?: string; start_time?: string };
  };
  const stream = found.streams?.[0];
  return {
    code,
    errors,
    codec: stream?.codec_name ?? null,
    durationMs: Number(found.format?.duration ?? Number.NaN) * 1000,
    startMs: Number(found.format?.start_time ?? Number.NaN) * 1000,
    width: stream?.width ?? 0,
    height: stream?.height ?? 0,
  };
}

/** `decoder`: where ffmpeg's own does not know all of the codec. */
export async function decodeFile(path: string, decoder?: string): Promise<DecodedFile> {
  const { code, stdout, errors } = await run('ffmpeg', [
    ...['-nostdin', '-hide_banner', '-v', 'error', '-threads', '1'],
    ...(decoder ? ['-c', decoder] : []),
    ...['-copyts', '-i', path, '-autoscale', '0', '-fps_mode', 'passthrough'],
    ...['-enc_time_base', '1:1000', '-f', 'framecrc', '-'],
  ]);
  const frames = stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').map(Number));
  return {
    code,
    timesMs: frames.map(([, , ms]) => ms ?? Number.NaN),
    sizes: new Set(frames.map(([, , , , bytes]) => bytes ?? 0)),
    errors,
  };
}

export async function run(program: string, argv: readonly string[]) {
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  const errors = Buffer.concat(stderr).toString().split('\n');
  return {
    code,
    stdout: Buffer.concat(stdout).toString(),
    errors: errors.filter((line) => line !== ''),
  };
}
