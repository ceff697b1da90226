import type { SharedLimit } from '../../bus/shared-limit.js';
import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids, isId } from '../../ids.js';
import type { Passwords } from '../../passwords/passwords.js';
import { type ExpectedVersions, etag } from '../../plugins/etag.js';
import { type PageWish, pageOf } from '../../plugins/page.js';
import type { Principal, UserPrincipal } from '../../principal.js';
import type { Listed } from '../../schemas/http/common.js';
import type { NewUser, PasswordChange, User, UserChange } from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import { Gatherer } from '../../store/gatherer.js';
import type { ApiKeysService } from '../api-keys/service.js';
import type { SessionsService } from '../sessions/service.js';
import { cleanEmail, emailKeyOf, isEmail } from './email.js';
import type { AccountNews } from './news.js';
import { avatarUrlOf, changedUser, cleanAbout, cleanUsername, presentUser } from './profile.js';
import type { UserRecord } from './repository.js';
import * as repository from './repository.js';

export { Avatars } from './avatars.js';
export { emailKeyOf } from './email.js';
export { AccountNews } from './news.js';
export { presentUser } from './profile.js';
export type { UserRecord } from './repository.js';

export interface UsersContext {
  database: Database;
  idempotency: Idempotency;
  passwords: Passwords;
  sessions: SessionsService;
  apiKeys: ApiKeysService;
  clock: Clock;
  ids: Ids;
  /** May anybody make an account? */
  signUp: boolean;
  /** What other domains do with what a deleted account leaves, in the same transaction. */
  forget: (tx: Queryable, userId: string) => Promise<void>;
  /**
   * What others do, in the same transaction, when an account turns out to be that of whoever has the
   * address: what reports to whoever made it ends.
   */
  disown: (tx: Queryable, userId: string) => Promise<void>;
  /** What others do with a new password, in the same transaction. */
  passwordChanged: (tx: Queryable, userId: string) => Promise<void>;
  /** Passwords of an account that are tried, at logins too. */
  attempts: SharedLimit;
  /** Tells live rooms, of every process. */
  news: AccountNews;
  security: SecurityLog;
}

/** What others see of an account. */
export interface ProfileChange {
  formerName: string;
  name: string;
  avatarUrl: string | null;
}

/** What an account begins with. */
export interface FirstProfile {
  email: string;
  username: string;
  about?: string;
  passwordHash: string | null;
  /** Somebody else has seen that it is theirs. */
  emailIsConfirmed?: boolean;
  isAdmin?: boolean;
}

/** For `setPassword`. */
export interface NewPassword {
  passwordHash: string;
  /** The session that goes on. */
  keep: string | null;
  /** The hash of the password that was shown for it; undefined: none had to be. */
  former?: string | null;
}

/** An account together with the version that is its ETag. */
export interface VersionedUser {
  user: User;
  version: number;
}

/** Accounts: who makes them, what changes, and that one administrator always remains. */
export class UsersService {
  private readonly found: Gatherer<string, UserRecord | null>;

  constructor(private readonly context: UsersContext) {
    this.found = new Gatherer((ids) => repository.findUsers(context.database, ids));
  }

  /**
   * The token of the link that makes the first account an administrator; null while there is one.
   * Each start makes one: all are void when one was used.
   */
  async makeSetupToken(): Promise<string | null> {
    const { database, ids, clock, security } = this.context;
    const token = await database.transaction(async (tx) => {
      if ((await repository.lockAdmins(tx)).length > 0) return null;
      const token = ids.secret();
      await repository.insertSetupToken(tx, hashSecret(token), new Date(clock.now()));
      return token;
    });
    if (token !== null) security.write('setup_link.made', {});
    return token;
  }

