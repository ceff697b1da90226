/** Debian's ffmpeg as a peer that knows RTP and SRTP, and no ICE and DTLS. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/** How long anything may take: outcomes are asserted, not speed. */
const DEADLINE_MS = 60_000;

/** Runs until the test ends or it does; `done` fails unless it ends well in time. */
export function ffmpeg(t: Test, args: string[]): { done: Promise<string> } {
  const child = spawn('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'warning', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const stop = () => child.kill('SIGKILL');
  t.teardown(stop);
  const timer = setTimeout(stop, DEADLINE_MS);
  const done = once(child, 'exit').then(([code]) => {
    clearTimeout(timer);
    if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${said}`);
    return said;
  });
  done.catch(() => {});
  return { done };
}

/**
 * Receives what `sdp` describes until so many frames of each kind are decoded.
 * @returns how many there were.
 */
export async function decode(
  t: Test,
  sdp: string,
  wanted: { video: number; audio?: number },
): Promise<{ video: number; audio: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-interop-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);
  await writeFile(file('in.sdp'), sdp);
  await writeFile(file('audio'), '');
  const audio = ['-map', '0:a', '-frames:a', `${wanted.audio}`, '-f', 'framemd5', file('audio')];
  await ffmpeg(t, [
    ...['-y', '-protocol_whitelist', 'file,udp,rtp,srtp,crypto', '-sdp_flags', 'rtcp_to_source'],
    ...['-i', file('in.sdp')],
    ...['-map', '0:v', '-frames:v', `${wanted.video}`, '-f', 'framemd5', file('video')],
    ...(wanted.audio === undefined ? [] : audio),
  ]).done;
  const frames = async (name: string) =>
    (await readFile(file(name), 'utf8')).split('\n').filter((line) => /^\d/.test(line)).length;
  return { video: await frames('video'), audio: await frames('audio') };
}
