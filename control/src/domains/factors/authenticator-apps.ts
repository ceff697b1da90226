import type { Clock } from '../../clock.js';
import type { KeyRing } from '../../keys/key-ring.js';
import type { Database } from '../../store/database.js';
import type { FactorRecord, Proof } from './repository.js';
import * as repository from './repository.js';
import { newSeed, stepOf } from './totp.js';

export interface AppsContext {
  database: Database;
  keys: KeyRing;
  clock: Clock;
}

/** Apps that show codes (TOTP, RFC 6238): their seeds are sealed, a code is good once. */
export class AuthenticatorApps {
  constructor(private readonly context: AppsContext) {}

  /** A seed, base32, and as it is kept. */
  newSeed({ userId, factorId }: FactorRecord): { seed: string; sealed: Buffer } {
    const seed = newSeed();
    return { seed, sealed: this.context.keys.seal(seed, sealContext(userId, factorId)) };
  }

  /** Null when the code is wrong. */
  prove(factor: FactorRecord, code: string): Proof | null {
    const step = this.stepOf(factor, code);
    if (step === null) return null;
    return async (tx, at) => {
      const isFirst = await repository.markConfirmed(tx, factor, at);
      return isFirst && repository.takeStep(tx, factor, { step, at });
    };
  }

  /** Is it a code of one of these, and the first time that it is shown? */
  async accept(factors: readonly FactorRecord[], code: string): Promise<boolean> {
    const { database, clock } = this.context;
    const at = new Date(clock.now());
    for (const factor of factors) {
      const step = this.stepOf(factor, code);
      if (step !== null && (await repository.takeStep(database, factor, { step, at }))) return true;
    }
    return false;
  }

  private stepOf(factor: FactorRecord, code: string): number | null {
    const { keys, clock } = this.context;
    const { userId, factorId, secretSealed } = factor;
    if (secretSealed === null) return null;
    return stepOf(keys.unseal(secretSealed, sealContext(userId, factorId)), code, clock.now());
  }
}

function sealContext(userId: string, factorId: string): string {
  return `totp ${userId} ${factorId}`;
}
