/** What can be seen and heard in a film whose people have colours and tones (signal-devices.ts). */
import { run } from '../../../bench/recorder/ffmpeg.js';
import { soundOf } from '../../../bench/recorder/tones.js';

type Rgb = readonly [red: number, green: number, blue: number];

/** Of a picture, where a colour is: its share of all points, and the middle of them, 0 to 1 each way. */
export interface Area {
  share: number;
  x: number;
  y: number;
}

export interface Look {
  atMs: number;
  areas: Readonly<Record<string, Area>>;
}

const [width, height] = [160, 90];
/** Encoders and colour spaces move a colour so far. */
const tolerance = 60;
const windowMs = 250;
/** Of full scale. */
const audible = 0.02;

/** So many pictures a second. */
export async function looksAt(
  file: string,
  colours: Readonly<Record<string, Rgb>>,
  perSecond = 4,
): Promise<Look[]> {
  const filters = `fps=${perSecond}:round=near,scale=${width}:${height}:flags=area,format=rgb24`;
  const { stdout } = await run('ffmpeg', [
    ...['-v', 'error', '-i', file, '-map', '0:v:0', '-vf', filters, '-f', 'rawvideo', '-'],
  ]);
  const size = width * height * 3;
  return Array.from({ length: Math.floor(stdout.length / size) }, (_, n) => ({
    atMs: (n * 1000) / perSecond,
    areas: areasOf(stdout.subarray(n * size, (n + 1) * size), colours),
  }));
}

function areasOf(picture: Buffer, colours: Readonly<Record<string, Rgb>>): Record<string, Area> {
  const areas: Record<string, Area> = {};
  for (const [name, colour] of Object.entries(colours)) {
    let [count, x, y] = [0, 0, 0];
    for (let at = 0; at < width * height; at += 1) {
      const isIt = colour.every((value, part) => {
        return Math.abs(value - (picture[at * 3 + part] as number)) < tolerance;
      });
      if (!isIt) continue;
      count += 1;
      x += (at % width) / width;
      y += Math.floor(at / width) / height;
    }
    // Less is an edge between two others.
    if (count > 0.005 * width * height) {
      areas[name] = { share: count / (width * height), x: x / count, y: y / count };
    }
  }
  return areas;
}

/** Which tones there are, each quarter of a second. */
export async function tonesAt(
  file: string,
  tonesHz: Readonly<Record<string, number>>,
): Promise<{ atMs: number; heard: string[] }[]> {
  const { samples } = await soundOf(file);
  const step = (48_000 * windowMs) / 1000;
  return Array.from({ length: Math.floor(samples.length / step) }, (_, n) => ({
    atMs: n * windowMs,
    heard: Object.entries(tonesHz)
      .filter(([, hz]) => amplitude(samples.subarray(n * step, (n + 1) * step), hz) > audible)
      .map(([name]) => name),
  }));
}

/** 25 ms: a film may play half a percent faster or slower for a while, and is heard all the same. */
const shortWindow = 1200;

/** Of one frequency: the mean of short pieces (each a term of the Fourier series). */
function amplitude(samples: Int16Array, hz: number): number {
  let sum = 0;
  for (let from = 0; from < samples.length; from += shortWindow) {
    let [real, imaginary] = [0, 0];
    for (const [n, value] of samples.subarray(from, from + shortWindow).entries()) {
      const angle = (2 * Math.PI * hz * n) / 48_000;
      real += value * Math.cos(angle);
      imaginary += value * Math.sin(angle);
    }
    sum += 2 * Math.hypot(real, imaginary);
  }
  return sum / samples.length / 32_768;
}
