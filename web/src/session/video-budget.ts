/** Which of the pictures on screen are taken at all, where battery and data count: a pure choice. */
import type { Publication } from '../../../client/src/index.js';

export interface VideoBudget {
  /** So many cameras at once. */
  readonly cameras: number;
  /** One picture in all, and of it the lowest layer alone. */
  readonly isSaving: boolean;
}

export const everything: VideoBudget = { cameras: Number.POSITIVE_INFINITY, isSaving: false };
/** Four and the speaker (product §5). */
export const forPhones: VideoBudget = { cameras: 5, isSaving: false };
export const savingData: VideoBudget = { cameras: 1, isSaving: true };

/** All video together while data is saved, bit/s. */
export const savedVideoBps = 150_000;

export interface Candidate {
  readonly publication: Publication;
  /** Of the tile, device pixels. */
  readonly area: number;
  /** Pinned by the viewer or in the spotlight. */
  readonly isLarge: boolean;
  /** The last who spoke. */
  readonly isSpeaker: boolean;
}

/** Of what has a tile: ids of the publications that are taken. */
export function taken(candidates: readonly Candidate[], budget: VideoBudget): Set<string> {
  const isScreen = ({ publication }: Candidate) => publication.source === 'screen';
  const affordable = budget.isSaving
    ? candidates.filter(({ publication }) => hasCheapLayer(publication))
    : candidates;
  const ordered = [...affordable].sort(byWeight);
  const cameras = ordered.filter((one) => !isScreen(one)).slice(0, budget.cameras);
  const all = [...ordered.filter(isScreen), ...cameras];
  const chosen = budget.isSaving ? all.sort(byWeight).slice(0, 1) : all;
  return new Set(chosen.map(({ publication }) => publication.publication_id));
}

/** What the viewer chose, then a shared screen, then what is large on screen, then who speaks. */
function byWeight(a: Candidate, b: Candidate): number {
  return (
    Number(b.isLarge) - Number(a.isLarge) ||
    Number(b.publication.source === 'screen') - Number(a.publication.source === 'screen') ||
    largerBy(a, b) ||
    Number(b.isSpeaker) - Number(a.isSpeaker)
  );
}

/** Tiles of one gallery differ by a few pixels: that says nothing of them. */
function largerBy(a: Candidate, b: Candidate): number {
  const isSame = Math.max(a.area, b.area) < 1.5 * Math.min(a.area, b.area);
  return isSame ? 0 : b.area - a.area;
}

/** Of one stream with layers the declared rate is that of all: its lowest takes a small part. */
function hasCheapLayer({ layers }: Publication): boolean {
  const [lowest] = layers;
  if (!lowest) return false;
  const isScalable = new Set(layers.map(({ max_bitrate_bps }) => max_bitrate_bps)).size === 1;
  const hasSpatial = layers.some(({ spatial }) => spatial > lowest.spatial);
  if (isScalable && hasSpatial) return true;
  return (lowest.max_bitrate_bps ?? Number.POSITIVE_INFINITY) <= savedVideoBps;
}
