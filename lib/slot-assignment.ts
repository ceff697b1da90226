/** Who gets a slot: pure choice among the subscriptions and slots of one kind. Not public. */
import type { Slot } from './slot.js';
import type { LiveSubscription } from './subscription.js';

/**
 * Every wanted subscription gets a slot if there is one: a free one, else that of a subscription
 * that is not wanted, else that of one with a lower priority. Nobody moves without need.
 */
export function assignSlots(
  subscriptions: readonly LiveSubscription[],
  slots: readonly Slot[],
): void {
  const waiting = subscriptions
    .filter(({ isWanted, slot }) => isWanted && slot === null)
    .sort((a, b) => b.settings.priority - a.settings.priority);
  for (const subscription of waiting) {
    const slot = chooseSlot(subscription, slots);
    const evicted = slot?.subscription;
    evicted?.leaveSlot();
    if (evicted?.isWanted) evicted.enter('paused', 'limit');
    if (slot) subscription.takeSlot(slot);
    else subscription.enter('paused', 'limit');
  }
}

function chooseSlot(
  { settings: { priority } }: LiveSubscription,
  slots: readonly Slot[],
): Slot | undefined {
  const usable = slots.filter(({ isRefused }) => !isRefused);
  const free = usable.find(({ subscription }) => subscription === null);
  if (free) return free;
  const unwanted = usable.find(({ subscription }) => subscription?.isWanted === false);
  if (unwanted) return unwanted;
  return usable
    .filter(({ subscription }) => (subscription?.settings.priority ?? 0) < priority)
    .sort((a, b) => priorityOf(a) - priorityOf(b))[0];
}

function priorityOf({ subscription }: Slot): number {
  return subscription?.settings.priority ?? 0;
}
