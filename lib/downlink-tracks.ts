/** What the allocator is told about a subscriber's video. Not public. */
import type { AllocationTrack } from './allocation/inputs.js';
import type { LiveSubscription } from './subscription.js';

/** A tile so much larger than every other is the one that is looked at. */
const STAGE_RATIO = 2;

/**
 * The video that flows or could flow, in the order of precedence within equal priorities: who spoke
 * last comes first, then who was subscribed to first.
 */
export function tracksOf(
  subscriptions: readonly LiveSubscription[],
  speakers: readonly string[],
): AllocationTrack[] {
  const stage = stageOf(subscriptions);
  const rank = ({ publication }: LiveSubscription) => {
    const spoken = speakers.indexOf(publication.participant.id);
    return spoken < 0 ? speakers.length : spoken;
  };
  return [...subscriptions].sort((a, b) => rank(a) - rank(b)).map((one) => trackOf(one, stage));
}

function trackOf(
  subscription: LiveSubscription,
  stage: LiveSubscription | undefined,
): AllocationTrack {
  const { publication, settings, isWanted, layer } = subscription;
  const { layering } = publication;
  return {
    id: publication.id,
    priority: settings.priority,
    isOnStage: subscription === stage,
    isVisible: isWanted,
    structure: layering.structureOf(publication.codec),
    layers: layering.rates,
    declaredBps: layering.declaredBps,
    fullFps: layering.fullFps,
    limit: settings,
    forwarded: layer,
  };
}

/** The one visible tile that is larger by far than the next; of one tile alone that one. */
function stageOf(subscriptions: readonly LiveSubscription[]): LiveSubscription | undefined {
  const [first, second] = subscriptions
    .filter(({ isWanted }) => isWanted)
    .sort((a, b) => areaOf(b) - areaOf(a));
  if (!first || areaOf(first) === 0) return undefined;
  return second && areaOf(first) < STAGE_RATIO * areaOf(second) ? undefined : first;
}

function areaOf({ settings: { width = 0, height = 0 } }: LiveSubscription): number {
  return width * height;
}
