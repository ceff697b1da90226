import type { Queryable } from './database.js';

/**
 * What is done in the database with an entry of a journal, as plain JSON: it can be kept, and done later.
 */
export interface Effect {
  kind: string;
  with: object;
}

/** Makes effects of one kind, and says what they do. */
export interface EffectKind<With extends object = never> {
  (what: With): Effect;
  readonly kind: string;
  /** It holds whoever has the room by now, and if nobody has. */
  readonly isLasting: boolean;
  readonly apply: (tx: Queryable, what: With) => Promise<void>;
}

/**
 * @param apply does it. What it is given has been JSON: times are milliseconds since 1970, bytes
 *   hexadecimal. Done twice it is as done once.
 */
export function effectKind<With extends object>(
  kind: string,
  apply: (tx: Queryable, what: With) => Promise<void>,
  { isLasting = false } = {},
): EffectKind<With> {
  return Object.assign((what: With) => ({ kind, with: what }), { kind, apply, isLasting });
}

/** All kinds that there are. */
export class Effects {
  private readonly kinds: ReadonlyMap<string, EffectKind>;

  constructor(kinds: readonly EffectKind[]) {
    this.kinds = new Map(kinds.map((one) => [one.kind, one]));
  }

  /** One after the other. @throws ControlError what one of them refuses. */
  async apply(tx: Queryable, effects: readonly Effect[]): Promise<void> {
    for (const effect of effects) await this.kindOf(effect).apply(tx, effect.with as never);
  }

  isLasting(effect: Effect): boolean {
    return this.kindOf(effect).isLasting;
  }

  private kindOf({ kind }: Effect): EffectKind {
    const found = this.kinds.get(kind);
    if (found === undefined) throw new Error(`${kind} is no effect`);
    return found;
  }
}
