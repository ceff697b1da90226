/**
 * What the scorecard says of acceptance tests: TAP as ./run conformance reads it, a point for each run
 * with an id and a comment with its figures.
 */
import type { Verdict } from './verdicts.js';

export interface AcceptancePoint {
  readonly id: string;
  readonly title: string;
  readonly isMet: boolean;
  /** «id title: threshold=… got=…», median and worst seed where the limits differ; what is missed, why. */
  readonly figures: string;
}

/** One point for each id and run; verdicts without an id are left out. */
export function acceptancePoints(verdicts: readonly Verdict[]): AcceptancePoint[] {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    if (verdict.acceptance === undefined) continue;
    const key = `${verdict.acceptance} ${verdict.test} ${verdict.conditions}`;
    groups.set(key, [...(groups.get(key) ?? []), verdict]);
  }
  return [...groups.values()].map((group) => {
    const [{ acceptance: id = '', name, conditions, values }] = group as [Verdict];
    const often = values.length === 1 ? 'once' : `${values.length} seeds`;
    const title = `${name}, ${conditions}, ${often}`.replaceAll(';', ',');
    const wanted = group.map(wantedOf).join(', ');
    const got = group.map(gotOf).join(', ');
    const isMet = group.every((verdict) => verdict.isMet);
    const reasons = group.flatMap(({ threshold, isMet }) =>
      isMet ? [] : (threshold.holds?.why ?? []),
    );
    const remark = isMet
      ? ''
      : [' (missed', ...reasons].join(': ').replaceAll(';', ',').concat(')');
    return { id, title, isMet, figures: `${id} ${title}: threshold=${wanted} got=${got}${remark}` };
  });
}

/** T2.1: every threshold of the RFC's scenarios and of those beside them. */
export function wholeScorecard(verdicts: readonly Verdict[], seeds: number): AcceptancePoint {
  const met = verdicts.filter(({ isMet }) => isMet).length;
  const isMet = met === verdicts.length;
  const title = `docs/congestion-scorecard.md, ${seeds} seeds`;
  const figures = `T2.1 ${title}: threshold=${verdicts.length} thresholds got=${met}`;
  return { id: 'T2.1', title, isMet, figures: isMet ? figures : `${figures} (missed)` };
}

export function acceptanceTap(all: readonly AcceptancePoint[]): string {
  const points = all.map(
    ({ id, title, isMet, figures }, index) =>
      `${isMet ? 'ok' : 'not ok'} ${index + 1} - [${id}] ${title}\n# conformance ${figures}`,
  );
  return ['TAP version 14', ...points, `1..${points.length}`, ''].join('\n');
}

function wantedOf({ threshold }: Verdict): string {
  const { metric, op, median_of_seeds: median, worst_seed: worst, unit } = threshold;
  const limit = median === worst ? `${median}` : `${median}/${worst}`;
  const window = threshold.window_s ? ` ${threshold.window_s.join('–')} s` : '';
  return `${metric}${window} ${op} ${limit} ${unit}`.replace('==', '=').trim();
}

function gotOf({ threshold, median, worst }: Verdict): string {
  const figure = (value: number) =>
    Number.isFinite(value) ? String(Number(value.toPrecision(4))) : 'never';
  const hasOneLimit = threshold.median_of_seeds === threshold.worst_seed;
  return hasOneLimit ? figure(worst) : `${figure(median)}/${figure(worst)}`;
}
