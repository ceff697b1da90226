import type { Participant } from '../../../lib/index.js';
import type { SubscriptionWish } from './node-client.js';

/** Of one participant; more than there can be publications. */
const maxKept = 2000;

/**
 * What participants asked of publications. One that is not there yet finds what was asked of it, and
 * one that comes again, over another link, goes on as it was.
 */
export class Wishes {
  private readonly kept = new WeakMap<Participant, Map<string, SubscriptionWish>>();

  /** All of them, or none. @throws PlenumError `bad_request`. */
  set(participant: Participant, wishes: readonly SubscriptionWish[]): void {
    const kept = this.keptOf(participant);
    for (const { publicationId, ...settings } of wishes) {
      participant.subscriptions.get(publicationId)?.set(settings);
      kept.delete(publicationId);
      kept.set(publicationId, { publicationId, ...settings });
    }
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKept) break;
      kept.delete(oldest);
    }
  }

  /** A publication is there. @throws PlenumError `bad_request`: nothing was known of it when it was asked. */
  found(participant: Participant, publicationId: string): void {
    const wish = this.kept.get(participant)?.get(publicationId);
    if (wish === undefined) return;
    const { publicationId: _, ...settings } = wish;
    participant.subscriptions.get(publicationId)?.set(settings);
  }

  private keptOf(participant: Participant): Map<string, SubscriptionWish> {
    const kept = this.kept.get(participant) ?? new Map<string, SubscriptionWish>();
    this.kept.set(participant, kept);
    return kept;
  }
}