  /**
   * Sign-up, or an administrator who makes an account, or the first one of all.
   * @throws ControlError `forbidden` when it is none of these, `bad_request`, `conflict` for an
   *   address that has an account.
   */
  async register(
    request: CreatingRequest & { payload: NewUser },
    by: Principal,
  ): Promise<GivenAnswer<User>> {
    const { idempotency, passwords, signUp } = this.context;
    const stored = await idempotency.replay<User>(request);
    if (stored !== null) return stored;
    const { email, username, about, password, setup_token: setupToken } = request.payload;
    const isAdmin = by.kind === 'user' && by.isAdmin;
    if (!isAdmin && !signUp && setupToken === undefined) {
      throw new ControlError('forbidden', 'Accounts are made by administrators here.');
    }
    if (setupToken !== undefined) await this.checkSetupToken(setupToken);
    const profile = { email: cleanEmail(email), username: cleanUsername(username) };
    passwords.checkNew(password, [profile.email, profile.username], '/password');
    const first: FirstProfile = {
      ...profile,
      about: cleanAbout(about ?? ''),
      passwordHash: await passwords.hash(password),
      isAdmin: setupToken !== undefined,
    };
    const answer = await idempotency.run(request, async (tx) => {
      if (setupToken !== undefined) await this.useSetupToken(tx, setupToken);
      return { status: 201, body: presentUser(await this.create(tx, first)) };
    });
    if (!answer.replayed) this.noteMade(answer.body.user_id, setupToken !== undefined);
    return answer;
  }

  private noteMade(userId: string, bySetupLink: boolean): void {
    const { security } = this.context;
    if (bySetupLink) security.write('setup_link.used', { user_id: userId });
    security.write('user.made', { user_id: userId });
    if (bySetupLink) security.write('admin.given', { user_id: userId });
  }

  /** @throws ControlError `conflict` for an address that has an account. */
  async create(tx: Queryable, first: FirstProfile): Promise<UserRecord> {
    const user: UserRecord = {
      userId: this.context.ids.next(),
      email: first.email,
      username: first.username,
      about: first.about ?? '',
      avatarKey: null,
      timeZone: null,
      passwordHash: first.passwordHash,
      emailConfirmedAt: first.emailIsConfirmed ? new Date(this.context.clock.now()) : null,
      isAdmin: first.isAdmin ?? false,
      disabledAt: null,
      hasSecondFactor: false,
      version: 1,
      createdAt: new Date(this.context.clock.now()),
    };
    if (await repository.insertUser(tx, user, emailKeyOf(user.email))) return user;
    throw new ControlError('conflict', 'This e-mail address has an account.', {
      errors: [{ pointer: '/email', code: 'taken', detail: 'log in, or reset the password' }],
    });
  }

  /** @throws ControlError `not_found`. */
  async get(userId: string): Promise<VersionedUser> {
    return versioned(await this.find(userId));
  }

  /** @throws ControlError `not_found`. */
  async find(userId: string): Promise<UserRecord> {
    const user = isId(userId) ? await this.found.add(userId) : null;
    if (user === null) throw notFound();
    return user;
  }

  async findByEmail(email: string): Promise<UserRecord | null> {
    if (!isEmail(email)) return null;
    return repository.findByEmailKey(this.context.database, emailKeyOf(email));
  }

  /** As others see it; accounts that are gone have a name too. */
  async nameOf(userId: string): Promise<string> {
    const user = await this.found.add(userId);
    return user?.username ?? 'Somebody';
  }

  /** Where their picture is; null for who has none. */
  async avatarUrlOf(userId: string): Promise<string | null> {
    const user = await this.found.add(userId);
    return user && avatarUrlOf(user.avatarKey);
  }

  async list(wish: PageWish): Promise<Listed<User>> {
    const rows = await repository.listUsers(this.context.database, wish.after, wish.limit + 1);
    return pageOf.list(rows, wish.limit, (row) => row.userId, presentUser);
  }

  /**
   * Who loses the administrator's rights or is disabled is logged out everywhere.
   * @throws ControlError `not_found`, `precondition_failed`, `bad_request`, `conflict` when no
   *   administrator would remain.
   */
  async change(
    userId: string,
    change: UserChange,
    expected: ExpectedVersions,
  ): Promise<VersionedUser> {
    const { database, clock, sessions } = this.context;
    const { former, user, ended, told } = await database.transaction(async (tx) => {
      const admins = isAboutAdmins(change) ? await repository.lockAdmins(tx) : [];
      const former = await this.lock(tx, userId);
      etag.check(expected, former.version);
      const next = changedUser(former, change, clock.now());
      if (!isActiveAdmin(next)) checkOthersRemain(admins, userId);
      await repository.updateUser(tx, next, new Date(clock.now()));
      const isLess = isActiveAdmin(former) && !isActiveAdmin(next);
      const ended = isLess || next.disabledAt !== null ? await this.endAccess(tx, next) : [];
      const told = await this.writeNews(tx, former, next);
      return { former, user: { ...next, version: former.version + 1 }, ended, told };
    });
    sessions.announce(ended);
    told();
    if (isActiveAdmin(user) && !isActiveAdmin(former)) await sessions.refresh(userId);
    this.noteChange(former, user);
    return versioned(user);
  }

