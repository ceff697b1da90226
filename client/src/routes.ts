/**
 * What a call of the HTTP API brings, by its route: generated from the server's OpenAPI document
 * (contract.gen.ts). `creates`: with an Idempotency-Key. `guarded`: with If-Match.
 */
import type { Routes } from './contract.gen.js';

export type Route = keyof Routes;
export type Answer<R extends Route> = Routes[R]['answer'];

type Names<Path> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;
type Field<R extends Route, Name extends string> = Name extends keyof Routes[R]
  ? Routes[R][Name]
  : never;

type Part<Condition, Fields> = [Condition] extends [never] ? object : Fields;

/** What a call of the route has to say besides its name. */
export type Call<R extends Route> = Part<Names<R>, { params: Readonly<Record<Names<R>, string>> }> &
  Part<Field<R, 'body'>, { body: Field<R, 'body'> }> &
  Part<Field<R, 'file'>, { file: Blob }> &
  Part<Field<R, 'query'>, { query?: Field<R, 'query'> }> &
  /** The same key makes a repeat harmless: it gets the answer of the first. */
  Part<Field<R, 'creates'>, { key: string }> &
  /** The ETag of what was read; the change is refused when it is not the newest any more. */
  Part<Field<R, 'guarded'>, { ifMatch: string }>;

/** The same, as the caller of `fetch` sees it. */
export interface AnyCall {
  params?: Readonly<Record<string, string>>;
  body?: unknown;
  file?: Blob;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  key?: string;
  ifMatch?: string;
}

/** Path and query of a call; every value is escaped. */
export function addressOf(route: Route, { params = {}, query = {} }: AnyCall): string {
  const path = route
    .slice(route.indexOf(' ') + 1)
    .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}
