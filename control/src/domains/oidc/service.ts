import type { Clock } from '../../clock.js';
import type { OidcProvider } from '../../config.js';
import { ControlError } from '../../control-error.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { visible } from '../../names.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import type { SessionsService } from '../sessions/service.js';
import type { UserRecord, UsersService } from '../users/service.js';
import { type Checks, type Claims, ProviderClient } from './provider-client.js';
import * as repository from './repository.js';

export interface OidcContext {
  database: Database;
  users: UsersService;
  sessions: SessionsService;
  keys: KeyRing;
  clock: Clock;
  providers: readonly OidcProvider[];
  security: SecurityLog;
  /** A provider cannot be reached, or its answer is refused. */
  onFailure: (providerId: string, reason: string) => void;
}

/** Between the way to the provider and the way back. */
export const wayLifeMs = 600_000;
const sealContext = 'oidc';
const usernameLength = 20;

interface Way extends Checks {
  provider: string;
  until: number;
}

/** Single sign-on. What must fit on the way back is in a sealed cookie: nothing is kept here. */
export class OidcService {
  private readonly clients: ReadonlyMap<string, ProviderClient>;

  constructor(private readonly context: OidcContext) {
    const clientOf = (provider: OidcProvider) =>
      new ProviderClient(provider, (reason) => context.onFailure(provider.id, reason));
    this.clients = new Map(context.providers.map((one) => [one.id, clientOf(one)]));
  }

  /** @throws ControlError `not_found`, `dependency_down`. */
  async begin(id: string, redirectUri: string): Promise<{ url: string; sealed: string }> {
    const { keys, clock } = this.context;
    const { url, checks } = await this.clientOf(id).begin(redirectUri);
    const way: Way = { ...checks, provider: id, until: clock.now() + wayLifeMs };
    return { url, sealed: keys.seal(JSON.stringify(way), sealContext).toString('base64url') };
  }

  /**
   * @returns the token of a new session; that of `formerToken` ends.
   * @throws ControlError `unauthenticated` for whatever does not fit, `forbidden` for who has no
   *   account and may not make one, `conflict` when the account was changed meanwhile,
   *   `dependency_down`.
   */
  async finish(
    id: string,
    back: { url: URL; sealed: string | null; userAgent: string; formerToken: string | null },
  ): Promise<string> {
    const { database, sessions, security } = this.context;
    const client = this.clientOf(id);
    try {
      const claims = await client.finish(back.url, this.open(id, back.sealed));
      const { userId, version } = await this.activeAccountOf(client.provider, claims);
      const { userAgent, formerToken } = back;
      const { secondFactor } = claims;
      const begun = await sessions.begin(database, { userId, userAgent, secondFactor }, version);
      const { sessionId } = begun.session;
      security.write('login.succeeded', { user_id: userId, session_id: sessionId, provider: id });
      if (formerToken !== null) await sessions.revokeToken(formerToken);
      return begun.token;
    } catch (error) {
      security.write('login.failed', { reason: 'provider', provider: id });
      throw error;
    }
  }

  private async activeAccountOf(provider: OidcProvider, claims: Claims): Promise<UserRecord> {
    const user = await this.accountOf(provider, claims);
    if (user.disabledAt === null) return user;
    throw new ControlError('unauthenticated', 'The account is disabled.');
  }

  async forget(tx: Queryable, userId: string): Promise<void> {
    await repository.forgetIdentities(tx, userId);
  }

  private clientOf(id: string): ProviderClient {
    const client = this.clients.get(id);
    if (client === undefined) throw new ControlError('not_found', 'There is no such provider.');
    return client;
  }

  private open(id: string, sealed: string | null): Checks {
    const way = this.unseal(sealed);
    if (way !== null && way.provider === id && this.context.clock.now() < way.until) return way;
    throw new ControlError('unauthenticated', 'This login was not begun here, or too long ago.');
  }

  private unseal(sealed: string | null): Way | null {
    try {
      const bytes = Buffer.from(sealed ?? '', 'base64url');
      return JSON.parse(this.context.keys.unseal(bytes, sealContext)) as Way;
    } catch {
      return null;
    }
  }

  /** By who they are there; else by an address that the provider has verified; else a new one. */
  private async accountOf(provider: OidcProvider, claims: Claims): Promise<UserRecord> {
    const { database, users, sessions, clock, security } = this.context;
    const identity = { provider: provider.id, subject: claims.subject };
    const known = await repository.findIdentity(database, identity);
    if (known !== null) return users.find(known);
    const { email } = claims;
    const owner = email === null ? null : await users.findByEmail(email);
    if (owner === null && (email === null || !provider.signUp)) {
      throw new ControlError('forbidden', 'There is no account for you here.');
    }
    const { userId, ended } = await database.transaction(async (tx) => {
      const { userId } =
        owner ?? (await users.create(tx, firstProfile(email as string, claims.name)));
      const ended = await users.confirmEmail(tx, userId);
      const at = new Date(clock.now());
      await repository.insertIdentity(tx, identity, { userId, at });
      return { userId, ended };
    });
    sessions.announce(ended);
    if (owner === null) security.write('user.made', { user_id: userId });
    security.write('identity.linked', { user_id: userId, provider: provider.id });
    return users.find(userId);
  }
}

function firstProfile(email: string, name: string) {
  // Cleaned before it is cut: a provider may send whatever a person has typed there.
  const cut = [...visible(name)].slice(0, usernameLength).join('').trim();
  return {
    email,
    username: cut || 'Somebody',
    passwordHash: null,
    emailIsConfirmed: true,
  };
}
