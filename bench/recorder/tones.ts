/**
 * When a tone begins, to less than a millisecond, by the timestamps that a player would play it at. The signal times a wave of the
 * tone's frequency, averaged over 10 ms, rises from 0 to the tone's amplitude in those 10 ms; tones 100, 200, … Hz apart are 0 in it.
 */
import { run } from './ffmpeg.js';

const samplesPerS = 48_000;
const window = samplesPerS / 100;
/** A tone begins anew when it was not there for so long: by time, for silence may have no samples. */
const quietMs = 200;
/** Shorter is the edge of another tone, which has every frequency in it. */
const leastSamples = samplesPerS / 25;
/** Of full scale: less is no tone. */
const leastAmplitude = 0.02;

interface Stretch {
  /** Sample of its first, counted over all that are decoded. */
  sample: number;
  atMs: number;
}

export interface Sound {
  samples: Int16Array;
  /** Where the frames stand in time. */
  frames: readonly Stretch[];
}

/** Beginnings of tones of a frequency, ms. */
export async function findTones(file: string, hz: number): Promise<number[]> {
  return onsetsOf(await soundOf(file), hz);
}

/** The first audio stream, its channels together. */
export async function soundOf(file: string): Promise<Sound> {
  const filters = [
    `aformat=sample_fmts=s16:sample_rates=${samplesPerS}:channel_layouts=mono`,
    'ashowinfo',
  ];
  const { stdout, stderr } = await run('ffmpeg', [
    ...['-v', 'info', '-nostats', '-copyts', '-i', file, '-map', '0:a:0', '-af', filters.join(',')],
    ...['-f', 's16le', '-'],
  ]);
  const frames: Stretch[] = [];
  let sample = 0;
  for (const [, pts, count] of stderr.matchAll(/\] n:\d+ pts:(-?\d+) .* nb_samples:(\d+)/g)) {
    frames.push({ sample, atMs: Number(pts) / (samplesPerS / 1000) });
    sample += Number(count);
  }
  const whole = stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + sample * 2);
  return { samples: new Int16Array(whole), frames };
}

export function onsetsOf(sound: Sound, hz: number): number[] {
  const amplitudes = envelopeOf(sound.samples, hz);
  const threshold = halfOfUsual(amplitudes);
  if (threshold < leastAmplitude / 2) return [];
  const onsets: number[] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  for (let at = 1; at < amplitudes.length; at += 1) {
    const before = amplitudes[at - 1] as number;
    const end = endOf(amplitudes, at, threshold);
    if (end === at) continue;
    if (end - at >= leastSamples) {
      const between = (threshold - before) / ((amplitudes[at] as number) - before);
      // Half of the amplitude is reached when half of the window is tone.
      const onsetMs = timeOf(sound.frames, at - 1 + between - window / 2);
      if (onsetMs - lastMs >= quietMs) onsets.push(onsetMs);
      lastMs = timeOf(sound.frames, end);
    }
    at = end;
  }
  return onsets;
}

/** Where it is below the threshold again. */
function endOf(amplitudes: Float32Array, from: number, threshold: number): number {
  let end = from;
  while (end < amplitudes.length && (amplitudes[end] as number) >= threshold) end += 1;
  return end;
}

/** Of the last 10 ms at each sample; 1 is full scale. */
function envelopeOf(samples: Int16Array, hz: number): Float32Array {
  const step = (2 * Math.PI * hz) / samplesPerS;
  const cosines = new Float64Array(window);
  const sines = new Float64Array(window);
  const envelope = new Float32Array(samples.length);
  let [real, imaginary] = [0, 0];
  for (let at = 0; at < samples.length; at += 1) {
    const value = (samples[at] as number) / 32_768;
    const place = at % window;
    const [cosine, sine] = [value * Math.cos(step * at), value * Math.sin(step * at)];
    real += cosine - (cosines[place] as number);
    imaginary += sine - (sines[place] as number);
    cosines[place] = cosine;
    sines[place] = sine;
    envelope[at] = (2 * Math.hypot(real, imaginary)) / window;
  }
  return envelope;
}

/** Half of what most seconds reach: one that is louder, or lost, does not count. */
function halfOfUsual(amplitudes: Float32Array): number {
  const peaks: number[] = [];
  for (let from = 0; from < amplitudes.length; from += samplesPerS) {
    let peak = 0;
    for (const value of amplitudes.subarray(from, from + samplesPerS)) peak = Math.max(peak, value);
    peaks.push(peak);
  }
  const loud = peaks.filter((peak) => peak > leastAmplitude).sort((a, b) => a - b);
  return (loud[Math.floor(loud.length / 2)] ?? 0) / 2;
}

function timeOf(frames: readonly Stretch[], sample: number): number {
  let [low, high] = [0, frames.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((frames[middle] as Stretch).sample <= sample) low = middle;
    else high = middle - 1;
  }
  const { sample: first, atMs } = frames[low] as Stretch;
  return atMs + (sample - first) / (samplesPerS / 1000);
}
