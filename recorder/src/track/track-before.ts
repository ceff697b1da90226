/** What the manifest says of a track that was being recorded when the process ended. */
import type { ManifestContents } from '../manifest/contents.js';
import { MIN_GAP_MS } from './gaps.js';

export interface TrackBefore {
  /** Up to there it is recorded, or what is missing is named, ms; null: nothing of it was. */
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

export function beforeOf(contents: ManifestContents, id: string): TrackBefore {
  const known = contents.tracks.get(id);
  const { received = 0, written = 0, lost = 0, mutedMs = null, namedMs = 0 } = known ?? {};
  const last = contents.filesOf(id).at(-1);
  const endMs = last ? (last.end?.t ?? last.foundMs ?? last.line.t) : null;
  return {
    endMs: endMs === null ? null : Math.max(endMs, namedMs),
    ...{ mutedMs, received, written, lost },
  };
}

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
