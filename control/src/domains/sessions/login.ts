import type { Bus } from '../../bus/bus.js';
import { SharedLimit } from '../../bus/shared-limit.js';
import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { networkOf } from '../../network-of.js';
import type { Passwords } from '../../passwords/passwords.js';
import type { UserPrincipal } from '../../principal.js';
import type { LoggedIn, Login, ShownFactor } from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database } from '../../store/database.js';
import type { WindowLimit } from '../../token-bucket.js';
import type { FactorsService } from '../factors/service.js';
import { emailKeyOf, presentUser, type UserRecord, type UsersService } from '../users/service.js';
import { presentSession, type SessionRecord, type SessionsService } from './service.js';

export interface LoginLimits {
  /** Attempts per account, whether it exists or not; also those to change its password. */
  perAccount: WindowLimit;
  /** Attempts per address. */
  perAddress: WindowLimit;
}

export interface LoginContext {
  database: Database;
  users: UsersService;
  sessions: SessionsService;
  factors: FactorsService;
  passwords: Passwords;
  bus: Bus;
  clock: Clock;
  /** Of accounts; who changes a password takes from it too. */
  accounts: SharedLimit;
  perAddress: WindowLimit;
  security: SecurityLog;
}

/** Where a login comes from. */
export interface LoginAttempt {
  address: string;
  /** What it came to, `https://host`: security keys sign for it. */
  origin: string;
  userAgent: string;
  /** The session cookie that came with it: that session ends. */
  formerToken: string | null;
}

/** Logs people in by password, and asks for second factors. */
export class LoginService {
  private readonly addresses: SharedLimit;

  constructor(private readonly context: LoginContext) {
    this.addresses = new SharedLimit('login-address', context.perAddress, context);
  }

  /**
   * @throws ControlError `unauthenticated`, the same for a wrong password, an unknown and a disabled
   *   account, in the same time; after the right password also for a second factor that is missing
   *   or wrong (see `LoginCheck`); `conflict` when the account was changed meanwhile; `rate_limited`.
   */
  async login(
    wanted: Login,
    attempt: LoginAttempt,
  ): Promise<{ token: string; loggedIn: LoggedIn }> {
    const { sessions, security } = this.context;
    await this.count(wanted.email, attempt.address);
    const user = await this.authenticate(wanted);
    if (user.hasSecondFactor) await this.askForFactor(user, wanted, attempt.origin);
    const { token, session } = await this.begin(user, attempt.userAgent);
    security.write('login.succeeded', { user_id: user.userId, session_id: session.sessionId });
    if (attempt.formerToken !== null) await sessions.revokeToken(attempt.formerToken);
    return { token, loggedIn: present(user, session) };
  }

  /**
   * A login that has shown no second factor, as single sign-on may begin one, shows it: it goes on
   * under a new token. What is tried counts as logins of the account do.
   * @returns also how long the token is good for, in seconds.
   * @throws ControlError `forbidden` for a factor that is missing or wrong (as a login,
   *   `LoginCheck`), `already_done`, `conflict` when the account has none or was changed meanwhile,
   *   `unauthenticated` when the login has ended meanwhile, `rate_limited`.
   */
  async showFactor(
    by: UserPrincipal,
    shown: ShownFactor,
    attempt: Omit<LoginAttempt, 'formerToken'>,
  ): Promise<{ token: string; lifeS: number; loggedIn: LoggedIn }> {
    const { users, sessions, security, clock } = this.context;
    if (by.secondFactor === true) {
      throw new ControlError('already_done', 'This login has shown a second factor.');
    }
    const user = await users.find(by.userId);
    if (!user.hasSecondFactor) {
      throw new ControlError('conflict', 'The account has no second factor.');
    }
    await this.count(user.email, attempt.address);
    await this.askForFactor(user, shown, attempt.origin).catch(asForbidden);
    const { token, session } = await sessions.replace(by, attempt.userAgent, user.version);
    const { userId } = user;
    security.write('factor.shown', { user_id: userId, session_id: session.sessionId });
    const lifeS = Math.floor((session.expiresAt.getTime() - clock.now()) / 1000);
    return { token, lifeS, loggedIn: present(user, session) };
  }

  /** For the account as it was looked at: a new password, or a factor, may have come meanwhile. */
  private async begin(user: UserRecord, userAgent: string) {
    const { database, sessions } = this.context;
    const { userId, hasSecondFactor: secondFactor, version } = user;
    try {
      return await sessions.begin(database, { userId, userAgent, secondFactor }, version);
    } catch (error) {
      if (error instanceof ControlError && error.code === 'conflict') this.failed(user, 'changed');
      throw error;
    }
  }

  private async count(email: string, address: string): Promise<void> {
    const waits = [
      this.addresses.take(networkOf(address)),
      this.context.accounts.take(emailKeyOf(email)),
    ];
    const retryAfterMs = Math.max(...(await Promise.all(waits)));
    if (retryAfterMs > 0) {
      this.context.security.write('login.limited', {});
      throw new ControlError('rate_limited', 'Too many attempts to log in.', { retryAfterMs });
    }
  }

  private async authenticate({ email, password }: Login): Promise<UserRecord> {
    const { users, passwords } = this.context;
    const user = await users.findByEmail(email);
    const isRight = await passwords.isRight(user?.passwordHash ?? null, password);
    if (user === null || !isRight || user.disabledAt !== null) {
      this.failed(user, isRight ? 'disabled' : 'password');
      throw new ControlError('unauthenticated', 'E-mail address or password is wrong.');
    }
    if (user.passwordHash !== null && passwords.isStale(user.passwordHash)) {
      await users.rehash(user, await passwords.hash(password));
    }
    return user;
  }

  private failed(user: UserRecord | null, reason: string): void {
    const detail = { reason, ...(user === null ? {} : { user_id: user.userId }) };
    this.context.security.write('login.failed', detail);
  }

  /** What only lacks a factor so far has not failed. */
  private async askForFactor(user: UserRecord, shown: ShownFactor, origin: string): Promise<void> {
    try {
      await this.context.factors.accept(user.userId, shown, origin);
    } catch (error) {
      if (shown.otp !== undefined || shown.credential !== undefined) this.failed(user, 'factor');
      throw error;
    }
  }
}

function present(user: UserRecord, session: SessionRecord): LoggedIn {
  return { session: presentSession(session, session.sessionId), user: presentUser(user) };
}

/** Who is logged in stays it whatever they show. */
function asForbidden(error: unknown): never {
  if (!(error instanceof ControlError) || error.code !== 'unauthenticated') throw error;
  throw new ControlError('forbidden', error.message, error.extras);
}
