import type { Kind } from './kinds.js';

/** What a default may be made from. */
export interface Known {
  http: { host: string; origin: string | null };
  media: { host: string; port: number };
  fleet: { host: string; port: number };
  data: { folder: string };
}

/** A default that follows from other settings; `said` is how the documentation puts it. */
export class Derived<T> {
  constructor(
    readonly said: string,
    readonly from: (known: Known) => T,
  ) {}
}

export interface Extras {
  /** Of the command line: `host` is `--host`. Never for a secret. */
  option?: string;
  /** A variable of another name that is read as well. */
  alias?: string;
  /** Can come from a file of its own; is never shown. */
  isSecret?: true;
}

export interface Setting<T> extends Extras {
  kind: Kind<T>;
  /** Undefined: it has to be given. */
  byDefault: T | Derived<T> | undefined;
  /** One line, for people. */
  help: string;
}

export function setting<T>(
  kind: Kind<T>,
  byDefault: NoInfer<T> | Derived<NoInfer<T>>,
  help: string,
  extras: Extras = {},
): Setting<T> {
  return { kind, byDefault, help, ...extras };
}

export function required<T>(kind: Kind<T>, help: string, extras: Extras = {}): Setting<T> {
  return { kind, byDefault: undefined, help, ...extras };
}

/** The values of a table of settings. */
export type ValuesOf<Table> = {
  [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : never;
};

/** `allowedOrigins` is `allowed_origins` in a file. */
export function writtenName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
