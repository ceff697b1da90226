/**
 * Films for plenum-crowd: what a person's camera and microphone give, encoded once into build/films. Once a second the
 * picture, else dark in the person's own colour, is white for three frames, and at the same moment of capture a tone of the
 * person's own pitch lasts 100 ms. Frames stand fast to time, so a loop of two seconds is any length.
 *
 * A packet of Opus is stamped with the moment of its first sample, as browsers do it; what the decoder gives out of it is
 * 312 samples older (RFC 7845 §4.2, pre-skip), so a file that does not say so sounds 6.5 ms late.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type IvfStream, readIvf, readOggPackets, writeIvf } from './containers.js';

/** Moment of flash and tone in each second of capture. */
export const signalAtMs = 480;
export const signalPeriodMs = 1000;
export const flashMs = 120;
export const toneMs = 100;
/** What libopus looks ahead at 48 kHz. */
export const opusDelayMs = 6.5;

export const framesPerS = 25;
export const packetsPerS = 50;
const loopS = 2;
/** First frame that is white. */
const flashFrame = (signalAtMs / 1000) * framesPerS;
/** Key frames of the versions: a request is answered within 280 ms. */
const keyFrameAt = [0, 6, 12, 18];

export interface FilmLook {
  /** By it colour and pitch are chosen. */
  person: number;
  width: number;
  height: number;
  bitrateBps: number;
  /** Silence between the tones, in place of a faint hiss: DTX has something to leave out. */
  isSilentBetween?: boolean;
}

export interface Film {
  /** Versions of one picture: their key frames stand elsewhere (bench/crowd/player.h). */
  video: string[];
  audio: string;
  toneHz: number;
}

export const film720p = { width: 1280, height: 720, bitrateBps: 1_500_000 };
export const filmSmall = { width: 320, height: 180, bitrateBps: 300_000 };

const repository = join(import.meta.dirname, '..', '..', '..');
export const filmFolder = join(repository, 'build', 'films');

/** Twelve, 200 Hz apart, none twice another. */
export const toneOf = (person: number): number => 700 + 200 * (person % 12);

/** All dark: a flash is much lighter than each. */
const colours = ['702020', '206020', '202080', '605010', '601060', '105858', '484848', '703810'];
export const colourOf = (person: number): string => colours[person % colours.length] as string;

/** Makes what is not there yet. */
export async function makeFilm(look: FilmLook): Promise<Film> {
  const video: string[] = [];
  for (const keyFrame of keyFrameAt) {
    video.push(await kept(videoArguments(look, keyFrame), (file) => ringOfVideo(file, keyFrame)));
  }
  return {
    video,
    audio: await kept(audioArguments(look), ringOfAudio),
    toneHz: toneOf(look.person),
  };
}

/** The file that these arguments of ffmpeg and `finish` make, by their digest. */
async function kept(
  args: readonly string[],
  finish: (file: string) => Promise<Buffer>,
): Promise<string> {
  const recipe = JSON.stringify([1, args, finish.toString()]);
  const name = createHash('sha256').update(recipe).digest('hex').slice(0, 20);
  const file = join(filmFolder, `${name}.ivf`);
  if (existsSync(file)) return file;
  await mkdir(filmFolder, { recursive: true });
  const folder = await mkdtemp(join(filmFolder, 'making-'));
  try {
    const made = join(folder, 'made');
    await encode([...args, made]);
    await writeFile(join(folder, 'film'), await finish(made));
    await rename(join(folder, 'film'), file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return file;
}

/** Begins where the loop has this frame, so that its own first frame is the key frame there. */
function videoArguments({ person, width, height, bitrateBps }: FilmLook, keyFrame: number) {
  const isWhite = `between(mod(n+${keyFrame},${framesPerS}),${flashFrame},${flashFrame + 2})`;
  const picture = [
    `color=c=0x${colourOf(person)}:s=${width}x${height}:r=${framesPerS}:d=${loopS}`,
    'format=yuv420p',
    `drawbox=c=white:t=fill:enable='${isWhite}'`,
    // What a camera's own noise costs.
    `noise=alls=16:allf=t:all_seed=${1 + person}`,
  ];
  return [
    ...['-f', 'lavfi', '-i', picture.join(',')],
    ...['-c:v', 'libvpx', '-threads', '1', '-deadline', 'realtime', '-lag-in-frames', '0'],
    // A speed below zero is kept whatever the processor has to do: the same file each time.
    ...['-cpu-used', '-8', '-auto-alt-ref', '0', '-error-resilient', '1'],
    ...['-g', `${framesPerS}`, '-keyint_min', `${framesPerS}`, '-qmin', '20', '-qmax', '56'],
    ...['-b:v', `${bitrateBps}`, '-minrate', `${bitrateBps}`, '-maxrate', `${bitrateBps}`],
    ...['-bufsize', `${bitrateBps / 2}`, '-f', 'ivf'],
  ];
}

function audioArguments({ person, isSilentBetween = false }: FilmLook) {
  const [from, to] = [signalAtMs / 1000, (signalAtMs + toneMs) / 1000];
  const tone = `if(gte(mod(t,1),${from})*lt(mod(t,1),${to}),0.5*sin(2*PI*${toneOf(person)}*t),0)`;
  const between = isSilentBetween ? '' : '+0.004*(random(0)-0.5)';
  return [
    // The second of three loops is that of an encoder that runs for long.
    ...['-f', 'lavfi', '-i', `aevalsrc=exprs='${tone}${between}':s=48000:d=${3 * loopS}`],
    ...['-c:a', 'libopus', '-ac', '1', '-b:a', '32k', '-application', 'voip'],
    ...['-vbr', isSilentBetween ? 'on' : 'off', '-frame_duration', '20', '-f', 'ogg'],
  ];
}

/** What was encoded from frame `keyFrame` of the loop on, in the order of the loop. */
async function ringOfVideo(file: string, keyFrame: number): Promise<Buffer> {
  const stream = readIvf(await readFile(file));
  const count = loopS * framesPerS;
  const keys = stream.frames.flatMap((frame, at) => (((frame[0] as number) & 1) === 0 ? [at] : []));
  if (stream.frames.length !== count || `${keys}` !== `0,${framesPerS}`) {
    throw new Error(`the encoder made ${stream.frames.length} frames, key frames at ${keys}`);
  }
  const frames = stream.frames.map((_, at) => stream.frames[(at + count - keyFrame) % count]);
  return writeIvf({ ...stream, frames: frames as Buffer[] });
}

async function ringOfAudio(file: string): Promise<Buffer> {
  const count = loopS * packetsPerS;
  const frames = readOggPackets(await readFile(file)).slice(2 + count, 2 + 2 * count);
  if (frames.length !== count) throw new Error(`the encoder made ${frames.length} packets`);
  const stream: IvfStream = { codec: 'OPUS', width: 0, height: 0, rate: packetsPerS, frames };
  return writeIvf(stream);
}

async function encode(args: readonly string[]): Promise<void> {
  const flags = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', '-bitexact'];
  const child = spawn('ffmpeg', [...flags, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${said}`);
}