  private noteChange(former: UserRecord, user: UserRecord): void {
    const { security } = this.context;
    const who = { user_id: user.userId };
    const wasDisabled = former.disabledAt !== null;
    if (former.isAdmin !== user.isAdmin) {
      security.write(user.isAdmin ? 'admin.given' : 'admin.taken', who);
    }
    if (wasDisabled !== (user.disabledAt !== null)) {
      security.write(wasDisabled ? 'user.enabled' : 'user.disabled', who);
    }
  }

  /**
   * The account is gone; its meetings go on without an owner, its logins and keys end.
   * @returns the name of its picture, if it has one.
   * @throws ControlError `not_found`, `precondition_failed`, `conflict` for the last administrator.
   */
  async remove(userId: string, expected: ExpectedVersions): Promise<string | null> {
    const { database, sessions, forget, news } = this.context;
    const { avatarKey, ended, told } = await database.transaction(async (tx) => {
      const admins = await repository.lockAdmins(tx);
      const user = await this.lock(tx, userId);
      etag.check(expected, user.version);
      checkOthersRemain(admins, userId);
      const ended = await this.endAccess(tx, { ...user, disabledAt: new Date() });
      await forget(tx, userId);
      await repository.deleteUser(tx, userId);
      const told = await news.write(tx, userId, null);
      return { avatarKey: user.avatarKey, ended, told };
    });
    sessions.announce(ended);
    told();
    this.context.security.write('user.deleted', { user_id: userId });
    return avatarKey;
  }

  /**
   * Ends all other sessions of the account.
   * @throws ControlError `forbidden` for a wrong present password, `bad_request`, `conflict` when it
   *   was changed meanwhile, `rate_limited`.
   */
  async changePassword(by: UserPrincipal, change: PasswordChange): Promise<void> {
    const { database, passwords, sessions, security } = this.context;
    const user = await this.find(by.userId);
    await this.countAttempt(user);
    if (!(await passwords.isRight(user.passwordHash, change.current_password))) {
      security.write('password.refused', { user_id: by.userId });
      throw new ControlError('forbidden', 'The present password is wrong.', {
        errors: [{ pointer: '/current_password', code: 'wrong', detail: 'not the present one' }],
      });
    }
    const passwordHash = await this.hashNew(user, change.new_password);
    const { passwordHash: former } = user;
    const ended = await database.transaction((tx) =>
      this.setPassword(tx, user.userId, { passwordHash, keep: by.sessionId, former }),
    );
    sessions.announce(ended);
    security.write('password.changed', { user_id: by.userId });
  }

  private async countAttempt({ email, userId }: UserRecord): Promise<void> {
    const { attempts, security } = this.context;
    const retryAfterMs = await attempts.take(emailKeyOf(email));
    if (retryAfterMs === 0) return;
    security.write('login.limited', { user_id: userId });
    throw new ControlError('rate_limited', 'Too many passwords were tried.', { retryAfterMs });
  }

  /** Checks and hashes a new password of an account. @throws ControlError `bad_request`. */
  async hashNew(user: UserRecord, password: string): Promise<string> {
    const { passwords } = this.context;
    passwords.checkNew(password, [user.email, user.username], '/new_password');
    return passwords.hash(password);
  }

  /**
   * @returns the sessions that it ended, for `announce`: all but `keep`.
   * @throws ControlError `conflict` when the password is not (any more) the one that was shown.
   */
  async setPassword(
    tx: Queryable,
    userId: string,
    { passwordHash, keep, former }: NewPassword,
  ): Promise<string[]> {
    const user = await this.lock(tx, userId);
    if (former !== undefined && former !== user.passwordHash) {
      throw new ControlError('conflict', 'The password was changed just now.');
    }
    await this.context.passwordChanged(tx, userId);
    await repository.updateUser(tx, { ...user, passwordHash }, new Date(this.context.clock.now()));
    return this.context.sessions.revokeAllIn(tx, userId, keep);
  }

