/**
 * Security keys and passkeys of the browser (WebAuthn), in the JSON form that the server speaks. The
 * library is loaded by whoever has a key: not every browser knows that form by itself.
 */
import type {
  CredentialCreation,
  CredentialRequest,
  NewCredential,
  ShownCredential,
} from '../../../client/src/index.js';

/** `cancelled`: by the person, or by time. `known`: it is one of the account's already. */
export type KeyTrouble = 'cancelled' | 'known' | 'failed';

export class KeyError extends Error {
  override readonly name = 'KeyError';

  constructor(
    readonly trouble: KeyTrouble,
    cause: unknown,
  ) {
    super(String(cause), { cause });
  }
}

/** Pages of addresses that are not secure have none. */
export function hasSecurityKeys(): boolean {
  return typeof globalThis.PublicKeyCredential === 'function';
}

/** Loads the library ahead: Safari asks for a key soon after a press only. */
export const loadKeys = () => import('@simplewebauthn/browser');

/** @throws KeyError */
export async function makeKey(options: CredentialCreation): Promise<NewCredential> {
  const { startRegistration } = await loadKeys();
  const made = await startRegistration({ optionsJSON: options }).catch(refuse);
  const { attestationObject, clientDataJSON, transports } = made.response;
  const response = { attestationObject, clientDataJSON, ...(transports ? { transports } : {}) };
  return { id: made.id, rawId: made.rawId, type: made.type, response };
}

/** @throws KeyError */
export async function showKey(options: CredentialRequest): Promise<ShownCredential> {
  const { startAuthentication } = await loadKeys();
  const shown = await startAuthentication({ optionsJSON: options }).catch(refuse);
  const { authenticatorData, clientDataJSON, signature } = shown.response;
  const response = { authenticatorData, clientDataJSON, signature };
  return { id: shown.id, rawId: shown.rawId, type: shown.type, response };
}

/** What is asked for just now is given up: it rejects as `cancelled`. */
export async function cancelKey(): Promise<void> {
  (await loadKeys()).WebAuthnAbortService.cancelCeremony();
}

/** By the names of WebAuthn §5.1.3 and §5.1.4. */
const troubles: Readonly<Record<string, KeyTrouble>> = {
  NotAllowedError: 'cancelled',
  AbortError: 'cancelled',
  TimeoutError: 'cancelled',
  InvalidStateError: 'known',
};

function refuse(error: unknown): never {
  const name = error instanceof Error ? error.name : '';
  throw new KeyError(
    Object.hasOwn(troubles, name) ? (troubles[name] ?? 'failed') : 'failed',
    error,
  );
}
