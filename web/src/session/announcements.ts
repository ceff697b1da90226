/**
 * What a screen reader is told while nobody looks: at most one text per 3 s, and what gathered
 * meanwhile is summed up ("5 people joined"). Pure; the text itself is the catalogue's.
 */

import type { RecordingNews } from './recording.js';

export const announcementKinds = [
  'joined',
  'left',
  'chat',
  'sharing',
  'knock',
  'hand',
  'reaction',
  'connected',
  'recording',
] as const;

export type AnnouncementKind = (typeof announcementKinds)[number];

type CountedKind = Exclude<AnnouncementKind, 'recording'>;

/** `name`: whom it is about; empty where it is about nobody. */
export type Announcement =
  | { kind: CountedKind; name: string }
  | { kind: 'recording'; news: RecordingNews };

export type Summary = Announcement | { kind: CountedKind; count: number };

/** The least time between two announcements; ms. */
export const announceEveryMs = 3_000;

export interface AnnouncementQueue {
  readonly waiting: readonly Announcement[];
  readonly quietUntil: number;
}

export const noAnnouncements: AnnouncementQueue = {
  waiting: [],
  quietUntil: Number.NEGATIVE_INFINITY,
};

export function announce(queue: AnnouncementQueue, item: Announcement): AnnouncementQueue {
  return { ...queue, waiting: [...queue.waiting, item] };
}

/** What to say at `now`: one kind per call, the oldest first. Nothing while it must be quiet. */
export function takeAnnouncement(
  queue: AnnouncementQueue,
  now: number,
): { queue: AnnouncementQueue; say?: Summary } {
  const first = queue.waiting[0];
  if (!first || now < queue.quietUntil) return { queue };
  const same = queue.waiting.filter((item) => item.kind === first.kind);
  const waiting = queue.waiting.filter((item) => item.kind !== first.kind);
  const say = summaryOf(first, same);
  return { queue: { waiting, quietUntil: now + announceEveryMs }, say };
}

/** How a recording stands is told by the last of its news. */
function summaryOf(first: Announcement, same: readonly Announcement[]): Summary {
  if (first.kind === 'recording') return same.at(-1) ?? first;
  return same.length === 1 ? first : { kind: first.kind, count: same.length };
}
