/**
 * Who uses this page: looking → anonymous or known → ended. The login itself is a cookie that no script can
 * read, so the server is asked once; `Settings.wasLoggedIn` says what to expect meanwhile.
 */
import type {
  Api,
  Login,
  NewUser,
  PasswordChange,
  ProfileChange,
  User,
  Versioned,
} from '../../../client/src/index.js';
import { type ClientCode, codeOf } from '../../../client/src/index.js';
import type { Settings } from './settings.js';
import { Store } from './store.js';

export type AccountState =
  | { phase: 'looking' }
  | { phase: 'anonymous' }
  | { phase: 'failed'; code: ClientCode }
  | { phase: 'known'; user: User }
  /** The login of this page's user is over; what they have filled in is still there. */
  | { phase: 'ended'; user: User };

export class Account {
  readonly store = new Store<AccountState>({ phase: 'looking' });
  private etag = '';

  constructor(
    private readonly api: Api,
    private readonly settings: Settings,
  ) {}

  /** Is somebody probably logged in? True until the server has said no. */
  get isExpected(): boolean {
    return this.settings.wasLoggedIn;
  }

  async look(): Promise<void> {
    try {
      this.know(await this.api.read('GET /v1/users/me'));
    } catch (error) {
      this.miss(codeOf(error));
    }
  }

  /** Nobody who is known leaves their page because the server did not answer, or has forgotten them. */
  private miss(code: ClientCode): void {
    const before = this.store.get();
    if (code !== 'unauthenticated') {
      if (!('user' in before)) this.store.set({ phase: 'failed', code });
    } else if ('user' in before) {
      this.settings.wasLoggedIn = false;
      this.store.set({ phase: 'ended', user: before.user });
    } else {
      this.forget();
    }
  }

  async logIn(login: Login): Promise<void> {
    await this.api.call('POST /v1/sessions', { body: login });
    await this.look();
  }

  /** Makes an account and logs in with it. */
  async signUp(body: NewUser, key: string): Promise<void> {
    await this.api.call('POST /v1/users', { body, key });
    await this.logIn({ email: body.email, password: body.password });
  }

  async logOut(): Promise<void> {
    await this.end('DELETE /v1/sessions/{session_id}');
  }

  /** Every session of the account, this one too. */
  async logOutEverywhere(): Promise<void> {
    await this.end('DELETE /v1/sessions');
  }

  /** Refused with `precondition_failed` when another page changed it: then that is shown. */
  async save(change: ProfileChange): Promise<void> {
    try {
      const call = { body: change, ifMatch: this.etag };
      this.know(await this.api.read('PATCH /v1/users/me', call));
    } catch (error) {
      if (codeOf(error) === 'precondition_failed') await this.look();
      throw error;
    }
  }

  async setAvatar(file: Blob): Promise<void> {
    this.know(await this.api.read('PUT /v1/users/me/avatar', { file }));
  }

  async removeAvatar(): Promise<void> {
    this.know(await this.api.read('DELETE /v1/users/me/avatar'));
  }

  /** Ends all other sessions. */
  async changePassword(body: PasswordChange): Promise<void> {
    await this.api.call('POST /v1/users/me/password', { body });
    await this.look();
  }

  /** A route answered `unauthenticated`: is the login over? */
  async doubt(error: unknown): Promise<void> {
    const isKnown = this.store.get().phase === 'known';
    if (isKnown && codeOf(error) === 'unauthenticated') await this.look();
  }

  private async end(route: 'DELETE /v1/sessions' | 'DELETE /v1/sessions/{session_id}') {
    try {
      if (route === 'DELETE /v1/sessions') await this.api.call(route);
      else await this.api.call(route, { params: { session_id: 'current' } });
    } catch (error) {
      if (codeOf(error) !== 'unauthenticated') throw error;
    }
    this.settings.forgetHostSecrets();
    this.forget();
  }

  private know({ value, etag }: Versioned<User>): void {
    this.etag = etag;
    this.settings.wasLoggedIn = true;
    this.store.set({ phase: 'known', user: value });
  }

  /** From now on nobody uses this page. */
  forget(): void {
    this.settings.wasLoggedIn = false;
    this.store.set({ phase: 'anonymous' });
  }
}
