import { type CredentialRequest, ProtocolError } from '../../../client/src/index.js';

/** What a login has to show besides the password. A recovery code always does. */
export interface AskedFactor {
  /** Has the account an app that shows codes? */
  app: boolean;
  /** What one of its security keys is to sign: good once. */
  key: CredentialRequest | undefined;
}

/**
 * What the refusal of a login asks for; undefined: for no second factor.
 * @param before what was asked: a wrong one is refused without naming all that would do.
 */
export function askedBy(error: unknown, before: AskedFactor | undefined): AskedFactor | undefined {
  if (!(error instanceof ProtocolError)) return before;
  const asks = (pointer: string) => error.fields.some((field) => field.pointer === pointer);
  const key = error.webauthn ?? before?.key;
  if (before) return { app: before.app, key };
  return asks('/otp') || asks('/credential') ? { app: asks('/otp'), key } : undefined;
}
