/**
 * Of a real recording, from the stop on: when tracks can be played, how long a mix and a picture of all take, and whether they are in
 * step. What they cost, of a generated meeting, whose pictures move and which needs no recorder.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ComposingCost, measureComposing } from '../../../recorder/src/index.js';
import { decodeErrors, durationMs } from '../ffmpeg.js';
import { film720p } from '../media.js';
import type { Meeting } from '../meeting.js';
import { leastSignals, offsetFigures } from '../offsets.js';
import { costOf, machineCpuS } from '../process-cost.js';
import type { Row, RowOptions } from '../row.js';
import { Stage } from '../stage.js';
import { offsetsInTiles } from '../tiles.js';

/** Unless others are asked for: of the recording, and of the generated meeting. */
const recordedWork = { people: 4, seconds: 60 };
const generatedWork = { people: 9, seconds: 120 };
/** Each composition of it is made so often: others on the machine change what it costs by half. */
const times = 3;
/** The bar of `ready` is for so many. */
const cores = 2;

interface Composed {
  path: string;
  cpuS: number;
  tookMs: number;
  /** What everything else had meanwhile. */
  othersCores: number;
}

/** How long it takes is said of two cores that are free. */
const mostOthersCores = 0.5;

/** `composite` and `ready`. */
export async function measureComposed({ only, seconds, people }: RowOptions): Promise<Row[]> {
  const wished = (usual: typeof recordedWork) => ({
    people: people ?? usual.people,
    seconds: seconds ?? usual.seconds,
  });
  const { composed, ready } = await measureRecording(wished(recordedWork));
  if (!only.has('composite')) return [ready];
  const work = wished(generatedWork);
  const layouts = ['gallery', 'audio'] as const;
  const costs = await measureComposing({ folder: tmpdir(), layouts, cores, times, ...work });
  return [compositeRow(costs, composed), ready];
}

/** Of both compositions of the recording. */
interface RecordingComposed {
  work: typeof recordedWork;
  void: readonly string[];
  figures: Record<string, number>;
}

async function measureRecording(
  work: typeof recordedWork,
): Promise<{ composed: RecordingComposed; ready: Row }> {
  return Stage.on({}, async (stage) => {
    const meeting = await stage.meet({ people: work.people, look: film720p });
    const id = await stage.record(meeting, work.seconds);
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
    const figures = await composedFigures(meeting, gallery, audio);
    const ready = await readyRow({ readyMs, playableMs, damaged }, gallery, audio);
    const busy = whyUntimed(audio, gallery);
    return {
      composed: { work, void: why, figures },
      ready: { ...ready, work: { ...work, picture: '720p25' }, void: [...why, ...busy] },
    };
  });
}

function whyUntimed(...timed: readonly Composed[]): string[] {
  const othersCores = Math.max(...timed.map((one) => one.othersCores));
  return othersCores > mostOthersCores ? [`others had ${othersCores.toFixed(1)} cores`] : [];
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

async function composedFigures(
  meeting: Meeting,
  gallery: Composed,
  audio: Composed,
): Promise<Record<string, number>> {
  const minutes = (await durationMs(gallery.path)) / 60_000;
  const tonesHz = meeting.attendees.map(({ film }) => film.toneHz);
  const points = await offsetsInTiles(gallery.path, tonesHz);
  const { count, medianMs, earlyP95Ms, lateP95Ms } = offsetFigures(points);
  return {
    recorded_cpu_min_per_min: gallery.cpuS / 60 / minutes,
    recorded_audio_cpu_min_per_min: audio.cpuS / 60 / minutes,
    composite_av_offset_median_ms: medianMs,
    composite_sound_early_p95_ms: earlyP95Ms,
    composite_sound_late_p95_ms: -lateP95Ms,
    composite_av_signals: count,
    damaged_files: [gallery, audio].length - (await countWhole([gallery, audio])),
  };
}

/** No bar of it is of time on the wall. */
function compositeRow(costs: readonly ComposingCost[], composed: RecordingComposed): Row {
  const [gallery, audio] = costs as [ComposingCost, ComposingCost];
  const { people, meetingSeconds: seconds } = gallery;
  const lastedMs = composed.work.seconds * 1000;
  const recorded = {
    recorded_people: composed.work.people,
    recorded_seconds: composed.work.seconds,
  };
  return {
    row: 'composite',
    work: { people, seconds, times, picture: '720p25', ...recorded },
    figures: {
      cpu_min_per_min: gallery.cpuMinutesPerMinute,
      audio_cpu_min_per_min: audio.cpuMinutesPerMinute,
      cpu_min_per_min_at_most: gallery.mostCpuMinutesPerMinute,
      audio_cpu_min_per_min_at_most: audio.mostCpuMinutesPerMinute,
      composite_per_duration: gallery.tookPart,
      ...composed.figures,
    },
    bars: [
      { figure: 'cpu_min_per_min', most: 1 },
      { figure: 'audio_cpu_min_per_min', most: 0.02 },
      { figure: 'composite_sound_early_p95_ms', most: 40 },
      { figure: 'composite_sound_late_p95_ms', most: 60 },
      { figure: 'composite_av_signals', least: leastSignals(composed.work.people, lastedMs) },
      { figure: 'damaged_files', most: 0 },
    ],
    void: composed.void,
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
): Promise<Pick<Row, 'row' | 'figures' | 'bars'>> {
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
