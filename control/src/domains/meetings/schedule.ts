import { parseTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { MeetingRecord } from './repository.js';

export type Schedule = Pick<MeetingRecord, 'startsAt' | 'endsAt'>;

export interface WantedSchedule {
  starts_at?: string | null;
  ends_at?: string | null;
}

const maxLengthMs = 30 * 86_400_000;

/**
 * When a meeting is, after a change: absent stays, null clears. A scheduled meeting has both times,
 * every other kind none.
 * @throws ControlError `bad_request`, with a pointer to the time that does not fit.
 */
export function reschedule(
  kind: MeetingRecord['kind'],
  before: Schedule,
  { starts_at, ends_at }: WantedSchedule,
): Schedule {
  const startsAt = timeOf('/starts_at', starts_at, before.startsAt);
  const endsAt = timeOf('/ends_at', ends_at, before.endsAt);
  if (kind !== 'scheduled') {
    if (startsAt !== null) throw refuse('/starts_at', 'Only a scheduled meeting has times.');
    if (endsAt !== null) throw refuse('/ends_at', 'Only a scheduled meeting has times.');
    return { startsAt, endsAt };
  }
  if (startsAt === null) throw refuse('/starts_at', 'A scheduled meeting needs both times.');
  if (endsAt === null) throw refuse('/ends_at', 'A scheduled meeting needs both times.');
  const lengthMs = endsAt.getTime() - startsAt.getTime();
  if (lengthMs <= 0) throw refuse('/ends_at', 'A meeting ends after it starts.');
  if (lengthMs > maxLengthMs) throw refuse('/ends_at', 'A meeting lasts 30 days at most.');
  return { startsAt, endsAt };
}

function timeOf(
  pointer: string,
  wanted: string | null | undefined,
  before: Date | null,
): Date | null {
  if (wanted === undefined) return before;
  if (wanted === null) return null;
  const at = parseTime(wanted);
  if (at === null) throw refuse(pointer, 'This is not a time of RFC 3339.');
  return new Date(at);
}

function refuse(pointer: string, detail: string): ControlError {
  return new ControlError('bad_request', detail, { errors: [{ pointer, code: 'time', detail }] });
}
