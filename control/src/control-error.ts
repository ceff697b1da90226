import { NodeError } from './nodes/node-client.js';
import { type ErrorCode, errorCodes } from './schemas/errors.js';

export interface FieldError {
  /** JSON pointer into the body. */
  pointer: string;
  code: string;
  detail: string;
}

export interface ErrorExtras {
  retryAfterMs?: number;
  errors?: FieldError[];
  /** In place of the code's own, where HTTP has a narrower one. */
  status?: number;
  /** More members of the problem+json (RFC 9457 §3.2). */
  members?: Record<string, unknown>;
}

/**
 * A refusal with a stable code of schemas/errors.ts. `detail` is for people and is shown to the
 * client: it never holds a secret, a name or a stack.
 */
export class ControlError extends Error {
  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly extras: ErrorExtras = {},
  ) {
    super(detail);
    this.name = 'ControlError';
  }
}

/** Load is measured each second and smoothed over a few: sooner nothing will have changed. */
const noCapacityRetryMs = 10_000;

/** Gives any thrown value its place in the table; what is unexpected becomes `internal`. */
export function toControlError(error: unknown): ControlError {
  if (error instanceof ControlError) return error;
  if (error instanceof NodeError && isErrorCode(error.code)) {
    const extras = error.code === 'no_capacity' ? { retryAfterMs: noCapacityRetryMs } : {};
    return new ControlError(error.code, error.message, extras);
  }
  return new ControlError('internal', 'Something failed on our side; it has been logged.');
}

function isErrorCode(code: string): code is ErrorCode {
  return (errorCodes as string[]).includes(code);
}
