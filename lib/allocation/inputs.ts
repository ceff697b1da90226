/** What the allocator is asked and what it answers. Rates are bit/s on the wire. */

export interface LayerIndex {
  /** The encoding of a simulcast track, else the spatial layer inside its one stream. */
  readonly spatial: number;
  readonly temporal: number;
}

/** One (spatial, temporal) layer of a track; structurally a `LayerRate` of the engine contract. */
export interface TrackLayer extends LayerIndex {
  /** What exactly this layer takes; 0: not measured yet. */
  readonly bitrateBps: number;
  /** Whether packets of it arrive. */
  readonly alive: boolean;
  /** Pixels; 0: not known. */
  readonly width: number;
  readonly height: number;
  /** What the newest key picture took of the spatial layer alone; 0 or left out: not known. */
  readonly keyBytes?: number;
}

/**
 * What else must flow for a layer to be decodable. `simulcast`: the lower temporal layers of its
 * own encoding. `svc`: those of all lower spatial layers too. `key_svc`: of these the key pictures
 * only.
 */
export type LayerStructure = 'simulcast' | 'svc' | 'key_svc';

/** What the viewer can use at most. Everything left out does not limit. */
export interface ViewLimit {
  /** Device pixels of the tile. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly maxLayer?: LayerIndex | undefined;
  readonly maxFps?: number | undefined;
}

export interface AllocationTrack {
  readonly id: string;
  /** 0–255. Of 200 and more: its steps come before those of the others (screen shares). */
  readonly priority: number;
  /** The one tile that is looked at: gets its preferred layer before others get anything. */
  readonly isOnStage: boolean;
  /** A tile that is not on screen gets nothing. */
  readonly isVisible: boolean;
  readonly structure: LayerStructure;
  /** The same array as long as nothing in it changed: costs are worked out once for it. */
  readonly layers: readonly TrackLayer[];
  /** Full rate of each spatial layer as the publisher declared it, by spatial layer. */
  readonly declaredBps?: readonly (number | undefined)[] | undefined;
  /** Frame rate with all temporal layers. Default 30. */
  readonly fullFps?: number | undefined;
  readonly limit: ViewLimit;
  /** The layer that flows now; null while none does. */
  readonly forwarded: LayerIndex | null;
}

export interface AllocationInputs {
  readonly estimateBps: number;
  /** Taken from the budget first: see `audioReserveBps`. */
  readonly audioBps: number;
  /** Within equal priority those before come first: dominant speakers, then by time of joining. */
  readonly tracks: readonly AllocationTrack[];
  /** False: the first track keeps its lowest layer even above the budget. Default true. */
  readonly allowPause?: boolean;
  readonly shares?: BudgetShares;
}

/** Which part of the estimate is spent (6.3). */
export interface BudgetShares {
  /** 0.95: the rest is for the error of the estimate. */
  readonly media: number;
  /** 0.02: RTCP and retransmissions. */
  readonly reserve: number;
}

export const DEFAULT_SHARES: BudgetShares = { media: 0.95, reserve: 0.02 };

/**
 * Why a target is not the best that the viewer can use: paused or lower for lack of `bandwidth`,
 * or paused because it is `hidden`.
 */
export type TargetReason = 'none' | 'bandwidth' | 'hidden';

export interface AllocationTarget {
  readonly id: string;
  /** null: paused. */
  readonly layer: LayerIndex | null;
  readonly reason: TargetReason;
  readonly costBps: number;
}

/** 8 kbit/s per source that can speak at any moment (6.3). */
const AUDIO_SOURCE_BPS = 8000;

/** @param measuredBps audio sent to the subscriber, averaged over 2 s. */
export function audioReserveBps(measuredBps: number, unmutedSources: number): number {
  return Math.max(measuredBps, AUDIO_SOURCE_BPS * unmutedSources);
}
