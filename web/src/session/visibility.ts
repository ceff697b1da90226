/**
 * Which videos this page shows, and how large: what nobody sees is not forwarded. Pure: from what
 * the tiles reported to the wishes the server is not told yet.
 */
import type { Publication, SubscriptionWish } from '../../../client/src/index.js';

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

type Shown = Pick<Publication, 'publication_id' | 'participant_id' | 'source'>;

/** `pinned`: people whose picture this viewer keeps large. */
export function wishesFor(
  publications: Iterable<Shown>,
  tiles: ReadonlyMap<string, TileSize>,
  pinned: ReadonlySet<string>,
): Wishes {
  const wishes = new Map<string, SubscriptionWish>();
  for (const publication of publications) {
    const id = publication.publication_id;
    const size = tiles.get(id);
    const common = { publication_id: id, enabled: true, priority: priorityOf(publication, pinned) };
    wishes.set(
      id,
      size
        ? { ...common, visible: true, width: size.width, height: size.height }
        : { ...common, visible: false },
    );
  }
  return wishes;
}

/** A shared screen goes first, then who was pinned. */
function priorityOf({ source, participant_id }: Shown, pinned: ReadonlySet<string>): number {
  if (source === 'screen') return 200;
  return pinned.has(participant_id) ? 150 : 100;
}

/** What is new or different enough from what was told. */
export function wishesToTell(told: Wishes, wanted: Wishes): SubscriptionWish[] {
  return [...wanted.values()].filter((wish) => {
    const before = told.get(wish.publication_id);
    return (
      !before ||
      before.visible !== wish.visible ||
      before.priority !== wish.priority ||
      !isSameSize(before, wish)
    );
  });
}

function isSameSize(a: SubscriptionWish, b: SubscriptionWish): boolean {
  if (!a.visible || !b.visible) return true;
  const ratio = (a.height ?? 1) / Math.max(1, b.height ?? 1);
  return ratio < sameSizeFactor && ratio > 1 / sameSizeFactor;
}
