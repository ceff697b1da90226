/** Short signs of mood: who shows which now, and for how long. Pure. */
import type { ReactionName } from '../../../client/src/index.js';

/** In the order of the keys 1 to 6. */
export const reactionNames = [
  'thumbs_up',
  'clap',
  'heart',
  'laugh',
  'surprise',
  'celebrate',
] as const satisfies readonly ReactionName[];

/** How long one is shown; ms (product row 10). */
export const reactionShownMs = 5_000;
/** More at once than this are not read by anybody: the oldest go. */
const shownAtOnce = 12;

export interface ShownReaction {
  readonly serial: number;
  readonly participantId: string;
  readonly name: ReactionName;
}

/** A newer one of the same person takes the place of the older. */
export function withReaction(
  shown: readonly ShownReaction[],
  reaction: ShownReaction,
): readonly ShownReaction[] {
  const others = shown.filter(({ participantId }) => participantId !== reaction.participantId);
  return [...others, reaction].slice(-shownAtOnce);
}

export function withoutReaction(
  shown: readonly ShownReaction[],
  serial: number,
): readonly ShownReaction[] {
  return shown.filter((reaction) => reaction.serial !== serial);
}
