import type { Meeting } from '../../../client/src/index.js';

/**
 * What goes on comes first, then what is next, then what has no time, and last what should have
 * been over before `now` (ms since 1970) and was never ended.
 */
export function byNeed(meetings: readonly Meeting[], now: number): Meeting[] {
  const rank = (meeting: Meeting) => {
    if (meeting.is_live) return 0;
    if (meeting.starts_at === null || meeting.ends_at === null) return 2;
    return Date.parse(meeting.ends_at) >= now ? 1 : 3;
  };
  return [...meetings].sort((a, b) => rank(a) - rank(b) || timeOf(a) - timeOf(b));
}

/** What was last comes first. */
export function byEnd(meetings: readonly Meeting[]): Meeting[] {
  const endOf = ({ ended_at, created_at }: Meeting) => Date.parse(ended_at ?? created_at);
  return [...meetings].sort((a, b) => endOf(b) - endOf(a));
}

function timeOf({ starts_at, created_at }: Meeting): number {
  return Date.parse(starts_at ?? created_at);
}
