import { sharedOrNull } from './bus/bus.js';
import { SharedLimit } from './bus/shared-limit.js';
import { type Config, hostInUrl } from './config.js';
import { ApiKeysService } from './domains/api-keys/service.js';
import { FactorsService } from './domains/factors/service.js';
import { OidcService } from './domains/oidc/service.js';
import { PasswordResetsService } from './domains/password-resets/service.js';
import { LoginService, SessionsService } from './domains/sessions/service.js';
import { Avatars, type UsersContext, UsersService } from './domains/users/service.js';
import type { Idempotency } from './idempotency.js';
import { loginLimits, passwordLimits } from './limits.js';
import { Passwords } from './passwords/passwords.js';
import type { SecurityLog } from './security-log.js';
import type { ServicesContext } from './services.js';
import type { Queryable } from './store/database.js';

/** Everything about accounts. */
export interface AccountServices {
  users: UsersService;
  avatars: Avatars;
  sessions: SessionsService;
  logins: LoginService;
  factors: FactorsService;
  apiKeys: ApiKeysService;
  passwordResets: PasswordResetsService;
  oidc: OidcService;
}

/** @param others what other domains do when an account is deleted, or shows itself otherwise. */
export function buildAccounts(
  given: ServicesContext & { security: SecurityLog },
  idempotency: Idempotency,
  others: Pick<UsersContext, 'forget' | 'disown' | 'news'>,
): AccountServices {
  const context = { ...given, ...given.config.accounts, idempotency };
  const passwords = new Passwords(context.clock, passwordLimits(context.config));
  const sessions = new SessionsService({ ...context, bus: sharedOrNull(context.bus) });
  const apiKeys = new ApiKeysService(context);
  const { perAccount, perAddress } = loginLimits(context.config);
  const accounts = new SharedLimit('login-account', perAccount, context);
  const forget = async (tx: Queryable, userId: string) => {
    await apiKeys.forget(tx, userId);
    await factors.forget(tx, userId);
    await oidc.forget(tx, userId);
    await passwordResets.forget(tx, userId);
    await others.forget(tx, userId);
  };
  const users = new UsersService({
    ...context,
    ...others,
    ...{ passwords, sessions, apiKeys, forget },
    attempts: accounts,
    passwordChanged: (tx, userId) => passwordResets.forget(tx, userId),
  });
  const avatars = new Avatars({ ...context, users });
  const factors = new FactorsService({
    ...context,
    ...{ users, sessions },
    publicOrigin: context.config.http.origin,
  });
  const logins = new LoginService({
    ...context,
    ...{ users, sessions, factors, passwords, accounts, perAddress },
  });
  const passwordResets = new PasswordResetsService({
    ...context,
    users,
    sessions,
    linkOrigin: linkOriginOf(context.config),
    perAddress,
    onFailure: (err) => context.log.error({ err }, 'a mail for a new password was not sent'),
  });
  const oidc = new OidcService({
    ...context,
    ...{ users, sessions, providers: context.config.oidc },
    onFailure: (provider, reason) => context.log.warn({ provider, reason }, 'no single sign-on'),
  });
  return { users, avatars, sessions, logins, factors, apiKeys, passwordResets, oidc };
}

/** What links in mails begin with: never what a request says (it may be forged). */
function linkOriginOf({ http }: Config): string {
  return http.origin ?? `http://${hostInUrl(http.host)}:${http.port}`;
}
