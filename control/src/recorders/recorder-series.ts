import { seriesHelp } from '../nodes/series-help.js';

/**
 * What operators see of the counters of recorder/ (API contract §9): those that say what they are. What only
 * tests ask for is left out.
 */
export function recorderSeries(counters: Record<string, number>): Record<string, number> {
  const series = Object.entries(counters).map(
    ([name, value]) => [`plenum_${name}`, value] as const,
  );
  return Object.fromEntries(
    series.filter(([name]) => Object.hasOwn(seriesHelp, name.replace(/\{.*/, ''))),
  );
}
