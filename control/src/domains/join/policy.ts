import type { ErrorCode } from '../../schemas/errors.js';
import type { Role } from '../../schemas/values.js';
import type { OpenedLink } from '../meetings/service.js';

/** Everything that decides whether somebody gets in. */
export interface JoinFacts {
  /** Null: code or secret are wrong. */
  link: OpenedLink | null;
  /** Milliseconds since 1970. */
  now: number;
  /** Is this device kept out of the meeting? */
  blocked: boolean;
  hostPresent: boolean;
  seatsTaken: number;
}

export type JoinDecision =
  | { admitted: true; link: OpenedLink; role: Role }
  | { admitted: false; code: ErrorCode; detail: string };

/**
 * The one place that decides, for every way in. Without a valid credential the answer is always
 * the same; with one it is exact.
 */
export function decideJoin(facts: JoinFacts): JoinDecision {
  const { link } = facts;
  if (link === null) return refuse('join_refused', 'This link does not open a meeting.');
  const { meeting, invite } = link;
  const { policy } = meeting;
  const host = invite.role !== 'participant';
  if (invite.expiresAt !== null && invite.expiresAt.getTime() <= facts.now) {
    return refuse('invite_expired', 'The invitation has expired.');
  }
  if (invite.maxUses !== null && invite.uses >= invite.maxUses) {
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
  return { admitted: true, link, role: invite.role };
}

function refuse(code: ErrorCode, detail: string): JoinDecision {
  return { admitted: false, code, detail };
}
