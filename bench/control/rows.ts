/** What a row of the bench is, and how its figures come about. */
import { quantile } from '../results.js';
import { type LoadOptions, type LoadResult, load } from './http-load.js';
import type { Product } from './product.js';

export type Figures = Record<string, number>;

/** A figure beside what it must be. */
export interface Bar {
  figure: string;
  /** Which way is good. */
  is: 'at least' | 'at most';
  bar: number;
}

export interface Row {
  name: string;
  bars: readonly Bar[];
  measure: (product: Product) => Promise<Figures>;
}

/** Loads the product and tells rate, times and the CPU time of a request, under `name`. */
export async function measureLoad(
  product: Product,
  name: string,
  options: Omit<LoadOptions, 'url'> & { expected: number },
): Promise<Figures> {
  const before = product.cpu();
  const result = await load({ ...options, url: product.url });
  const after = product.cpu();
  insist(name, result, options.expected);
  const count = result.times.length;
  return {
    [`${name}_per_s`]: result.rate,
    ...timesOf(name, result.times),
    [`${name}_server_cpu_us`]: ((after.server - before.server) / count) * 1e6,
    [`${name}_postgres_cpu_us`]: ((after.postgres - before.postgres) / count) * 1e6,
  };
}

export function timesOf(name: string, times: readonly number[]): Figures {
  return {
    [`${name}_p50_ms`]: quantile(times, 0.5),
    [`${name}_p95_ms`]: quantile(times, 0.95),
    [`${name}_p99_ms`]: quantile(times, 0.99),
  };
}

/** A load that was refused measures something else. */
function insist(name: string, { statuses, times }: LoadResult, expected: number): void {
  if (times.length > 0 && statuses.get(expected) === times.length) return;
  throw new Error(`${name}: ${JSON.stringify([...statuses])} in place of ${expected}`);
}
