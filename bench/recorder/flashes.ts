/** When a picture turns white, by the timestamps that a player would show it at. */
import { run } from './ffmpeg.js';

/** Of the picture, 0 to 1. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const wholePicture: Region = { x: 0, y: 0, width: 1, height: 1 };

export interface Luma {
  atMs: number;
  /** Mean of the region, 0 to 255. */
  luma: number;
}

/** Between a dark picture and white, when nothing of either is known. */
const leastStep = 60;

/** First frames of flashes, ms. */
export async function findFlashes(file: string, region = wholePicture): Promise<number[]> {
  return onsetsOf(await lumaOf(file, region));
}

/** Each frame of the first video stream. */
export async function lumaOf(file: string, region = wholePicture): Promise<Luma[]> {
  const { x, y, width, height } = region;
  const filters = [
    `crop=iw*${width}:ih*${height}:iw*${x}:ih*${y}`,
    // Dark and light are enough.
    'scale=32:18:flags=area',
    'format=gray',
    'settb=1/1000000',
    'showinfo',
  ];
  const { stderr } = await run('ffmpeg', [
    ...['-v', 'info', '-nostats', '-copyts', '-i', file, '-map', '0:v:0', '-vf', filters.join(',')],
    ...['-fps_mode', 'passthrough', '-f', 'null', '-'],
  ]);
  const shown = stderr.matchAll(/\] n: *\d+ pts: *(-?\d+) .* mean:\[(\d+)/g);
  return [...shown].map(([, us, luma]) => ({ atMs: Number(us) / 1000, luma: Number(luma) }));
}

/** Frames above the middle between dark and light that come after one below it. */
export function onsetsOf(frames: readonly Luma[]): number[] {
  const lumas = frames.map(({ luma }) => luma).sort((a, b) => a - b);
  // Seven in eight are dark.
  const dark = lumas[Math.floor(lumas.length / 2)] ?? 0;
  const light = lumas.at(-1) ?? 0;
  if (light - dark < leastStep) return [];
  const middle = (dark + light) / 2;
  return frames.flatMap(({ atMs, luma }, at) => {
    const before = frames[at - 1];
    return luma > middle && before !== undefined && before.luma <= middle ? [atMs] : [];
  });
}
