/** What is remembered of one track between two runs. */
import type { AllocationTrack, LayerIndex } from './inputs.js';

export interface TrackState {
  /** The target; null: paused for lack of bandwidth. */
  readonly layer: LayerIndex | null;
  /** All temporal layers of it: so it stays when more of them become known. */
  readonly isWhole: boolean;
  /** Since when the target is in this spatial layer. */
  readonly sinceMs: number;
  /** The better layer that would have fitted since then. */
  readonly candidate: { readonly layer: LayerIndex; readonly sinceMs: number } | null;
  /** Spatial layers that brought no key frame, and until when they are left alone. */
  readonly unavailable: readonly { readonly spatial: number; readonly untilMs: number }[];
}

/** A key frame was asked for again meanwhile (R3.4). */
const KEY_FRAME_WAIT_MS = 3000;
const UNAVAILABLE_MS = 5000;

const NONE: TrackState['unavailable'] = [];

/** Whether another spatial layer flows than the target: a key frame is waited for. */
export function isSwitching(track: AllocationTrack, state: TrackState | undefined): boolean {
  if (!state?.layer || !track.forwarded) return false;
  return state.layer.spatial !== track.forwarded.spatial;
}

/** The marks that still count, and a new one when the target's key frame did not come in time. */
export function unavailableAt(
  track: AllocationTrack,
  state: TrackState | undefined,
  nowMs: number,
): TrackState['unavailable'] {
  if (!state) return NONE;
  const { unavailable } = state;
  const marks = unavailable.length === 0 ? NONE : unavailable.filter((one) => nowMs < one.untilMs);
  const { layer } = state;
  const isLate = isSwitching(track, state) && nowMs - state.sinceMs >= KEY_FRAME_WAIT_MS;
  if (!isLate || !layer) return marks;
  return [...marks, { spatial: layer.spatial, untilMs: nowMs + UNAVAILABLE_MS }];
}
