/** From the stop on: when tracks can be played, what a mix and a picture of all cost and how long they take, and whether it is in step. */
import { join } from 'node:path';
import { decodeErrors, durationMs } from '../ffmpeg.js';
import { film720p } from '../media.js';
import type { Meeting } from '../meeting.js';
import { offsetFigures } from '../offsets.js';
import { costOf, machineCpuS } from '../process-cost.js';
import type { Row, RowOptions } from '../row.js';
import { Stage } from '../stage.js';
import { offsetsInTiles } from '../tiles.js';

const defaultSeconds = 60;

interface Composed {
  path: string;
  cpuS: number;
  tookMs: number;
  /** What everything else had meanwhile. */
  othersCores: number;
}

/** How long it takes is said of two cores that are free. */
const mostOthersCores = 0.5;

/** `composite` and `ready`, of one recording. */
export async function measureComposed({ seconds, people }: RowOptions): Promise<Row[]> {
  const lasting = seconds ?? defaultSeconds;
  return Stage.on({}, async (stage) => {
    const meeting = await stage.meet({ people, look: film720p });
    const id = await stage.record(meeting, lasting);
    const stoppedMs = performance.now();
    const why = await stage.whyVoid();
    const recording = await stage.recordings.untilReady(id);
    const readyMs = performance.now() - stoppedMs;
    const recorded = await stage.fetch(recording);
    const playableMs = performance.now() - stoppedMs;
    const damaged = (await recorded.damage()).length;
    // The crowd and the node have nothing to do any more.
    await meeting.end();
    const audio = await compose(stage, id, 'audio', recorded.folder);
    const gallery = await compose(stage, id, 'gallery', recorded.folder);
    const work = { people, seconds: lasting, picture: '720p25' };
    const composite = await compositeRow(meeting, gallery, audio);
    const ready = await readyRow({ readyMs, playableMs, damaged }, gallery, audio);
    const othersCores = Math.max(audio.othersCores, gallery.othersCores);
    if (othersCores > mostOthersCores) why.push(`others had ${othersCores.toFixed(1)} cores`);
    return [composite, ready].map((row) => ({ ...row, work, void: why }));
  });
}

async function compose(
  stage: Stage,
  id: string,
  layout: 'audio' | 'gallery',
  folder: string,
): Promise<Composed> {
  const cost = () => costOf(stage.product.recorder.pid).cpuS;
  const [before, beganMs, machineS] = [cost(), performance.now(), machineCpuS()];
  const file = await stage.recordings.render(id, layout);
  const [cpuS, tookMs] = [cost() - before, performance.now() - beganMs];
  const othersCores = (machineCpuS() - machineS - cpuS) / (tookMs / 1000);
  const path = await stage.recordings.download(id, file, join(folder, `${layout}.mp4`));
  return { path, cpuS, tookMs, othersCores };
}

type Measured = Pick<Row, 'row' | 'figures' | 'bars'>;

async function compositeRow(
  meeting: Meeting,
  gallery: Composed,
  audio: Composed,
): Promise<Measured> {
  const minutes = (await durationMs(gallery.path)) / 60_000;
  const tonesHz = meeting.attendees.map(({ film }) => film.toneHz);
  const points = await offsetsInTiles(gallery.path, tonesHz);
  const { count, medianMs, earlyP95Ms, lateP95Ms } = offsetFigures(points);
  return {
    row: 'composite',
    figures: {
      cpu_min_per_min: gallery.cpuS / 60 / minutes,
      audio_cpu_min_per_min: audio.cpuS / 60 / minutes,
      composite_av_offset_median_ms: medianMs,
      composite_sound_early_p95_ms: earlyP95Ms,
      composite_sound_late_p95_ms: -lateP95Ms,
      composite_av_signals: count,
      damaged_files: [gallery, audio].length - (await countWhole([gallery, audio])),
    },
    bars: [
      { figure: 'cpu_min_per_min', most: 1 },
      { figure: 'audio_cpu_min_per_min', most: 0.02 },
      { figure: 'composite_sound_early_p95_ms', most: 40 },
      { figure: 'composite_sound_late_p95_ms', most: 60 },
      { figure: 'damaged_files', most: 0 },
    ],
  };
}

async function countWhole(files: readonly Composed[]): Promise<number> {
  const errors = await Promise.all(files.map(({ path }) => decodeErrors(path)));
  return errors.filter((said) => said === '').length;
}

interface Readiness {
  readyMs: number;
  /** Fetched by their addresses, all. */
  playableMs: number;
  damaged: number;
}

async function readyRow(
  { readyMs, playableMs, damaged }: Readiness,
  gallery: Composed,
  audio: Composed,
): Promise<Measured> {
  const lastedMs = await durationMs(gallery.path);
  return {
    row: 'ready',
    figures: {
      ready_s: readyMs / 1000,
      tracks_playable_s: playableMs / 1000,
      audio_mix_min_per_h: audio.tookMs / 60_000 / (lastedMs / 3_600_000),
      composite_per_duration: gallery.tookMs / lastedMs,
      damaged_files: damaged,
    },
    bars: [
      { figure: 'tracks_playable_s', most: 10 },
      { figure: 'audio_mix_min_per_h', most: 1 },
      { figure: 'composite_per_duration', most: 0.5 },
      { figure: 'damaged_files', most: 0 },
    ],
  };
}
