import type { Queryable } from './database.js';

/** What is done in the database with an entry of a journal, as plain JSON: it can be kept, and done later. */
export interface Effect {
  kind: string;
  with: object;
}

/** Makes effects of one kind, and says what they do. */
export interface EffectKind<With extends object = never> {
  (what: With): Effect;
  readonly kind: string;
  readonly apply: (tx: Queryable, what: With) => Promise<void>;
}

/**
 * @param apply does it. What it is given has been JSON: times are milliseconds since 1970, bytes
 *   hexadecimal. Done twice it is as done once.
 */
export function effectKind<With extends object>(
  kind: string,
  apply: (tx: Queryable, what: With) => Promise<void>,
): EffectKind<With> {
  return Object.assign((what: With) => ({ kind, with: what }), { kind, apply });
}

/** All kinds that there are. */
export class Effects {
  private readonly kinds: ReadonlyMap<string, EffectKind>;

  constructor(kinds: readonly EffectKind[]) {
    this.kinds = new Map(kinds.map((one) => [one.kind, one]));
  }

  /** One after the other. @throws ControlError what one of them refuses. */
  async apply(tx: Queryable, effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) {
      const kind = this.kinds.get(effect.kind);
      if (kind === undefined) throw new Error(`${effect.kind} is no effect`);
      await kind.apply(tx, effect.with as never);
    }
  }
}
