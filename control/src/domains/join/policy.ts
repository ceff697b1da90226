import type { ErrorCode } from '../../schemas/errors.js';
import type { Role } from '../../schemas/values.js';
import type { MeetingRecord } from '../meetings/service.js';

/** What somebody shows at the door: an invite's secret, or an ingest key (WHIP, WHEP). */
export interface Credential {
  role: Role;
  expiresAt: Date | null;
  maxUses: number | null;
  uses: number;
}

/** Everything that decides whether somebody gets in, by whichever way. */
export interface JoinFacts {
  /** Null: what was shown opens no meeting. */
  opened: { meeting: MeetingRecord; credential: Credential } | null;
  /** Milliseconds since 1970. */
  now: number;
  /** Is this device (of an endpoint: this ingest key) kept out of the meeting? */
  blocked: boolean;
  hostPresent: boolean;
  seatsTaken: number;
}

export type JoinDecision =
  | { admitted: true; role: Role }
  | { admitted: false; code: ErrorCode; detail: string };

/**
 * The one place that decides, for every way in. Without a valid credential the answer is always
 * the same; with one it is exact.
 */
export function decideJoin(facts: JoinFacts): JoinDecision {
  if (facts.opened === null) return refuse('join_refused', 'This link does not open a meeting.');
  const { meeting, credential } = facts.opened;
  const { policy } = meeting;
  const host = credential.role === 'host' || credential.role === 'co_host';
  if (credential.expiresAt !== null && credential.expiresAt.getTime() <= facts.now) {
    return refuse('invite_expired', 'The invitation has expired.');
  }
  if (credential.maxUses !== null && credential.uses >= credential.maxUses) {
    return refuse('invite_expired', 'The invitation was used up.');
  }
  if (meeting.endedAt !== null) return refuse('meeting_ended', 'The meeting has ended.');
  if (facts.blocked) return refuse('blocked', 'A host has removed you from this meeting.');
  if (!host && policy.locked) return refuse('meeting_locked', 'The meeting is locked.');
  if (!host && !policy.join_before_host && !facts.hostPresent) {
    return refuse('meeting_not_started', 'The host is not there yet.');
  }
  if (facts.seatsTaken >= policy.max_participants) {
    return refuse('meeting_full', 'All places are taken.');
  }
  return { admitted: true, role: credential.role };
}

function refuse(code: ErrorCode, detail: string): JoinDecision {
  return { admitted: false, code, detail };
}
