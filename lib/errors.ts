/**
 * Every error of the library: one class, one table. Match `code` only; `message` is for people and
 * may change. docs/library.md lists the same codes (a test compares).
 */
export const ERRORS = {
  bad_request: 'An argument has the wrong shape or range',
  conflict: 'The id is in use',
  closed: 'The object is closed',
  not_in_room: 'The participant is not in this room',
  unknown_participant: 'There is no such participant in this room',
  unknown_publication: 'There is no such publication in this room',
  sdp_rejected: 'The session description is malformed or cannot be used',
  codec_unsupported: 'The offer has no codec that the node forwards',
  stale_rev: 'The answer or offer belongs to an older revision',
  limit_reached: 'A limit of the node is reached',
  no_capacity: 'The node takes no more',
  addon_missing: 'The native addon is not built',
  listen_failed: 'An address of `listen` cannot be bound',
  engine_closed: 'The media engine is closed',
  internal: 'The media engine refused a command: a fault of the library',
} as const;

export type PlenumErrorCode = keyof typeof ERRORS;

/** @throws never by itself. `detail` says what was wrong with this input, without personal data. */
export class PlenumError extends Error {
  override readonly name = 'PlenumError';

  constructor(
    readonly code: PlenumErrorCode,
    readonly detail: string = ERRORS[code],
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
  }
}
