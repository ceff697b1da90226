/** One composition from beginning to end, in a process of its own (compose-main.ts). */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenderInput, RenderOrder } from '../contract.js';
import type { RecordedCodec } from '../manifest/lines.js';
import { readManifest } from '../manifest/reader.js';
import { cardsOf, colours } from './cards.js';
import { chaptersOf, metadataOf } from './chapters.js';
import { decoderArguments, type SoundFile } from './decoding.js';
import { cardList, cardPattern, graphOf, type SeenFile, stepsOf } from './graph.js';
import { brought, isRemote, Missing } from './inputs.js';
import { canvas } from './layout.js';
import { mix } from './mixer.js';
import { sampleRate } from './placing.js';
import { framesPerSecond, type Plan, planOf } from './plan.js';
import { type ProgramPaths, Programs } from './programs.js';
import { progressOf, written } from './streams.js';
import { type Piece, type Timeline, timelineOf } from './timeline.js';

export interface JobOrder {
  order: RenderOrder;
  /** Of this job alone; is there, and empty. */
  folder: string;
  programs: ProgramPaths;
  /** Threads for each part of the work. */
  cores: number;
}

export interface JobResult {
  /** In the folder, whole and on the disk. */
  path: string;
  bytes: number;
  sha256: string;
  durationMs: number;
}

/** Not ffmpeg's own decoder: of several layers in one VP9 frame only libvpx shows the highest alone. */
const otherDecoders: Partial<Record<RecordedCodec, string>> = {
  vp9: 'libvpx-vp9',
  av1: 'libdav1d',
};

/** With more files than that, each decoder has one thread. */
const mostThreadedFiles = 16;
/** Of a job that makes pictures: sound comes first. */
const soundShare = 0.1;
/** What a second of the result takes at most, bytes; and room for all else. */
const madeBytes = { audio: 32_000, picture: 400_000 };
const spareBytes = 32 * 1024 * 1024;

export interface JobEvents {
  onProgress(progress: number): void;
  /** Rejects when there is not so much. */
  takeSpace(bytes: number): Promise<void>;
}

export class Job {
  readonly programs: Programs;
  /** Of inputs, so far. */
  broughtBytes = 0;
  private readonly paths = new Map<string, string>();

  constructor(
    private readonly job: JobOrder,
    private readonly events: JobEvents,
  ) {
    this.programs = new Programs(job.programs, job.folder);
  }

  /** @throws Error in words for operators. */
  async run(): Promise<JobResult> {
    const { layout } = this.job.order;
    const timeline = await this.readManifests();
    if (timeline.durationMs <= 0) throw new Error('nothing was recorded');
    // Before anything is brought.
    await this.events.takeSpace(this.neededBytes(timeline));
    if (layout === 'audio') {
      const sound = await this.makeSound(timeline, (part) => this.events.onProgress(part * 0.99));
      return this.finished(sound, timeline.durationMs);
    }
    await this.makeSound(timeline, (part) => this.events.onProgress(part * soundShare));
    const plan = planOf(timeline, layout);
    await this.drawCards(plan);
    const picture = await this.makePicture(timeline, plan);
    return this.finished(picture, (plan.frames * 1000) / framesPerSecond);
  }

  private async readManifests(): Promise<Timeline> {
    const { manifests } = this.job.order;
    const takes = await Promise.all(
      manifests.map(async (input, index) => {
        const path = await this.brought(input, `manifest-${index}.jsonl`);
        return readManifest(await readFile(path, 'utf8'));
      }),
    );
    return timelineOf(takes);
  }

  /** Null: it is not in the store (yet), or cannot be read. What is missing is not shown; the rest is. */
  private async pathOf(piece: Piece): Promise<string | null> {
    const known = this.paths.get(piece.fileId);
    if (known !== undefined) return known;
    const index = this.job.order.files.findIndex((file) => file.fileId === piece.fileId);
    const input = this.job.order.files[index];
    if (!input) return null;
    const path = await this.brought(input, `input-${index}`).catch((error) => {
      if (error instanceof Missing) return null;
      throw error;
    });
    if (path === null) return null;
    // What holds no sound is found out when it is read.
    if (piece.codec !== 'opus' && !(await this.holdsPictures(path))) return null;
    this.paths.set(piece.fileId, path);
    return path;
  }

  private brought(input: RenderInput, name: string): Promise<string> {
    return brought(input, this.inFolder(name), (bytes) => {
      this.broughtBytes += bytes;
    });
  }

  /** Of what is brought, and of what is made of it. */
  private neededBytes({ pieces, durationMs }: Timeline): number {
    const { order } = this.job;
    const isSound = order.layout === 'audio';
    const remote = new Set(order.files.filter(isRemote).map(({ fileId }) => fileId));
    let neededBytes = spareBytes;
    neededBytes += (durationMs / 1000) * (isSound ? madeBytes.audio : madeBytes.picture);
    for (const { fileId, codec, whole } of pieces) {
      const isUsed = remote.has(fileId) && (codec === 'opus' || !isSound);
      if (isUsed) neededBytes += whole?.bytes ?? 0;
    }
    return neededBytes;
  }

  private async holdsPictures(path: string): Promise<boolean> {
    const first = ['-read_intervals', '%+#1', '-show_entries', 'packet=pts', '-of', 'csv=p=0'];
    try {
      return /\d/.test(await this.programs.ffprobe([...first, '-i', `file:${path}`]));
    } catch {
      return false;
    }
  }