  /**
   * Somebody has shown that the address is theirs. Whoever made the account without that may have
   * been another: password, logins, API keys and webhooks that it had end. Second factors stay: they
   * let nobody in by themselves, and who has only stolen the mailbox must not get around them.
   * @returns the sessions that it ended, for `announce`.
   */
  async confirmEmail(tx: Queryable, userId: string): Promise<string[]> {
    const { sessions, apiKeys, clock } = this.context;
    const user = await this.lock(tx, userId);
    if (user.emailConfirmedAt !== null) return [];
    const now = new Date(clock.now());
    const confirmed = { ...user, emailConfirmedAt: now, passwordHash: null };
    await repository.updateUser(tx, confirmed, now);
    await apiKeys.revokeAllIn(tx, userId);
    await this.context.disown(tx, userId);
    return sessions.revokeAllIn(tx, userId);
  }

  /** The same password under today's parameters. */
  async rehash(user: UserRecord, fresh: string): Promise<void> {
    const former = user.passwordHash ?? '';
    await repository.replaceHash(this.context.database, user.userId, { former, fresh });
  }

  /** Something of the account changed that is kept elsewhere. */
  async bumpVersion(tx: Queryable, userId: string): Promise<void> {
    await repository.bumpVersion(tx, userId, new Date(this.context.clock.now()));
  }

  /** @returns the account as it is now, and the picture that it had. */
  async setAvatar(
    userId: string,
    avatarKey: string | null,
  ): Promise<VersionedUser & { formerKey: string | null }> {
    const { database, clock } = this.context;
    const { user, told } = await database.transaction(async (tx) => {
      const former = await this.lock(tx, userId);
      await repository.updateUser(tx, { ...former, avatarKey }, new Date(clock.now()));
      const told = await this.writeNews(tx, former, { ...former, avatarKey });
      return { user: former, told };
    });
    told();
    const changed = { ...user, avatarKey, version: user.version + 1 };
    return { ...versioned(changed), formerKey: user.avatarKey };
  }

  /** @returns what live rooms here do with it, once it is written. */
  private async writeNews(
    tx: Queryable,
    former: UserRecord,
    user: UserRecord,
  ): Promise<() => void> {
    const { news } = this.context;
    const { userId, username } = user;
    if (user.disabledAt !== null) return news.write(tx, userId, null);
    const [avatarUrl, before] = [avatarUrlOf(user.avatarKey), avatarUrlOf(former.avatarKey)];
    if (former.username === username && before === avatarUrl) return () => {};
    return news.write(tx, userId, { formerName: former.username, name: username, avatarUrl });
  }

  /** And keeps others from changing it until the transaction ends. @throws ControlError `not_found`. */
  async lock(tx: Queryable, userId: string): Promise<UserRecord> {
    const user = isId(userId) ? await repository.lockUser(tx, userId) : null;
    if (user === null) throw notFound();
    return user;
  }

  private async endAccess(tx: Queryable, user: UserRecord): Promise<string[]> {
    if (user.disabledAt !== null) await this.context.apiKeys.revokeAllIn(tx, user.userId);
    return this.context.sessions.revokeAllIn(tx, user.userId);
  }

  /** Before anything is hashed for it. It is used up with the account that it makes. */
  private async checkSetupToken(token: string): Promise<void> {
    const { database } = this.context;
    if (!(await repository.hasSetupToken(database, hashSecret(token)))) throw noSetup();
  }

  private async useSetupToken(tx: Queryable, token: string): Promise<void> {
    const admins = await repository.lockAdmins(tx);
    if (admins.length === 0 && (await repository.useSetupToken(tx, hashSecret(token)))) return;
    throw noSetup();
  }
}

function versioned(user: UserRecord): VersionedUser {
  return { user: presentUser(user), version: user.version };
}

function isActiveAdmin({ isAdmin, disabledAt }: UserRecord): boolean {
  return isAdmin && disabledAt === null;
}

function isAboutAdmins({ is_admin: isAdmin, is_disabled: isDisabled }: UserChange): boolean {
  return isAdmin !== undefined || isDisabled !== undefined;
}

function checkOthersRemain(admins: readonly string[], userId: string): void {
  if (admins.length !== 1 || admins[0] !== userId) return;
  throw new ControlError('conflict', 'This is the last administrator.');
}

function noSetup(): ControlError {
  return new ControlError('forbidden', 'This link does not make the first account (any more).', {
    errors: [{ pointer: '/setup_token', code: 'setup_token', detail: 'start anew for another' }],
  });
}

function notFound(): ControlError {
  return new ControlError('not_found', 'There is no such account.');
}
