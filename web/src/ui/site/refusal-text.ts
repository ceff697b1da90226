import { codeOf, ProtocolError } from '../../../../client/src/index.js';
import { KeyError } from '../../session/security-keys.js';
import { errorText, type TextKey, text } from '../../strings/index.js';
import type { ProblemProps } from './problem.js';

/** Codes of problem+json's `errors` that say more than the code of the whole. */
const texts: Readonly<Record<string, TextKey>> = {
  login_again: 'account.staleText',
  second_factor_required: 'account.unshown',
  needs_name: 'passkey.needsName',
  credential_wrong: 'passkey.wrong',
};

const troubles = {
  cancelled: 'passkey.cancelled',
  known: 'passkey.known',
  failed: 'passkey.failed',
} as const;

/** Why something did not work, for a person. */
export function refusalText(error: unknown): string {
  if (error instanceof KeyError) return text(troubles[error.trouble]);
  const fields = error instanceof ProtocolError ? error.fields : [];
  const known = fields.find(({ code }) => Object.hasOwn(texts, code));
  const key = known && texts[known.code];
  return key ? text(key) : errorText(codeOf(error));
}

/** For `Problem`. */
export function problemOf(error: unknown): ProblemProps {
  return { code: codeOf(error), text: refusalText(error) };
}

/** Does it need a login of the last minutes? */
export function needsFreshLogin(error: unknown): boolean {
  return hasField(error, 'login_again');
}

/** Does it need a login that has shown a second factor? */
export function needsSecondFactor(error: unknown): boolean {
  return hasField(error, 'second_factor_required');
}

function hasField(error: unknown, wanted: string): boolean {
  return error instanceof ProtocolError && error.fields.some(({ code }) => code === wanted);
}
