/**
 * Everything that can go wrong between this client and its server, as one error with a stable
 * code. Texts for people are chosen by code in the catalogue, never taken from the server.
 */
import type { CredentialRequest, ErrorCode } from './messages.js';

/** `unreachable`: no answer at all. `abandoned`: the seat was given up before the answer came. */
export type ClientCode = ErrorCode | 'unreachable' | 'abandoned';

export interface FieldProblem {
  /** `/username` */
  pointer: string;
  code: string;
}

/** What a refusal says besides its code. */
export interface RefusalDetails {
  /** What is wrong with which field of the body: JSON pointers (RFC 6901) and codes. */
  errors?: readonly FieldProblem[];
  /** Of a login: what a security key is to sign. */
  webauthn?: CredentialRequest;
}

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly fields: readonly FieldProblem[];
  readonly webauthn: CredentialRequest | undefined;

  constructor(
    readonly code: ClientCode,
    detail: string,
    /** How long the server asks to wait before the next try; ms. */
    readonly retryAfterMs?: number,
    { errors = [], webauthn }: RefusalDetails = {},
  ) {
    super(`${code}: ${detail}`);
    this.fields = errors;
    this.webauthn = webauthn;
  }
}

/** The code of any thrown value: what is not a ProtocolError came from a bug or the browser. */
export function codeOf(error: unknown): ClientCode {
  return error instanceof ProtocolError ? error.code : 'internal';
}
