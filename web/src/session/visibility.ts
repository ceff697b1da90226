/**
 * Which videos this page shows, and how large: what nobody sees is not forwarded. Pure: from what
 * the tiles reported to the wishes the server is not told yet.
 */
import type { SubscriptionWish } from '../protocol/messages.js';

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

/** `screens`: publications that are screens and go before cameras. */
export function wishesFor(
  publicationIds: Iterable<string>,
  tiles: ReadonlyMap<string, TileSize>,
  screens: ReadonlySet<string>,
): Wishes {
  const wishes = new Map<string, SubscriptionWish>();
  for (const id of publicationIds) {
    const size = tiles.get(id);
    const common = { publication_id: id, enabled: true, priority: screens.has(id) ? 200 : 100 };
    wishes.set(
      id,
      size
        ? { ...common, visible: true, width: size.width, height: size.height }
        : { ...common, visible: false },
    );
  }
  return wishes;
}

/** What is new or different enough from what was told. */
export function wishesToTell(told: Wishes, wanted: Wishes): SubscriptionWish[] {
  return [...wanted.values()].filter((wish) => {
    const before = told.get(wish.publication_id);
    return !before || before.visible !== wish.visible || !isSameSize(before, wish);
  });
}

function isSameSize(a: SubscriptionWish, b: SubscriptionWish): boolean {
  if (!a.visible || !b.visible) return true;
  const ratio = (a.height ?? 1) / Math.max(1, b.height ?? 1);
  return ratio < sameSizeFactor && ratio > 1 / sameSizeFactor;
}
