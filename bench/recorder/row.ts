/** A row of reliability.md §9: what was done, what was measured, and the bars. */
import type { CrowdReport, Played } from '../../test/chaos/people/crowd-process.js';

export const rowNames = [
  'av-offset',
  'alignment',
  'drift',
  'cpu',
  'memory',
  'concurrency',
  'composite',
  'ready',
  'truth',
] as const;
export type RowName = (typeof rowNames)[number];

/** Of a figure: one of the two. */
export interface Bar {
  figure: string;
  most?: number;
  least?: number;
}

export interface Row {
  row: RowName;
  work: Record<string, string | number>;
  /** The unit is the last part of the name. */
  figures: Record<string, number>;
  bars: readonly Bar[];
  /** Why the figures do not count; empty: they do. */
  void: readonly string[];
}

export interface RowOptions {
  only: ReadonlySet<RowName>;
  /** Of media that is recorded, in place of the row's own. */
  seconds: number | null;
  /** Of meetings that are composed, in place of the row's own. */
  people: number | null;
}

/** A figure that was not measured keeps no bar. */
export function isKept({ most, least }: Bar, value: number | undefined): boolean {
  if (value === undefined || Number.isNaN(value)) return false;
  return (
    value <= (most ?? Number.POSITIVE_INFINITY) && value >= (least ?? Number.NEGATIVE_INFINITY)
  );
}

export function missedBars({ bars, figures }: Row): Bar[] {
  return bars.filter((bar) => !isKept(bar, figures[bar.figure]));
}

/** A crowd that sends late says nothing about who receives; a little of it is the jitter of a network, for stamps are those of capture. */
const mostBusy = 0.8;
export const mostLateUs = 80_000;

export function whyVoid(report: CrowdReport, played: readonly Played[]): string[] {
  const { busy, latenessP99Us, refused } = report;
  const sum = (name: 'skipped' | 'refused') => played.reduce((all, one) => all + one[name], 0);
  return [
    ...(busy > mostBusy ? [`the crowd was ${Math.round(busy * 100)} % busy`] : []),
    ...(latenessP99Us > mostLateUs ? [`the crowd sent ${latenessP99Us} µs late`] : []),
    ...(sum('skipped') > 0 ? [`the crowd left out ${sum('skipped')} frames`] : []),
    ...(sum('refused') + refused > 0 ? ['packets were refused'] : []),
  ];
}
