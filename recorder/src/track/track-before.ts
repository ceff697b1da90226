/** What the manifest says of a track that was being recorded when the process ended. */
import type { ManifestContents, ManifestTrack } from '../manifest/contents.js';
import { MIN_GAP_MS } from './gaps.js';

export interface TrackBefore {
  /** From there on something is missing that has no name yet, ms; null: nothing is known to be. */
  endMs: number | null;
  /** Since when it was muted when the recorder went; null: it was not. */
  mutedMs: number | null;
  received: number;
  written: number;
  lost: number;
}

export const NOTHING_BEFORE: TrackBefore = {
  ...{ endMs: null, mutedMs: null },
  ...{ received: 0, written: 0, lost: 0 },
};

export function beforeOf(
  contents: ManifestContents,
  { line, ...known }: ManifestTrack,
): TrackBefore {
  const last = contents.filesOf(line.track_id).at(-1);
  const fileMs = last ? (last.end?.t ?? last.foundMs ?? last.line.t) : 0;
  const endMs = Math.max(line.t, fileMs, known.namedMs);
  return { endMs, mutedMs: known.mutedMs, ...countsOf(known) };
}

export function countsOf({ received, written, lost }: Pick<TrackBefore, Counts>) {
  return { received, written, lost };
}

type Counts = 'received' | 'written' | 'lost';

/** Between the last frame and a mute a picture, or a silent voice (DTX), may say nothing for so long. */
const NEAR_MS = 500;

/** From where on it was muted when the recorder went, ms; null: it was not. */
export function mutedFrom({ endMs, mutedMs }: TrackBefore): number | null {
  const isNear = endMs !== null && mutedMs !== null && mutedMs - endMs < NEAR_MS;
  return isNear ? endMs : mutedMs;
}

/** Of one that did not come again by `toMs`. */
export function missingOf(before: TrackBefore, toMs: number): { from: number; to: number } | null {
  const from = before.endMs ?? toMs;
  const to = Math.min(toMs, mutedFrom(before) ?? toMs);
  return to - from >= MIN_GAP_MS ? { from, to } : null;
}
