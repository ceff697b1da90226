import type { ErrorCode } from '../../schemas/errors.js';
import type { Role } from '../../schemas/values.js';
import type { MeetingRecord } from '../meetings/service.js';
import type { BlockState } from '../moderation/service.js';
import { type ConsentRule, isHost } from '../rooms/service.js';

/** What somebody shows at the door: an invite, a passcode, an account that owns it, an ingest key. */
export interface Credential {
  role: Role;
  expiresAt: Date | null;
  maxUses: number | null;
  uses: number;
  /** Made by a host for people (or programs) that need not wait. */
  lobbyBypass: boolean;
}

/** Everything that decides whether somebody gets in, by whichever way. */
export interface JoinFacts {
  /** Null: what was shown opens no meeting. */
  opened: { meeting: Pick<MeetingRecord, 'policy' | 'endedAt'>; credential: Credential } | null;
  /** Milliseconds since 1970. */
  now: number;
  /** Was the personal invite used up by the very person who shows it again? */
  isReturning: boolean;
  /** Is the account, invite, device or ingest key kept out of the meeting? */
  block: BlockState;
  /** Has it an account? */
  isMember: boolean;
  /** Was the meeting's passcode shown? Without one in the meeting it does not matter. */
  passcodeShown: boolean;
  /** The passcode was tried so often that it alone does not let in any more. */
  passcodeTried: boolean;
  /** What they say to being recorded; null: they were not asked. */
  consented: boolean | null;
  /** By which rule the room is recorded now; null: it is not. */
  recorded: ConsentRule | null;
  hostPresent: boolean;
  seatsTaken: number;
}

export type JoinDecision =
  | { outcome: 'admitted' | 'lobby'; role: Role }
  | { outcome: 'refused'; code: ErrorCode; detail: string };

type Opened = NonNullable<JoinFacts['opened']>;
type Refusal = Extract<JoinDecision, { outcome: 'refused' }>;

/**
 * The one place that decides, for every way in: people by link, by passcode, by account, by API key,
 * programs by ingest key. Without a valid credential the answer is always the same; with one it is
 * exact.
 */
export function decideJoin(facts: JoinFacts): JoinDecision {
  const { opened } = facts;
  if (opened === null) return refuse('join_refused', 'This link does not open a meeting.');
  const { role } = opened.credential;
  const refusal = refusedCredential(opened, facts) ?? refusedPerson(opened, facts);
  if (refusal !== null) return refusal;
  const waits = mustWait(opened, facts);
  const closed = isHost(role) ? null : closedDoor(opened, facts, waits);
  if (closed !== null) return closed;
  if (facts.seatsTaken >= opened.meeting.policy.max_participants) {
    return refuse('meeting_full', 'All places are taken.');
  }
  return { outcome: waits ? 'lobby' : 'admitted', role };
}

/** Let in as often as it may be, whoever shows it. */
export function isUsedUp({ maxUses, uses }: Credential): boolean {
  return maxUses !== null && uses >= maxUses;
}

function refusedCredential({ meeting, credential }: Opened, facts: JoinFacts): Refusal | null {
  const { now, isReturning } = facts;
  if (credential.expiresAt !== null && credential.expiresAt.getTime() <= now) {
    return refuse('invite_expired', 'The invitation has expired.');
  }
  if (isUsedUp(credential) && !isReturning) {
    return refuse('invite_expired', 'The invitation was used up.');
  }
  if (meeting.endedAt !== null) return refuse('meeting_ended', 'The meeting has ended.');
  return null;
}

function refusedPerson(opened: Opened, facts: JoinFacts): Refusal | null {
  const { meeting, credential } = opened;
  const { policy } = meeting;
  if (facts.block === 'refused') {
    return refuse('blocked', 'A host has removed you from this meeting.');
  }
  if (isHost(credential.role)) return null;
  if (!policy.guests && !facts.isMember) {
    return refuse('login_required', 'The meeting is for people with an account.');
  }
  if (policy.has_passcode && !facts.passcodeShown) {
    return refuse('passcode_required', 'The meeting has a passcode.');
  }
  return refusedUnasked(recordedBy(opened, facts), facts);
}

/** By which rule whoever comes now is recorded, or will be as soon as somebody is in; null: not at all. */
export function recordedBy({ meeting }: Opened, { recorded }: JoinFacts): ConsentRule | null {
  const { consent, auto } = meeting.policy.recording;
  return recorded ?? (auto ? consent : null);
}

/**
 * Nobody is recorded who was not asked first. Whoever says no is let in and left out where each is asked,
 * and has to stay outside where all must accept. Hosts are never kept out: they are asked in the room.
 */
function refusedUnasked(rule: ConsentRule | null, { consented }: JoinFacts): Refusal | null {
  if (rule === null || rule === 'inform' || consented === true) return null;
  if (consented === null) return refuse('consent_required', 'The meeting is recorded.');
  if (rule === 'ask_each') return null;
  return refuse('consent_required', 'Whoever comes in has to agree to be recorded.');
}

function mustWait({ meeting, credential }: Opened, facts: JoinFacts): boolean {
  const { policy } = meeting;
  if (isHost(credential.role)) return false;
  if (facts.block === 'lobby' || facts.passcodeTried) return true;
  if (policy.lobby === 'off') return false;
  if (policy.locked) return true;
  if (credential.lobbyBypass) return false;
  return policy.lobby === 'all' || !facts.isMember;
}

function closedDoor({ meeting }: Opened, facts: JoinFacts, waits: boolean): Refusal | null {
  const { policy } = meeting;
  const hasLobby = policy.lobby !== 'off';
  if (policy.locked && !hasLobby) return refuse('meeting_locked', 'The meeting is locked.');
  if (!policy.join_before_host && !facts.hostPresent && !waits) {
    return refuse('meeting_not_started', 'The host is not there yet.');
  }
  return null;
}

function refuse(code: ErrorCode, detail: string): Refusal {
  return { outcome: 'refused', code, detail };
}
