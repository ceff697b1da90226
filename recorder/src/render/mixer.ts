/** The sound of all: each file decoded by a process of its own, placed by its times, added, limited. */
import type { Readable } from 'node:stream';
import { blockFrames, Limiter } from './limiter.js';
import { PcmStream } from './pcm-stream.js';
import { type PlacedSound, Placing, sampleRate } from './placing.js';

export interface SoundFile {
  /** Not read before it is its time, so that few are open at once. */
  startMs: number;
  /** Decoded, as PcmStream reads it. */
  open(): { stdout: Readable; stop(): void };
}

export interface Mix {
  files: readonly SoundFile[];
  channels: number;
  durationMs: number;
  /** Takes 16-bit samples; resolves when it can take more. */
  write(bytes: Uint8Array): Promise<void>;
  /** 0 to 1. */
  onProgress(progress: number): void;
}

/** Mixed at once: a second, a whole number of the limiter's blocks. */
const stepFrames = sampleRate;
/** -0.5 dB of 16 bits: what an encoder adds to peaks still fits. */
const ceiling = 30_900;

export async function mix({ files, channels, durationMs, write, onProgress }: Mix): Promise<void> {
  const frames = Math.round((durationMs * sampleRate) / 1000);
  const waiting = [...files].sort((a, b) => a.startMs - b.startMs);
  let voices: Voice[] = [];
  const output = new LimitedOutput(channels, frames);
  try {
    for (let from = 0; from < frames + blockFrames; from += stepFrames) {
      const to = from + stepFrames;
      // A second early: a first time may lie a little before what the manifest says.
      while (waiting[0] && (waiting[0].startMs * sampleRate) / 1000 < to + sampleRate) {
        voices.push(new Voice((waiting.shift() as SoundFile).open(), channels));
      }
      await Promise.all(voices.map((voice) => voice.readUntil(to)));
      const sum = new Int32Array(stepFrames * channels);
      for (const voice of voices) voice.addTo(sum, from);
      voices = voices.filter((voice) => !voice.isOver());
      await write(output.take(sum));
      onProgress(Math.min(1, to / frames));
    }
  } finally {
    for (const voice of voices) voice.stop();
  }
}

/** One file that is being read. */
class Voice {
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly stream = new PcmStream();
  private readonly placing: Placing;
  private sounds: PlacedSound[] = [];
  private hasEnded = false;

  constructor(
    private readonly source: { stdout: Readable; stop(): void },
    private readonly channels: number,
  ) {
    this.chunks = source.stdout[Symbol.asyncIterator]();
    this.placing = new Placing(channels);
  }

  /** Until a sound is there that begins at `frame` or later. What cannot be read ends the file. */
  async readUntil(frame: number): Promise<void> {
    while (!this.hasEnded && !((this.sounds.at(-1)?.at ?? -1) >= frame)) {
      try {
        const { value, done } = await this.chunks.next();
        if (done) this.hasEnded = true;
        else this.take(value);
      } catch {
        this.hasEnded = true;
        this.source.stop();
      }
    }
  }

  private take(bytes: Buffer): void {
    for (const sound of this.stream.push(bytes)) {
      const placed = this.placing.place(sound);
      if (placed) this.sounds.push(placed);
    }
  }

  /** Adds what belongs into `sum`, which begins at frame `from`. */
  addTo(sum: Int32Array, from: number): void {
    const end = from + sum.length / this.channels;
    for (const { at, samples } of this.sounds) {
      if (at >= end) break;
      add(sum, samples, (at - from) * this.channels);
    }
    this.sounds = this.sounds.filter(
      ({ at, samples }) => at + samples.length / this.channels > end,
    );
  }

  isOver(): boolean {
    return this.hasEnded && this.sounds.length === 0;
  }

  stop(): void {
    this.source.stop();
  }
}

/**
 * Most of the mixer's time: whole numbers, counted from 0 in both arrays, are twice as fast.
 * @param offset of the first sample in `sum`; what lies outside is left out.
 */
function add(sum: Int32Array, samples: Int16Array, offset: number): void {
  const from = samples.subarray(Math.max(0, -offset), Math.max(0, sum.length - offset));
  const into = sum.subarray(Math.max(0, offset));
  for (let i = 0; i < from.length; i++) into[i] = (into[i] as number) + (from[i] as number);
}

/** The limiter's delay is taken out, and the end cut to the sample. */
class LimitedOutput {
  private readonly limiter: Limiter;
  /** Frames that are still to be written; the first block that the limiter gives is none of them. */
  private left: number;
  private isFirst = true;

  constructor(
    private readonly channels: number,
    frames: number,
  ) {
    this.limiter = new Limiter(channels, ceiling);
    this.left = frames;
  }

  take(whole: Int32Array): Uint8Array {
    const sum = new Float32Array(whole);
    const size = blockFrames * this.channels;
    const out = new Int16Array(sum.length);
    let length = 0;
    for (let at = 0; at < sum.length; at += size) {
      const block = this.limiter.push(sum.subarray(at, at + size));
      if (!this.isFirst) {
        out.set(block, length);
        length += size;
      }
      this.isFirst = false;
    }
    const kept = Math.min(length, this.left * this.channels);
    this.left -= kept / this.channels;
    return new Uint8Array(out.buffer, 0, kept * 2);
  }
}
