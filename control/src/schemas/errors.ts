/**
 * The stable error codes: one table for problem+json, for `error` messages on the WebSocket and
 * for docs/errors.md (a test compares them). Clients match `code` only. Codes are never renamed.
 */

interface ErrorEntry {
  /** HTTP status when the code answers a request. */
  readonly status: number;
  readonly title: string;
}

export const errorTable = {
  bad_request: { status: 400, title: 'The request is not understood' },
  unauthenticated: { status: 401, title: 'Credentials are missing or not valid' },
  forbidden: { status: 403, title: 'This is not allowed' },
  not_found: { status: 404, title: 'There is no such thing' },
  conflict: { status: 409, title: 'It does not fit the present state' },
  precondition_required: { status: 428, title: 'An If-Match header is required' },
  precondition_failed: { status: 412, title: 'It has changed since it was read' },
  idempotency_key_missing: { status: 400, title: 'An Idempotency-Key header is required' },
  idempotency_mismatch: { status: 422, title: 'The Idempotency-Key was used for something else' },
  payload_too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  rate_limited: { status: 429, title: 'Too many requests' },
  no_capacity: { status: 503, title: 'No capacity is left' },
  dependency_down: { status: 503, title: 'A service this depends on is down' },
  internal: { status: 500, title: 'Something failed on our side' },

  join_refused: { status: 403, title: 'This link does not open a meeting' },
  meeting_not_started: { status: 409, title: 'The meeting has not started' },
  meeting_ended: { status: 410, title: 'The meeting has ended' },
  meeting_locked: { status: 403, title: 'The meeting is locked' },
  meeting_full: { status: 409, title: 'The meeting is full' },
  blocked: { status: 403, title: 'You were removed from this meeting' },
  passcode_required: { status: 403, title: 'A passcode is required' },
  consent_required: { status: 403, title: 'Consent is required' },
  login_required: { status: 403, title: 'A login is required' },
  invite_expired: { status: 410, title: 'The invitation has expired' },

  bad_message: { status: 400, title: 'The message is not understood' },
  unknown_type: { status: 400, title: 'The message type is not known' },
  version: { status: 400, title: 'No protocol version in common' },
  stale_epoch: { status: 409, title: 'The room has moved on to a newer epoch' },
  stale_rev: { status: 409, title: 'A newer offer has replaced this one' },
  not_in_room: { status: 409, title: 'Not in the room' },
  unknown_publication: { status: 404, title: 'There is no such publication' },
  unknown_participant: { status: 404, title: 'There is no such participant' },
  role_required: { status: 403, title: 'Another role is required' },
  sdp_rejected: { status: 422, title: 'The session description is not acceptable' },
  codec_unsupported: { status: 422, title: 'No codec in common' },
  limit_reached: { status: 409, title: 'A limit is reached' },
  already_done: { status: 409, title: 'It was done already' },
  recording_unavailable: { status: 503, title: 'Recording is not available' },
  node_lost: { status: 503, title: 'The media node is gone' },
  slow_reader: { status: 409, title: 'Messages are read too slowly' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

export const errorCodes = Object.keys(errorTable) as ErrorCode[];

/** WebSocket close codes. After those in `finalCloseCodes` a client does not come back. */
export const closeCodes = {
  bad_message: 4400,
  bad_token: 4401,
  removed: 4403,
  room_gone: 4404,
  no_hello: 4408,
  replaced: 4409,
  meeting_ended: 4410,
  slow_reader: 4413,
  rate: 4429,
  going_away: 4503,
} as const;

export type CloseReason = keyof typeof closeCodes;
export type CloseCode = (typeof closeCodes)[CloseReason];

export const finalCloseCodes: readonly CloseCode[] = [4400, 4401, 4403, 4409, 4410];
