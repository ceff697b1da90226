/** The sound of all: files decoded, placed by their times, added, limited. */
import { type Decoder, Decoding, type SoundFile, Voice } from './decoding.js';
import { blockFrames, Limiter } from './limiter.js';
import { sampleRate } from './placing.js';

export interface Mix {
  files: readonly SoundFile[];
  channels: number;
  durationMs: number;
  /** Begins to decode these files. */
  decode(files: readonly SoundFile[]): Decoder;
  /** Takes 16-bit samples; resolves when it can take more. */
  write(bytes: Uint8Array): Promise<void>;
  /** 0 to 1. */
  onProgress(progress: number): void;
}

/** Mixed at once: a second, a whole number of the limiter's blocks. */
const stepFrames = sampleRate;
/** -0.5 dB of 16 bits: what an encoder adds to peaks still fits. */
const ceiling = 30_900;

/** To start a process takes as long as to decode a minute: who comes within this time of another is decoded with that one. */
const togetherMs = 30_000;
const mostTogether = 16;
/** A first time may lie a little before what the manifest says. */
const earlyMs = 1_000;

export async function mix(order: Mix): Promise<void> {
  const { channels, durationMs, write, onProgress } = order;
  const frames = Math.round((durationMs * sampleRate) / 1000);
  const output = new LimitedOutput(channels, frames);
  const waiting = order.files
    .map((file) => new Voice(file, channels))
    .sort((a, b) => a.file.startMs - b.file.startMs);
  let decodings: Decoding[] = [];
  const begin = (voices: readonly Voice[]) => {
    const decoder = order.decode(voices.map(({ file }) => file));
    decodings.push(new Decoding(voices, decoder, channels));
  };
  try {
    for (let from = 0; from < frames + blockFrames; from += stepFrames) {
      const to = from + stepFrames;
      const toMs = (to * 1000) / sampleRate;
      while (waiting[0] && waiting[0].file.startMs < toMs + earlyMs) {
        begin(nextTogether(waiting, toMs + togetherMs));
      }
      const all = await Promise.all(decodings.map((decoding) => decoding.readUntil(to)));
      // Each by itself, so that only the one that cannot be read is not heard.
      const before = decodings.length;
      for (const voice of all.flat()) begin([voice]);
      await Promise.all(decodings.slice(before).map((decoding) => decoding.readUntil(to)));
      const sum = new Int32Array(stepFrames * channels);
      for (const decoding of decodings) decoding.addTo(sum, from);
      decodings = decodings.filter((decoding) => !decoding.isOver());
      await write(output.take(sum));
      onProgress(Math.min(1, to / frames));
    }
  } finally {
    for (const decoding of decodings) decoding.stop();
  }
}

/** Takes the first of those that wait, and who begins before `untilMs`. */
function nextTogether(waiting: Voice[], untilMs: number): Voice[] {
  const later = waiting.findIndex(({ file }) => file.startMs >= untilMs);
  const count = Math.min(mostTogether, later < 0 ? waiting.length : later);
  return waiting.splice(0, count);
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
