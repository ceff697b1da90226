import type { Meeting } from '../../../control/src/schemas/index.js';

/** What goes on comes first, then what is next; those without a time stand last, by name. */
export function byNeed(meetings: readonly Meeting[]): Meeting[] {
  return [...meetings].sort(
    (a, b) =>
      Number(b.is_live) - Number(a.is_live) ||
      timeOf(a) - timeOf(b) ||
      a.title.localeCompare(b.title),
  );
}

/** What was last comes first. */
export function byEnd(meetings: readonly Meeting[]): Meeting[] {
  const endOf = ({ ended_at, created_at }: Meeting) => ended_at ?? created_at;
  return [...meetings].sort((a, b) => endOf(b).localeCompare(endOf(a)));
}

function timeOf({ starts_at }: Meeting): number {
  return starts_at === null ? Number.MAX_SAFE_INTEGER : Date.parse(starts_at);
}
