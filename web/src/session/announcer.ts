/** Says what the queue of announcements holds, when it may be said. */
import type { Timers } from '../../../client/src/index.js';
import {
  type Announcement,
  announce,
  announceEveryMs,
  noAnnouncements,
  type Summary,
  takeAnnouncement,
} from './announcements.js';

export class Announcer {
  private queue = noAnnouncements;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly timers: Timers,
    private readonly say: (summary: Summary) => void,
  ) {}

  add(item: Announcement): void {
    this.queue = announce(this.queue, item);
    if (!this.cancel) this.next();
  }

  close(): void {
    this.cancel?.();
    this.queue = noAnnouncements;
  }

  private readonly next = (): void => {
    const { queue, say } = takeAnnouncement(this.queue, this.timers.now());
    this.queue = queue;
    if (say) this.say(say);
    const more = say !== undefined || queue.waiting.length > 0;
    this.cancel = more ? this.timers.after(announceEveryMs, this.next) : undefined;
  };
}
