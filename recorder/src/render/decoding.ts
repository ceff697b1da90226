/** Several files of sound, decoded by one process: what of it belongs where. */
import type { Readable } from 'node:stream';
import { PcmStream, type Sound } from './pcm-stream.js';
import { type PlacedSound, Placing, sampleRate } from './placing.js';

export interface SoundFile {
  /** Its first sound, in ms of recorded time; a little later than that at the most. */
  startMs: number;
  path: string;
}

/** A process that decodes: ffmpeg, with `decoderArguments`. */
export interface Decoder {
  stdout: Readable;
  /** Rejects when it failed. */
  ended: Promise<void>;
  stop(): void;
}

/** One file: it goes on where it was when another process reads it anew. */
export class Voice {
  private readonly placing: Placing;
  /** When the last sound of it begins that has come. */
  lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly file: SoundFile,
    channels: number,
  ) {
    this.placing = new Placing(channels);
  }

  place(sound: Sound): PlacedSound | null {
    if (sound.t <= this.lastMs) return null;
    this.lastMs = sound.t;
    return this.placing.place(sound);
  }
}

/**
 * The n-th file becomes track n. ffmpeg goes on with the file that is least far. It has no thread for each of them: to hand over packets takes
 * longer than to decode them.
 */
export function decoderArguments(files: readonly SoundFile[], channels: number): string[] {
  const inputs = files.flatMap(({ path }) => [
    ...['-thread_queue_size', '0', '-threads', '1', '-c:a', 'opus', '-i', `file:${path}`],
  ]);
  return [
    ...['-copyts', ...inputs, ...files.flatMap((_, index) => ['-map', `${index}:a:0`])],
    ...['-ac', String(channels), '-ar', String(sampleRate), '-c:a', 'pcm_s16le'],
    ...['-max_error_rate', '1', '-f', 'matroska', '-write_crc32', '0', 'pipe:1'],
  ];
}

/** Read beyond what is asked for, ms: sounds are put a little beside their times, to follow a clock. */
const aheadMs = 100;

export class Decoding {
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly stream = new PcmStream();
  private sounds: PlacedSound[] = [];
  /**
   * All sounds that begin before it are there, in ms of recorded time: a file goes on when none of the others is behind it, so when a
   * sound comes, none is behind the one before it of the same file.
   */
  private completeMs = Number.NEGATIVE_INFINITY;
  private hasEnded = false;
  private hasFailed = false;

  constructor(
    private readonly voices: readonly Voice[],
    private readonly decoder: Decoder,
    private readonly channels: number,
  ) {
    this.chunks = decoder.stdout[Symbol.asyncIterator]();
  }

  /**
   * Until all sounds are there that begin before `frame`. @returns voices that have not ended, and of which nothing more comes here: of
   * several files one may end the process for all. One that fails alone ends where it does.
   */
  async readUntil(frame: number): Promise<readonly Voice[]> {
    const untilMs = (frame * 1000) / sampleRate + aheadMs;
    while (!this.hasEnded && this.completeMs < untilMs) {
      try {
        const { value, done } = await this.chunks.next();
        if (done) await this.decoder.ended;
        if (done) this.hasEnded = true;
        else this.take(value);
      } catch {
        this.stop();
        this.hasEnded = true;
        this.hasFailed = true;
      }
    }
    const isCut = this.hasFailed && this.voices.length > 1;
    this.hasFailed = false;
    return isCut ? this.voices : [];
  }

  private take(bytes: Buffer): void {
    for (const sound of this.stream.push(bytes)) {
      const voice = this.voices[sound.track - 1];
      if (!voice) throw new Error(`a sound of no file: track ${sound.track}`);
      this.completeMs = Math.max(this.completeMs, voice.lastMs);
      const placed = voice.place(sound);
      if (placed) this.sounds.push(placed);
    }
  }

  /** Adds what belongs into `sum`, which begins at frame `from`. */
  addTo(sum: Int32Array, from: number): void {
    const end = from + sum.length / this.channels;
    for (const { at, samples } of this.sounds) {
      if (at < end) add(sum, samples, (at - from) * this.channels);
    }
    this.sounds = this.sounds.filter(
      ({ at, samples }) => at + samples.length / this.channels > end,
    );
  }

  isOver(): boolean {
    return this.hasEnded && this.sounds.length === 0;
  }

  stop(): void {
    this.decoder.stop();
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
