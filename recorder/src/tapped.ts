/**
 * What this part needs of a room of lib/ (`Room`, `Publication`, `Tap`), and no more: so tests feed it
 * packets by hand. Moments are microseconds of the engine's clock.
 */
import type { TrackSource } from './manifest/lines.js';

export type TappedCodec = 'opus' | 'vp8' | 'vp9' | 'h264' | 'av1';

/** One RTP packet of a track, as a subscriber gets it: numbers and timestamps go on over layers, SSRCs and nodes. */
export interface TappedPacket {
  /** Unwrapped. */
  sequence: number;
  /** Unwrapped, in units of the codec's clock: 48000 Hz (Opus), 90000 Hz (video). */
  timestamp: number;
  marker: boolean;
  codec: TappedCodec;
  /** RTP payload, padding apart; empty: only padding. */
  payload: Uint8Array;
  arrivedUs: number;
  /** Null: not known yet. */
  capturedUs: number | null;
}

export interface TappedTrack {
  /** Packets that came to this process, and for which it was too slow. */
  readonly dropped: number;
  on(event: 'packets', listener: (packets: readonly TappedPacket[]) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  requestKeyFrame(): void;
  close(): void;
}

export interface TappedPublication {
  /** A UUID, unique for ever. */
  readonly id: string;
  readonly participant: { readonly id: string };
  readonly kind: 'audio' | 'video';
  readonly source: TrackSource;
  readonly muted: boolean;
}

type ForPublication = (publication: TappedPublication) => void;
type ForRemoved = (publication: TappedPublication, reason: string) => void;

export interface TappedRoom {
  readonly id: string;
  readonly publications: ReadonlyMap<string, TappedPublication>;
  tap(publicationId: string): TappedTrack;
  on(event: 'publicationAdded' | 'publicationUpdated', listener: ForPublication): unknown;
  on(event: 'publicationRemoved', listener: ForRemoved): unknown;
  off(event: 'publicationAdded' | 'publicationUpdated', listener: ForPublication): unknown;
  off(event: 'publicationRemoved', listener: ForRemoved): unknown;
}

/** Units of a codec's RTP clock in a second. */
export function clockRateOf(codec: TappedCodec): number {
  return codec === 'opus' ? 48_000 : 90_000;
}
