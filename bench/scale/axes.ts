/** What is made larger step by step, and what the packets of each step cost. No I/O. */
import type { ForwardOptions } from '../forward/options.js';

export interface Axis {
  name: string;
  /** What the node is given at one place of the axis. */
  optionsAt(at: number): Partial<ForwardOptions>;
  steps: readonly number[];
}

/** Packets out per second, about the same everywhere on an axis: load alone changes the cost. */
const OUT_PER_S = 160_000;
/** One publisher sends no more. */
const MOST_IN_PER_S = 16_000;
/** Of each of many rooms. */
const SUBSCRIBERS_PER_ROOM = 4;

/** `cores`: of the machine; media threads never have more. */
export function axesFor(cores: number): Axis[] {
  return [
    {
      name: 'subscribers',
      steps: [1, 10, 50, 200, 1000],
      optionsAt: (at) => ({ subscribers: at, rate: Math.min(MOST_IN_PER_S, OUT_PER_S / at) }),
    },
    {
      name: 'rooms',
      steps: [1, 5, 20, 50, 200],
      optionsAt: (at) => ({
        rooms: at,
        subscribers: SUBSCRIBERS_PER_ROOM,
        rate: MOST_IN_PER_S / at,
      }),
    },
    {
      name: 'shards',
      steps: doublings(cores),
      optionsAt: (at) => ({ shards: at }),
    },
  ];
}

/** 1, 2, 4 … and the limit itself. */
function doublings(limit: number): number[] {
  const steps: number[] = [];
  for (let step = 1; step < limit; step *= 2) steps.push(step);
  return [...steps, limit];
}

export interface ScalePoint {
  at: number;
  /** CPU time per packet out. */
  ns: number;
  idealNs: number;
}

/** Least squares of the cost over the logarithm: ns more for each doubling. NaN below two points. */
export function nsPerDoubling(points: readonly ScalePoint[], figure: 'ns' | 'idealNs'): number {
  const xs = points.map(({ at }) => Math.log2(at));
  const ys = points.map((point) => point[figure]);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(xs), mean(ys)];
  const both = xs.reduce((sum, each, index) => sum + (each - x) * ((ys[index] as number) - y), 0);
  return both / xs.reduce((sum, each) => sum + (each - x) ** 2, 0);
}

/** How much dearer a packet is at the end than at `from`: 0.15 is 15 %. */
export function growth(points: readonly ScalePoint[], from: number): number {
  const first = points.find(({ at }) => at === from)?.ns ?? Number.NaN;
  return (points.at(-1)?.ns ?? Number.NaN) / first - 1;
}
