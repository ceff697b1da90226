import type { Clock } from '../../clock.js';
import { ControlError, type FieldError } from '../../control-error.js';
import type { KeyRing } from '../../keys/key-ring.js';
import type { ShownFactor } from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database } from '../../store/database.js';
import type { AuthenticatorApps } from './authenticator-apps.js';
import type { Misses } from './misses.js';
import { recoveryHashes } from './recovery-codes.js';
import type { RelyingParty } from './relying-party.js';
import type { FactorRecord } from './repository.js';
import * as repository from './repository.js';
import type { SecurityKeys } from './security-keys.js';

export interface LoginCheckContext {
  database: Database;
  keys: KeyRing;
  clock: Clock;
  misses: Misses;
  apps: AuthenticatorApps;
  securityKeys: SecurityKeys;
  security: SecurityLog;
}

/** Asks for the second factor of an account: after the password, or of who is logged in without. */
export class LoginCheck {
  constructor(private readonly context: LoginCheckContext) {}

  /**
   * Is it what this account has: a code, a recovery code, or what a security key was to sign? Each is
   * good once. With a `credential` the `otp` is not looked at.
   * @param party null: no security key can be asked for where the request came to.
   * @throws ControlError `unauthenticated`: `errors` name what is missing or wrong (`/otp`,
   *   `/credential`), the member `webauthn` is what a security key is to sign; `rate_limited`.
   */
  async accept(userId: string, shown: ShownFactor, party: RelyingParty | null): Promise<void> {
    const { database, misses } = this.context;
    const { otp = '', credential } = shown;
    const factors = await repository.listConfirmed(database, userId);
    const isShown = credential !== undefined || otp !== '';
    if (isShown) {
      await misses.take(userId);
      const isRight =
        credential === undefined
          ? await this.acceptCode(userId, otp.trim(), factors)
          : party !== null &&
            (await this.context.securityKeys.accept(userId, credential, party, factors));
      if (isRight) return misses.forget(userId);
    }
    const request = party && (await this.context.securityKeys.ask(userId, party, factors));
    const hasApps = factors.some(({ kind }) => kind === 'totp');
    const errors = isShown
      ? [credential === undefined ? wrongCode : wrongKey]
      : [...(hasApps || request === null ? [noCode] : []), ...(request === null ? [] : [noKey])];
    throw new ControlError('unauthenticated', 'A second factor is needed.', {
      errors,
      ...(request === null ? {} : { members: { webauthn: request } }),
    });
  }

  private async acceptCode(
    userId: string,
    code: string,
    factors: readonly FactorRecord[],
  ): Promise<boolean> {
    const { database, keys, clock, apps, security } = this.context;
    if (/^\d{6}$/.test(code)) return apps.accept(factors, code);
    const hashes = recoveryHashes(keys, userId, code);
    const at = new Date(clock.now());
    const isRight = await repository.takeRecoveryCode(database, userId, { hashes, at });
    if (isRight) security.write('recovery_code.used', { user_id: userId });
    return isRight;
  }
}

const noCode: FieldError = {
  pointer: '/otp',
  code: 'otp_required',
  detail: 'six digits, or a recovery code',
};
const noKey: FieldError = {
  pointer: '/credential',
  code: 'credential_required',
  detail: 'what a security key made of `webauthn`; a recovery code as `otp` does as well',
};
const wrongCode: FieldError = {
  pointer: '/otp',
  code: 'otp_wrong',
  detail: 'another code, or a recovery code',
};
const wrongKey: FieldError = {
  pointer: '/credential',
  code: 'credential_wrong',
  detail: 'sign what stands in `webauthn` now',
};
