/**
 * Which videos this page shows, and how large: what nobody sees is not forwarded. Pure: from what
 * the tiles reported to the wishes the server is not told yet.
 */
import type { Publication, SubscriptionWish } from '../../../client/src/index.js';
import { everything, taken, type VideoBudget } from './video-budget.js';

/** Size in device pixels. Absent: not on screen. */
export interface TileSize {
  readonly width: number;
  readonly height: number;
}

/** Let tiles mount and animations end before telling; well below the 500 ms of api §4. */
export const settleMs = 150;

/** A size within this factor of the told one makes no difference to what is forwarded. */
const sameSizeFactor = 1.15;

export type Wishes = ReadonlyMap<string, SubscriptionWish>;

/** What counts when not everything can be taken. */
export interface Attention {
  /** People whose picture this viewer keeps large. */
  readonly large: ReadonlySet<string>;
  /** Who spoke last. */
  readonly speaker?: string | undefined;
}

/** Said always: what a wish does not name stays as it was. */
const anyLayer = { spatial: 7, temporal: 7 } as const;
const lowestLayer = { spatial: 0, temporal: 7 } as const;

export function wishesFor(
  publications: readonly Publication[],
  tiles: ReadonlyMap<string, TileSize>,
  attention: Attention,
  budget: VideoBudget = everything,
): Wishes {
  const seen = takenOf(publications, tiles, attention, budget);
  const wishes = new Map<string, SubscriptionWish>();
  for (const publication of publications) {
    const id = publication.publication_id;
    const size = seen.has(id) ? tiles.get(id) : undefined;
    const priority = priorityOf(publication, attention.large);
    const max_layer = budget.isSaving ? lowestLayer : anyLayer;
    const common = { publication_id: id, enabled: true, priority, max_layer };
    wishes.set(
      id,
      size
        ? { ...common, visible: true, width: size.width, height: size.height }
        : { ...common, visible: false },
    );
  }
  return wishes;
}

function takenOf(
  publications: readonly Publication[],
  tiles: ReadonlyMap<string, TileSize>,
  { large, speaker }: Attention,
  budget: VideoBudget,
): Set<string> {
  const candidates = publications.flatMap((publication) => {
    const { publication_id, participant_id, muted } = publication;
    const size = tiles.get(publication_id);
    if (!size || muted) return [];
    const isLarge = large.has(participant_id);
    const area = size.width * size.height;
    return [{ publication, area, isLarge, isSpeaker: participant_id === speaker }];
  });
  // Who has the camera off takes nothing, and nobody's place.
  const off = publications.filter(({ muted }) => muted);
  const chosen = taken(candidates, budget);
  for (const { publication_id } of off) chosen.add(publication_id);
  return chosen;
}

/** On screen, and yet not taken. */
export function leftOut(wishes: Wishes, tiles: ReadonlyMap<string, TileSize>): Set<string> {
  const ids = [...tiles.keys()].filter((id) => wishes.get(id)?.visible === false);
  return new Set(ids);
}

/** A shared screen goes first, then who was pinned. */
function priorityOf({ source, participant_id }: Publication, large: ReadonlySet<string>): number {
  if (source === 'screen') return 200;
  return large.has(participant_id) ? 150 : 100;
}

/** What is new or different enough from what was told. */
export function wishesToTell(told: Wishes, wanted: Wishes): SubscriptionWish[] {
  return [...wanted.values()].filter((wish) => {
    const before = told.get(wish.publication_id);
    return (
      !before ||
      before.visible !== wish.visible ||
      before.priority !== wish.priority ||
      before.max_layer?.spatial !== wish.max_layer?.spatial ||
      !isSameSize(before, wish)
    );
  });
}

function isSameSize(a: SubscriptionWish, b: SubscriptionWish): boolean {
  if (!a.visible || !b.visible) return true;
  const ratio = (a.height ?? 1) / Math.max(1, b.height ?? 1);
  return ratio < sameSizeFactor && ratio > 1 / sameSizeFactor;
}
