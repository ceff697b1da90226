import type { RecorderLoad } from '../../../recorder/src/index.js';
import type { Unfit } from '../fleet/node-fleet.js';

/** What is known of a recorder that may get a recording. */
export interface RecorderCandidate {
  readonly recorderId: string;
  readonly region: string;
  readonly load: RecorderLoad;
  readonly isDraining: boolean;
  /** Since it was heard of. */
  readonly silentMs: number;
  /** Recordings that were given to it since it said how busy it is. */
  readonly promised: number;
}

/** A beat was missed. */
const silentMs = 2000;
/** How much of a recorder a recording is counted for until it has said what it costs. */
const stressOfRecording = 0.02;
/** Above it a recording that grows would not be kept up with. */
const maxStress = 0.8;

/** Why a recorder gets no new recordings; null: it does. */
export function recorderUnfitBecause(recorder: RecorderCandidate): Unfit | null {
  const { load, isDraining } = recorder;
  if (isDraining) return 'draining';
  if (recorder.silentMs > silentMs) return 'silent';
  const isFull = load.isFull || load.diskState !== 'ok' || stressOf(recorder) >= maxStress;
  return isFull ? 'full' : null;
}

/** The least busy one of the region, else of anywhere. Null: none takes more. */
export function placeRecording<Recorder extends RecorderCandidate>(
  recorders: readonly Recorder[],
  { region, except }: { region: string; except: readonly string[] },
): Recorder | null {
  const fit = recorders.filter(
    (one) => !except.includes(one.recorderId) && recorderUnfitBecause(one) === null,
  );
  const near = fit.filter((one) => one.region === region);
  const [best = null] = (near.length > 0 ? near : fit).toSorted(
    (one, other) => stressOf(one) - stressOf(other),
  );
  return best;
}

function stressOf({ load, promised }: RecorderCandidate): number {
  return load.stress + promised * stressOfRecording;
}
