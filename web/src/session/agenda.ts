import type { Api, Listed, Meeting } from '../../../client/src/index.js';

/**
 * The API lists by time of creation. Of what is to come there is little, and its order here is another
 * one: as much as it gives at once. What is over is read from the newest on, page by page.
 */
const ofList = {
  open: { limit: 200, order: 'asc' },
  ended: { limit: 50, order: 'desc' },
} as const;

/** Loads one page of an account's meetings after the other. */
export function meetingPages(
  api: Pick<Api, 'call'>,
  when: 'open' | 'ended',
): (cursor: string | undefined) => Promise<Listed<Meeting>> {
  return (cursor) => {
    const query = { when, ...ofList[when], ...(cursor ? { cursor } : {}) };
    return api.call('GET /v1/meetings', { query });
  };
}

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
