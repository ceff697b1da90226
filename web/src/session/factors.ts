/** Second factors of one's own account: authenticator apps and security keys. */
import type {
  Api,
  CreatedTotp,
  CredentialCreation,
  Factor,
  FactorConfirmation,
  NewCredential,
  ShownFactor,
} from '../../../client/src/index.js';
import { newId } from './new-id.js';
import { KeyError, makeKey } from './security-keys.js';

const confirmRoute = 'POST /v1/users/me/factors/{factor_id}/confirm';

export class Factors {
  constructor(
    private readonly api: Api,
    private readonly make: (options: CredentialCreation) => Promise<NewCredential> = makeKey,
  ) {}

  list(cursor: string | undefined) {
    return this.api.call('GET /v1/users/me/factors', { query: cursor ? { cursor } : {} });
  }

  /** Has this very login shown one, where the account has one? */
  async isShown(): Promise<boolean> {
    for (let cursor: string | undefined; ; ) {
      const query = { limit: 200, ...(cursor ? { cursor } : {}) };
      const { items, next_cursor: next } = await this.api.call('GET /v1/sessions', { query });
      const current = items.find(({ is_current: isCurrent }) => isCurrent);
      if (current) return current.second_factor;
      if (next === null) return true;
      cursor = next;
    }
  }

  /** This login shows one. Refused as a login is, with `forbidden`. */
  async show(shown: ShownFactor): Promise<void> {
    await this.api.call('POST /v1/sessions/current/second-factor', { body: shown });
  }

  async beginApp(): Promise<CreatedTotp> {
    const made = await this.begin({ kind: 'totp' });
    if (made.kind !== 'totp') throw new Error(made.kind);
    return made;
  }

  /** @returns recovery codes, shown this once. */
  confirmApp({ factor_id }: CreatedTotp, code: string): Promise<string[]> {
    return this.confirm(factor_id, { code });
  }

  /**
   * Asks for a key. One that was not shown leaves nothing behind.
   * @param givenUp before the browser was asked: then it is not. After that `cancelKey` gives up.
   * @returns recovery codes, shown this once.
   * @throws KeyError
   */
  async addKey(name: string, givenUp: AbortSignal): Promise<string[]> {
    const made = await this.begin({ kind: 'webauthn', name });
    if (made.kind !== 'webauthn') throw new Error(made.kind);
    try {
      if (givenUp.aborted) throw new KeyError('cancelled', givenUp.reason);
      return await this.confirm(made.factor_id, { credential: await this.make(made.webauthn) });
    } catch (error) {
      await this.remove(made).catch(() => {});
      throw error;
    }
  }

  async remove({ factor_id }: Pick<Factor, 'factor_id'>): Promise<void> {
    await this.api.call('DELETE /v1/users/me/factors/{factor_id}', { params: { factor_id } });
  }

  private begin(body: { kind: Factor['kind']; name?: string }) {
    return this.api.call('POST /v1/users/me/factors', { body, key: newId() });
  }

  private async confirm(factor_id: string, body: FactorConfirmation): Promise<string[]> {
    const confirmed = await this.api.call(confirmRoute, { params: { factor_id }, body });
    return confirmed.recovery_codes;
  }
}