  private async makeSound(timeline: Timeline, onPart: (part: number) => void): Promise<string> {
    const pieces = timeline.pieces.filter(({ source }) =>
      /^(microphone|screen_audio)$/.test(source),
    );
    const channels = pieces.some(({ source }) => source === 'screen_audio') ? 2 : 1;
    const files: SoundFile[] = [];
    for (const piece of pieces) {
      const path = await this.pathOf(piece);
      if (path === null) continue;
      files.push({ startMs: piece.startMs, path });
    }
    const encoder = this.programs.ffmpeg([
      ...['-y', '-f', 's16le', '-ar', String(sampleRate), '-ac', String(channels), '-i', 'pipe:0'],
      // The other coder takes up to twice as long; at these rates what either leaves out is not heard.
      ...['-c:a', 'aac', '-aac_coder', 'fast', '-b:a', channels === 1 ? '64k' : '112k'],
      ...['-metadata', `title=${timeline.title}`],
      ...['-movflags', '+faststart', '-f', 'mp4', soundName],
    ]);
    const write = (bytes: Uint8Array) => written(encoder.stdin, bytes, encoder.ended);
    const decode = (some: readonly SoundFile[]) =>
      this.programs.ffmpeg(decoderArguments(some, channels));
    const { durationMs } = timeline;
    await mix({ files, channels, durationMs, decode, write, onProgress: onPart });
    encoder.stdin.end();
    await encoder.ended;
    return this.inFolder(soundName);
  }

  private async drawCards(plan: Plan): Promise<void> {
    const cards = cardsOf(plan.scenes);
    await writeFile(this.inFolder('cards.ass'), cards.script);
    await writeFile(this.inFolder('cards.txt'), cardList(plan.scenes, cards.ofScene));
    const ground = `0x${colours.ground.toString(16).padStart(6, '0')}`;
    const source = `color=c=${ground}:s=${canvas.width}x${canvas.height}:r=1:d=${cards.count}`;
    const drawing = this.programs.ffmpeg([
      ...['-f', 'lavfi', '-i', `${source},format=rgb24,ass=cards.ass`],
      ...['-threads', '1', '-compression_level', '1', '-f', 'image2', cardPattern],
    ]);
    await drawing.ended;
  }

  private async makePicture(timeline: Timeline, plan: Plan): Promise<string> {
    const inputs: string[] = [];
    const seen: SeenFile[] = [];
    const steps = stepsOf(plan.scenes);
    const threads = steps.size > mostThreadedFiles ? 1 : Math.min(2, this.job.cores);
    for (const piece of timeline.pieces) {
      const itsSteps = steps.get(piece.fileId);
      const path = itsSteps ? await this.pathOf(piece) : null;
      if (!itsSteps || path === null) continue;
      seen.push({ steps: itsSteps, isWhole: piece.whole !== null });
      inputs.push('-threads', String(threads), '-reinit_filter', '0');
      inputs.push('-c:v', otherDecoders[piece.codec] ?? piece.codec, '-i', `file:${path}`);
    }
    await writeFile(this.inFolder('graph.txt'), graphOf(seen, plan.frames));
    const chapters = chaptersOf(timeline, plan);
    await writeFile(this.inFolder('chapters.txt'), metadataOf(timeline.title, chapters));
    const making = this.programs.ffmpeg([
      ...['-y', '-progress', 'pipe:1', '-stats_period', '1', '-copyts'],
      ...['-threads', '1', '-f', 'concat', '-safe', '0', '-i', 'cards.txt', ...inputs],
      ...['-i', soundName, '-f', 'ffmetadata', '-i', 'chapters.txt'],
      ...['-filter_complex_threads', '1', '-filter_complex_script', 'graph.txt'],
      ...this.output(seen.length),
    ]);
    for await (const frame of progressOf(making.stdout)) {
      const part = Math.min(1, frame / plan.frames);
      this.events.onProgress(soundShare + part * (0.98 - soundShare));
    }
    await making.ended;
    return this.inFolder(pictureName);
  }

  private output(files: number): string[] {
    return [
      ...['-map', '[out]', '-map', `${files + 1}:a`],
      ...['-map_metadata', String(files + 2), '-map_chapters', String(files + 2)],
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-threads', String(this.job.cores)],
      // A key frame each 5 s: to seek in it.
      ...['-pix_fmt', 'yuv420p', '-g', String(5 * framesPerSecond), '-color_range', 'tv'],
      // As cameras and codecs of WebRTC have it.
      ...['-colorspace', 'smpte170m', '-color_primaries', 'smpte170m', '-color_trc', 'smpte170m'],
      ...['-c:a', 'copy', '-max_error_rate', '1'],
      ...['-max_muxing_queue_size', '9999', '-movflags', '+faststart', '-f', 'mp4', pictureName],
    ];
  }

  private async finished(path: string, durationMs: number): Promise<JobResult> {
    const file = await open(path, 'r+');
    await file.chmod(0o600);
    await file.sync();
    const { size } = await file.stat();
    await file.close();
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return { path, bytes: size, sha256: hash.digest('hex'), durationMs };
  }

  private inFolder(name: string): string {
    return join(this.job.folder, name);
  }
}

const soundName = 'sound.m4a';
const pictureName = 'picture.mp4';
