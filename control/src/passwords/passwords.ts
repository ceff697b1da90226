import { availableParallelism } from 'node:os';
import { type Options, parseOptions } from '@node-rs/argon2';
import type { Clock } from '../clock.js';
import { ControlError } from '../control-error.js';
import { HashPool, type PoolLimits } from './hash-pool.js';
import { hashProcess } from './hash-process.js';
import { isKnown } from './known-passwords.js';

/** argon2id (the library's default), 19 MiB, two passes (RFC 9106; OWASP ASVS 5.0 appendix C). */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const satisfies Options;
const argon2id = 2;

const minLength = 12;
const maxLength = 256;

export const defaultPoolLimits: PoolLimits = {
  atOnce: availableParallelism(),
  maxWaiting: 512,
  maxWaitMs: 2000,
};

/** Hashes and checks passwords, as many at once as there are cores. */
export class Passwords {
  private readonly pool: HashPool;
  /** Checked in place of a hash that is not there, so that the time tells nothing. */
  private readonly nobodys: Promise<string>;

  constructor(clock: Clock, limits: PoolLimits = defaultPoolLimits) {
    this.pool = new HashPool(limits, clock);
    this.nobodys = this.hash('the password of nobody');
    // Who needs it sees the failure.
    this.nobodys.catch(() => {});
  }

  /** @throws ControlError `rate_limited` under too much load; as do all others that hash. */
  hash(password: string): Promise<string> {
    return this.pool.run(() => hashProcess.hash(password.normalize('NFC'), parameters));
  }

  /** Whether it is the password; with null (no such account, no password) false after the same time. */
  async isRight(stored: string | null, password: string): Promise<boolean> {
    const against = stored ?? (await this.nobodys);
    const fits = await this.pool.run(() => hashProcess.verify(against, password.normalize('NFC')));
    return fits && stored !== null;
  }

  /** Was it made with other parameters than those of today? */
  isStale(stored: string): boolean {
    const { algorithm, memoryCost, timeCost, parallelism } = parseOptions(stored);
    return !(
      (algorithm as number) === argon2id &&
      memoryCost === parameters.memoryCost &&
      timeCost === parameters.timeCost &&
      parallelism === parameters.parallelism
    );
  }

  /**
   * The only rules: 12 to 256 characters, not known from breaches, not made of what everybody
   * knows of the account.
   * @param context the account's e-mail address and name.
   * @throws ControlError `bad_request`.
   */
  checkNew(password: string, context: readonly string[], pointer: string): void {
    const refuse = (code: string, detail: string) =>
      new ControlError('bad_request', 'The password does not fit.', {
        errors: [{ pointer, code, detail }],
      });
    const { length } = [...password.normalize('NFC')];
    if (length < minLength) throw refuse('minLength', `at least ${minLength} characters`);
    if (length > maxLength) throw refuse('maxLength', `at most ${maxLength} characters`);
    if (isKnown(password, context)) {
      throw refuse('known_password', 'it is among those that are tried first');
    }
  }
}
