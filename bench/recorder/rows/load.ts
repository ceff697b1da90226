/** What the recorder takes for 10 rooms with 4 people each, 80 tracks, on one core: time, memory, and whether it drops anything. */
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { film720p, framesPerS, packetsPerS } from '../media.js';
import { costOf, type ProcessCost } from '../process-cost.js';
import type { Recorded } from '../recorded.js';
import type { Row, RowOptions } from '../row.js';
import { Stage } from '../stage.js';

const rooms = 10;
const each = 4;
const people = rooms * each;
const tracks = 2 * people;
const defaultSeconds = 30;
const idleSeconds = 5;
/** Files begin, key frames are asked for, pages of memory are touched for the first time. */
const settlingSeconds = 5;
const films = 4;

interface Load {
  cores: number;
  idleCores: number;
  grownBytes: number;
}

/** `cpu`, `memory` and `concurrency`, of one run. */
export async function measureLoad({ seconds }: RowOptions): Promise<Row[]> {
  const lasting = seconds ?? defaultSeconds;
  const recorderCores = `${availableParallelism() - 1}`;
  return Stage.on({ recorderCores }, async (stage) => {
    const recorder = () => costOf(stage.product.recorder.pid);
    const idle = await during(recorder, idleSeconds);
    for (let room = 0; room < rooms; room += 1) {
      await stage.meet({ people: each, look: film720p, films });
    }
    const ids: string[] = [];
    for (const { id } of stage.meetings) ids.push(await stage.recordings.start(id));
    await pause(settlingSeconds * 1000);
    await stage.crowd.moment();
    const busy = await during(recorder, lasting);
    const why = await stage.whyVoid();
    for (const id of ids) await stage.recordings.stop(id);
    const grownBytes = busy.after.residentBytes - idle.after.residentBytes;
    const load = { cores: busy.cores, idleCores: idle.cores, grownBytes };
    const dropped = await droppedOf(stage, ids);
    const work = { rooms, people, tracks, seconds: lasting, picture: '720p25, 1.4 Mbit/s' };
    return rowsOf(load, dropped).map((row) => ({ ...row, work, void: why }));
  });
}

async function during(cost: () => ProcessCost, seconds: number) {
  const [before, beganMs] = [cost(), performance.now()];
  await pause(seconds * 1000);
  const after = cost();
  const tookS = (performance.now() - beganMs) / 1000;
  return { after, cores: (after.cpuS - before.cpuS) / tookS };
}

interface Dropped {
  frames: number;
  /** For whatever reason, since files had begun. */
  lost: number;
  overloads: number;
  damaged: number;
  tracks: number;
}

async function droppedOf(stage: Stage, ids: readonly string[]): Promise<Dropped> {
  const dropped: Dropped = { frames: 0, lost: 0, overloads: 0, damaged: 0, tracks: 0 };
  for (const id of ids) {
    const recorded = await stage.fetch(await stage.recordings.untilReady(id));
    await add(dropped, recorded);
    await recorded.forget();
  }
  return dropped;
}

async function add(dropped: Dropped, recorded: Recorded): Promise<void> {
  const { received, written } = recorded.counts;
  dropped.frames += received - written;
  dropped.overloads += recorded.gaps.filter(({ reason }) => reason === 'overload').length;
  dropped.lost += lostFrames(recorded, settlingSeconds * 1000);
  dropped.damaged += (await recorded.damage()).length;
  dropped.tracks += new Set(recorded.tracks.map(({ file }) => file.track_id)).size;
}

/** By gaps: each frame that is missing lies in one (row `truth`). */
function lostFrames({ gaps, tracks }: Recorded, sinceMs: number): number {
  const perS = new Map(
    tracks.map(({ file }) => [file.track_id, file.source === 'camera' ? framesPerS : packetsPerS]),
  );
  const after = gaps.filter(({ to }) => to > sinceMs);
  return after.reduce((sum, { track_id, from, to }) => {
    const seconds = (to - Math.max(from, sinceMs)) / 1000;
    return sum + Math.max(1, Math.round(seconds * (perS.get(track_id) ?? framesPerS)));
  }, 0);
}

function rowsOf({ cores, idleCores, grownBytes }: Load, dropped: Dropped) {
  return [
    {
      row: 'cpu',
      figures: {
        cores_per_person: (cores - idleCores) / people,
        recorder_cores: cores,
        idle_cores: idleCores,
      },
      bars: [{ figure: 'cores_per_person', most: 0.01 }],
    },
    {
      row: 'memory',
      figures: { mb_per_track: grownBytes / tracks / 1e6, grown_mb: grownBytes / 1e6 },
      bars: [{ figure: 'mb_per_track', most: 3 }],
    },
    {
      row: 'concurrency',
      figures: {
        dropped_frames: dropped.frames,
        frames_lost: dropped.lost,
        overload_gaps: dropped.overloads,
        damaged_files: dropped.damaged,
        recorded_tracks: dropped.tracks,
      },
      bars: [
        { figure: 'dropped_frames', most: 0 },
        { figure: 'frames_lost', most: 0 },
        { figure: 'overload_gaps', most: 0 },
        { figure: 'damaged_files', most: 0 },
        { figure: 'recorded_tracks', least: tracks },
      ],
    },
  ] as const;
}
