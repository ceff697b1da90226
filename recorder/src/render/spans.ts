/** Lists of spans of recorded time: sorted, apart from each other, none empty. */

/** In ms; `to` is no part of it. */
export interface Span {
  from: number;
  to: number;
}

/** Sorted and joined where they touch. */
export function joined(spans: readonly Span[]): Span[] {
  const sorted = spans.filter((span) => span.to > span.from).sort((a, b) => a.from - b.from);
  const result: Span[] = [];
  for (const { from, to } of sorted) {
    const last = result.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

/** What is in `spans` and not in `holes`. */
export function without(spans: readonly Span[], holes: readonly Span[]): Span[] {
  const cuts = joined(holes);
  const result: Span[] = [];
  for (const span of joined(spans)) {
    let from = span.from;
    for (const hole of cuts) {
      if (hole.to <= from || hole.from >= span.to) continue;
      if (hole.from > from) result.push({ from, to: hole.from });
      from = Math.max(from, hole.to);
    }
    if (from < span.to) result.push({ from, to: span.to });
  }
  return result;
}

/** What is in both. */
export function common(a: readonly Span[], b: readonly Span[]): Span[] {
  return without(a, without(a, b));
}

/** As `joined`; two with less than `pauseMs` between them are one. */
export function bridged(spans: readonly Span[], pauseMs: number): Span[] {
  const longer = spans.map(({ from, to }) => ({ from, to: to > from ? to + pauseMs : to }));
  return joined(longer).map(({ from, to }) => ({ from, to: to - pauseMs }));
}

/** @param spans sorted and apart. */
export function covers(spans: readonly Span[], t: number): boolean {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const span = spans[middle] as Span;
    if (t < span.from) high = middle;
    else if (t >= span.to) low = middle + 1;
    else return true;
  }
  return false;
}
