import type { Bus } from '../../bus/bus.js';
import { SharedLimit } from '../../bus/shared-limit.js';
import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { hashSecret, type Ids } from '../../ids.js';
import type { Mailer } from '../../mail/mailer.js';
import { networkOf } from '../../network-of.js';
import type { PasswordResetConfirmation } from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import type { WindowLimit } from '../../token-bucket.js';
import type { SessionsService } from '../sessions/service.js';
import { emailKeyOf, type UsersService } from '../users/service.js';
import * as repository from './repository.js';

export interface PasswordResetsContext {
  database: Database;
  users: UsersService;
  sessions: SessionsService;
  mailer: Mailer;
  bus: Bus;
  clock: Clock;
  ids: Ids;
  /** What links begin with: ours by configuration, never by what a request says. */
  linkOrigin: string;
  /** Requests of an address. */
  perAddress: WindowLimit;
  onFailure: (error: unknown) => void;
  security: SecurityLog;
}

const lifeMs = 3_600_000;
/** Mails to one address: three, then one in ten minutes. More are not sent, and nobody is told. */
const mailsPerAccount = { perSecond: 1 / 600, burst: 3 };
/** Mails under way at once; more requests are refused, whomever they are for. */
const maxUnderWay = 100;

/** New passwords for those who forgot theirs: by a link that comes with a mail. */
export class PasswordResetsService {
  private readonly addresses: SharedLimit;
  private readonly accounts: SharedLimit;
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly context: PasswordResetsContext) {
    this.addresses = new SharedLimit('reset-address', context.perAddress, context);
    this.accounts = new SharedLimit('reset-account', mailsPerAccount, context);
  }

  /**
   * Returns before anything is looked up: so it takes the same time for every address.
   * @throws ControlError `rate_limited`.
   */
  async request(email: string, address: string): Promise<void> {
    const retryAfterMs = await this.addresses.take(networkOf(address));
    if (retryAfterMs > 0 || this.underWay.size >= maxUnderWay) {
      throw new ControlError('rate_limited', 'Too many requests for a new password.', {
        retryAfterMs: retryAfterMs || 1000,
      });
    }
    const work: Promise<void> = this.send(email)
      .catch(this.context.onFailure)
      .finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  /** Resolves when every mail that was under way is handed on, or has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /**
   * Sets the password, once per link, and logs the account out everywhere.
   * @throws ControlError `bad_request` for a link that is no good, or a password that is none.
   */
  async confirm({ token, new_password: password }: PasswordResetConfirmation): Promise<void> {
    const { database, users, sessions, clock } = this.context;
    const tokenHash = hashSecret(token);
    const now = new Date(clock.now());
    const userId = await repository.findReset(database, tokenHash, now);
    if (userId === null) throw noGood();
    const user = await users.find(userId);
    if (user.disabledAt !== null) throw noGood();
    const passwordHash = await users.hashNew(user, password);
    const ended = await database.transaction(async (tx) => {
      // First, as whoever sets a password does: so nobody waits in a circle.
      await users.lock(tx, userId);
      if (!(await repository.useReset(tx, tokenHash, now))) throw noGood();
      const former = await users.confirmEmail(tx, userId);
      return [...former, ...(await users.setPassword(tx, userId, { passwordHash, keep: null }))];
    });
    sessions.announce(ended);
    this.context.security.write('password_reset.done', { user_id: userId });
  }

  async forget(tx: Queryable, userId: string): Promise<void> {
    await repository.forgetResets(tx, userId);
  }

  private async send(email: string): Promise<void> {
    const { users, database, ids, clock, mailer, linkOrigin } = this.context;
    const user = await users.findByEmail(email);
    this.context.security.write('password_reset.asked', user && { user_id: user.userId });
    // Who logs in by single sign-on only has no password to forget.
    if (user === null || user.disabledAt !== null || user.passwordHash === null) return;
    if ((await this.accounts.take(emailKeyOf(email))) > 0) return;
    const token = ids.secret();
    await repository.insertReset(database, {
      userId: user.userId,
      tokenHash: hashSecret(token),
      expiresAt: new Date(clock.now() + lifeMs),
      createdAt: new Date(clock.now()),
    });
    const link = `${linkOrigin}/reset#t=${token}`;
    await mailer.send({ to: user.email, subject: 'A new password for Plenum', text: letter(link) });
  }
}

function letter(link: string): string {
  return [
    'Somebody, probably you, asked for a new password for Plenum.',
    'Choose one here, within an hour:',
    '',
    link,
    '',
    'If it was not you, there is nothing to do: your password stays as it is.',
    '',
  ].join('\n');
}

function noGood(): ControlError {
  return new ControlError('bad_request', 'The link was used, or is too old.', {
    errors: [{ pointer: '/token', code: 'token', detail: 'ask for another one' }],
  });
}
