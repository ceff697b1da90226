/** ffmpeg and ffprobe, which judge what the recorder wrote: programs that share no code with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Said {
  stdout: Buffer;
  stderr: string;
}

/** @throws Error when it ends with another status than 0. */
export async function run(program: 'ffmpeg' | 'ffprobe', args: readonly string[]): Promise<Said> {
  const stdin = program === 'ffmpeg' ? ['-nostdin'] : [];
  const child = spawn(program, ['-hide_banner', ...stdin, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const [code, signal] = await once(child, 'close');
  const stderr = Buffer.concat(err).toString();
  if (code !== 0)
    throw new Error(`${program} ended with ${signal ?? code}: ${stderr.slice(-2000)}`);
  return { stdout: Buffer.concat(out), stderr };
}

/** What demuxer and decoders complain of in the whole file; empty: nothing. */
export async function decodeErrors(file: string): Promise<string> {
  const { stderr } = await run('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
  // Where frames of sound end between two ticks of a millisecond, what writes to nowhere objects.
  const lines = stderr.split('\n').filter((line) => !/^\[null @ /.test(line));
  return lines.join('\n').trim();
}

/** Frames that a decoder gives of the first stream of a kind. */
export async function countFrames(file: string, kind: 'audio' | 'video'): Promise<number> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-select_streams', `${kind[0]}:0`],
    ...['-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file],
  ]);
  return Number(stdout.toString().trim().split(',')[0]);
}

export async function durationMs(file: string): Promise<number> {
  const show = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file];
  return Number((await run('ffprobe', show)).stdout.toString().trim()) * 1000;
}
